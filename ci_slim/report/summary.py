"""What both the comment and the terminal say about a report, before it is formatted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ci_slim.judge.held_out import held_out_line, held_out_words
from ci_slim.report import not_kept
from ci_slim.report.against import base_change, unknown_rules
from ci_slim.report.packed import packed_words
from ci_slim.result import STAGES, ImageReport, PlatformReport, ProbeReport, Report, Verdict
from ci_slim.units import count, duration

Mark = Literal["good", "warn", "bad", "unknown"]

LINES = 20
"""The most log lines below a note or a problem."""
ESTIMATED = "≈ is an estimate: the compressed size is not available locally."
_IN_TABLE = frozenset({"pull", "disk", "update"})


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a platform: a mark and a word."""

    mark: Mark
    word: str


MARKS: Mapping[str, Mark] = {
    "failed": "bad",
    "over budget": "bad",
    "skipped": "unknown",
    "not verified": "warn",
    "budget unknown": "unknown",
    "close to the limit": "warn",
    "within budget": "good",
}
"""The mark of each word for a platform that has a budget or a problem."""


def standing(p: PlatformReport) -> Standing:
    """The worst state of a platform. Unknown is worse than a warning."""
    statuses = {verdict.status for verdict in p.verdicts}
    cases: tuple[tuple[bool, str], ...] = (
        (p.outcome == "failed", "failed"),
        ("fail" in statuses, "over budget"),
        (p.outcome == "skipped", "skipped"),
        (p.outcome == "slimmed" and not p.verified, "not verified"),
        ("unknown" in statuses, "budget unknown"),
        ("warn" in statuses, "close to the limit"),
        ("pass" in statuses, "within budget"),
    )
    for holds, word in cases:
        if holds:
            return Standing(MARKS[word], word)
    return Standing("good", "no budget")


def short(p: PlatformReport) -> str:
    """A platform without its operating system, which is always Linux: `arm/v6`."""
    return str(p.platform).removeprefix("linux/")


def ran(p: PlatformReport) -> tuple[str, ...]:
    """How and where a platform ran, where that is not natively by the daemon of the run."""
    host = f"on {p.host}" if p.host else ""
    return tuple(filter(None, ("emulated" if p.emulated else "", host)))


def has_estimates(report: Report) -> bool:
    """Whether any size of a delivered image is an estimate."""
    delivered = (p.result for image in report.images for p in image.platforms)
    return any(
        sizes is not None
        and ((sizes.pull_bytes is not None and not sizes.pull_exact) or not sizes.disk_exact)
        for sizes in delivered
    )


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about some platforms; an empty list means all. `paths` are shown as code after it,
    `lines`, such as the end of a log, below it. `kept` says that the paths are those of kept files.
    """

    mark: Mark
    platforms: tuple[str, ...]
    text: str
    paths: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    kept: bool = False


def notes(image: ImageReport) -> tuple[Note, ...]:
    """The notes of an image, the worst first. A note for several platforms is one note."""
    order = ("bad", "unknown", "warn", "good")
    grouped: dict[Note, list[str]] = {}
    for p in image.platforms:
        for note in dict.fromkeys(_notes(p)):
            grouped.setdefault(note, []).append(str(p.platform))
    every = len(image.platforms) if len(image.platforms) > 1 else 0
    found = [
        replace(note, platforms=() if len(where) == every else tuple(where))
        for note, where in grouped.items()
    ]
    return tuple(sorted(found, key=lambda note: order.index(note.mark)))


def _notes(p: PlatformReport) -> list[Note]:
    """The notes of one platform, which they do not name yet."""
    marks: dict[str, Mark] = {"fail": "bad", "warn": "warn", "unknown": "unknown"}
    found: list[Note] = []
    if p.outcome in {"failed", "skipped"}:
        rules = [verdict.rule for verdict in p.verdicts if verdict.status == "unknown"]
        unknown = f" (budget unknown: {', '.join(rules)})" if rules else ""
        mark: Mark = "bad" if p.outcome == "failed" else "unknown"
        found.append(Note(mark, (), f"{p.outcome}: {p.reason}{unknown}", lines=p.warnings[:LINES]))
    elif p.reason:
        found.append(Note("good", (), f"{p.outcome}: {p.reason}"))
    if p.outcome == "slimmed" and not p.verified:
        found.append(Note("warn", (), "not verified: no probe was replayed on the slim image"))
    bad = [probe for probe in p.probes if not _answered(p, probe)]
    if bad and p.result is not None:
        before = p.slim is not None and not any(probe.fat and probe.fat.ok for probe in bad)
        words = "failed, on the fat image too:" if before else "failed:"
        names = tuple(probe.name for probe in bad)
        found.append(Note("warn", (), f"{count(len(bad), 'probe')} {words}", names))
    for verdict in p.verdicts:
        if verdict.status in marks and p.result is not None and not _said_elsewhere(p, verdict):
            found.append(Note(marks[verdict.status], (), verdict.message))
    if p.baseline is not None and p.baseline.base_image == "changed" and p.result is not None:
        found.append(Note("warn", (), base_change(p.baseline)))
    if p.healed:
        noun = "a path" if len(p.healed) == 1 else f"{len(p.healed)} paths"
        words = f"healed {noun} that the observation had missed:"
        found.append(Note("warn", (), words, p.healed, kept=True))
    if left := not_kept.left_out(p):
        found.append(Note("warn", (), not_kept.words(left)))
    if words := packed_words(p):
        given_up = p.packed is not None and p.packed.given_up
        found.append(Note("warn" if given_up else "good", (), words))
    if p.outcome not in {"failed", "skipped"}:  # for these, the warnings are the end of a log
        found.extend(Note("warn", (), warning) for warning in p.warnings)
    found.extend(Note("good", (), answer) for answer in p.explained)
    if p.held_out:
        held = all(each.held for each in p.held_out)
        worst = sorted(p.held_out, key=lambda each: each.held)  # the failed ones first
        lines = [held_out_line(each) for each in worst[:LINES]]
        if (more := len(worst) - LINES) > 0:
            lines.append(f"and {more} more in the report")
        words = held_out_words(p.held_out)
        found.append(Note("good" if held else "warn", (), words, lines=tuple(lines)))
    return found


def _answered(p: PlatformReport, probe: ProbeReport) -> bool:
    """Whether the delivered image answered the probe as expected."""
    run = probe.slim if p.slim is not None else probe.fat
    return run is not None and run.ok


def _said_elsewhere(p: PlatformReport, verdict: Verdict) -> bool:
    """Whether another part already says this: the table says how close a limit is, and a missing
    baseline explains unknown rules."""
    if verdict.status == "warn":
        return verdict.rule in _IN_TABLE
    return verdict.rule in unknown_rules(p)


def times(p: PlatformReport) -> str:
    """Seconds of the stages in their order, then of their parts; "" if no stage ran."""
    stages = [
        f"{name.replace('_', ' ')} {duration(seconds)}"
        for name in STAGES
        if (seconds := getattr(p.seconds, name)) is not None
    ]
    steps = [f"{name} {duration(seconds)}" for name, seconds in p.timings.items()]
    return "; of that ".join(part for part in (", ".join(stages), ", ".join(steps)) if part)


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A security profile that was written: its kind, its path relative to the output folder, how
    well it is proved, and how to use it."""

    name: str
    path: str
    proof: str
    use: str


def profiles(p: PlatformReport) -> tuple[ProfileLine, ...]:
    """The profiles of a platform."""
    found = []
    if path := p.artifacts.seccomp:
        proof = "proved together with QEMU's own calls" if p.emulated else "proved"
        use = "docker run --security-opt seccomp=FILE"
        found.append(ProfileLine("seccomp profile", path, proof, use))
    if path := p.artifacts.apparmor:
        loaded = path.removesuffix(".apparmor").replace("/", "-")
        use = f"apparmor_parser --replace FILE; docker run --security-opt apparmor={loaded}"
        found.append(ProfileLine("AppArmor profile", path, "not proved", use))
    return tuple(found)
