"""`ci-slim harden`: prove images with few rights, and print how to run them so."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ci_slim import progress
from ci_slim.commands.daemon import connect, with_runnable
from ci_slim.commands.edge import Edge, folder_of, read, read_report
from ci_slim.commands.exit import moment, show
from ci_slim.commands.hidden import secrets_in_environment, secrets_to_hide
from ci_slim.deliver import write_text
from ci_slim.engine import leftovers
from ci_slim.engine.owner import Owner
from ci_slim.errors import UsageError
from ci_slim.image.sizes import ImageSizes
from ci_slim.observe.run_spec import RunSpec
from ci_slim.observe.running import texts
from ci_slim.plan import ImagePlan, PlatformPlan, make_plan
from ci_slim.prove.harden.prove import harden as proved
from ci_slim.report.hardening.render import to_json, to_text
from ci_slim.report.hardening.subject import HardenedImage
from ci_slim.requests import HardenRequest
from ci_slim.result import ImageReport, PlatformReport
from ci_slim.services import Services
from ci_slim.settings import (
    ImageSettings,
    Settings,
    from_flags,
    is_unwritten,
    load,
    read_file,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One image to harden: how it is run and probed, its name where it will run, and the path and
    the text of its seccomp profile."""

    settings: Settings
    called: str
    profile: tuple[str, str] | None = None


def harden(request: HardenRequest, edge: Edge) -> int:
    """Prove each image with few rights, and print how to run it. Returns the exit code."""
    edge.hide.learn(secrets_in_environment(edge.environment))
    edge = edge.without_secrets()
    wanted = list(of_report(request, edge) if _is_report(request) else _of_image(request, edge))
    for each in wanted:
        edge.hide.learn(secrets_to_hide(each.settings, edge.environment))
    shown = progress.choose(edge.hide, quiet=request.quiet)
    me = Owner.this_process()
    images: list[HardenedImage] = []
    with edge.held.scratch("ci-slim-") as scratch, ExitStack() as stack:
        engine = stack.enter_context(connect(edge, scratch))
        leftovers.remove_dead(engine, me, scratch.parent)
        services = Services(
            engine,
            shown,
            edge.environment,
            scratch,
            None,
            False,
            now=moment(time.time()),
            created=None,
            learn=edge.hide.learn,
            hide=edge.hide,
        )
        for each in wanted:
            images += _hardened(each, services, request)
    show(edge.hide(to_json(images) if request.format == "json" else to_text(images)))
    return 0


def _hardened(
    wanted: Wanted, services: Services, request: HardenRequest
) -> Iterator[HardenedImage]:
    engine = services.engine
    settings, runnable = with_runnable(wanted.settings, engine, None, services.progress)
    for image in make_plan(settings, engine.platform, runnable).images:
        for planned in image.platforms:
            if planned.how == "skipped":
                raise UsageError(planned.reason, where=f"{image.name} ({planned.platform})")
            yield _one(wanted, image, planned, services, request)


def _one(
    wanted: Wanted,
    image: ImagePlan,
    planned: PlatformPlan,
    services: Services,
    request: HardenRequest,
) -> HardenedImage:
    timer = services.clock(image.name, planned.platform)
    reference = services.fetch(image, planned.platform, timer)
    pending = services.start_reading(image, reference, planned.platform)
    config = services.config(reference, planned.platform)
    spec = RunSpec(
        reference,
        planned.platform,
        config,
        image.run,
        image.probes,
        reference,
        called=wanted.called,
    )
    with timer("harden"):
        done = proved(
            services.workspace(image, planned.platform),
            spec,
            pending.result(),
            emulated=planned.how == "emulated",
            profile=wanted.profile[1] if wanted.profile else None,
            make_profile=request.output is not None and not services.engine.is_podman,
        )
    services.discard(image.name, planned.platform)
    path = wanted.profile[0] if wanted.profile else ""
    if done.seccomp and not path:
        place = Path(request.output or ".") / image.name / f"{planned.platform.slug}.seccomp.json"
        write_text(place, done.seccomp)
        path = str(place)
    volumes = tuple(texts(config, "Volumes"))
    called = wanted.called
    return HardenedImage(image.name, called, planned.platform, image.run, volumes, done, path)


def _is_report(request: HardenRequest) -> bool:
    return request.target.endswith(".json") or Path(request.target).is_file()


def _of_image(request: HardenRequest, edge: Edge) -> Iterator[Wanted]:
    """The image that the user names, run as the flags say."""
    asked = request.asked.without("config").without("images")
    settings = from_flags(request.target, asked, edge.environment, read_file)
    called = request.target.removeprefix("docker-daemon:").removeprefix("docker://")
    yield Wanted(settings, called)


def of_report(request: HardenRequest, edge: Edge) -> Iterator[Wanted]:
    """The images of a report, from the layouts next to it, run as the settings file says."""
    report = read_report(request.target)
    platforms = request.asked.texts("platform")
    known = _known(request, edge)
    names = [image.name for image in report.images]
    for name in request.images:
        if name not in names:
            raise UsageError(
                f"the report has no image `{name}`",
                where="--image",
                hint=f"it has: {', '.join(names)}",
            )
    found = [
        (image, platform, delivered)
        for image in report.images
        if not request.images or image.name in request.images
        for platform in image.platforms
        if not platforms or str(platform.platform) in platforms
        if (delivered := _delivered(platform)) is not None
    ]
    if not found:
        raise UsageError(
            "the report has no image that can be hardened",
            where=request.target,
            hint="run `ci-slim run` again: no image was delivered, or none for --platform",
        )
    for image, platform, delivered in found:
        yield _from_report(request, edge, image, platform, delivered, known)


def _delivered(platform: PlatformReport) -> ImageSizes | None:
    """The image that was the result: the slim one, or the fat one where slimming saved nothing or
    was not asked for."""
    if platform.outcome == "slimmed":
        return platform.slim
    return platform.fat if platform.outcome in ("unchanged", "built") else None


def _from_report(
    request: HardenRequest,
    edge: Edge,
    image: ImageReport,
    platform: PlatformReport,
    delivered: ImageSizes,
    known: Mapping[str, ImageSettings],
) -> Wanted:
    folder, written = folder_of(request.target), platform.artifacts
    source = f"oci:{folder / written.oci_layout}" if written.oci_layout else delivered.reference
    if not source:
        raise UsageError(
            f"the image `{image.name}` ({platform.platform}) is neither beside the report nor in "
            "the daemon",
            where=request.target,
            hint="make the report with --output FOLDER or --tag NAME",
        )
    asked = request.asked.without("platform").without("config").without("images")
    settings = from_flags(source, asked, edge.environment, read_file)
    (found,) = settings.images
    own = known.get(image.name, found)
    one = replace(
        own, name=image.name, build=None, source=source, platforms=(platform.platform,), tag=None
    )
    profile = None
    if written.seccomp:
        path = str(folder / written.seccomp)
        profile = (path, read(path).decode("utf-8", "replace"))
    called = delivered.reference or own.tag or image.name
    return Wanted(replace(settings, images=(one,)), called, profile)


def _known(request: HardenRequest, edge: Edge) -> Mapping[str, ImageSettings]:
    """The images of the settings file, by name; none without a settings file."""
    if is_unwritten(request.config):
        return {}
    settings = load(request.config, edge.environment, request.asked.without("images"))
    return {image.name: image for image in settings.images}
