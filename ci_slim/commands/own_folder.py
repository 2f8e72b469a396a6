"""The folder `.ci-slim/`, for the reports of a run at a terminal without --output."""

import sys
from pathlib import Path

from ci_slim.deliver import write_text
from ci_slim.report.folder import REPORTS, ignores_reports
from ci_slim.requests import PipelineRequest
from ci_slim.settings import Settings
from ci_slim.settings.files import is_remote
from ci_slim.settings.plans import BuildPlan

FOLDER = REPORTS
ADVICE = f"add `{FOLDER}/` to .dockerignore, and the next run leaves report.html in that folder"


def wants_own_folder(request: PipelineRequest) -> bool:
    """Whether the run is at a terminal and has no output folder."""
    by_hand = sys.stdout is not None and sys.stdout.isatty()
    return by_hand and not request.output and request.format == "text"


def is_safe(settings: Settings) -> bool:
    """Whether no build gets the folder and it is not a link. With `COPY . .`, a folder in the build
    context would change the image with each run; a link may lead anywhere."""
    builds = [image.build for image in settings.images if image.build is not None]
    return not Path(FOLDER).is_symlink() and all(map(_leaves_out, builds))


def make_own_folder() -> str:
    """Make the folder, which git ignores. Returns its name."""
    ignore = Path(FOLDER, ".gitignore")
    if not ignore.exists():
        write_text(ignore, "*\n")
    return FOLDER


def _leaves_out(build: BuildPlan) -> bool:
    """Whether a build context does not contain the folder, or ignores it."""
    if is_remote(build.context):
        return True
    context, folder = Path(build.context).resolve(), Path(FOLDER).resolve()
    if not folder.is_relative_to(context):
        return True
    return ignores_reports(_ignored(build, context), str(folder.relative_to(context)))


def _ignored(build: BuildPlan, context: Path) -> str:
    """The ignore file that BuildKit reads: the one of the Dockerfile, else the one of the context.
    https://docs.docker.com/build/concepts/context/#filename-and-location"""
    for path in (Path(f"{build.dockerfile}.dockerignore"), context / ".dockerignore"):
        if path.is_file():
            return path.read_text("utf-8", "replace")
    return ""
