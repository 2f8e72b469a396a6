"""The report as JSON, there and back.

`report-v1.schema.json` beside this module describes the same for other readers. Strings longer
than `checked.TEXT_MAX` are cut when written and halves of surrogate pairs replaced, so that what
is written can always be read.
"""

import json
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from ci_slim.errors import UsageError
from ci_slim.image.sizes import ImageSizes, LayerSize
from ci_slim.platforms import Platform
from ci_slim.platforms import parse as parse_platform
from ci_slim.report.checked import NUMBER_MAX, STRAY, TEXT_MAX, Node, parse
from ci_slim.report.inventory import growth_in, growth_out, inventory_in, inventory_out
from ci_slim.report.origin import gate_in, gate_out, origin_in, origin_out
from ci_slim.report.packed import packed_in, packed_out
from ci_slim.report.updates import updates_in, updates_out
from ci_slim.result import (
    PARTS_MAX,
    SCHEMA,
    STAGES,
    Artifacts,
    BaseImage,
    Baseline,
    DockerfileLines,
    HeldOut,
    ImageReport,
    Kept,
    LeftOut,
    Part,
    PlatformOutcome,
    PlatformReport,
    Point,
    ProbeReport,
    ProbeRun,
    Problem,
    Report,
    Seconds,
    Status,
    Tool,
    Verdict,
    status_of,
)

T = TypeVar("T")

_DIGEST = r"|[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}"
_CREATED = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_PLATFORM_FIELDS = (
    "platform", "emulated", "outcome", "reason", "fat", "slim", "baseline", "no_baseline",
    "next_baseline", "update_bytes", "verified", "rounds", "probes", "kept",
    "dropped_nearby", "named_unused", "literal_dropped", "healed", "explained",
    "held_out", "packed",
    "warnings", "verdicts", "seconds", "timings", "artifacts",
    "history", "inventory",
)  # fmt: skip

_RULE = r"[a-z][a-z-]{0,30}"
"""Not only those known here: the baseline may come from a later version."""


def to_json(report: Report) -> str:
    """ASCII text, indented, in the order of the schema, with a newline at the end."""
    value = {
        "schema": SCHEMA,
        "tool": {"name": report.tool.name, "version": report.tool.version},
        "created": report.created,
        "outcome": report.outcome,
        "images": [
            {
                "name": image.name,
                "platforms": [_platform_out(p) for p in image.platforms],
                "dockerfile": _plain(image.dockerfile, *DockerfileLines.__slots__),
            }
            for image in report.images
        ],
        "problems": [_problem_out(problem) for problem in report.problems],
        "part": _plain(report.part, *Part.__slots__),
        "origin": origin_out(report.origin),
        "gate": gate_out(report.gate),
    }
    return json.dumps(_readable(value), indent=2, allow_nan=False) + "\n"


def from_json(text: str | bytes, source: str = "report.json") -> Report:
    """The report in a file that anyone may have written: its shape, sizes and lengths are checked,
    and so is that outcome and verdicts follow from the numbers.

    Raises UsageError with the JSON path; `source` names the file in it.
    """
    root = parse(text, source)
    if isinstance(root.value, dict) and root.value.get("schema") != SCHEMA:
        root.refuse(f"this is no report: the member 'schema' is not {SCHEMA!r}")
    got = root.fields(
        "schema", "tool", "created", "outcome", "images", "problems", "part", "origin", "gate"
    )
    tool = got["tool"].fields("name", "version")
    images = tuple(_image(node) for node in got["images"].items())
    _once([image.name for image in images], got["images"], "image")
    report = Report(
        tool=Tool(name=tool["name"].text(), version=tool["version"].text()),
        created=got["created"].text(_CREATED, "time"),
        images=images,
        problems=tuple(_problem(node) for node in got["problems"].items()),
        part=_maybe(got["part"], _part),
        origin=_maybe(got["origin"], origin_in),
        gate=_maybe(got["gate"], gate_in),
    )
    if got["outcome"].one_of("passed", "over-budget", "failed") != report.outcome:
        got["outcome"].refuse(f"what is in this report would make its outcome {report.outcome}")
    return report


def _problem_out(problem: Problem) -> dict[str, object]:
    return {
        "message": problem.message,
        "where": problem.where,
        "details": list(problem.details),
        "hint": problem.hint,
    }


def _platform_out(p: PlatformReport) -> dict[str, object]:
    return {
        "platform": str(p.platform),
        "emulated": p.emulated,
        "outcome": p.outcome,
        "reason": p.reason,
        "fat": _sizes_out(p.fat),
        "slim": _sizes_out(p.slim),
        "baseline": p.baseline
        and {
            **(_plain(p.baseline, *Baseline.__slots__) or {}),
            "grown": growth_out(p.baseline.grown),
        },
        "no_baseline": p.no_baseline,
        "next_baseline": p.next_baseline,
        "update_bytes": p.update_bytes,
        "verified": p.verified,
        "rounds": p.rounds,
        "probes": [
            {
                "name": probe.name,
                "kind": probe.kind,
                "fat": _plain(probe.fat, *ProbeRun.__slots__),
                "slim": _plain(probe.slim, *ProbeRun.__slots__),
            }
            for probe in p.probes
        ],
        "kept": p.kept
        and {
            "files": p.kept.files,
            "by_reason": dict(p.kept.by_reason),
            "bytes_by_reason": dict(p.kept.bytes_by_reason),
        },
        "dropped_nearby": _left_out(p.dropped_nearby),
        "named_unused": _left_out(p.named_unused),
        "literal_dropped": _left_out(p.literal_dropped),
        "healed": list(p.healed),
        "explained": list(p.explained),
        "held_out": [_plain(each, *HeldOut.__slots__) for each in p.held_out],
        "packed": packed_out(p.packed),
        "warnings": list(p.warnings),
        "verdicts": [_plain(verdict, *Verdict.__slots__) for verdict in p.verdicts],
        "seconds": _plain(p.seconds, *STAGES),
        "timings": dict(p.timings),
        "artifacts": _plain(p.artifacts, *Artifacts.__slots__),
        "history": [_plain(point, *Point.__slots__) for point in p.history],
        "inventory": inventory_out(p.inventory),
        **({} if p.updates is None else {"updates": updates_out(p.updates)}),
    }


def _left_out(left: Sequence[LeftOut]) -> list[dict[str, object]]:
    return [{"what": each.what, "bytes": each.bytes, "keep": list(each.keep)} for each in left]


def _sizes_out(sizes: ImageSizes | None) -> dict[str, object] | None:
    if sizes is None:
        return None
    return {
        "reference": sizes.reference,
        "digest": sizes.digest,
        "pull_bytes": sizes.pull_bytes,
        "pull_exact": sizes.pull_exact,
        "disk_bytes": sizes.disk_bytes,
        "disk_exact": sizes.disk_exact,
        "files": sizes.files,
        "config_digest": sizes.config_digest,
        "config_bytes": sizes.config_bytes,
        "layers": [_plain(layer, *LayerSize.__slots__) for layer in sizes.layers],
    }


def _plain(value: object, *names: str) -> dict[str, object] | None:
    return None if value is None else {name: getattr(value, name) for name in names}


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
    platforms = tuple(_platform(item) for item in got["platforms"].items())
    _once([str(p.platform) for p in platforms], got["platforms"], "platform")
    dockerfile = _maybe(got["dockerfile"], _dockerfile)
    return ImageReport(got["name"].text(r"(?s).+", "name"), platforms, dockerfile)


def _dockerfile(node: Node) -> DockerfileLines:
    got = node.fields(*DockerfileLines.__slots__)
    lines = {made: item.integer(1) for made, item in got["lines"].members()}
    return DockerfileLines(got["path"].text(), got["stage"].integer(1), lines)


def _platform(node: Node) -> PlatformReport:
    got = node.fields(*_PLATFORM_FIELDS, optional=("updates",))
    outcome = got["outcome"].one_of("slimmed", "unchanged", "built", "skipped", "failed")
    try:
        return PlatformReport(
            platform=_platform_name(got["platform"]),
            outcome=cast(PlatformOutcome, outcome),
            emulated=got["emulated"].boolean(),
            reason=got["reason"].text(),
            fat=_maybe(got["fat"], _sizes),
            slim=_maybe(got["slim"], _sizes),
            baseline=_maybe(got["baseline"], _baseline),
            no_baseline=got["no_baseline"].text(),
            next_baseline=got["next_baseline"].text(),
            update_bytes=_maybe(got["update_bytes"], Node.integer),
            verified=got["verified"].boolean(),
            rounds=got["rounds"].integer(),
            probes=tuple(_probe(item) for item in got["probes"].items()),
            kept=_maybe(got["kept"], _kept),
            dropped_nearby=tuple(_left(item) for item in got["dropped_nearby"].items()),
            named_unused=tuple(_left(item) for item in got["named_unused"].items()),
            literal_dropped=tuple(_left(item) for item in got["literal_dropped"].items()),
            healed=tuple(item.text() for item in got["healed"].items()),
            explained=tuple(item.text() for item in got["explained"].items()),
            held_out=tuple(_held_out(item) for item in got["held_out"].items()),
            packed=_maybe(got["packed"], packed_in),
            warnings=tuple(item.text() for item in got["warnings"].items()),
            verdicts=tuple(_verdict(item) for item in got["verdicts"].items()),
            seconds=_seconds(got["seconds"]),
            timings={name: item.seconds() for name, item in got["timings"].members()},
            artifacts=_artifacts(got["artifacts"]),
            history=tuple(map(_point, got["history"].items())),
            inventory=_maybe(got["inventory"], inventory_in),
            updates=_maybe(got["updates"], updates_in),
        )
    except ValueError as error:
        node.refuse(str(error))


def _platform_name(node: Node) -> Platform:
    try:
        return parse_platform(node.text(r"[a-z0-9]+(?:/[a-z0-9_.]+){1,2}", "platform"))
    except UsageError as error:
        node.refuse(error.message)


def _sizes(node: Node) -> ImageSizes:
    got = node.fields(
        "reference", "digest", "pull_bytes", "pull_exact", "disk_bytes", "disk_exact", "files",
        "config_digest", "config_bytes", "layers",
    )  # fmt: skip
    return ImageSizes(
        reference=got["reference"].text(),
        digest=got["digest"].text(_DIGEST, "digest"),
        pull_bytes=_maybe(got["pull_bytes"], Node.integer),
        pull_exact=got["pull_exact"].boolean(),
        disk_bytes=_maybe(got["disk_bytes"], Node.integer),
        disk_exact=got["disk_exact"].boolean(),
        files=_maybe(got["files"], Node.integer),
        layers=tuple(_layer(item) for item in got["layers"].items()),
        config_digest=got["config_digest"].text(_DIGEST, "digest"),
        config_bytes=got["config_bytes"].integer(),
    )


def _layer(node: Node) -> LayerSize:
    got = node.fields(*LayerSize.__slots__)
    return LayerSize(
        digest=got["digest"].text(_DIGEST, "digest"),
        pull_bytes=_maybe(got["pull_bytes"], Node.integer),
        disk_bytes=_maybe(got["disk_bytes"], Node.integer),
        created_by=got["created_by"].text(),
        diff_id=got["diff_id"].text(_DIGEST, "digest"),
        base=got["base"].boolean(),
    )


def _baseline(node: Node) -> Baseline:
    got = node.fields(*Baseline.__slots__)
    return Baseline(
        source=got["source"].text(),
        reference=got["reference"].text(),
        digest=got["digest"].text(_DIGEST, "digest"),
        pull_bytes=_maybe(got["pull_bytes"], Node.integer),
        disk_bytes=_maybe(got["disk_bytes"], Node.integer),
        base_image=cast(BaseImage, got["base_image"].one_of("same", "changed", "unknown")),
        base_growth=_maybe(got["base_growth"], lambda item: item.integer(least=-NUMBER_MAX)),
        grown=_maybe(got["grown"], growth_in),
    )


def _probe(node: Node) -> ProbeReport:
    got = node.fields("name", "kind", "fat", "slim")
    return ProbeReport(
        name=got["name"].text(),
        kind=got["kind"].text(),
        fat=_maybe(got["fat"], _probe_run),
        slim=_maybe(got["slim"], _probe_run),
    )


def _probe_run(node: Node) -> ProbeRun:
    got = node.fields("ok", "status", "ms")
    status = _maybe(got["status"], lambda item: item.integer(least=-NUMBER_MAX))
    return ProbeRun(got["ok"].boolean(), status, got["ms"].integer())


def _point(node: Node) -> Point:
    got = node.fields(*Point.__slots__)
    return Point(
        got["created"].text(_CREATED, "time"),
        got["commit"].text(r"|[0-9a-f]{7,64}", "commit"),
        _maybe(got["pull_bytes"], Node.integer),
        _maybe(got["disk_bytes"], Node.integer),
    )


def _kept(node: Node) -> Kept:
    got = node.fields("files", "by_reason", "bytes_by_reason")
    reasons = {reason: item.integer() for reason, item in got["by_reason"].members()}
    weights = {reason: item.integer() for reason, item in got["bytes_by_reason"].members()}
    return Kept(got["files"].integer(), reasons, weights)


def _left(node: Node) -> LeftOut:
    got = node.fields("what", "bytes", "keep")
    keep = tuple(item.text() for item in got["keep"].items())
    return LeftOut(got["what"].text(), got["bytes"].integer(), keep)


def _held_out(node: Node) -> HeldOut:
    got = node.fields("probe", "held", "saved_by", "problems", "missing")
    return HeldOut(
        got["probe"].text(),
        got["held"].boolean(),
        {rule: item.integer() for rule, item in got["saved_by"].members()},
        tuple(item.text() for item in got["problems"].items()),
        tuple(item.text() for item in got["missing"].items()),
    )


def _verdict(node: Node) -> Verdict:
    got = node.fields("rule", "limit", "actual", "status", "message")
    limit = _maybe(got["limit"], Node.integer)
    actual = _maybe(got["actual"], lambda item: item.integer(least=-NUMBER_MAX))
    status = cast(Status, got["status"].one_of("pass", "warn", "fail", "unknown"))
    if status != status_of(limit, actual):
        got["status"].refuse(f"limit and actual make this {status_of(limit, actual)}")
    return Verdict(
        got["rule"].text(_RULE, "name of a rule"), limit, actual, status, got["message"].text()
    )


def _seconds(node: Node) -> Seconds:
    got = node.fields(*STAGES)
    return Seconds(**{stage: _maybe(got[stage], Node.seconds) for stage in STAGES})


def _artifacts(node: Node) -> Artifacts:
    got = node.fields(*Artifacts.__slots__)
    return Artifacts(**{name: _maybe(item, Node.text) for name, item in got.items()})


def _maybe(node: Node, read: Callable[[Node], T]) -> T | None:
    return None if node.is_null else read(node)


def _once(names: list[str], node: Node, noun: str) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            Node(None, node.source, f"{node.path}[{index}]").refuse(f"the same {noun} stands twice")
        seen.add(name)
