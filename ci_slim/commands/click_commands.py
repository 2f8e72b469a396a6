"""The click commands: each makes its request, and imports its own module when it is called."""

from collections.abc import Callable
from functools import partial

import click

from ci_slim.commands.edge import Edge
from ci_slim.commands.flags import takes
from ci_slim.requests import (
    AdviseRequest,
    BuildRequest,
    CheckRequest,
    CleanRequest,
    CommentRequest,
    DeltaRequest,
    DevicePlanRequest,
    DeviceUnitsRequest,
    DiffRequest,
    DockerfileRequest,
    ExploreRequest,
    FleetRequest,
    HardenRequest,
    HistoryRequest,
    InitRequest,
    MeasureRequest,
    PushRequest,
    ReportRequest,
    RunRequest,
    SlimRequest,
)

Work = Callable[[Edge], int]
"""A command with its request. It is called with the outside of the process."""


commands = click.Group()
"""All commands, by name."""


@commands.command()
@takes(RunRequest)
def run(request: RunRequest) -> Work:
    """Build, slim, prove and judge the images of the settings file. Without a settings file, the
    image of the only Dockerfile."""
    from ci_slim.commands.run import run

    return partial(run, request)


@commands.command()
@takes(BuildRequest)
def build(request: BuildRequest) -> Work:
    """Build the images of the settings file, without slimming them."""
    from ci_slim.commands.build import build

    return partial(build, request)


@commands.command()
@takes(SlimRequest)
def slim(request: SlimRequest) -> Work:
    """Slim one existing IMAGE and prove it."""
    from ci_slim.commands.slim import slim

    return partial(slim, request)


@commands.command()
@takes(MeasureRequest)
def measure(request: MeasureRequest) -> Work:
    """Show sizes, layers, waste, largest packages and folders of images. For several images, also
    show what they share, and what an update from the first to each of the others fetches.

    \b
    IMAGE is one of
      name:tag, docker-daemon:name:tag      in the daemon
      docker://registry/name:tag[@digest]   in a registry, without a daemon
      oci:folder[:tag]                      an OCI layout
      oci-archive:file[:tag], docker-archive:file[:tag]

    For docker:// images only the manifests are fetched. They give the exact bytes to pull; disk
    sizes are shown as unknown. With --read the layers are fetched and read too.
    """
    from ci_slim.commands.measure import measure

    return partial(measure, request)


@commands.command()
@takes(DiffRequest)
def diff(request: DiffRequest) -> Work:
    """Show what grew from image A to image B, by layer, package, folder and file, and what a device
    with A downloads to get B. Name images as for `measure`."""
    from ci_slim.commands.diff import diff

    return partial(diff, request)


@commands.command()
@takes(ExploreRequest)
def explore(request: ExploreRequest) -> Work:
    """Look through the files of an image in the terminal: sizes, packages, layers, a filter. With
    --slim, or for the report.html or report.json of a run: also what the slim image has, and why.
    Name images as for `measure`. Needs `pip install 'ci-slim[explore]'`."""
    from ci_slim.commands.explore import explore

    return partial(explore, request)


@commands.command()
@takes(DeltaRequest)
def delta(request: DeltaRequest) -> Work:
    """Make a verified delta: what a device with the image OLD downloads to get NEW.

    The output folder gets one OCI layout for each platform that both images have, with an artifact
    in the format of oci-delta. Name images as for `measure`.
    """
    from ci_slim.commands.delta import delta

    return partial(delta, request)


@commands.command()
@takes(FleetRequest)
def fleet(request: FleetRequest) -> Work:
    """Show what the images that one device runs share: common layers, and files that are equal in
    layers that are not. Name images as for `measure`, or name the report.json of a run for all its
    images. With --before, also show what a device that has those images fetches to get all new
    ones."""
    from ci_slim.commands.fleet import fleet

    return partial(fleet, request)


@commands.group()
def device() -> None:
    """What a device's disk holds, and how the device updates itself."""


@device.command("plan")
@takes(DevicePlanRequest)
def device_plan(request: DevicePlanRequest) -> Work:
    """Show which images of the daemon can be removed, and how much space that frees: images that
    no container uses, that --keep does not name, and that no rollback needs. It removes nothing; on
    the device, `ci-slim-update clean --remove` does, by the same rules. DOCKER_HOST may name the
    device."""
    from ci_slim.commands.device import plan

    return partial(plan, request)


@device.command("units")
@takes(DeviceUnitsRequest)
def device_units(request: DeviceUnitsRequest) -> Work:
    """Write files that keep a device up to date with IMAGE: a systemd service with its timer, and
    the same as a service for a Compose file."""
    from ci_slim.commands.device import units

    return partial(units, request)


@commands.command()
@takes(HardenRequest)
def harden(request: HardenRequest) -> Work:
    """Find the few rights that an image needs, prove it with these, and print how to run it: the
    `docker run` line, a Compose fragment, a Kubernetes pod.

    For a REPORT, the images are in the OCI layouts next to it, and are run and probed as the
    settings file says. Name an IMAGE as for `measure`; it is run and probed as the flags say.
    """
    from ci_slim.commands.harden import harden

    return partial(harden, request)


@commands.command()
@takes(DockerfileRequest)
def dockerfile(request: DockerfileRequest) -> Work:
    """Write the slim image of a REPORT as a Dockerfile that builds without ci-slim.

    It has the stages of the fat image's Dockerfile, lists of the kept paths with the reasons, and
    the config. The folder of the REPORT must have the OCI layouts of the run: --output.
    """
    from ci_slim.commands.dockerfile import dockerfile

    return partial(dockerfile, request)


@commands.command()
@takes(ReportRequest)
def report(request: ReportRequest) -> Work:
    """Render a report, or merge several, such as those of a matrix, into one."""
    from ci_slim.commands.report import report

    return partial(report, request)


@commands.command()
@takes(HistoryRequest)
def history(request: HistoryRequest) -> Work:
    """Show sizes over time: of each REPORT, and of the earlier runs that it lists. A REPORT may be
    a folder with reports. IMAGE is docker://registry/name, for the reports of all releases there,
    or docker://registry/name:tag. The result is text, a Mermaid chart in Markdown, or a picture."""
    from ci_slim.commands.history import history

    return partial(history, request)


@commands.command()
@takes(PushRequest)
def push(request: PushRequest) -> Work:
    """Push the images of reports from their OCI layouts, under the tags of the settings file.
    Several platforms become one tag. A tag is set only if all images and platforms are there and
    were proved."""
    from ci_slim.commands.push import push

    return partial(push, request)


@commands.command()
@takes(AdviseRequest)
def advise(request: AdviseRequest) -> Work:
    """Find changes of the Dockerfile that make the image smaller. Each change is built, probed and
    measured. Without a settings file, it takes the only Dockerfile.

    Each change is tried alone on the daemon's own platform; then all proven changes are tried
    together on every platform. Apply the diff with `patch -p1` in the folder of the settings file.
    """
    from ci_slim.commands.advise import advise

    return partial(advise, request)


@commands.command()
@takes(CheckRequest)
def check(request: CheckRequest) -> Work:
    """Judge a REPORT against the budgets of the settings file, or only of --budget if there is no
    file. The exit code is 1 if a budget is broken."""
    from ci_slim.commands.check import check

    return partial(check, request)


@commands.command()
@takes(CommentRequest)
def comment(request: CommentRequest) -> Work:
    """Create or update the comment on the pull or merge request of this job. Several reports, such
    as those of a matrix, make one comment.

    The environment of the runner says which pull or merge request it is. The token is INPUT_TOKEN
    or GITHUB_TOKEN, on GitLab CI_SLIM_TOKEN. Without a token that may write comments there is no
    comment, and the exit code is still 0.
    """
    from ci_slim.commands.comment import comment

    return partial(comment, request)


@commands.command()
@takes(InitRequest)
def init(request: InitRequest) -> Work:
    """Look at the repository, and write a first .ci-slim.yml and a first pipeline.

    Reads Dockerfiles, the Compose file, OpenAPI documents, probe files and flags of DockerSlim,
    the README and existing workflows. Builds and slims each image once, to try the probes and to
    propose budgets. Shows each new file, or its difference, before it is written.
    """
    from ci_slim.commands.init import init

    return partial(init, request)


@commands.command()
@takes(CleanRequest)
def clean(request: CleanRequest) -> Work:
    """Show the containers, networks, images and folders that killed runs left behind. With
    --remove, remove those whose run has certainly ended, as every run does at its start."""
    from ci_slim.commands.clean import clean

    return partial(clean, request)
