"""The line of a Dockerfile that a remark about the image belongs to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from ci_slim.image.dockerfile import layer_line, stage_line
from ci_slim.result import DockerfileLines, ImageReport, Report
from ci_slim.settings.plans import BuildPlan


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The Dockerfile of an image: its path in the repository, its text, and the target stage."""

    path: str
    text: str
    target: str | None = None

    def line_of(self, created_by: str) -> int:
        """The line of the instruction that made a layer. For a layer of the base image, the line of
        the stage's FROM."""
        return layer_line(self.text, created_by) or stage_line(self.text, self.target)

    def lines(self, image: ImageReport) -> DockerfileLines:
        """The lines that made the layers of an image."""
        sizes = [sizes for p in image.platforms for sizes in (p.fat, p.slim) if sizes is not None]
        made = {layer.created_by for each in sizes for layer in each.layers}
        lines = {created_by: layer_line(self.text, created_by) for created_by in sorted(made)}
        found = {created_by: line for created_by, line in lines.items() if line}
        return DockerfileLines(self.path, stage_line(self.text, self.target), found)


def in_repository(
    builds: Mapping[str, BuildPlan | None], texts: Mapping[str, str]
) -> dict[str, Dockerfile]:
    """The Dockerfiles that have a path in the repository; all mappings are by the image's name.
    `texts` holds "" or nothing for a Dockerfile that could not be read."""
    return {
        name: Dockerfile(str(PurePath(build.dockerfile)), texts[name], build.target)
        for name, build in builds.items()
        if build is not None and texts.get(name) and not PurePath(build.dockerfile).is_absolute()
    }


def with_lines(report: Report, dockerfiles: Mapping[str, Dockerfile]) -> Report:
    """The report with the lines that made the layers; `dockerfiles` by the image's name."""
    images = (
        replace(image, dockerfile=dockerfiles[image.name].lines(image))
        if image.name in dockerfiles
        else image
        for image in report.images
    )
    return replace(report, images=tuple(images))
