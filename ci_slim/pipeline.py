"""The run, top to bottom: plan → build → read and observe → slim and prove → judge → report."""

from collections.abc import Iterator

from ci_slim import __version__, outcome
from ci_slim.build import build
from ci_slim.effects import Effects
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.plan import ImagePlan, Plan, PlatformPlan
from ci_slim.report.model import ImageReport, PlatformReport, Report, Tool
from ci_slim.slim.subject import Subject
from ci_slim.slim.workshop import Clock, Coming


def run(plan: Plan, effects: Effects) -> tuple[Report, tuple[CiSlimError, ...]]:
    """All images on all their platforms: the report, and the errors behind the platforms that
    failed, in order. A platform that fails does not stop the others."""
    errors: list[CiSlimError] = []
    images = tuple(
        ImageReport(image.name, tuple(_platforms(image, effects, errors))) for image in plan.images
    )
    return Report(Tool(__version__), effects.now, images), tuple(errors)


def _platforms(
    image: ImagePlan, effects: Effects, errors: list[CiSlimError]
) -> Iterator[PlatformReport]:
    for planned in image.platforms:
        clock = effects.clock(image.name, planned.platform)
        try:
            report = _platform(image, planned, effects, clock)
        except Interrupted:
            raise
        except CiSlimError as error:
            errors.append(error.alone())
            report = outcome.failed(planned, error, clock.seconds)
        finally:
            effects.discard(image.name, planned.platform)
        if effects.baselines is not None:
            report = effects.baselines.compared(image.name, report)
        yield outcome.judged(report, image.budget)


def _platform(
    image: ImagePlan, planned: PlatformPlan, effects: Effects, clock: Clock
) -> PlatformReport:
    if planned.how == "skipped":
        return outcome.skipped(planned)
    with clock("build"):
        reference = _fat_image(image, planned, effects)
    # Reading a large image takes seconds: the application starts meanwhile.
    fat = effects.reading(image, reference, planned.platform)
    if not image.slim.enabled:
        given = effects.deliver(image, planned.platform, reference, fat.result(), None)
        return outcome.built(planned, given, clock.seconds)
    return _slim(image, planned, reference, fat, effects, clock)


def _fat_image(image: ImagePlan, planned: PlatformPlan, effects: Effects) -> str:
    """The reference of the fat image in the daemon: built now, or there already."""
    if image.build is None:
        assert image.source is not None
        return effects.present(image.source, planned.platform)
    reference = effects.reference("fat", image.name, planned.platform)
    effects.engine.forget_image(reference)
    build(image.build, planned.platform, reference, effects.environment, effects.progress.output)
    return reference


def _slim(
    image: ImagePlan,
    planned: PlatformPlan,
    reference: str,
    fat: Coming,
    effects: Effects,
    clock: Clock,
) -> PlatformReport:
    # A third of the program is behind these two: it is loaded while the image is being read.
    from ci_slim.slim import slimming
    from ci_slim.slim.confine import confine

    subject = Subject(
        reference,
        planned.platform,
        effects.config(reference, planned.platform),
        image.run,
        image.probes,
        reference,
    )
    shop = effects.workshop(image.name, planned.platform)
    done = slimming.slim(shop, subject, fat, image.slim, clock)
    profiles = None
    if image.slim.profiles:
        with clock("profiles"):
            emulated, name = planned.how == "emulated", f"{image.name}-{planned.platform.slug}"
            profiles = confine(shop, subject, fat.result(), done, emulated=emulated, name=name)
    given = effects.deliver(image, planned.platform, reference, fat.result(), done.image, profiles)
    explained = done.explained(fat.result().index, effects.questions)
    return outcome.slimmed(planned, given, done, explained, clock.seconds)
