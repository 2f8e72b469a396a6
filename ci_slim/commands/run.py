"""`ci-slim run`, `build` and `slim`: from settings to a report, files and an exit code."""

import contextlib
import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_slim import baselines, pipeline, probes, progress
from ci_slim.baselines import Baselines
from ci_slim.commands.exit import ended_by, exit_code, moment, show, shown_through, tell
from ci_slim.deliver import write_text, write_through
from ci_slim.engine import handlers, transports
from ci_slim.engine.docker import Engine
from ci_slim.errors import CiSlimError, Interrupted, UsageError
from ci_slim.forges.opening import FORGES, detect
from ci_slim.forges.parts import part_of
from ci_slim.judge.failing import fail_on
from ci_slim.options import SETTINGS_FILE
from ci_slim.plan import Plan, make_plan
from ci_slim.progress import Progress
from ci_slim.redact import secrets_of
from ci_slim.report import render
from ci_slim.report.hiding import redacted
from ci_slim.result import Part, Report
from ci_slim.services import Services
from ci_slim.settings import Settings, read_file, with_own_platforms
from ci_slim.settings.plans import BuildPlan


def carry_out(
    load: Callable[[], Settings],
    flags: Mapping[str, Any],
    environment: dict[str, str],
    scratch: Path,
    artifacts: Any = None,
    *,
    whole: bool = True,
) -> int:
    """Run the pipeline on the settings that `load` reads, show and write what came out; the exit
    code. An error that ends the run is in the report as well: without one, the comment of an
    earlier run would go on saying that all is well.

    `artifacts` fetches the report of the base branch, where the caller holds a token for it.
    """
    shown_through().learn(secrets_in_environment(environment))
    part = part_of(environment)
    try:
        settings = load()
        shown_through().learn(secrets_to_hide(settings, environment))
        failing = fail_on(flags["fail_on"], "--fail-on")
        made, errors = _measured(settings, flags, environment, scratch, artifacts, whole)
    except Interrupted:
        raise
    except CiSlimError as error:
        return _ended(error, flags, environment, part)
    made = redacted(replace(made, part=part), shown_through())
    builds = {image.name: image.build for image in settings.images}
    _save(made, builds, flags, forge=detect(environment))
    for each in errors:
        tell(each)
    _show(made, flags)
    return exit_code(made, errors, failing)


def _measured(
    settings: Settings,
    flags: Mapping[str, Any],
    environment: dict[str, str],
    scratch: Path,
    artifacts: Any,
    whole: bool,
) -> tuple[Report, tuple[CiSlimError, ...]]:
    _refuse_unwritable(flags)
    _refuse_profiles_without_output(settings, flags)
    hide = shown_through()
    shown = progress.choose(hide, quiet=flags["quiet"])
    with Engine.connect(environment, scratch.name[-8:]) as engine:
        planned, settings = _planned(settings, flags, engine, shown)
        services = Services(
            engine,
            shown,
            environment,
            scratch,
            Path(flags["output"]) if flags["output"] else None,
            flags["load"],
            now=moment(time.time()),
            created=_source_date(environment),
            learn=hide.learn,
            whole=whole,
            questions=flags.get("explain", ()),
            baselines=_baselines(flags, environment, artifacts, settings),
        )
        return pipeline.run(planned, services)


def _ended(
    error: CiSlimError,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    part: Part | None,
) -> int:
    """The exit code of an error before anything was measured, which is told and reported."""
    made = ended_by(error, part)
    with contextlib.suppress(UsageError):  # that nothing can be written may be the error itself
        _save(made, {}, flags, forge=detect(environment))
    tell(error)
    if flags["format"] != "text":
        _show(made, flags)
    return error.exit_code


def _show(made: Report, flags: Mapping[str, Any]) -> None:
    show(render(made, flags["format"]))


def _planned(
    settings: Settings, flags: Mapping[str, Any], engine: Engine, shown: Progress
) -> tuple[Plan, Settings]:
    """What this daemon can do of it, and the settings with every image's platforms."""
    daemon = engine.platform
    own = functools.partial(transports.own_platform, engine=engine)
    settings = with_own_platforms(settings, own, daemon)
    foreign = {p for image in settings.images for p in image.platforms} - {daemon}
    runnable = handlers.ensure(engine, foreign, flags["emulators"], shown.note)
    return make_plan(settings, daemon, runnable, version=flags["image_version"]), settings


def _baselines(
    flags: Mapping[str, Any], environment: dict[str, str], artifacts: Any, settings: Settings
) -> Baselines | None:
    return baselines.chosen(flags["baseline"], settings, environment, read_file, artifacts)


def _refuse_unwritable(flags: Mapping[str, Any]) -> None:
    """Said before minutes of work, not after them."""
    for flag in ("output", "report"):
        if not flags[flag]:
            continue
        path = Path(flags[flag])
        folder = path if flag == "output" else path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = error.strerror
        else:
            wanted = path if path.exists() else folder
            problem = "" if os.access(wanted, os.W_OK) else "it may only be read"
            problem = "is a folder" if flag == "report" and path.is_dir() else problem
        if problem:
            raise UsageError(
                f"cannot write: {problem}",
                where=str(path),
                hint=f"name another place with --{flag}",
            )


def _refuse_profiles_without_output(settings: Settings, flags: Mapping[str, Any]) -> None:
    """Two more runs of an image whose result would be thrown away."""
    for image in settings.images:
        if image.slim.enabled and image.slim.profiles and not flags["output"]:
            raise UsageError(
                "profiles are asked for, and there is no folder to write them to",
                where="--profiles" if flags.get("profiles") else image.where,
                hint="name one with --output",
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
    flags: Mapping[str, Any],
    *,
    forge: str | None,
) -> None:
    """Write the report where the flags ask for it: a file, and the output folder."""
    if flags["report"]:
        write_through(Path(flags["report"]), render(made, "json"))
    if not flags["output"]:
        return
    folder = Path(flags["output"])
    for name, form in (("report.json", "json"), ("comment.md", "markdown")):
        write_text(folder / name, render(made, form))
    if forge is not None:
        settings = flags.get("config") or SETTINGS_FILE
        FORGES[forge].write_reports(made, builds, folder, settings)


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
        passwords = passwords.union(*map(probes.secrets, image.probes))
        for secret in image.build.secrets if image.build else ():
            fields = dict(field.partition("=")[::2] for field in secret.split(","))
            # without a file, buildx takes the id for the name of a variable
            named.add(fields.get("env", fields.get("id", "")))
    passwords |= {environment[name] for name in named if name in environment}
    return set(secrets_of(environments)) | passwords
