"""What other linters say of a Dockerfile: their output → remarks that concern size, next to our own
findings. Pure.

Only codes of the tables are read. The output may be anything: what is not as expected gives no
remark.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

HADOLINT: Mapping[str, tuple[str, ...]] = {
    "DL3005": ("apt-upgrade",),
    "DL3009": ("apt-lists",),
    "DL3010": ("archive-left", "removed-later"),
    "DL3015": ("apt-recommends",),
    "DL3017": ("package-upgrade",),
    "DL3019": ("apk-cache",),
    "DL3031": ("package-upgrade",),
    "DL3032": ("dnf-cache",),
    "DL3035": ("package-upgrade",),
    "DL3036": ("zypper-cache",),
    "DL3039": ("package-upgrade",),
    "DL3040": ("dnf-cache",),
    "DL3042": ("pip-cache",),
    "DL3060": ("yarn-cache",),
}
"""Codes of hadolint that concern size, with the rules of ours that find the same.
https://github.com/hadolint/hadolint#rules"""

CHECK: Mapping[str, tuple[str, ...]] = {"FromPlatformFlagConstDisallowed": ("native-build",)}
"""The check of `docker build --check` that concerns emulation: a stage that is always of one
platform. None concerns bytes. https://docs.docker.com/reference/build-checks/"""

_RULES = {**HADOLINT, **CHECK}
_MOST, _LONGEST = 200, 300
"""The most remarks that are read, and the most characters of one."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a linter says of a line."""

    tool: str
    code: str
    line: int
    message: str


def of_hadolint(output: str) -> tuple[Remark, ...]:
    """The remarks in the output of `hadolint --format json`."""
    made = [
        _remark("hadolint", HADOLINT, each, each.get("code"), each.get("line"), "message")
        for each in _objects(_json(output, "["))
    ]
    return tuple(filter(None, made))


def of_check(output: str) -> tuple[Remark, ...]:
    """The remarks in the output of `docker buildx build --call=check,format=json`. Progress may
    stand before the JSON."""
    found = _json(output, "{")
    made = [
        _remark(
            "docker build --check", CHECK, each, each.get("ruleName"), _first_line(each), "detail"
        )
        for each in _objects(found.get("warnings") if isinstance(found, dict) else None)
    ]
    return tuple(filter(None, made))


def _objects(value: object) -> list[dict[str, object]]:
    items = value[:_MOST] if isinstance(value, list) else []
    return [each for each in items if isinstance(each, dict)]


def _remark(
    tool: str,
    known: Mapping[str, tuple[str, ...]],
    value: Mapping[str, object],
    code: object,
    line: object,
    text: str,
) -> Remark | None:
    message = value.get(text)
    if not isinstance(code, str) or code not in known or not isinstance(message, str):
        return None
    if not isinstance(line, int) or isinstance(line, bool) or line < 1:
        return None
    return Remark(tool, code, line, message[:_LONGEST])


def _json(output: str, opening: str) -> object:
    """The JSON that begins at the first line which begins like it; None if there is none."""
    lines = output.split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith(opening)), len(lines))
    try:
        found, _ = json.JSONDecoder().raw_decode("\n".join(lines[start:]))
    except (ValueError, RecursionError):
        return None
    return found


def _first_line(warning: Mapping[str, object]) -> object:
    """The line in which a warning of BuildKit begins."""
    location = warning.get("location")
    ranges = location.get("ranges") if isinstance(location, dict) else None
    first = _objects(ranges)[:1]
    start = first[0].get("start") if first else None
    return start.get("line") if isinstance(start, dict) else None


def merged(
    found: Sequence[Finding], remarks: Sequence[Remark], subject: Subject
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Our findings, with the names of remarks on the same; and remarks on what we do not find.
    Remarks on stages that the image is not made of are left out."""
    own = [*found]
    others: list[Finding] = []
    for remark in dict.fromkeys(remarks):
        rules = _RULES[remark.code]
        instruction = _instruction(subject, remark)
        if instruction is None:
            continue
        same = [n for n, f in enumerate(own) if f.rule in rules and f.concerns(instruction)]
        for number in same:
            names = (*own[number].aliases, f"{remark.tool} {remark.code}")
            own[number] = replace(own[number], aliases=tuple(dict.fromkeys(names)))
        if not same:
            message = f"seen by {remark.tool}: {remark.message}"
            why = f"not measured: the rule {rules[0]} finds nothing here"
            others.append(Finding(remark.code, instruction.line, message, unchanged=why))
    return tuple(own), tuple(dict.fromkeys(others))


def _instruction(subject: Subject, remark: Remark) -> Instruction | None:
    """The instruction that a remark is on."""
    stages = subject.used if remark.code in CHECK else subject.lineage
    for each in _instructions(stages):
        written = subject.text[each.start : each.end].rstrip("\n")
        if each.line <= remark.line <= each.line + written.count("\n"):
            return each
    return None


def _instructions(stages: Sequence[Stage]) -> Iterator[Instruction]:
    return (each for stage in stages for each in stage.instructions)
