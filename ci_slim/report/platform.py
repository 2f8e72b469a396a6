"""The result of a platform, as a part of the report. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ci_slim import __version__, probes
from ci_slim.errors import CiSlimError, NotVerified
from ci_slim.image.inventory import Inventory
from ci_slim.image.sizes import Delivered
from ci_slim.judge.budget import BudgetRules, judge
from ci_slim.plan import PlatformPlan
from ci_slim.platforms import Platform
from ci_slim.probes import Answer, Probe
from ci_slim.result import (
    Artifacts,
    Device,
    ImageReport,
    Kept,
    LeftOut,
    Part,
    PlatformReport,
    ProbeReport,
    ProbeRun,
    Problem,
    Report,
    Seconds,
    Tool,
)

if TYPE_CHECKING:
    from ci_slim.prove.result import SlimResult

_DETAILS = 20
"""The most lines of an error in a report."""


def ended(error: CiSlimError, now: str, part: Part | None = None) -> Report:
    """The report of a run that ended before any platform was measured."""
    problem = Problem(error.message, error.where, error.details[:_DETAILS], error.hint)
    return Report(Tool(__version__), now, (), (problem,), part)


def skipped(planned: PlatformPlan) -> PlatformReport:
    """The report of a platform that cannot be built or run here."""
    return PlatformReport(
        planned.platform, "skipped", planned.how == "emulated", planned.host, planned.reason
    )


def failed(planned: PlatformPlan, error: CiSlimError) -> PlatformReport:
    """The report of a platform that failed. The message of the error is the reason."""
    rounds, healed = (
        (error.rounds, error.healed) if isinstance(error, NotVerified) else (0, frozenset[str]())
    )
    return PlatformReport(
        planned.platform,
        "failed",
        planned.how == "emulated",
        planned.host,
        error.message,
        rounds=rounds,
        healed=tuple(sorted(healed)),
        warnings=_lines(error),
    )


def _lines(error: CiSlimError) -> tuple[str, ...]:
    """The details of an error, and at the end what to do next."""
    if not error.hint:
        return error.details[:_DETAILS]
    return (*error.details[: _DETAILS - 1], f"→ {error.hint}")


def built(planned: PlatformPlan, given: Delivered, holds: Inventory) -> PlatformReport:
    """The report of a platform that was built and measured, and is not slimmed."""
    return PlatformReport(
        planned.platform,
        "built",
        planned.how == "emulated",
        fat=given.fat,
        artifacts=Artifacts(given.layout, files=given.files),
        inventory=holds,
    )


def slimmed(
    planned: PlatformPlan,
    given: Delivered,
    done: "SlimResult",
    holds: Inventory,
    explained: tuple[str, ...],
) -> PlatformReport:
    """The report of a platform that was slimmed and proved; or that is unchanged, because a slim
    image would not be smaller."""
    slim = given.slim
    return PlatformReport(
        planned.platform,
        "slimmed" if slim is not None else "unchanged",
        planned.how == "emulated",
        planned.host,
        "" if slim is not None else "the slim image would not be smaller",
        fat=given.fat,
        slim=slim,
        verified=slim is not None,
        rounds=done.rounds,
        probes=tuple(_probes(done)),
        kept=Kept(len(done.keep.reasons), done.keep.by_reason(), done.keep.bytes_by_reason()),
        dropped_nearby=_left_out(done, "dropped_nearby"),
        named_unused=_left_out(done, "named_unused"),
        literal_dropped=_left_out(done, "literal_dropped"),
        healed=tuple(sorted(done.healed)),
        explained=explained,
        held_out=done.held_out,
        artifacts=Artifacts(given.layout, given.seccomp, given.apparmor, given.files),
        inventory=holds,
        packed=done.packed,
        warnings=done.warnings,
    )


def _left_out(done: "SlimResult", kind: str) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(left.what, left.bytes, left.keep)
        for left in done.keep.left_out
        if left.kind == kind
    )


def others_disk(images: Sequence[ImageReport], name: str, platform: Platform) -> int | None:
    """Bytes on disk of the other images on a device of this platform. A layer of several images
    counts once; a layer that this image has too does not count. None if one was not measured."""
    found: dict[str, int | None] = {}
    own: set[str] = set()
    for image in images:
        for p in image.platforms:
            if p.platform != platform or p.result is None:
                continue
            device = p.updates.device if p.updates else Device()
            wanted = not device.images or image.name in device.images
            if image.name == name:
                own = {layer.diff_id or layer.digest for layer in p.result.layers}
            elif wanted:
                found |= {
                    layer.diff_id or layer.digest: layer.disk_bytes for layer in p.result.layers
                }
    sizes = [size for key, size in found.items() if key not in own]
    return None if None in sizes else sum(size or 0 for size in sizes)


def all_judged(
    image: ImageReport, budget: BudgetRules, images: Sequence[ImageReport]
) -> ImageReport:
    """The image with the verdicts of all its platforms. `images` are all images of the report."""
    platforms = (
        judged(p, budget, others_disk(images, image.name, p.platform)) for p in image.platforms
    )
    return replace(image, platforms=tuple(platforms))


def judged(report: PlatformReport, budget: BudgetRules, others: int | None = 0) -> PlatformReport:
    """The report with a verdict for every limit on its platform. `others` are the bytes on disk of
    the other images of the device."""
    by_delta = report.by_delta
    verdicts = judge(
        report.result,
        budget,
        report.platform,
        update_bytes=report.update_bytes,
        baseline_pull=report.baseline.pull_bytes if report.baseline else None,
        updates=report.updates,
        delta_bytes=by_delta.delta_bytes if by_delta else None,
        others_disk=others,
        why_unknown=_why_unknown(report),
    )
    return replace(report, verdicts=verdicts)


def _why_unknown(report: PlatformReport) -> str:
    if report.result is not None:
        return ""
    return f"the platform was {report.outcome}"


def _probes(done: "SlimResult") -> Iterable[ProbeReport]:
    after = {probe.name: answer for probe, answer in (done.slim.answers if done.slim else ())}
    for probe, before in done.fat.answers:
        answer = after.get(probe.name)
        yield ProbeReport(
            probe.name,
            probe.kind,
            _run(probe, before),
            None if answer is None else _run(probe, answer),
        )


def _run(probe: Probe, answer: Answer) -> ProbeRun:
    return ProbeRun(not probes.failures(probe, answer), answer.status, answer.ms)


def with_frame(report: Report, start: float, clean_up: float) -> Report:
    """The report with the seconds before the first platform and after the last one. These two
    platforms have them; platforms that were skipped do not count."""
    every = (platform for image in report.images for platform in image.platforms)
    ran = [each for each in every if each.outcome != "skipped"]

    def framed(platform: PlatformReport) -> PlatformReport:
        seconds = platform.seconds
        if platform is ran[0]:
            seconds = replace(seconds, start=round(start, 3))
        if platform is ran[-1]:
            seconds = replace(seconds, clean_up=round(clean_up, 3))
        return replace(platform, seconds=seconds)

    if not ran:
        return report
    images = (replace(each, platforms=tuple(map(framed, each.platforms))) for each in report.images)
    return replace(report, images=tuple(images))


def timed(
    report: PlatformReport, stages: Mapping[str, float], parts: Mapping[str, float]
) -> PlatformReport:
    """The report with the seconds of its stages and of parts of them."""
    seconds = Seconds(**{name: round(value, 3) for name, value in stages.items()})
    return replace(
        report, seconds=seconds, timings={name: round(value, 3) for name, value in parts.items()}
    )
