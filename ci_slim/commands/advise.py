"""`ci-slim advise`: changes of a Dockerfile that were built, exercised and measured."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ci_slim import progress
from ci_slim.advise.advice import Advice, Threshold
from ci_slim.advise.bases import Bases
from ci_slim.advise.finding import Facts
from ci_slim.advise.given import Given
from ci_slim.advise.patch import patched
from ci_slim.advise.read_sources import read_sources
from ci_slim.advise.run_linters import run_check, run_hadolint
from ci_slim.advise.try_change import estimated
from ci_slim.advise.try_changes import Trials
from ci_slim.advise.workbench import Workbench
from ci_slim.build.builders import Builders
from ci_slim.commands.daemon import connect, make_builders
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import say, show
from ci_slim.commands.hidden import secrets_in_environment, secrets_to_hide
from ci_slim.commands.run import load_settings
from ci_slim.deliver import write_text
from ci_slim.engine import handlers, leftovers, process
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.errors import UsageError
from ci_slim.fat.container import config_of
from ci_slim.fat.tools import collect_tools
from ci_slim.image.unpacking import limits_of
from ci_slim.observe.run_spec import Tools
from ci_slim.observe.toolkit import ThisMachine
from ci_slim.plan import filled_tag, platform_plan
from ci_slim.platforms import Platform, normalised, same
from ci_slim.progress import Progress
from ci_slim.report.advice import FORMATS
from ci_slim.requests import AdviseRequest
from ci_slim.settings import ImageSettings, Settings, quantities
from ci_slim.settings.files import is_remote
from ci_slim.settings.plans import BuildPlan


def advise(request: AdviseRequest, edge: Edge) -> int:
    """Find changes that make the image smaller, try them, and show them. Returns the exit code."""
    edge.hide.learn(secrets_in_environment(edge.environment))
    edge = edge.without_secrets()
    threshold = _threshold(request)
    settings = load_settings(request, edge)
    edge.hide.learn(secrets_to_hide(settings, edge.environment))
    image, build = _image(settings, request)
    folder = Path(request.config).parent
    bases = Bases(settings.advise.bases, settings.advise.without_bases)
    given = read_sources(image.name, build, folder)
    given = replace(given, bases=bases, remarks=run_hadolint(build))
    with edge.held.scratch("ci-slim-") as scratch:
        if request.quick:
            advice = _quick(request, image, build, given, edge, scratch)
        else:
            advice = _tried(request, image, build, given, edge, scratch, threshold)
    written = _write(advice, given) if request.write else ()
    advice = replace(advice, sources=given.sources, folder=_seen(folder))
    show(edge.hide(FORMATS[request.format](advice, every=request.all)))
    for path in written:
        say(edge.hide, f"wrote {path}")
    return 0


def _seen(folder: Path) -> str:
    """A folder, seen from the working folder where it is below it."""
    with contextlib.suppress(ValueError):
        folder = folder.resolve().relative_to(Path.cwd().resolve())
    return folder.as_posix()


def _threshold(request: AdviseRequest) -> Threshold:
    if request.at_least is None:
        return Threshold()
    try:
        if "%" in request.at_least:
            return Threshold(None, quantities.percent(request.at_least))
        return Threshold(quantities.size(request.at_least), None)
    except ValueError as error:
        raise UsageError(
            str(error), where=request.asked.place("at_least"), hint="write 2% or 500kB"
        ) from None


def _image(settings: Settings, request: AdviseRequest) -> tuple[ImageSettings, BuildPlan]:
    """The only image that is built from a Dockerfile on this machine."""
    built = [image for image in settings.images if image.build is not None]
    if len(built) != 1 or (len(settings.images) > len(built) == 1 and request.images):
        raise UsageError(
            f"advice is on one Dockerfile, and {len(built)} images are built here",
            where=request.config,
            hint="name one with --image: " + ", ".join(image.name for image in built)
            if built
            else "give an image a `build`, or name the Dockerfile with --dockerfile",
        )
    (image,) = built
    assert image.build is not None
    if is_remote(image.build.context) or is_remote(image.build.dockerfile):
        raise UsageError(
            "the build context is not on this machine, so its Dockerfile cannot be changed",
            where=image.where,
            hint="check the repository out, and name its folder as `context`",
        )
    return image, image.build


# -- built and tried --------------------------------------------------------------------------


def _tried(
    request: AdviseRequest,
    image: ImageSettings,
    build: BuildPlan,
    given: Given,
    edge: Edge,
    scratch: Path,
    threshold: Threshold,
) -> Advice:
    shown = progress.choose(edge.hide, quiet=request.quiet)
    with _connected(edge, scratch) as engine:
        runnable, skipped, native = _platforms(image, request, engine, shown)
        environment = {**edge.environment, **edge.for_builds}
        builders = make_builders(edge, engine, shown)
        given = replace(given, remarks=given.remarks + run_check(build, environment))
        with edge.held.closing(builders):
            bench = _workbench(image, build, engine, builders, environment, shown, scratch, given)
            trials = Trials(bench, given, threshold, 60.0 * request.budget_minutes, shown.stage)
            return replace(trials.advise(runnable, native), notes=skipped)


@contextlib.contextmanager
def _connected(edge: Edge, scratch: Path) -> Iterator[Engine]:
    with connect(edge, scratch) as engine:
        if engine.is_podman:
            raise UsageError(
                "podman does not build through docker buildx",
                where="the daemon",
                hint="use a Docker daemon, or `ci-slim advise --quick`",
            )
        leftovers.remove_dead(engine, Owner.this_process(), scratch.parent)
        yield engine


def _platforms(
    image: ImageSettings, request: AdviseRequest, engine: Engine, shown: Progress
) -> tuple[tuple[Platform, ...], tuple[str, ...], Platform]:
    """The platforms that this daemon can run, the reasons for the others, and the platform on which
    single changes are tried."""
    daemon = normalised(engine.platform)
    wanted = image.platforms or (daemon,)
    foreign = {each for each in wanted if not same(each, daemon)}
    known = handlers.ensure(engine, foreign, request.emulators, shown.note)
    plans = [platform_plan(each, daemon, known) for each in wanted]
    runnable = tuple(each.platform for each in plans if each.how != "skipped")
    skipped = tuple(f"{e.platform}: {e.reason}" for e in plans if e.how == "skipped")
    if not runnable:
        raise UsageError(
            "this daemon can run none of the image's platforms",
            where=image.where,
            hint="register emulators with --emulators, or choose a platform with --platform",
            details=skipped,
        )
    native = next((each.platform for each in plans if each.how == "native"), runnable[0])
    return runnable, skipped, native


def _workbench(
    image: ImageSettings,
    build: BuildPlan,
    engine: Engine,
    builders: Builders,
    environment: dict[str, str],
    shown: Progress,
    scratch: Path,
    given: Given,
) -> Workbench:
    from ci_slim.build import build as run_build

    def built(plan: BuildPlan, platform: Platform, tag: str, seconds: float | None) -> None:
        builder = builders.name(plan)
        # If it fails, the error has the end of its output.
        run_build(plan, platform, tag, environment, shown.doing, builder, seconds)

    @functools.cache
    def tools() -> Tools:
        return collect_tools(engine.platform, ThisMachine(process.find), shown.doing)

    config = functools.partial(config_of, engine)
    folder = scratch / "advise"
    folder.mkdir()
    return Workbench(
        engine,
        tools,
        built,
        config,
        build,
        image.run,
        image.probes,
        folder,
        given.context,
        limits_of(image.unpack_limit),
    )


# -- estimated --------------------------------------------------------------------------------


def _quick(
    request: AdviseRequest,
    image: ImageSettings,
    build: BuildPlan,
    given: Given,
    edge: Edge,
    scratch: Path,
) -> Advice:
    """Findings from the Dockerfile alone, with bytes from the built image if there is one."""
    name = request.built or filled_tag(image.tag, "dev")
    platform = image.platforms[0] if image.platforms else Platform("linux", "amd64")
    facts: Facts | None = None
    notes: tuple[str, ...] = ()
    if name is None:
        notes = ("bytes are not known: name the image that was built with --built",)
    else:
        with _connected(edge, scratch) as engine:
            shown = progress.choose(edge.hide, quiet=request.quiet)
            environment = dict(edge.environment)
            builders = Builders(
                engine.version, engine.containerd_store, engine.run_id, {}, shown.note
            )
            platform = engine.image_platform(name)
            bench = _workbench(image, build, engine, builders, environment, shown, scratch, given)
            _, facts = bench.facts(name, platform)
    found = given.findings(given.subject(platform, facts))
    tried = tuple(
        estimated(each, patched(given.sources, [each]), facts, platform) for each in found
    )
    return Advice(given.sources.dockerfile.path, image.name, tried, notes=notes)


def _write(advice: Advice, given: Given) -> tuple[str, ...]:
    """Write the changed files. Returns their names."""
    texts = advice.together.texts if advice.together is not None else {}
    for path, text in texts.items():
        place = given.places[path]
        mode = place.stat().st_mode if place.is_file() else None
        write_text(place, text)
        if mode is not None:
            place.chmod(mode)
    return tuple(str(given.places[path]) for path in texts)
