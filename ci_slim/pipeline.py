"""The run: plan → build → observe → close, write, replay → judge → report."""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ci_slim import __version__
from ci_slim.build.turns import Turn, turns
from ci_slim.engine.side_by_side import Task, side_by_side
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.fat.image import PendingImage, StageTimer, Workspace
from ci_slim.image.inventory import inventory
from ci_slim.image.sizes import Delivered
from ci_slim.observe.exercise import observe, refuse_failed
from ci_slim.observe.run_spec import RunSpec
from ci_slim.plan import ImagePlan, Plan, PlatformPlan
from ci_slim.prove.candidate import SizesInBackground, keep_set, make_candidate
from ci_slim.prove.decision import Done, GiveUp, Heal
from ci_slim.prove.hold_out import hold_out
from ci_slim.prove.observe_again import observe_privileged
from ci_slim.prove.packing import pack
from ci_slim.prove.privileges import gaining
from ci_slim.prove.profiles.make import make_profiles
from ci_slim.prove.remember import remember
from ci_slim.prove.replay import replay
from ci_slim.prove.result import SlimResult, not_verified, slim_must_start, warnings_of
from ci_slim.prove.settle import settle
from ci_slim.prove.sharing import ProvedImage, share_layers
from ci_slim.report import platform as outcome
from ci_slim.result import HeldOut, ImageReport, PlatformReport, Report, Tool, Updates
from ci_slim.services import Services
from ci_slim.settings.plans import SlimPlan


def run(plan: Plan, services: Services) -> tuple[Report, tuple[CiSlimError, ...]]:
    """Run all images on all their platforms. Returns the report, and the errors of the platforms
    that failed, in order. A platform that fails does not stop the others."""
    errors: list[CiSlimError] = []
    reports: dict[str, list[PlatformReport]] = {image.name: [] for image in plan.images}
    in_turn = turns(plan.images)
    tasks = [
        Task(functools.partial(_measured, turn, services), turn.after, turn.alone)
        for turn in in_turn
    ]
    ended = side_by_side(tasks, services.jobs, services.processes)
    finished = _finished(in_turn, ended, services)
    for turn, (report, timer, error) in zip(in_turn, finished, strict=True):
        if error is not None:
            errors.append(error)
        reports[turn.image.name].append(_compared(turn.image, report, timer, services))
    images = tuple(ImageReport(name, tuple(found)) for name, found in reports.items())
    judged = tuple(
        outcome.all_judged(image, planned.budget, images)
        for image, planned in zip(images, plan.images, strict=True)
    )
    return Report(Tool(__version__), services.now, judged), tuple(errors)


Ended = tuple[PlatformReport | ProvedImage, StageTimer, CiSlimError | None]


def _measured(turn: Turn, services: Services) -> Ended:
    """Run one platform, perhaps in parallel with others. Returns its report, and its error if it
    failed. An image that shares layers is only proved."""
    timer = services.clock(turn.image.name, turn.planned.platform)
    return _caught(turn, services, timer, lambda: _platform(turn, services, timer))


def _caught(
    turn: Turn,
    services: Services,
    timer: StageTimer,
    call: Callable[[], PlatformReport | ProvedImage],
) -> Ended:
    found: PlatformReport | ProvedImage | None = None
    try:
        found = call()
        return found, timer, None
    except Interrupted:
        raise
    except CiSlimError as error:
        return outcome.failed(turn.planned, error), timer, error.alone()
    finally:
        if not isinstance(found, ProvedImage):
            services.discard(turn.image.name, turn.planned.platform)


def _finished(
    in_turn: Sequence[Turn], ended: Iterable[Ended], services: Services
) -> Iterator[tuple[PlatformReport, StageTimer, CiSlimError | None]]:
    """The results in their order. Images that share layers are delivered when all are proved."""
    if any(turn.shares for turn in in_turn):
        ended = share_layers(list(ended))
    for turn, (found, timer, error) in zip(in_turn, ended, strict=True):
        if isinstance(found, ProvedImage):
            deliver = functools.partial(_delivered, turn, found, services, timer)
            found, timer, error = _caught(turn, services, timer, deliver)
        assert isinstance(found, PlatformReport)
        yield found, timer, error


def _compared(
    image: ImagePlan, report: PlatformReport, timer: StageTimer, services: Services
) -> PlatformReport:
    """Compare a platform with its baseline."""
    if services.baselines is not None:
        with timer("baseline"):
            report = services.baselines.compared(image.name, report)
    return outcome.timed(report, timer.seconds, timer.parts)


def _platform(turn: Turn, services: Services, timer: StageTimer) -> PlatformReport | ProvedImage:
    image, planned = turn.image, turn.planned
    if planned.how == "skipped":
        return outcome.skipped(planned)
    reference = _fat_image(image, planned, services, timer)
    # Reading a large image takes seconds. Meanwhile the application starts.
    fat = services.start_reading(image, reference, planned.platform)
    if not image.slim.enabled:
        with timer("read"):
            whole = fat.result()
        with timer("deliver"):
            given = services.deliver(image, planned.platform, reference, whole, None)
            given = services.list_files(image, planned.platform, given, whole, None)
            holds = inventory(whole.index, whole.contents)
        updates = _updates(image, given, services, timer)
        return replace(outcome.built(planned, given, holds), updates=updates)
    proved = _slim(image, planned, reference, fat, services, timer)
    return proved if turn.shares else _delivered(turn, proved, services, timer)


def _fat_image(
    image: ImagePlan, planned: PlatformPlan, services: Services, timer: StageTimer
) -> str:
    """Build the fat image, or fetch an existing one. Returns its reference in the daemon."""
    if image.build is None:
        assert image.source is not None
        return services.fetch(image, planned.platform, timer)
    reference = services.reference("fat", image.name, planned.platform)
    services.engine.forget_image(reference)
    with timer("build"):
        services.build(image.build, planned.platform, reference)
    return reference


def _slim(
    image: ImagePlan,
    planned: PlatformPlan,
    reference: str,
    pending: PendingImage,
    services: Services,
    timer: StageTimer,
) -> ProvedImage:
    spec = RunSpec(
        reference,
        planned.platform,
        services.config(reference, planned.platform),
        image.run,
        image.probes,
        reference,
        called=image.source or image.name,
    )
    with _on_host(planned):
        if planned.host:
            with timer("send"):
                services.send(reference, planned.platform)
        workspace = services.workspace(image, planned.platform)
        done = prove(workspace, spec, pending, image.slim, timer)
        profiles = None
        if image.slim.profiles:
            with timer("profiles"):
                emulated, name = planned.how == "emulated", f"{image.name}-{planned.platform.slug}"
                profiles = make_profiles(
                    workspace, spec, pending.result(), done, emulated=emulated, name=name
                )
    return ProvedImage(image.name, workspace, spec, pending.result(), image.slim, done, profiles)


def _delivered(
    turn: Turn, proved: ProvedImage, services: Services, timer: StageTimer
) -> PlatformReport:
    image, planned = turn.image, turn.planned
    done, fat, reference = proved.done, proved.fat, proved.spec.image
    kept = done.keep.reasons if done.image is not None else None
    with timer("deliver"):
        given = services.deliver(
            image, planned.platform, reference, fat, done.image, proved.profiles
        )
        given = services.list_files(image, planned.platform, given, fat, kept)
        holds = done.inventory(fat.index, fat.contents)
    explained = done.explain(fat.index, services.questions)
    updates = _updates(image, given, services, timer)
    return replace(outcome.slimmed(planned, given, done, holds, explained), updates=updates)


def _updates(
    image: ImagePlan, given: Delivered, services: Services, timer: StageTimer
) -> Updates | None:
    """What updates to the delivered image cost; None if the settings do not ask for it."""
    if image.tag is None or (image.device is None and image.deltas_from is None):
        return None
    with timer("baseline"):
        return services.updates(image, image.tag, given)


@contextlib.contextmanager
def _on_host(planned: PlatformPlan) -> Iterator[None]:
    """Add the name of the host to errors inside the block."""
    try:
        yield
    except CiSlimError as error:
        if planned.host:
            error.where = f"{error.where} on {planned.host}".strip()
        raise


def prove(
    workspace: Workspace, spec: RunSpec, pending: PendingImage, plan: SlimPlan, timer: StageTimer
) -> SlimResult:
    """Make a slim image and prove it, healing what it misses for at most `plan.rounds` rounds.

    The fat image is `pending`: it is read in the background during the observation. Raises
    ProbeFailed, EngineError, and NotVerified if the image cannot be proved.
    """
    with timer("observe"):
        apart = plan.hold_out != "off"
        seen = observe(workspace.engine, workspace.tools, spec, apart=apart)
    timer.add_part("application", seen.application_seconds)
    pending.expect(seen.observation.uses)
    with timer("read"):
        fat = pending.result()
    if gaining(seen.observation, fat.index):
        with timer("observe"):
            spec, seen = observe_privileged(workspace, spec, fat, seen)
    refuse_failed(seen, spec)
    seen = remember(seen, spec.platform, fat.config, plan)
    healed: frozenset[str] = frozenset()
    sizes: SizesInBackground | None = None
    for number in itertools.count(1):
        with timer("closure"):
            keep = keep_set(fat, seen, plan, healed)
        with timer("write"):
            slim = make_candidate(workspace, spec, fat, keep, plan, number)
        if slim is None:
            return SlimResult(None, keep, seen, None, number)
        sizes = sizes or SizesInBackground(fat, slim)
        # Paths that the user drops are never added.
        settled = healed | keep.dropped.keys()
        with timer("replay"):
            with slim_must_start(spec, number, healed):
                shown = replay(workspace, spec, slim.reference, seen, fat.index, keep, sizes.start)
            timer.add_part("application", shown.exercise.application_seconds)
            decision, shown = settle(
                workspace, spec, slim.reference, fat, seen, shown, settled, number, plan.rounds
            )
        match decision:
            case Done(unhealed):
                with timer("compress"):
                    proved = slim.finish()
                    sizes.wait()
                warnings = warnings_of(spec, seen, plan, fat.index, shown, unhealed, keep)
                held: tuple[HeldOut, ...] = ()
                if plan.hold_out != "off":
                    with timer("hold_out"):
                        held = hold_out(workspace, spec, fat, seen, plan, keep)
                done = SlimResult(
                    proved, keep, seen, shown.exercise, number, healed, warnings, held
                )
                if not plan.pack.enabled:
                    return done
                with timer("pack"):
                    return pack(workspace, spec, fat, plan, slim, done)
            case Heal(paths):
                healed |= paths
            case GiveUp(why):
                raise not_verified(spec, number, healed, why, shown, keep)
    raise AssertionError("the last round is always decided")
