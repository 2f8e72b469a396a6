"""Write the report of a run: as a file, and into the output folder."""

from collections.abc import Mapping
from pathlib import Path

from ci_slim.deliver import write_text, write_through
from ci_slim.forges.opening import FORGES
from ci_slim.options import SETTINGS_FILE
from ci_slim.report import render
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.requests import BuildRequest, PipelineRequest, RunRequest
from ci_slim.result import Report


def save(
    made: Report,
    dockerfiles: Mapping[str, Dockerfile],
    request: PipelineRequest,
    *,
    forge: str | None,
) -> None:
    """Write the report as the request says: to a file, and into the output folder. `dockerfiles`
    are by the name of the image; `forge` is the name of the forge, if the run is a job of one."""
    if request.report:
        write_through(Path(request.report), render(made, "json"))
    if not request.output:
        return
    from ci_slim.report.page.render import to_html

    folder = Path(request.output)
    for name, form in (("report.json", "json"), ("comment.md", "markdown")):
        write_text(folder / name, render(made, form))
    write_text(folder / "report.html", to_html(made, _file_lists(made, folder)))
    if forge is not None:
        settings = SETTINGS_FILE
        if isinstance(request, RunRequest | BuildRequest):
            settings = request.config
        FORGES[forge].write_reports(made, dockerfiles, folder, settings)


def _file_lists(made: Report, folder: Path) -> dict[tuple[str, str], bytes]:
    """The file lists that this run wrote, by image and platform."""
    return {
        (image.name, str(p.platform)): (folder / p.artifacts.files).read_bytes()
        for image in made.images
        for p in image.platforms
        if p.artifacts.files
    }
