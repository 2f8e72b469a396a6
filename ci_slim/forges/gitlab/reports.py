"""The files for GitLab's widgets and later jobs, next to the report in the output folder."""

from collections.abc import Mapping
from pathlib import Path

from ci_slim.deliver import write_text
from ci_slim.options import SETTINGS_FILE
from ci_slim.report import render
from ci_slim.report.codequality import to_codequality
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.result import Report

FILES: Mapping[str, str] = {
    "codequality.json": "codequality",
    "metrics.txt": "metrics",
    "junit.xml": "junit",
    "outputs.env": "dotenv",
}
"""File name → rendering. `artifacts: reports` of the component has the same names."""


def write(
    report: Report,
    dockerfiles: Mapping[str, Dockerfile],
    folder: Path,
    settings: str = SETTINGS_FILE,
) -> None:
    """Write `FILES` of a report that holds no secret into the folder. `dockerfiles` are by the name
    of the image, `settings` is the path of the settings file. Raises UsageError if that fails."""
    place = SETTINGS_FILE if Path(settings).is_absolute() else settings
    for name, form in FILES.items():
        codequality = form == "codequality"
        text = to_codequality(report, dockerfiles, place) if codequality else render(report, form)
        write_text(folder / name, text)
