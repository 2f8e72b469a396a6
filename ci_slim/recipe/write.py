"""The Dockerfile of a slim image: the stages of the fat image, the kept files, the config. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.errors import UsageError
from ci_slim.image.instructions import Stage, read_dockerfile
from ci_slim.recipe.lists import Line

FAT, KEPT = "ci-slim-fat", "ci-slim-kept"
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_MOST = 200
_SCRIPT = """set -eu
platform=$TARGETOS-$TARGETARCH${{TARGETVARIANT:+-$TARGETVARIANT}}
test -e "/keep/platforms/$platform" || {{ echo "no lists for $platform" >&2; exit 1; }}
for layer in {layers}; do
    cat /keep/$layer/all /keep/$layer/$platform 2>/dev/null | sed -n 's|^/|./|p' > /tmp/kept
    # The folders above each path come first, so that they keep their owners and modes.
    awk -F/ '{{ up = "."; for (n = 2; n < NF; n++) {{ up = up "/" $n; print up }} }}' /tmp/kept |
        sort -u > /tmp/one
    grep -v '/$' /tmp/kept >> /tmp/one || true
    grep '/$' /tmp/kept > /tmp/whole || true
    mkdir -p "/kept/$layer"
    tar -C /fat -cf /tmp/kept.tar --numeric-owner --xattrs --xattrs-include='*' --no-unquote \\
        --no-recursion -T /tmp/one --recursion -T /tmp/whole
    tar -C "/kept/$layer" -xpf /tmp/kept.tar --same-owner --numeric-owner --xattrs \\
        --xattrs-include='*'
done"""


@dataclass(frozen=True, slots=True)
class SlimPlatform:
    """One platform of a slim image: its name as in `$TARGETOS-$TARGETARCH-$TARGETVARIANT`, its
    lists, one a layer, and the instructions of its config."""

    name: str
    lists: tuple[tuple[Line, ...], ...]
    config: tuple[str, ...]


def with_slim_stage(
    dockerfile: str, target: str | None, platforms: Sequence[SlimPlatform], where: str
) -> str:
    """The Dockerfile with two more stages, of which the last one is the slim image. Raises
    UsageError where the stage is not found or the platforms have different configs."""
    found = read_dockerfile(dockerfile)
    stage = found.target(target)
    if stage is None:
        raise UsageError("the Dockerfile has no FROM", where=where, hint="name another one")
    if found.escape != "\\":
        raise UsageError(
            "a Dockerfile with another escape character cannot be extended", where=where,
            hint="remove the directive `escape`",
        )  # fmt: skip
    if len({each.config for each in platforms}) > 1:
        raise UsageError(
            "a Dockerfile cannot say it: the config differs between the platforms", where=where,
            hint="give the report of one platform",
        )  # fmt: skip
    head, name = _named(dockerfile, stage)
    return "".join((head, "" if head.endswith("\n") else "\n", *_stages(platforms, name)))


def from_image(reference: str, platforms: Sequence[SlimPlatform], where: str) -> str:
    """A Dockerfile for an image that was not built from a Dockerfile."""
    if not _REFERENCE.fullmatch(reference):
        raise UsageError(
            f"a Dockerfile cannot say it: the image's name {reference!r}",
            where=where,
            hint="name the Dockerfile that it was built from with --dockerfile",
        )
    return with_slim_stage(f"FROM {reference} AS {FAT}\n", None, platforms, where)


def _named(text: str, stage: Stage) -> tuple[str, str]:
    """The Dockerfile with a name for the stage, and that name."""
    if stage.name:
        return text, stage.name
    end = stage.head.arguments.behind(len(stage.head.arguments.value.rstrip()))
    return f"{text[:end]} AS {FAT}{text[end:]}", FAT


def _stages(platforms: Sequence[SlimPlatform], fat: str) -> Iterator[str]:
    count = max(len(each.lists) for each in platforms)
    yield f"""
# What the slim image keeps of the stage above, found and proved by ci-slim. Change the lists as you
# like: one path a line, and a folder with all below it ends with a slash. The records of packages
# that ci-slim writes for scanners are not in it.
FROM --platform=$BUILDPLATFORM debian:trixie-slim AS {KEPT}
"""
    for number in range(count):
        yield from _lists(number, platforms)
    for each in platforms:
        yield f"COPY <<'KEEP' /keep/platforms/{each.name}\nKEEP\n"
    layers = " ".join(str(number + 1) for number in range(count))
    yield "ARG TARGETOS TARGETARCH TARGETVARIANT\n"
    yield f"RUN --mount=type=bind,from={fat},target=/fat <<'SHELL'\n"
    yield _SCRIPT.format(layers=layers) + "\nSHELL\n"
    yield "\n# The slim image.\nFROM scratch\n"
    for number in range(count):
        yield f"COPY --from={KEPT} /kept/{number + 1}/ /\n"
    for line in platforms[0].config:
        yield line + "\n"


def _lists(number: int, platforms: Sequence[SlimPlatform]) -> Iterator[str]:
    """The lists of one layer: what all platforms keep, then what is of each alone."""
    own = {
        each.name: dict.fromkeys(each.lists[number]) if number < len(each.lists) else {}
        for each in platforms
    }
    paths = [{line.path for line in lines} for lines in own.values()]
    common = set.intersection(*paths)
    first = next(iter(own.values()))
    yield _list(f"/keep/{number + 1}/all", [line for line in first if line.path in common])
    for name, lines in own.items():
        rest = [line for line in lines if line.path not in common]
        if rest:
            yield _list(f"/keep/{number + 1}/{name}", rest)


def _list(name: str, lines: Sequence[Line]) -> str:
    """A list in a heredoc, grouped by the rule that keeps the paths."""
    rules: dict[str, list[Line]] = {}
    for line in sorted(lines, key=lambda line: (line.rule, line.path)):
        rules.setdefault(line.rule, []).append(line)
    text = f"COPY <<'KEEP' {name}\n"
    for rule, group in rules.items():
        text += f"# {_one_line(_reason(rule, group))}\n" + "".join(
            f"{line.path}\n" for line in group
        )
    return text + "KEEP\n"


def _reason(rule: str, group: Sequence[Line]) -> str:
    whys: Mapping[str, None] = dict.fromkeys(line.why for line in group if line.why)
    first = next(iter(whys), "")
    more = ", …" if len(whys) > 1 else ""
    return f"{rule}: {first}{more}" if first else rule


def _one_line(text: str) -> str:
    """A reason names foreign files. So it must not end the comment, nor the heredoc around it."""
    return "".join(char if char.isprintable() else "?" for char in text)[:_MOST]
