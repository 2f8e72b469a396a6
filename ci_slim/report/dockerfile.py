"""The line of a Dockerfile that a remark about the image belongs to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ci_slim.image.dockerfile import layer_line, stage_line
from ci_slim.result import DockerfileLines, ImageReport, Report


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The Dockerfile of an image: its path below the repository, its text, and the stage built."""

    path: str
    text: str
    target: str | None = None

    def line_of(self, created_by: str) -> int:
        """The line of the instruction that made a layer; of the stage's FROM when none did, as for
        the layers of the base image."""
        return layer_line(self.text, created_by) or stage_line(self.text, self.target)

    def lines(self, image: ImageReport) -> DockerfileLines:
        """Where the layers of an image were made."""
        sizes = [sizes for p in image.platforms for sizes in (p.fat, p.slim) if sizes is not None]
        made = {layer.created_by for each in sizes for layer in each.layers}
        lines = {created_by: layer_line(self.text, created_by) for created_by in sorted(made)}
        found = {created_by: line for created_by, line in lines.items() if line}
        return DockerfileLines(self.path, stage_line(self.text, self.target), found)


def with_lines(report: Report, dockerfiles: Mapping[str, Dockerfile]) -> Report:
    """The report with the lines that made the layers; `dockerfiles` by the image's name."""
    images = (
        replace(image, dockerfile=dockerfiles[image.name].lines(image))
        if image.name in dockerfiles
        else image
        for image in report.images
    )
    return replace(report, images=tuple(images))
