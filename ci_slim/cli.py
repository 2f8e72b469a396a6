"""The commands: argv and environment in, exit code out. Only the entry points import this module.

click makes the request of a command; the command itself is a module of `commands`, imported when
it is called, so that `--version` and `--help` are quick.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

import click

from ci_slim import __version__
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded, leave
from ci_slim.commands.flags import takes
from ci_slim.requests import (
    BuildRequest,
    CheckRequest,
    CleanRequest,
    CommentRequest,
    DeltaRequest,
    DiffRequest,
    HistoryRequest,
    InitRequest,
    MeasureRequest,
    PushRequest,
    ReportRequest,
    RunRequest,
    SlimRequest,
)

Work = Callable[[Edge], int]
"""A command with its request: what it is still to be given is the outside."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ci-slim")
def cli() -> None:
    """Builds, slims and proves container images for small machines, for every platform.

    Exit codes: 0 all well, 1 a budget is broken, 2 wrong usage or bad input, 3 a bug, 4 docker or
    buildx failed, 5 a probe failed on the fat image, 6 the slim image could not be verified, 130
    interrupted.
    """


@cli.command()
@takes(RunRequest)
def run(request: RunRequest) -> Work:
    """Build, slim, prove and judge the images of the settings file; without one, the image of the
    one Dockerfile."""
    from ci_slim.commands.run import run

    return partial(run, request)


@cli.command()
@takes(BuildRequest)
def build(request: BuildRequest) -> Work:
    """Build the images of the settings file, without slimming them."""
    from ci_slim.commands.build import build

    return partial(build, request)


@cli.command()
@takes(SlimRequest)
def slim(request: SlimRequest) -> Work:
    """Slim one existing IMAGE and prove it."""
    from ci_slim.commands.slim import slim

    return partial(slim, request)


@cli.command()
@takes(MeasureRequest)
def measure(request: MeasureRequest) -> Work:
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
    from ci_slim.commands.measure import measure

    return partial(measure, request)


@cli.command()
@takes(DiffRequest)
def diff(request: DiffRequest) -> Work:
    """What grew from image A to image B, by layer, package, folder and file, and what a device
    that has A fetches to have B. Images are named as for `measure`."""
    from ci_slim.commands.diff import diff

    return partial(diff, request)


@cli.command()
@takes(DeltaRequest)
def delta(request: DeltaRequest) -> Work:
    """Make a verified delta: what a device that has the image OLD downloads to have NEW.

    Each platform that both images have gets an OCI layout below the output folder, with an artifact
    in the format of oci-delta. Images are named as for `measure`.
    """
    from ci_slim.commands.delta import delta

    return partial(delta, request)


@cli.command()
@takes(ReportRequest)
def report(request: ReportRequest) -> Work:
    """Render a report, or merge several (a matrix's) into one."""
    from ci_slim.commands.report import report

    return partial(report, request)


@cli.command()
@takes(HistoryRequest)
def history(request: HistoryRequest) -> Work:
    """Sizes over time: of each REPORT, which may be a folder with reports in it, and of the runs
    that these know of. As text, as a Mermaid chart in Markdown, or as a picture."""
    from ci_slim.commands.history import history

    return partial(history, request)


@cli.command()
@takes(PushRequest)
def push(request: PushRequest) -> Work:
    """Push the images of reports, from the OCI layouts beside them, under the tags of the settings
    file; several platforms become one tag. Nothing is named unless every image and platform is
    there and was proved."""
    from ci_slim.commands.push import push

    return partial(push, request)


@cli.command()
@takes(CheckRequest)
def check(request: CheckRequest) -> Work:
    """Judge a REPORT against the budgets of the settings file, or of --budget alone where there
    is none. Exit code 1 when one is broken."""
    from ci_slim.commands.check import check

    return partial(check, request)


@cli.command()
@takes(CommentRequest)
def comment(request: CommentRequest) -> Work:
    """Create or update the comment on the pull or merge request of this job: of a report, or of
    several (a matrix's) together.

    The forge and the pull request are told by the environment of its runner; the token is in
    INPUT_TOKEN or GITHUB_TOKEN, on GitLab in CI_SLIM_TOKEN. Without one that may write there is
    no comment, and the exit code is 0 all the same.
    """
    from ci_slim.commands.comment import comment

    return partial(comment, request)


@cli.command()
@takes(InitRequest)
def init(request: InitRequest) -> Work:
    """Look at the repository, and write a first .ci-slim.yml and a first pipeline.

    Reads Dockerfiles, the Compose file, OpenAPI documents, probe files and flags of DockerSlim,
    the README and existing workflows. Builds and slims each image once, to try the probes and to
    propose budgets. Shows each file, or how it differs, before it is written.
    """
    from ci_slim.commands.init import init

    return partial(init, request)


@cli.command()
@takes(CleanRequest)
def clean(request: CleanRequest) -> Work:
    """Show the containers, networks, images and folders that killed runs left behind; with
    --remove, remove those whose run has certainly ended. Every run does so at its start."""
    from ci_slim.commands.clean import clean

    return partial(clean, request)


def carry_out(argv: Sequence[str], edge: Edge) -> int:
    """What these arguments ask for; the exit code. Raises CiSlimError and click's exceptions."""
    work = cli(list(argv), prog_name="ci-slim", standalone_mode=False)
    return int(work(edge)) if callable(work) else int(work or 0)  # a number: help was shown


def main(without_arguments: Work | None = None) -> NoReturn:
    """The entry point: every way out has its exit code. Without arguments the process may be
    something else, such as a step of a workflow."""
    edge, argv = Edge.of(dict(os.environ)), sys.argv[1:]
    work = partial(carry_out, argv) if argv or without_arguments is None else without_arguments
    leave(guarded(work, edge), edge.hide)
