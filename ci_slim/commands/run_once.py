"""Connect to Docker, make the plan for what it can do, and run the pipeline once."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ci_slim import baselines, pipeline, progress
from ci_slim.baselines import Baselines
from ci_slim.cleanup import Closable
from ci_slim.commands import remote
from ci_slim.commands.daemon import connect, make_builders, with_runnable
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import moment
from ci_slim.commands.refuse import (
    refuse_missing_pack_tools,
    refuse_profiles_without_output,
    refuse_unwritable,
    refuse_what_podman_cannot,
)
from ci_slim.deliver import staged
from ci_slim.engine import leftovers
from ci_slim.engine.docker import Engine
from ci_slim.engine.hosts import Reach
from ci_slim.engine.owner import Owner
from ci_slim.engine.process import Group
from ci_slim.engine.side_by_side import default_jobs
from ci_slim.errors import CiSlimError, UsageError
from ci_slim.forges import opening
from ci_slim.plan import Plan, make_plan
from ci_slim.platforms import Platform
from ci_slim.progress import Progress
from ci_slim.prove.result import NO_QUESTIONS, Questions
from ci_slim.report.platform import with_frame
from ci_slim.requests import PipelineRequest
from ci_slim.result import Report
from ci_slim.services import Services
from ci_slim.settings import (
    Settings,
    read_file,
)


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
        report, errors, began, ended = _run(
            request, settings, dockerfiles, edge, scratch, whole, questions, layouts
        )
    return with_frame(report, began - edge.began, time.monotonic() - ended), errors


def _run(
    request: PipelineRequest,
    settings: Settings,
    dockerfiles: Mapping[str, str],
    edge: Edge,
    scratch: Path,
    whole: bool,
    questions: Questions,
    layouts: bool,
) -> tuple[Report, tuple[CiSlimError, ...], float, float]:
    """Run the pipeline. Returns its report, the errors of platforms that failed, and when the
    platforms began and ended."""
    refuse_unwritable(request)
    refuse_profiles_without_output(settings, request)
    refuse_missing_pack_tools(settings)
    jobs = request.jobs or default_jobs()
    shown = progress.choose(edge.hide, quiet=request.quiet, several=jobs > 1)
    me = Owner.this_process()
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(connect(edge, scratch))
        refuse_what_podman_cannot(settings, engine)
        staging = stack.enter_context(staged(Path(request.output) if request.output else None))
        if gone := leftovers.remove_dead(engine, me, scratch.parent):
            shown.note(f"removed {gone} leftovers of killed runs")
        reached = stack.enter_context(_hosts(settings, request, edge, me, scratch, shown))
        planned, settings = _planned(settings, dockerfiles, request, edge, engine, shown, reached)
        builders = stack.enter_context(edge.held.closing(make_builders(edge, engine, shown)))
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
        began = time.monotonic()
        return (*pipeline.run(planned, services), began, time.monotonic())


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
    settings, runnable = with_runnable(settings, engine, request.emulators, shown)
    version = opening.version(request.image_version, edge.environment, read_file)
    others = remote.daemons(settings.remote.hosts, reached)
    plan = make_plan(
        settings, engine.platform, runnable, version=version, dockerfiles=dockerfiles, hosts=others
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
