"""`ci-slim run`, and what `build` and `slim` share with it: settings → report, files, exit code."""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ci_slim import baselines, pipeline, progress
from ci_slim.baselines import Baselines
from ci_slim.build.builders import Builders
from ci_slim.build.dockerfiles import read_dockerfiles
from ci_slim.cleanup import Closable
from ci_slim.commands import remote
from ci_slim.commands.edge import Edge, read
from ci_slim.commands.exit import ended_by, exit_code, moment, say, show_result, tell
from ci_slim.commands.gate import Judgement, judgement
from ci_slim.commands.hidden import secrets_in_environment, secrets_to_hide
from ci_slim.commands.own_folder import ADVICE, is_safe, make_own_folder, wants_own_folder
from ci_slim.commands.refuse import (
    refuse_missing_pack_tools,
    refuse_profiles_without_output,
    refuse_unwritable,
    refuse_what_podman_cannot,
)
from ci_slim.commands.save import save
from ci_slim.deliver import staged
from ci_slim.engine import handlers, leftovers, transports
from ci_slim.engine.docker import Engine
from ci_slim.engine.hosts import Reach
from ci_slim.engine.owner import Owner
from ci_slim.engine.process import Group
from ci_slim.engine.side_by_side import default_jobs
from ci_slim.errors import CiSlimError, Interrupted, UsageError
from ci_slim.forges import opening
from ci_slim.forges.opening import detect
from ci_slim.forges.parts import part_of
from ci_slim.plan import Plan, make_plan
from ci_slim.platforms import Platform
from ci_slim.progress import Progress
from ci_slim.prove.result import NO_QUESTIONS, Questions
from ci_slim.report import render
from ci_slim.report.advised import advised
from ci_slim.report.dockerfile import in_repository, with_lines
from ci_slim.report.hiding import redacted
from ci_slim.requests import AdviseRequest, BuildRequest, PipelineRequest, RunRequest, SlimRequest
from ci_slim.result import AdvisedDockerfile, Part, Report
from ci_slim.services import Services
from ci_slim.settings import (
    Settings,
    is_unwritten,
    load_or_find,
    read_file,
    with_own_platforms,
)
from ci_slim.settings.remote import with_hosts

Load = Callable[[Edge], Settings]
"""Reads the settings; the environment that it gets has no secrets of the runner."""


def run(request: RunRequest, edge: Edge) -> int:
    """Build, slim, prove and judge the images of the settings. Returns the exit code."""
    load = functools.partial(load_settings, request)
    return carry_out(request, load, edge, questions=Questions(request.explain, request.why))


def load_settings(request: RunRequest | BuildRequest | AdviseRequest, edge: Edge) -> Settings:
    """The settings of the file. Without a file: of the only Dockerfile, after a message."""
    found = load_or_find(request.config, edge.environment, request.asked)
    (image, *_) = found.images
    if is_unwritten(request.config) and image.build and not request.quiet:
        say(edge.hide, f"no {request.config} here: building {image.build.dockerfile}")
    return found


def carry_out(
    request: PipelineRequest,
    load: Load,
    edge: Edge,
    *,
    whole: bool = True,
    questions: Questions = NO_QUESTIONS,
) -> int:
    """Run the pipeline on the settings that `load` reads; write and show the report. Returns the
    exit code.

    An error that ends the run is reported too: otherwise the comment of an earlier run would still
    say that all is well.
    """
    hide = edge.hide
    hide.learn(secrets_in_environment(edge.environment))
    edge = edge.without_secrets()
    environment = edge.environment
    part = part_of(environment)
    by_hand = wants_own_folder(request)
    try:
        settings = load(edge)
        hide.learn(secrets_to_hide(settings, environment))
        advice = _advice(request)
        if isinstance(request, RunRequest | SlimRequest) and request.remote_host:
            place = request.asked.place("remote_host")
            settings = with_hosts(settings, request.remote_host, place)
        judged = _judgement(request, settings, edge)
        settings = judged.settings
        in_own_folder = by_hand and is_safe(settings)
        if in_own_folder:
            request = replace(request, output=make_own_folder())
        builds = {image.name: image.build for image in settings.images}
        texts = read_dockerfiles(builds)
        made, errors = run_once(
            request,
            settings,
            edge,
            dockerfiles=texts,
            whole=whole,
            questions=questions,
            layouts=not in_own_folder,
        )
    except Interrupted:
        raise
    except CiSlimError as error:
        return _report_error(error, request, edge, part)
    origin = opening.origin(environment, read_file)
    made = replace(made, part=part, origin=origin, gate=judged.gate, advice=advice)
    dockerfiles = in_repository(builds, texts)
    made = redacted(with_lines(made, dockerfiles), hide)
    save(made, dockerfiles, request, forge=detect(environment))
    for each in errors:
        tell(hide, each)
    if request.output and not request.quiet:
        say(hide, f"wrote report.html, comment.md and report.json to {request.output}")
    elif by_hand and not request.quiet:
        say(hide, "no report was written", hint=f"name a folder with --output; or {ADVICE}")
    code = exit_code(made, errors, judged.fail_on)
    return show_result(render(made, request.format), code, hide)


def run_once(
    request: PipelineRequest,
    settings: Settings,
    edge: Edge,
    *,
    dockerfiles: Mapping[str, str],
    whole: bool = True,
    questions: Questions = NO_QUESTIONS,
    layouts: bool = True,
) -> tuple[Report, tuple[CiSlimError, ...]]:
    """Run the pipeline on these settings. Returns the report, and the errors of the platforms that
    failed. `dockerfiles` are the texts of the Dockerfiles, by the name of the image.
    `layouts`: write OCI layouts into the output folder, if there is one."""
    with edge.held.scratch("ci-slim-") as scratch:
        return _run(request, settings, dockerfiles, edge, scratch, whole, questions, layouts)


def _advice(request: PipelineRequest) -> tuple[AdvisedDockerfile, ...]:
    """The given advice, which is read before any work starts."""
    if not isinstance(request, RunRequest):
        return ()
    return tuple(advised(read(name), name) for name in request.advice)


def _judgement(request: PipelineRequest, settings: Settings, edge: Edge) -> Judgement:
    if isinstance(request, RunRequest | BuildRequest):
        return judgement(request, settings, edge)
    return Judgement(settings, request.fail_on)


def _run(
    request: PipelineRequest,
    settings: Settings,
    dockerfiles: Mapping[str, str],
    edge: Edge,
    scratch: Path,
    whole: bool,
    questions: Questions,
    layouts: bool,
) -> tuple[Report, tuple[CiSlimError, ...]]:
    """Run the pipeline. Returns its report and the errors of platforms that failed."""
    refuse_unwritable(request)
    refuse_profiles_without_output(settings, request)
    refuse_missing_pack_tools(settings)
    jobs = request.jobs or default_jobs()
    shown = progress.choose(edge.hide, quiet=request.quiet, several=jobs > 1)
    me = Owner.this_process()
    engine = Engine.connect(edge.environment, me.run_id(scratch.name[-8:]))
    with contextlib.ExitStack() as stack:
        stack.enter_context(edge.held.closing(engine))
        refuse_what_podman_cannot(settings, engine)
        staging = stack.enter_context(staged(Path(request.output) if request.output else None))
        if gone := leftovers.remove_dead(engine, me, scratch.parent):
            shown.note(f"removed {gone} leftovers of killed runs")
        reached = stack.enter_context(_hosts(settings, request, edge, me, scratch, shown))
        planned, settings = _planned(settings, dockerfiles, request, edge, engine, shown, reached)
        builders = stack.enter_context(edge.held.closing(_builders(edge, engine, shown)))
        for image in planned.images:
            if image.build is not None:
                builders.name(image.build)
        services = Services(
            engine,
            shown,
            edge.environment,
            scratch,
            staging,
            request.load,
            now=moment(time.time()),
            created=_source_date(edge.environment),
            learn=edge.hide.learn,
            hide=edge.hide,
            whole=whole,
            layouts=layouts,
            questions=questions,
            baselines=_baselines(request, edge, settings),
            builders=builders,
            for_builds=edge.for_builds,
            hosts=reached,
            tools_image=settings.remote.tools,
            jobs=jobs,
            processes=stack.enter_context(edge.held.closing(Group())),
        )
        services.refuse_hosts_without_tools()
        return pipeline.run(planned, services)


def _builders(edge: Edge, engine: Engine, shown: Progress) -> Builders:
    environment = {**edge.environment, **edge.for_builds}
    return Builders(engine.version, engine.containerd_store, engine.run_id, environment, shown.note)


def _report_error(
    error: CiSlimError, request: PipelineRequest, edge: Edge, part: Part | None
) -> int:
    """Show and report an error that ended the run before anything was measured. Returns the exit
    code."""
    origin = opening.origin(edge.environment, read_file)
    made = replace(ended_by(error, edge.hide, part), origin=origin)
    with contextlib.suppress(CiSlimError):  # the error may be that nothing can be written
        save(made, {}, request, forge=detect(edge.environment))
    tell(edge.hide, error)
    if request.format != "text":
        return show_result(render(made, request.format), error.exit_code, edge.hide)
    return error.exit_code


def _planned(
    settings: Settings,
    dockerfiles: Mapping[str, str],
    request: PipelineRequest,
    edge: Edge,
    engine: Engine,
    shown: Progress,
    reached: Mapping[Platform, Engine],
) -> tuple[Plan, Settings]:
    """The plan for this daemon, and the settings with the platforms of every image."""
    daemon = engine.platform
    own = functools.partial(transports.own_platform, engine=engine)
    settings = with_own_platforms(settings, own, daemon)
    foreign = {p for image in settings.images for p in image.platforms} - {daemon}
    runnable = handlers.ensure(engine, foreign, request.emulators, shown.note)
    version = opening.version(request.image_version, edge.environment, read_file)
    others = remote.daemons(settings.remote.hosts, reached)
    plan = make_plan(
        settings, daemon, runnable, version=version, dockerfiles=dockerfiles, hosts=others
    )
    return plan, settings


@contextlib.contextmanager
def _hosts(
    settings: Settings,
    request: PipelineRequest,
    edge: Edge,
    me: Owner,
    scratch: Path,
    shown: Progress,
) -> Iterator[Mapping[Platform, Engine]]:
    """The daemons on other hosts that prove platforms of this run."""
    wanted = remote.wanted(settings)
    if wanted and opening.is_fork(edge.environment, read_file):
        shown.note(remote.WITHHELD)
        wanted = {}
    with contextlib.ExitStack() as stack:

        def hold(thing: Closable) -> None:
            stack.enter_context(edge.held.closing(thing))

        reach = Reach(edge.environment, edge.ssh, scratch, hold)
        yield remote.connect(wanted, reach, scratch.name[-8:], me, scratch.parent)


def _baselines(request: PipelineRequest, edge: Edge, settings: Settings) -> Baselines | None:
    return baselines.choose(
        request.baseline,
        settings,
        edge.environment,
        read_file,
        edge.artifact,
        request.image_version or "",
    )


def _source_date(environment: Mapping[str, str]) -> str | None:
    """https://reproducible-builds.org/specs/source-date-epoch/"""
    value = environment.get("SOURCE_DATE_EPOCH")
    if not value:
        return None
    try:
        return moment(int(value))
    except (ValueError, OverflowError):
        raise UsageError(
            f"{value!r} is not a number of seconds",
            where="SOURCE_DATE_EPOCH",
            hint="set it to seconds since 1970, as `git log -1 --format=%ct` prints them",
        ) from None
