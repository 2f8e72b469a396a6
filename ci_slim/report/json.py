"""The report to and from JSON.

`report-v1.schema.json` in this folder describes it for other readers. When written, strings longer
than `checked.TEXT_MAX` are cut, and halves of surrogate pairs are replaced, so that `from_json` can
read every report.
"""

import json

from ci_slim.report.advised import advice_in, advice_out
from ci_slim.report.checked import STRAY, TEXT_MAX, Node, members_of, optional, parse
from ci_slim.report.origin import gate_in, gate_out, origin_in, origin_out
from ci_slim.report.platform_json import CREATED, platform_in, platform_out
from ci_slim.result import (
    PARTS_MAX,
    SCHEMA,
    DockerfileLines,
    ImageReport,
    Part,
    Problem,
    Report,
    Tool,
)


def to_json(report: Report) -> str:
    """The report as indented ASCII text in the order of the schema, with a newline at the end."""
    value = {
        "schema": SCHEMA,
        "tool": {"name": report.tool.name, "version": report.tool.version},
        "created": report.created,
        "outcome": report.outcome,
        "images": [
            {
                "name": image.name,
                "platforms": [platform_out(p) for p in image.platforms],
                "dockerfile": members_of(image.dockerfile, *DockerfileLines.__slots__),
            }
            for image in report.images
        ],
        "problems": [_problem_out(problem) for problem in report.problems],
        "part": members_of(report.part, *Part.__slots__),
        "origin": origin_out(report.origin),
        "gate": gate_out(report.gate),
        "advice": [advice_out(each) for each in report.advice],
    }
    return json.dumps(_readable(value), indent=2, allow_nan=False) + "\n"


def from_json(text: str | bytes, source: str = "report.json") -> Report:
    """The report in a file that anyone may have written. Its structure, sizes and lengths are
    checked, and that its outcome and its verdicts agree with its numbers.

    Raises UsageError with `source`, the name of the file, and with the JSON path.
    """
    root = parse(text, source)
    if isinstance(root.value, dict) and root.value.get("schema") != SCHEMA:
        root.refuse(f"this is not a report: the member 'schema' is not {SCHEMA!r}")
    got = root.fields(
        "schema",
        "tool",
        "created",
        "outcome",
        "images",
        "problems",
        "part",
        "origin",
        "gate",
        "advice",
    )
    tool = got["tool"].fields("name", "version")
    images = tuple(_image(node) for node in got["images"].items())
    _once([image.name for image in images], got["images"], "image")
    report = Report(
        tool=Tool(name=tool["name"].text(), version=tool["version"].text()),
        created=got["created"].text(CREATED, "time"),
        images=images,
        problems=tuple(_problem(node) for node in got["problems"].items()),
        part=optional(got["part"], _part),
        origin=optional(got["origin"], origin_in),
        gate=optional(got["gate"], gate_in),
        advice=tuple(advice_in(node) for node in got["advice"].items()),
    )
    if got["outcome"].one_of("passed", "over-budget", "failed") != report.outcome:
        got["outcome"].refuse(f"the content of this report makes its outcome {report.outcome}")
    return report


def _problem_out(problem: Problem) -> dict[str, object]:
    return {
        "message": problem.message,
        "where": problem.where,
        "details": list(problem.details),
        "hint": problem.hint,
    }


def _readable(value: object) -> object:
    if isinstance(value, str):
        text = STRAY.sub("\ufffd", value)
        return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    return value


def _problem(node: Node) -> Problem:
    got = node.fields("message", "where", "details", "hint")
    details = tuple(item.text() for item in got["details"].items())
    return Problem(got["message"].text(), got["where"].text(), details, got["hint"].text())


def _part(node: Node) -> Part:
    got = node.fields("job", "number", "total")
    part = Part(got["job"].text(), got["number"].integer(1), got["total"].integer(1))
    if not part.number <= part.total <= PARTS_MAX:
        node.refuse(f"there is no job {part.number} of {part.total}")
    return part


def _image(node: Node) -> ImageReport:
    got = node.fields("name", "platforms", "dockerfile")
    platforms = tuple(platform_in(item) for item in got["platforms"].items())
    _once([str(p.platform) for p in platforms], got["platforms"], "platform")
    dockerfile = optional(got["dockerfile"], _dockerfile)
    return ImageReport(got["name"].text(r"(?s).+", "name"), platforms, dockerfile)


def _dockerfile(node: Node) -> DockerfileLines:
    got = node.fields(*DockerfileLines.__slots__)
    lines = {made: item.integer(1) for made, item in got["lines"].members()}
    return DockerfileLines(got["path"].text(), got["stage"].integer(1), lines)


def _once(names: list[str], node: Node, noun: str) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            Node(None, node.source, f"{node.path}[{index}]").refuse(
                f"the same {noun} is listed twice"
            )
        seen.add(name)
