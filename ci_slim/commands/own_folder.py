"""The folder `.ci-slim/`: the reports of a run that a person started, who named no folder."""

import sys
from pathlib import Path

from ci_slim.deliver import write_text
from ci_slim.requests import PipelineRequest
from ci_slim.settings import Settings
from ci_slim.settings.files import is_remote
from ci_slim.settings.plans import BuildPlan
from ci_slim.start.pipeline_files import REPORTS, ignores_reports

FOLDER = REPORTS
ADVICE = f"add `{FOLDER}/` to .dockerignore, and the next run leaves report.html in that folder"


def wants_own_folder(request: PipelineRequest) -> bool:
    """Whether a person looks at the result and named no folder for it."""
    by_hand = sys.stdout is not None and sys.stdout.isatty()
    return by_hand and not request.output and request.format == "text"


def is_safe(settings: Settings) -> bool:
    """Whether the folder is sent to no build: `COPY . .` would change the image from run to run.
    Not safe either is a link, which may lead anywhere."""
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
    """The text that BuildKit reads: of the Dockerfile's own file, else of the context's.
    https://docs.docker.com/build/concepts/context/#filename-and-location"""
    for path in (Path(f"{build.dockerfile}.dockerignore"), context / ".dockerignore"):
        if path.is_file():
            return path.read_text("utf-8", "replace")
    return ""
