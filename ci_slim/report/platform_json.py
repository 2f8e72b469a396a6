"""The result of a platform to and from JSON: a part of `report.json`."""

from collections.abc import Sequence
from typing import cast

from ci_slim.errors import UsageError
from ci_slim.platforms import Platform
from ci_slim.platforms import parse as parse_platform
from ci_slim.report.checked import NUMBER_MAX, Node, members_of, optional
from ci_slim.report.inventory import growth_in, growth_out, inventory_in, inventory_out
from ci_slim.report.packed import packed_in, packed_out
from ci_slim.report.sizes_json import DIGEST, sizes_in, sizes_out
from ci_slim.report.updates import updates_in, updates_out
from ci_slim.result import (
    STAGES,
    Artifacts,
    BaseImage,
    Baseline,
    HeldOut,
    Kept,
    LeftOut,
    PlatformOutcome,
    PlatformReport,
    Point,
    ProbeReport,
    ProbeRun,
    Seconds,
    Status,
    Verdict,
    status_of,
)

CREATED = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_PLATFORM_FIELDS = (
    "platform", "emulated", "host", "outcome", "reason", "fat", "slim", "baseline", "no_baseline",
    "next_baseline", "update_bytes", "verified", "rounds", "probes", "kept",
    "dropped_nearby", "named_unused", "literal_dropped", "healed", "explained",
    "held_out",
    "warnings", "verdicts", "seconds", "timings", "artifacts",
    "history", "inventory",
)  # fmt: skip

_OPTIONAL = ("updates", "packed")
_LATER_STAGES = ("start", "send", "hold_out", "pack", "clean_up")
"""Members that came later: a baseline of an earlier version does not have them."""

_BASELINE = (
    "source", "reference", "digest", "pull_bytes", "disk_bytes", "base_image", "base_growth",
    "grown",
)  # fmt: skip
_POINT = ("created", "commit", "pull_bytes", "disk_bytes")

_RULE = r"[a-z][a-z-]{0,30}"
"""A rule may be unknown here, because a later version may have written the baseline."""


def platform_out(p: PlatformReport) -> dict[str, object]:
    return {
        "platform": str(p.platform),
        "emulated": p.emulated,
        "host": p.host,
        "outcome": p.outcome,
        "reason": p.reason,
        "fat": sizes_out(p.fat),
        "slim": sizes_out(p.slim),
        "baseline": p.baseline
        and {
            **(members_of(p.baseline, *_BASELINE) or {}),
            **_shared_out(p.baseline),
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
                "fat": members_of(probe.fat, *ProbeRun.__slots__),
                "slim": members_of(probe.slim, *ProbeRun.__slots__),
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
        "held_out": [members_of(each, *HeldOut.__slots__) for each in p.held_out],
        "warnings": list(p.warnings),
        "verdicts": [members_of(verdict, *Verdict.__slots__) for verdict in p.verdicts],
        "seconds": members_of(p.seconds, *STAGES),
        "timings": dict(p.timings),
        "artifacts": members_of(p.artifacts, *Artifacts.__slots__),
        "history": [_point_out(point) for point in p.history],
        "inventory": inventory_out(p.inventory),
        **({} if p.updates is None else {"updates": updates_out(p.updates)}),
        **({} if p.packed is None else {"packed": packed_out(p.packed)}),
    }


def _shared_out(baseline: Baseline) -> dict[str, object]:
    shared = baseline.shared_layers
    return {} if shared is None else {"shared_layers": list(shared)}


def _left_out(left: Sequence[LeftOut]) -> list[dict[str, object]]:
    return [{"what": each.what, "bytes": each.bytes, "keep": list(each.keep)} for each in left]


def platform_in(node: Node) -> PlatformReport:
    got = node.fields(*_PLATFORM_FIELDS, optional=_OPTIONAL)
    outcome = got["outcome"].one_of("slimmed", "unchanged", "built", "skipped", "failed")
    try:
        return PlatformReport(
            platform=_platform_name(got["platform"]),
            outcome=cast(PlatformOutcome, outcome),
            emulated=got["emulated"].boolean(),
            host=got["host"].text(),
            reason=got["reason"].text(),
            fat=optional(got["fat"], sizes_in),
            slim=optional(got["slim"], sizes_in),
            baseline=optional(got["baseline"], _baseline),
            no_baseline=got["no_baseline"].text(),
            next_baseline=got["next_baseline"].text(),
            update_bytes=optional(got["update_bytes"], Node.integer),
            verified=got["verified"].boolean(),
            rounds=got["rounds"].integer(),
            probes=tuple(_probe(item) for item in got["probes"].items()),
            kept=optional(got["kept"], _kept),
            dropped_nearby=tuple(_left(item) for item in got["dropped_nearby"].items()),
            named_unused=tuple(_left(item) for item in got["named_unused"].items()),
            literal_dropped=tuple(_left(item) for item in got["literal_dropped"].items()),
            healed=tuple(item.text() for item in got["healed"].items()),
            explained=tuple(item.text() for item in got["explained"].items()),
            held_out=tuple(_held_out(item) for item in got["held_out"].items()),
            warnings=tuple(item.text() for item in got["warnings"].items()),
            verdicts=tuple(_verdict(item) for item in got["verdicts"].items()),
            seconds=_seconds(got["seconds"]),
            timings={name: item.seconds() for name, item in got["timings"].members()},
            artifacts=_artifacts(got["artifacts"]),
            history=tuple(map(_point, got["history"].items())),
            inventory=optional(got["inventory"], inventory_in),
            updates=optional(got["updates"], updates_in),
            packed=optional(got["packed"], packed_in),
        )
    except ValueError as error:
        node.refuse(str(error))


def _platform_name(node: Node) -> Platform:
    try:
        return parse_platform(node.text(r"[a-z0-9]+(?:/[a-z0-9_.]+){1,2}", "platform"))
    except UsageError as error:
        node.refuse(error.message)


def _baseline(node: Node) -> Baseline:
    got = node.fields(*_BASELINE, optional=("shared_layers",))
    return Baseline(
        source=got["source"].text(),
        reference=got["reference"].text(),
        digest=got["digest"].text(DIGEST, "digest"),
        pull_bytes=optional(got["pull_bytes"], Node.integer),
        disk_bytes=optional(got["disk_bytes"], Node.integer),
        base_image=cast(BaseImage, got["base_image"].one_of("same", "changed", "unknown")),
        base_growth=optional(got["base_growth"], lambda item: item.integer(least=-NUMBER_MAX)),
        grown=optional(got["grown"], growth_in),
        shared_layers=optional(got["shared_layers"], _numbers),
    )


def _numbers(node: Node) -> tuple[int, ...]:
    return tuple(item.integer() for item in node.items())


def _probe(node: Node) -> ProbeReport:
    got = node.fields("name", "kind", "fat", "slim")
    return ProbeReport(
        name=got["name"].text(),
        kind=got["kind"].text(),
        fat=optional(got["fat"], _probe_run),
        slim=optional(got["slim"], _probe_run),
    )


def _probe_run(node: Node) -> ProbeRun:
    got = node.fields("ok", "status", "ms")
    status = optional(got["status"], lambda item: item.integer(least=-NUMBER_MAX))
    return ProbeRun(got["ok"].boolean(), status, got["ms"].integer())


def _point_out(point: Point) -> dict[str, object]:
    release = {"release": point.release} if point.release else {}
    return {**(members_of(point, *_POINT) or {}), **release}


def _point(node: Node) -> Point:
    got = node.fields(*_POINT, optional=("release",))
    return Point(
        got["created"].text(CREATED, "time"),
        got["commit"].text(r"|[0-9a-f]{7,64}", "commit"),
        optional(got["pull_bytes"], Node.integer),
        optional(got["disk_bytes"], Node.integer),
        optional(got["release"], Node.text) or "",
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
    limit = optional(got["limit"], Node.integer)
    actual = optional(got["actual"], lambda item: item.integer(least=-NUMBER_MAX))
    status = cast(Status, got["status"].one_of("pass", "warn", "fail", "unknown"))
    if status != status_of(limit, actual):
        got["status"].refuse(f"limit and actual value make it {status_of(limit, actual)}")
    return Verdict(
        got["rule"].text(_RULE, "name of a rule"), limit, actual, status, got["message"].text()
    )


def _seconds(node: Node) -> Seconds:
    got = node.fields(
        *(stage for stage in STAGES if stage not in _LATER_STAGES), optional=_LATER_STAGES
    )
    return Seconds(**{stage: optional(got[stage], Node.seconds) for stage in STAGES})


def _artifacts(node: Node) -> Artifacts:
    got = node.fields(*Artifacts.__slots__)
    return Artifacts(**{name: optional(item, Node.text) for name, item in got.items()})
