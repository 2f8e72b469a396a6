"""What the comment and the terminal both say of a report: words and numbers, in no format yet."""

from dataclasses import dataclass, replace
from typing import Literal

from ci_slim.image.sizes import ImageSizes
from ci_slim.report.against import base_change, growth
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.units import change, duration, factor, size

Mark = Literal["good", "warn", "bad", "unknown"]

NOTHING = "–"  # noqa: RUF001 - the dash for an empty cell
LINES = 20
"""Lines of a log that are shown below a note or a problem."""
ESTIMATED = "≈ is an estimate: the blobs were not at hand, or not all of the image was read."


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a platform stands: a mark, and the word for it."""

    mark: Mark
    word: str


def standing(p: PlatformReport) -> Standing:
    """The worst that can be said of a platform; unknown is worse than a warning."""
    statuses = {verdict.status for verdict in p.verdicts}
    cases: tuple[tuple[bool, Mark, str], ...] = (
        (p.outcome == "failed", "bad", "failed"),
        ("fail" in statuses, "bad", "over budget"),
        (p.outcome == "skipped", "unknown", "skipped"),
        (p.outcome == "slimmed" and not p.verified, "warn", "not verified"),
        ("unknown" in statuses, "unknown", "unknown"),
        ("warn" in statuses, "warn", "close to the limit"),
        ("pass" in statuses, "good", "pass"),
    )
    for holds, mark, word in cases:
        if holds:
            return Standing(mark, word)
    return Standing("good", "no budget")


def outcome_words(p: PlatformReport) -> str:
    """The outcome, where the standing does not say it yet."""
    if p.outcome in {"failed", "skipped"}:
        return ""
    return "slimmed, verified" if p.outcome == "slimmed" and p.verified else p.outcome


def headline(report: Report) -> tuple[Mark, str]:
    """The outcome in words and numbers: how many platforms stand where, and how much smaller they
    became.
    """
    platforms = [p for image in report.images for p in image.platforms]
    stands = [standing(p) for p in platforms]
    words = [stand.word for stand in stands]
    known = len(words) - words.count("skipped") - words.count("failed")
    parts = []
    gate = report.gate
    if gate is not None and (gate.loosened or gate.failed):
        parts.append("loosens the rules of the target branch")
    if report.outcome == "failed":
        failed = words.count("failed")
        if failed or not report.images:
            parts.append(f"failed on {_of(failed, words)}" if failed else "nothing was measured")
        elif not known:
            parts.append("no platform was measured")
        if report.problems and report.images:
            number = len(report.problems)
            parts.append(
                f"incomplete: {number} job{'s' * (number > 1)} ended before anything was measured"
            )
    if words.count("over budget"):
        parts.append(f"over budget on {_of(words.count('over budget'), words)}")
    if report.outcome == "passed":
        parts.append(_passed(words, known))
    if words.count("skipped"):
        parts.append(f"{words.count('skipped')} skipped")
    if words.count("unknown"):
        parts.append(f"budget unknown on {words.count('unknown')}")
    if words.count("not verified"):
        parts.append(f"{words.count('not verified')} not verified")
    mark: Mark = "good"
    if report.outcome != "passed":
        mark = "bad"
    elif (gate and gate.loosened) or any(stand.mark != "good" for stand in stands):
        mark = "warn"
    smaller = _smaller(platforms)
    return mark, ", ".join(parts) + (f"; {smaller}" if smaller else "")


def _passed(words: list[str], known: int) -> str:
    judged = words.count("pass") + words.count("close to the limit")
    if not judged:
        return f"done on {_of(known, words)}"
    close = words.count("close to the limit")
    return f"within budget on {_of(judged, words)}" + (
        f" (close to it on {close})" if close else ""
    )


def _of(number: int, words: list[str]) -> str:
    total = len(words)
    if number == total:
        return "1 platform" if total == 1 else f"all {total} platforms"
    return f"{number} of {total} platforms"


def _smaller(platforms: list[PlatformReport]) -> str:
    """The least and the largest factor by pull size; by disk size where no pull size is known."""
    for noun, name in (("pull", "pull_bytes"), ("disk", "disk_bytes")):
        pairs = []
        for p in platforms:
            before = getattr(p.fat, name) if p.outcome == "slimmed" else None
            after = getattr(p.slim, name) if p.outcome == "slimmed" else None
            if before and after:
                pairs.append((before / after, factor(before, after)))
        if pairs:
            least, most = min(pairs)[1], max(pairs)[1]
            return f"{noun} {least if least == most else f'{least} to {most}'} smaller"
    return ""


@dataclass(frozen=True, slots=True)
class SizeWords:
    """Before and after as text: `before` is empty when there is one size only, `relation` (factor
    and percentage) when there is nothing to compare, `growth` when there is no baseline.
    """

    before: str
    after: str
    relation: str
    growth: str


def pull_change(p: PlatformReport) -> SizeWords | None:
    """The pull sizes of a platform; None when it has none."""
    return _change(p, _pull(p.fat), _pull(p.slim), p.baseline.pull_bytes if p.baseline else None)


def disk_change(p: PlatformReport) -> SizeWords | None:
    """The disk sizes of a platform; None when it has none."""
    return _change(p, _disk(p.fat), _disk(p.slim), p.baseline.disk_bytes if p.baseline else None)


Measured = tuple[int | None, bool]


def _pull(sizes: ImageSizes | None) -> Measured:
    return (sizes.pull_bytes, sizes.pull_exact) if sizes else (None, True)


def _disk(sizes: ImageSizes | None) -> Measured:
    return (sizes.disk_bytes, sizes.disk_exact) if sizes else (None, True)


def _change(
    p: PlatformReport, fat: Measured, slim: Measured, baseline: int | None
) -> SizeWords | None:
    if fat[0] is None and slim[0] is None:
        return None
    if p.slim is None:
        return SizeWords("", about(*fat), "", growth(baseline, fat[0]))
    relation = ""
    if fat[0] is not None and slim[0] is not None:
        relation = f"{factor(fat[0], slim[0])} ({change(fat[0], slim[0])})"
    return SizeWords(about(*fat), about(*slim), relation, growth(baseline, slim[0]))


def about(size_bytes: int | None, exact: bool) -> str:
    """A size, with `≈` when it is an estimate."""
    if size_bytes is None:
        return NOTHING
    return size(size_bytes) if exact or not size_bytes else "≈" + size(size_bytes)


def has_estimates(report: Report) -> bool:
    """Whether any size of the report is an estimate."""
    return any(
        sizes is not None
        and ((sizes.pull_bytes is not None and not sizes.pull_exact) or not sizes.disk_exact)
        for image in report.images
        for p in image.platforms
        for sizes in (p.fat, p.slim)
    )


def probes_answered(p: PlatformReport) -> str:
    """`4/4`: how many probes the delivered image answered as expected."""
    if not p.probes:
        return NOTHING if p.outcome in {"skipped", "failed"} else "none"
    runs = [probe.slim if p.slim is not None else probe.fat for probe in p.probes]
    return f"{sum(run is not None and run.ok for run in runs)}/{len(runs)}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know: the platforms it is true of (empty: all), and the sentence. `paths` are
    shown as code after it, `lines` (the end of a log) as they are below it.
    """

    mark: Mark
    platforms: tuple[str, ...]
    text: str
    paths: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def notes(image: ImageReport) -> tuple[Note, ...]:
    """What matters of an image: worst first, and what holds on several platforms said once."""
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
    """Those of one platform, which they do not name yet."""
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
    for verdict in p.verdicts:
        if verdict.status in marks and p.result is not None:
            found.append(Note(marks[verdict.status], (), verdict.message))
    if p.baseline is not None and p.baseline.base_image == "changed" and p.result is not None:
        found.append(Note("warn", (), base_change(p.baseline)))
    if p.healed:
        noun = "a path" if len(p.healed) == 1 else f"{len(p.healed)} paths"
        found.append(Note("warn", (), f"healed {noun} that the observation had missed:", p.healed))
    if p.outcome not in {"failed", "skipped"}:  # there they are what its log ended with
        found.extend(Note("warn", (), warning) for warning in p.warnings)
    found.extend(Note("good", (), answer) for answer in p.explained)
    return found


def update_words(p: PlatformReport) -> str:
    """The update size."""
    return about(p.update_bytes, p.result is None or p.result.pull_exact)


def times(p: PlatformReport) -> str:
    """Seconds of the stages in their order, then of the finer steps; "" when none ran."""
    names = ("build", "observe", "closure", "write", "replay")
    stages = [
        f"{name} {duration(seconds)}"
        for name in names
        if (seconds := getattr(p.seconds, name)) is not None
    ]
    steps = [f"{name} {duration(seconds)}" for name, seconds in p.timings.items()]
    return "; of that ".join(part for part in (", ".join(stages), ", ".join(steps)) if part)


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A security profile that was written: what it is, where, how far it is proved, how to use it.
    The path is relative to the output folder."""

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
