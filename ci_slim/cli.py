"""The commands: argv and environment in, exit code out. Nothing imports this module.

Clients and rooms are imported where they are used, so that `--version` and `--help` are quick.
"""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ci_slim import __version__
from ci_slim.cleanup import scratch
from ci_slim.commands.exit import exit_code, guarded, leave, say, show, shown_through
from ci_slim.commands.flags import click_options
from ci_slim.errors import UsageError
from ci_slim.forges import KEY
from ci_slim.options import (
    BUILD,
    CHECK,
    RUN,
    SETTINGS_FILE,
    SLIM,
)
from ci_slim.report import RENDERINGS

if TYPE_CHECKING:
    from ci_slim.settings import Settings

Flags = Mapping[str, Any]


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
    """Build, slim, prove and judge the images of the settings file; without one, the image of the
    one Dockerfile."""
    _go(_settings, flags)


@cli.command()
@click_options(BUILD)
def build(**flags: Any) -> None:
    """Build the images of the settings file, without slimming them."""
    from ci_slim import settings

    _go(lambda flags, environment: settings.without_slimming(_settings(flags, environment)), flags)


@cli.command()
@click.argument("image")
@click_options(SLIM)
def slim(image: str, **flags: Any) -> None:
    """Slim one existing IMAGE and prove it."""
    from ci_slim import settings

    def load(flags: Flags, environment: dict[str, str]) -> settings.Settings:
        return settings.from_flags(image, flags, environment, settings.read_file)

    _go(load, flags, whole=flags["layers"] != "merge")


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
    from ci_slim.commands.measure import measure_images

    with scratch("ci-slim-") as folder:
        text = measure_images(images, platform, form, os.environ, folder, read=read)
    show(text)


@cli.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--platform", help="Platform to compare; all that both have by default.")
@click.option("--format", "form", type=click.Choice(("text", "json", "markdown")), default="text")
@click.option("--read", is_flag=True, help="Fetch the layers of docker:// images as well.")
def diff(before: str, after: str, platform: str | None, form: str, read: bool) -> None:
    """What grew from image A to image B, by layer, package, folder and file, and what a device
    that has A fetches to have B. Images are named as for `measure`."""
    from ci_slim.measure.open import compare
    from ci_slim.report.diffed import render

    with scratch("ci-slim-") as folder:
        found = compare(before, after, platform, os.environ, folder, read=read)
    show(render(found, form))


@cli.command()
@click.argument("reports", nargs=-1, required=True, metavar="REPORT…")
@click.option("--format", "form", type=click.Choice(tuple(RENDERINGS)), default="text")
def report(reports: tuple[str, ...], form: str) -> None:
    """Render a report, or merge several (a matrix's) into one."""
    from ci_slim.report import merge, render
    from ci_slim.report.json import from_json

    read = [from_json(_read(name), name) for name in reports]
    show(render(merge(read), form))


@cli.command()
@click.argument("reports", nargs=-1, required=True, metavar="REPORT…")
@click.option(
    "--config", default=SETTINGS_FILE, show_default=True, metavar="FILE", help="The settings file."
)
@click.option("--image", "images", multiple=True, metavar="NAME", help="Push only this image.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="OS/ARCH[/VARIANT]",
    help="Platforms that must be there, instead of those of the settings file.",
)
@click.option("--tag", metavar="NAME[:TAG]", help="Tag, instead of that of the settings file.")
@click.option("--image-version", metavar="VERSION", help="What {version} in a tag stands for.")
def push(
    reports: tuple[str, ...],
    config: str,
    images: tuple[str, ...],
    platforms: tuple[str, ...],
    tag: str | None,
    image_version: str | None,
) -> None:
    """Push the images of reports, from the OCI layouts beside them, under the tags of the settings
    file; several platforms become one tag. Nothing is named unless every image and platform is
    there and was proved."""
    from ci_slim import redact, settings
    from ci_slim.commands.push import push, push_targets
    from ci_slim.report.json import from_json

    environment = dict(os.environ)
    hide = shown_through()
    hide.learn(redact.secrets_of([environment]))
    read = [(from_json(_read(name), name), Path(name).parent) for name in reports]
    flags: dict[str, Any] = {"images": images, "platform": platforms, "tag": tag}
    if settings.is_unwritten(config):
        flags["dockerfile"] = "Dockerfile"  # whichever it was of several: it is built already
    loaded = settings.load_or_find(config, environment, {k: v for k, v in flags.items() if v})

    def line(text: str) -> None:
        click.echo(hide(redact.foreign(text)), err=True)

    wanted = push_targets(loaded, image_version)
    for reference in push(read, wanted, environment, line).values():
        show(reference)


@cli.command()
@click.argument("report", metavar="REPORT")
@click_options(CHECK)
def check(report: str, **flags: Any) -> None:
    """Judge a REPORT against the budgets of the settings file, or of --budget alone where there
    is none. Exit code 1 when one is broken."""
    from ci_slim import baselines, settings
    from ci_slim.commands.check import recheck
    from ci_slim.judge.failing import fail_on
    from ci_slim.report import render
    from ci_slim.report.json import from_json

    environment = dict(os.environ)
    asked_for = click.get_current_context().get_parameter_source("config")
    named = asked_for is not click.core.ParameterSource.DEFAULT
    if flags["budget"] and not named and not Path(flags["config"]).exists():
        known = settings.from_flags("any", {"budget": flags["budget"]}, environment)
        rules: Any = known.images[0].budget
    else:
        known = settings.load(flags["config"], environment, {"budget": flags["budget"]})
        rules = {image.name: image.budget for image in known.images}
    against = None  # the report has its own
    if flags["baseline"]:
        against = baselines.chosen(flags["baseline"], known, environment, settings.read_file)
    wanted = fail_on(flags["fail_on"], "--fail-on")
    made = recheck(from_json(_read(report), report), rules, against)
    show(render(made, flags["format"]))
    sys.exit(exit_code(made, (), wanted))


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
    from ci_slim.commands.comment import post_comment
    from ci_slim.forges import Published
    from ci_slim.report import merge
    from ci_slim.report.json import from_json
    from ci_slim.settings import read_file

    environment = dict(os.environ)
    merged = merge([from_json(_read(name), name) for name in reports])
    done = post_comment(merged, key, environment, read_file)
    if isinstance(done, Published):
        show(done.url)
    else:
        say(f"no comment: {done.reason}", hint=done.hint)


def _settings(flags: Flags, environment: dict[str, str]) -> "Settings":
    from ci_slim import settings

    config = flags["config"]
    found = settings.load_or_find(config, environment, flags)
    (image, *_) = found.images
    if settings.is_unwritten(config) and image.build and not flags["quiet"]:
        say(f"no {config} here: building {image.build.dockerfile}")
    return found


def _go(
    load: "Callable[[Flags, dict[str, str]], Settings]", flags: Flags, *, whole: bool = True
) -> NoReturn:
    """Run the pipeline on settings and end with its exit code."""
    from ci_slim.commands.run import carry_out

    environment = dict(os.environ)
    held = click.get_current_context().obj  # the action's, which holds the token itself
    read = functools.partial(load, flags, environment)
    with scratch("ci-slim-") as folder:
        code = carry_out(read, flags, environment, folder, held, whole=whole)
    sys.exit(code)


def _read(name: str) -> bytes:
    from ci_slim.settings import read_file

    try:
        return read_file(name)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=name) from None


def main() -> NoReturn:
    """The entry point: every way out has its exit code."""
    from ci_slim.redact import Redactor, secrets_of

    leave(guarded(lambda: cli(standalone_mode=False), Redactor(secrets_of([os.environ]))))
