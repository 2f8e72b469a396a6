"""`ci-slim run`, and what `build` and `slim` share with it: settings → report, files, exit code."""

import contextlib
import functools
import sys
from collections.abc import Callable
from dataclasses import replace

from ci_slim.build.dockerfiles import read_dockerfiles
from ci_slim.commands.colours import coloured
from ci_slim.commands.edge import Edge, read
from ci_slim.commands.exit import ended_by, exit_code, say, show_result, tell
from ci_slim.commands.gate import Judgement, judgement
from ci_slim.commands.hidden import secrets_in_environment, secrets_to_hide
from ci_slim.commands.own_folder import ADVICE, is_safe, make_own_folder, wants_own_folder
from ci_slim.commands.run_once import run_once
from ci_slim.commands.save import save
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.forges import opening
from ci_slim.forges.opening import detect
from ci_slim.forges.parts import part_of
from ci_slim.prove.result import NO_QUESTIONS, Questions
from ci_slim.report import render
from ci_slim.report.advised import advised
from ci_slim.report.dockerfile import in_repository, with_lines
from ci_slim.report.hiding import redacted
from ci_slim.requests import AdviseRequest, BuildRequest, PipelineRequest, RunRequest, SlimRequest
from ci_slim.result import AdvisedDockerfile, Part
from ci_slim.settings import (
    Settings,
    is_unwritten,
    load_or_find,
    read_file,
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
    text = render(made, request.format)
    if request.format == "text":
        text = coloured(text, sys.stdout)
    return show_result(text, code, hide)


def _advice(request: PipelineRequest) -> tuple[AdvisedDockerfile, ...]:
    """The given advice, which is read before any work starts."""
    if not isinstance(request, RunRequest):
        return ()
    return tuple(advised(read(name), name) for name in request.advice)


def _judgement(request: PipelineRequest, settings: Settings, edge: Edge) -> Judgement:
    if isinstance(request, RunRequest | BuildRequest):
        return judgement(request, settings, edge)
    return Judgement(settings, request.fail_on)


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
