"""The commands: argv and environment in, exit code out. Nothing imports this module.

Clients and rooms are imported where they are used, so that `--version` and `--help` are quick.
"""

import contextlib
import functools
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ci_slim import __version__
from ci_slim.commands.ending import guarded, say, show_through, tell
from ci_slim.errors import CiSlimError, UsageError
from ci_slim.forges import KEY, detect
from ci_slim.options import BUILD, CHECK, RUN, SLIM, click_options
from ci_slim.report import RENDERINGS

if TYPE_CHECKING:
    from ci_slim.report.model import Report
    from ci_slim.settings import Settings

BROKEN_BUDGET = 1
NOTHING_RAN = 4
"""Every platform was skipped: the daemon can run none of them."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ci-slim")
def cli() -> None:
    """Builds, slims and proves container images for small machines, for every platform.

    Exit codes: 0 all well, 1 a budget is broken, 2 wrong usage or bad input, 3 a bug, 4 docker or
    buildx failed, 5 a probe failed on the fat image, 6 the slim image could not be verified, 130
    interrupted.
    """


@cli.command()
@click_options(RUN)
def run(**flags: Any) -> None:
    """Build, slim, prove and judge the images of the settings file."""
    from ci_slim import settings

    environment = dict(os.environ)
    _go(settings.load(flags["config"], environment, flags), flags, environment)


@cli.command()
@click_options(BUILD)
def build(**flags: Any) -> None:
    """Build the images of the settings file, without slimming them."""
    from ci_slim import settings

    environment = dict(os.environ)
    wanted = settings.load(flags["config"], environment, flags)
    _go(settings.without_slimming(wanted), flags, environment)


@cli.command()
@click.argument("image")
@click_options(SLIM)
def slim(image: str, **flags: Any) -> None:
    """Slim one existing IMAGE and prove it."""
    from ci_slim import settings

    environment = dict(os.environ)
    wanted = settings.from_flags(image, flags, environment, settings.read_file)
    _go(wanted, flags, environment, whole=flags["layers"] != "merge")


@cli.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
@click.option("--platform", help="Platform to measure; all that the image has by default.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text")
@click.option("--read", is_flag=True, help="Fetch the layers of docker:// images as well.")
def measure(images: tuple[str, ...], platform: str | None, form: str, read: bool) -> None:
    """Sizes, layers, waste, largest packages and folders of images; of several, what they share,
    and what an update from the first to each of the others fetches.

    \b
    IMAGE is one of
      name:tag, docker-daemon:name:tag      in the daemon
      docker://registry/name:tag[@digest]   in a registry; the daemon is not asked
      oci:folder[:tag]                      an OCI layout
      oci-archive:file[:tag], docker-archive:file[:tag]

    Of docker:// images the manifests alone are fetched: they tell the exact bytes to pull, and
    disk sizes are shown as unknown. With --read the layers are fetched and read too.
    """
    from ci_slim import measuring

    with _scratch() as scratch:
        text = measuring.measure(images, platform, form, os.environ, scratch, read=read)
    click.echo(text, nl=False)


@cli.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--platform", help="Platform to compare; all that both have by default.")
@click.option("--format", "form", type=click.Choice(("text", "json", "markdown")), default="text")
@click.option("--read", is_flag=True, help="Fetch the layers of docker:// images as well.")
def diff(before: str, after: str, platform: str | None, form: str, read: bool) -> None:
    """What grew from image A to image B, by layer, package, folder and file, and what a device
    that has A fetches to have B. Images are named as for `measure`."""
    from ci_slim import measuring
    from ci_slim.report.diffed import render

    with _scratch() as scratch:
        found = measuring.compare(before, after, platform, os.environ, scratch, read=read)
    click.echo(render(found, form), nl=False)


@cli.command()
@click.argument("reports", nargs=-1, required=True, metavar="REPORT…")
@click.option("--format", "form", type=click.Choice(tuple(RENDERINGS)), default="text")
def report(reports: tuple[str, ...], form: str) -> None:
    """Render a report, or merge several (a matrix's) into one."""
    from ci_slim.report import merge, render
    from ci_slim.report.json import from_json

    read = [from_json(_read(name), name) for name in reports]
    click.echo(render(merge(read), form), nl=False)


@cli.command()
@click.argument("reports", nargs=-1, required=True, metavar="REPORT…")
@click.option(
    "--config", default=".ci-slim.yml", show_default=True, metavar="FILE", help="The settings file."
)
@click.option(
    "--image-version",
    default="dev",
    show_default=True,
    metavar="VERSION",
    help="What {version} in a tag stands for.",
)
def push(reports: tuple[str, ...], config: str, image_version: str) -> None:
    """Push the slim images of a report, which are in the daemon, under the tags of the settings
    file; several platforms become one tag. Images that were not verified are not pushed."""
    from ci_slim import redact, settings
    from ci_slim.commands.push import pushed
    from ci_slim.report import merge
    from ci_slim.report.json import from_json

    environment = dict(os.environ)
    hide = redact.Redactor(redact.secrets_of([environment]))
    show_through(hide)
    merged = merge([from_json(_read(name), name) for name in reports])
    wanted = settings.load(config, environment, {})

    def line(text: str) -> None:
        click.echo(hide(redact.foreign(text)), err=True)

    for tag in pushed(merged, wanted, image_version, environment, line):
        click.echo(tag)


@cli.command()
@click.argument("report", metavar="REPORT")
@click_options(CHECK)
def check(report: str, **flags: Any) -> None:
    """Judge a REPORT against the budgets of the settings file, or of --budget alone where there
    is no such file. Exit code 1 when one is broken."""
    from ci_slim import baselines, settings
    from ci_slim.commands.check import checked
    from ci_slim.judge.failing import fail_on
    from ci_slim.report import render
    from ci_slim.report.json import from_json

    environment = dict(os.environ)
    if flags["budget"] and not Path(flags["config"]).exists():
        known = settings.from_flags("any", {"budget": flags["budget"]}, environment)
        rules: Any = known.images[0].budget
    else:
        known = settings.load(flags["config"], environment, {"budget": flags["budget"]})
        rules = {image.name: image.budget for image in known.images}
    against = None  # the report has its own
    if flags["baseline"]:
        against = baselines.chosen(flags["baseline"], known, environment, settings.read_file)
    wanted = fail_on(flags["fail_on"], "--fail-on")
    made = checked(from_json(_read(report), report), rules, against)
    click.echo(render(made, flags["format"]), nl=False)
    sys.exit(_exit_code(made, (), wanted))


@cli.command()
@click.argument("reports", nargs=-1, required=True, metavar="REPORT…")
@click.option("--key", default=KEY, show_default=True, help="One comment for each key.")
def comment(reports: tuple[str, ...], key: str) -> None:
    """Create or update the comment on the pull or merge request of this job: of a report, or of
    several (a matrix's) together.

    The forge and the pull request are told by the environment of its runner; the token is in
    INPUT_TOKEN or GITHUB_TOKEN, on GitLab in CI_SLIM_TOKEN. Without one that may write there is
    no comment, and the exit code is 0 all the same.
    """
    from ci_slim.commands.comment import commented
    from ci_slim.forges import Published
    from ci_slim.report import merge
    from ci_slim.report.json import from_json
    from ci_slim.settings import read_file

    environment = dict(os.environ)
    merged = merge([from_json(_read(name), name) for name in reports])
    done = commented(merged, key, environment, read_file)
    if isinstance(done, Published):
        click.echo(done.url)
    else:
        say(f"no comment: {done.reason}", hint=done.hint)


def _go(
    settings: "Settings",
    flags: Mapping[str, Any],
    environment: dict[str, str],
    *,
    whole: bool = True,
) -> None:
    """Run the pipeline on settings and show what came out."""
    from ci_slim import baselines, pipeline, plan, progress, redact
    from ci_slim import settings as _settings
    from ci_slim.effects import Effects
    from ci_slim.engine import handlers, transports
    from ci_slim.engine.docker import Engine
    from ci_slim.judge.failing import fail_on
    from ci_slim.report import render
    from ci_slim.settings import with_own_platforms

    hide = redact.Redactor(_secrets(settings, environment))
    show_through(hide)
    failing = fail_on(flags["fail_on"], "--fail-on")
    shown = progress.choose(hide, quiet=flags["quiet"])
    with _scratch() as scratch, Engine.connect(environment, scratch.name[-8:]) as engine:
        daemon = engine.platform()
        own = functools.partial(transports.own_platform, engine=engine)
        settings = with_own_platforms(settings, own, daemon)
        wanted = {p for image in settings.images for p in image.platforms}
        planned = plan.make_plan(
            settings,
            daemon,
            handlers.ensure(engine, wanted - {daemon}, flags["emulators"], shown.note),
            version=flags["image_version"],
        )
        effects = Effects(
            engine,
            shown,
            environment,
            scratch,
            Path(flags["output"]) if flags["output"] else None,
            flags["load"],
            now=_time(time.time()),
            created=_source_date(environment),
            learn=hide.learn,
            whole=whole,
            baselines=baselines.chosen(
                flags["baseline"],
                settings,
                environment,
                _settings.read_file,
                click.get_current_context().obj,  # of the action, which holds the token itself
            ),
        )
        made, errors = pipeline.run(planned, effects)
    _save(made, flags, hide)
    if flags["output"] and detect(environment) == "gitlab":
        from ci_slim.forges import gitlab_reports

        builds = {image.name: image.build for image in settings.images}
        gitlab_reports.write(made, builds, Path(flags["output"]), hide)
    for error in errors:
        tell(error)
    text = hide(render(made, flags["format"]))
    click.echo(text, nl=not text.endswith("\n"))
    sys.exit(_exit_code(made, errors, failing))


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _source_date(environment: Mapping[str, str]) -> str | None:
    """https://reproducible-builds.org/specs/source-date-epoch/"""
    value = environment.get("SOURCE_DATE_EPOCH")
    if not value:
        return None
    try:
        return _time(int(value))
    except (ValueError, OverflowError):
        raise UsageError(
            f"{value!r} is no number of seconds",
            where="SOURCE_DATE_EPOCH",
            hint="set it to seconds since 1970, as `git log -1 --format=%ct` prints them",
        ) from None


def _save(made: "Report", flags: Mapping[str, Any], hide: Any) -> None:
    """Write the report where the flags ask for it: a file, and the output folder."""
    from ci_slim.report import render

    files: list[tuple[Path, str]] = []
    if flags["report"]:
        files.append((Path(flags["report"]), "json"))
    if flags["output"]:
        folder = Path(flags["output"])
        files += [(folder / "report.json", "json"), (folder / "comment.md", "markdown")]
    for path, form in files:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(hide(render(made, form)), encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write: {error.strerror}", where=str(path), hint="name another place"
            ) from None


def _exit_code(made: "Report", errors: Sequence[CiSlimError], wanted: frozenset[str]) -> int:
    from ci_slim.judge.failing import broken

    if errors:
        return errors[0].exit_code
    if broken(made, wanted):
        return BROKEN_BUDGET
    return NOTHING_RAN if made.outcome == "failed" else 0


def _secrets(settings: "Settings", environment: Mapping[str, str]) -> set[str]:
    """Every value that must not be shown: of variables, build arguments and probes."""
    from ci_slim.redact import secrets_of

    environments = [environment]
    passwords: set[str] = set()
    for image in settings.images:
        environments.append(image.run.env)
        environments += [service.env for service in image.run.services]
        environments += [image.build.args] if image.build else []
        passwords |= {getattr(probe, "password", "") for probe in image.probes}
    return set(secrets_of(environments)) | passwords


def _read(name: str) -> bytes:
    from ci_slim.settings import read_file

    try:
        return read_file(name)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=name) from None


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that is gone when the run ends."""
    with tempfile.TemporaryDirectory(prefix="ci-slim-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def main() -> NoReturn:
    """The entry point: every way out has its exit code."""
    from ci_slim.redact import Redactor, secrets_of

    sys.exit(guarded(lambda: cli(standalone_mode=False), Redactor(secrets_of([os.environ]))))
