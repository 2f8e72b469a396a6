"""`ci-slim run`, and what `build` and `slim` share with it: from settings to a report, files and an
exit code."""

import contextlib
import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ci_slim import baselines, pipeline, progress
from ci_slim.baselines import Baselines
from ci_slim.build.builders import Builders
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import ended_by, exit_code, moment, say, show_result, tell
from ci_slim.commands.gate import Judgement, judgement
from ci_slim.deliver import refuse_full_disk, staged, write_text, write_through
from ci_slim.engine import handlers, leftovers, transports
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.errors import CiSlimError, Interrupted, UsageError
from ci_slim.forges import opening
from ci_slim.forges.gitlab.reports import dockerfiles_of
from ci_slim.forges.opening import FORGES, detect
from ci_slim.forges.parts import part_of
from ci_slim.options import SETTINGS_FILE
from ci_slim.plan import Plan, make_plan
from ci_slim.progress import Progress
from ci_slim.prove.result import NO_QUESTIONS, Questions
from ci_slim.redact import secrets_of
from ci_slim.report import render
from ci_slim.report.dockerfile import with_lines
from ci_slim.report.hiding import redacted
from ci_slim.report.page.render import to_html
from ci_slim.requests import BuildRequest, PipelineRequest, RunRequest
from ci_slim.result import Part, Report
from ci_slim.services import Services
from ci_slim.settings import (
    Settings,
    is_unwritten,
    load_or_find,
    read_file,
    with_own_platforms,
)
from ci_slim.settings.plans import BuildPlan

Load = Callable[[Edge], Settings]
"""Reads the settings, with an environment that holds no secrets of the runner."""


def run(request: RunRequest, edge: Edge) -> int:
    """Build, slim, prove and judge the images of the settings; the exit code."""
    load = functools.partial(load_settings, request)
    return carry_out(request, load, edge, questions=Questions(request.explain, request.why))


def load_settings(request: RunRequest | BuildRequest, edge: Edge) -> Settings:
    """The settings of the file, or of the one Dockerfile where there is none, which is told."""
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
    """Run the pipeline on the settings that `load` reads, show and write what came out; the exit
    code. An error that ends the run is in the report as well: without one, the comment of an
    earlier run would go on saying that all is well.
    """
    hide = edge.hide
    hide.learn(secrets_in_environment(edge.environment))
    edge = edge.without_secrets()
    environment = edge.environment
    part = part_of(environment)
    try:
        settings = load(edge)
        hide.learn(secrets_to_hide(settings, environment))
        judged = _judgement(request, settings, edge)
        settings = judged.settings
        made, errors = run_once(request, settings, edge, whole=whole, questions=questions)
    except Interrupted:
        raise
    except CiSlimError as error:
        return _ended(error, request, edge, part)
    origin = opening.origin(environment, read_file)
    builds = {image.name: image.build for image in settings.images}
    made = replace(made, part=part, origin=origin, gate=judged.gate)
    made = with_lines(made, dockerfiles_of(builds))
    made = redacted(made, hide)
    _save(made, builds, request, forge=detect(environment))
    for each in errors:
        tell(hide, each)
    if request.output and not request.quiet:
        say(hide, f"wrote report.html, comment.md and report.json to {request.output}")
    code = exit_code(made, errors, judged.fail_on)
    return show_result(render(made, request.format), code, hide)


def run_once(
    request: PipelineRequest,
    settings: Settings,
    edge: Edge,
    *,
    whole: bool = True,
    questions: Questions = NO_QUESTIONS,
) -> tuple[Report, tuple[CiSlimError, ...]]:
    """Run the pipeline on these settings: the report, and the errors behind the platforms that
    failed."""
    with edge.held.scratch("ci-slim-") as scratch:
        return _measured(request, settings, edge, scratch, whole, questions)


def _judgement(request: PipelineRequest, settings: Settings, edge: Edge) -> Judgement:
    if isinstance(request, RunRequest | BuildRequest):
        return judgement(request, settings, edge)
    return Judgement(settings, request.fail_on)


def _measured(
    request: PipelineRequest,
    settings: Settings,
    edge: Edge,
    scratch: Path,
    whole: bool,
    questions: Questions,
) -> tuple[Report, tuple[CiSlimError, ...]]:
    _refuse_unwritable(request)
    _refuse_profiles_without_output(settings, request)
    shown = progress.choose(edge.hide, quiet=request.quiet)
    me = Owner.this_process()
    engine = Engine.connect(edge.environment, me.run_id(scratch.name[-8:]))
    with contextlib.ExitStack() as stack:
        stack.enter_context(edge.held.closing(engine))
        _refuse_what_podman_cannot(settings, engine)
        staging = stack.enter_context(staged(Path(request.output) if request.output else None))
        if gone := leftovers.remove_dead(engine, me, scratch.parent):
            shown.note(f"removed {gone} things that killed runs had left behind")
        planned, settings = _planned(settings, request, edge, engine, shown)
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
            questions=questions,
            baselines=_baselines(request, edge, settings),
            builders=builders,
            for_builds=edge.for_builds,
        )
        return pipeline.run(planned, services)


def _builders(edge: Edge, engine: Engine, shown: Progress) -> Builders:
    environment = {**edge.environment, **edge.for_builds}
    return Builders(engine.version, engine.containerd_store, engine.run_id, environment, shown.note)


def _ended(error: CiSlimError, request: PipelineRequest, edge: Edge, part: Part | None) -> int:
    """The exit code of an error before anything was measured, which is told and reported."""
    origin = opening.origin(edge.environment, read_file)
    made = replace(ended_by(error, edge.hide, part), origin=origin)
    with contextlib.suppress(CiSlimError):  # that nothing can be written may be the error itself
        _save(made, {}, request, forge=detect(edge.environment))
    tell(edge.hide, error)
    if request.format != "text":
        return show_result(render(made, request.format), error.exit_code, edge.hide)
    return error.exit_code


def _planned(
    settings: Settings,
    request: PipelineRequest,
    edge: Edge,
    engine: Engine,
    shown: Progress,
) -> tuple[Plan, Settings]:
    """What this daemon can do of it, and the settings with every image's platforms."""
    daemon = engine.platform
    own = functools.partial(transports.own_platform, engine=engine)
    settings = with_own_platforms(settings, own, daemon)
    foreign = {p for image in settings.images for p in image.platforms} - {daemon}
    runnable = handlers.ensure(engine, foreign, request.emulators, shown.note)
    version = opening.version(request.image_version, edge.environment, read_file)
    return make_plan(settings, daemon, runnable, version=version), settings


def _baselines(request: PipelineRequest, edge: Edge, settings: Settings) -> Baselines | None:
    return baselines.chosen(
        request.baseline,
        settings,
        edge.environment,
        read_file,
        edge.artifact,
        request.image_version or "",
    )


def _refuse_unwritable(request: PipelineRequest) -> None:
    """Said before minutes of work, not after them."""
    for name, value in (("output", request.output), ("report", request.report)):
        if not value:
            continue
        path = Path(value)
        folder = path if name == "output" else path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = error.strerror
        else:
            wanted = path if path.exists() else folder
            problem = "" if os.access(wanted, os.W_OK) else "it may only be read"
            problem = "is a folder" if name == "report" and path.is_dir() else problem
        if problem:
            raise UsageError(
                f"cannot write: {problem}",
                where=str(path),
                hint=f"name another place with {request.asked.place(name)}",
            )
        refuse_full_disk(folder, _earlier_bytes(path))


def _earlier_bytes(path: Path) -> int:
    """What an earlier run left there, which stays until the new result is complete; at least the
    megabyte of a report."""
    layouts = path.glob("*/*/blobs/sha256/*") if path.is_dir() else ()
    return (1 << 20) + sum(each.lstat().st_size for each in layouts)


def _refuse_profiles_without_output(settings: Settings, request: PipelineRequest) -> None:
    """Two more runs of an image whose result would be thrown away."""
    asked = request.asked
    for image in settings.images:
        if image.slim.enabled and image.slim.profiles and not request.output:
            raise UsageError(
                "profiles are asked for, and there is no folder to write them to",
                where=asked.place("profiles") if asked.gave("profiles") else image.where,
                hint="name one with --output",
            )


def _refuse_what_podman_cannot(settings: Settings, engine: Engine) -> None:
    """podman's Docker-compatible API has no BuildKit, and takes a profile as a file of its own
    machine. Said before any work."""
    if not engine.is_podman:
        return
    for image in settings.images:
        if image.build is not None:
            raise UsageError(
                "podman does not build through docker buildx",
                where=image.where,
                hint="build it with `podman build --platform OS/ARCH -t NAME .`, then `ci-slim "
                "slim NAME`, or name it under `image:` instead of `build:`",
            )
        if image.slim.enabled and image.slim.profiles:
            raise UsageError(
                "podman's API takes no seccomp profile, so none can be proved",
                where=image.where,
                hint="leave out --profiles, or make the profiles with a Docker daemon",
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
            f"{value!r} is no number of seconds",
            where="SOURCE_DATE_EPOCH",
            hint="set it to seconds since 1970, as `git log -1 --format=%ct` prints them",
        ) from None


def _save(
    made: Report,
    builds: Mapping[str, BuildPlan | None],
    request: PipelineRequest,
    *,
    forge: str | None,
) -> None:
    """Write the report where the request asks for it: a file, and the output folder."""
    if request.report:
        write_through(Path(request.report), render(made, "json"))
    if not request.output:
        return
    folder = Path(request.output)
    for name, form in (("report.json", "json"), ("comment.md", "markdown")):
        write_text(folder / name, render(made, form))
    write_text(folder / "report.html", to_html(made, _maps(made, folder)))
    if forge is not None:
        settings = SETTINGS_FILE
        if isinstance(request, RunRequest | BuildRequest):
            settings = request.config
        FORGES[forge].write_reports(made, builds, folder, settings)


def _maps(made: Report, folder: Path) -> dict[tuple[str, str], bytes]:
    """The file lists that this run wrote, by image and platform."""
    return {
        (image.name, str(p.platform)): (folder / p.artifacts.files).read_bytes()
        for image in made.images
        for p in image.platforms
        if p.artifacts.files
    }


def secrets_in_environment(environment: Mapping[str, str]) -> set[str]:
    """What the environment alone says must not be shown: values under the name of a secret, and on
    GitLab the token for notes, under any name."""
    token = environment.get(environment.get("CI_SLIM_NOTE_VARIABLE", ""), "")
    return {*secrets_of([environment]), token}


def secrets_to_hide(settings: Settings, environment: Mapping[str, str]) -> set[str]:
    """Every value that must not be shown: of variables, build arguments and secrets, and probes."""
    environments: list[Mapping[str, str]] = []
    named: set[str] = set()
    passwords = secrets_in_environment(environment)
    for image in settings.images:
        environments.append(image.run.env)
        environments += [service.env for service in image.run.services]
        environments += [image.build.args] if image.build else []
        passwords = passwords.union(*(probe.secrets() for probe in image.probes))
        for secret in image.build.secrets if image.build else ():
            fields = dict(field.partition("=")[::2] for field in secret.split(","))
            # without a file, buildx takes the id for the name of a variable
            named.add(fields.get("env", fields.get("id", "")))
    passwords |= {environment[name] for name in named if name in environment}
    return set(secrets_of(environments)) | passwords
