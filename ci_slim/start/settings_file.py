"""A proposal → the text of `.ci-slim.yml`. Pure."""

from collections.abc import Iterator, Mapping

from ci_slim.start.proposal import BuildSecret, Proposal, ProposedImage
from ci_slim.start.yaml_text import Remarked, Variable, block, is_plain, quoted, remark

_HEAD = (
    "# yaml-language-server: $schema=https://raw.githubusercontent.com/ci-slim/ci-slim/main/ci_slim/"
    "settings-v1.schema.json\n"
    "# What ci-slim builds, slims and proves. `ci-slim init` wrote this from what it found; it is\n"
    "# yours to change. More: https://github.com/ci-slim/ci-slim/blob/main/docs/init.md\n"
)


def settings_text(proposal: Proposal) -> str:
    """The whole file."""
    lines = ["version: 1", "images:"]
    for image in proposal.images:
        lines += _image(image)
    notes = "".join(f"{line}\n" for note in proposal.notes for line in remark(note))
    return _HEAD + notes + "\n".join(lines) + "\n"


def _image(image: ProposedImage) -> Iterator[str]:
    yield f"  {_key(image.name)}:"
    for note in (*image.notes, *map(_secret, image.missing_secrets)):
        yield from (f"    {line}" for line in remark(note, 90))
    if len(image.platforms) == 1:
        yield "    # platforms: those of your devices, such as linux/arm64 and linux/arm/v6"
    yield from block({"build": _build(image)}, 4)
    if image.run:
        yield from block({"run": image.run}, 4)
    if image.probes:
        yield "    probes:"
        for each in image.probes:
            yield from block_item(each.value, each.why)
    elif "command" in image.run and not image.ports:
        yield "    # This call is what is observed and replayed, to its end."
    else:
        yield "    # Nothing shows how it is used. Write at least one probe: what its users do."
        yield "    # probes:"
        yield "    #   - exec: PROGRAM --version"
    for key, globs in (("keep", image.keep), ("drop", image.drop)):
        if globs:
            yield from block({key: list(globs)}, 4)
    if image.budget:
        yield from (f"    {line}" for line in remark(image.budget_why, 90))
        yield from block({"budget": image.budget}, 4)
    else:
        yield "    # budget: {pull: 20 MB, disk: 60 MB, growth: 5%}"


def _secret(name: str) -> str:
    return (
        f"the build asks for the secret {name}: write `secrets: [id={name},src=FILE]`, or "
        f"`[id={name},env=VARIABLE]`, below build"
    )


def block_item(value: Mapping[str, object], why: str) -> Iterator[str]:
    """A probe with a comment that says where it was found."""
    _, *lines = block({"probes": [Remarked(value, why)]}, 4)
    yield from lines


def _build(image: ProposedImage) -> Mapping[str, object]:
    build: dict[str, object] = {"context": image.context}
    if image.dockerfile != "Dockerfile":
        build["dockerfile"] = image.dockerfile
    if image.target:
        build["target"] = image.target
    if image.args:
        build["args"] = dict(image.args)
    if image.secrets:
        build["secrets"] = [_secret_of(each) for each in image.secrets]
    build["platforms"] = [str(platform) for platform in image.platforms]
    return build


def _secret_of(secret: BuildSecret) -> object:
    """The text of a secret; that of an earlier settings file stays as it was written."""
    if not secret.is_given and "${" in secret.text:
        return Variable(secret.text)
    return secret.text


def _key(name: str) -> str:
    return name if is_plain(name) else quoted(name)
