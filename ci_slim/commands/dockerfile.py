"""`ci-slim dockerfile`: the slim image of a report as a Dockerfile that people own."""

from contextlib import ExitStack
from pathlib import Path

from ci_slim.commands.edge import Edge, folder_of, read_report
from ci_slim.commands.exit import show
from ci_slim.commands.file_table import read_table
from ci_slim.deliver import write_text
from ci_slim.engine import transports
from ci_slim.engine.opener import ImageOpener
from ci_slim.errors import UsageError
from ci_slim.image.files import FileIndex
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.open import uncompressed
from ci_slim.recipe.instructions import instructions
from ci_slim.recipe.lists import FatFiles, layer_lists
from ci_slim.recipe.write import SlimPlatform, from_image, with_slim_stage
from ci_slim.requests import DockerfileRequest
from ci_slim.result import ImageReport, PlatformReport

_MOST = 1 << 20


def dockerfile(request: DockerfileRequest, edge: Edge) -> int:
    """Write a Dockerfile for the slim image of the report, or show it. Returns the exit code."""
    report, folder = read_report(request.report), folder_of(request.report)
    image = _image(report.images, request.image)
    slim = [p for p in image.platforms if p.outcome == "slimmed"]
    if not slim:
        raise UsageError(
            "the report has no slim image",
            where=image.name,
            hint="run `ci-slim run --output FOLDER` and give FOLDER/report.json",
        )
    with edge.held.scratch("ci-slim-") as scratch, ExitStack() as stack:
        limits = limits_of(request.unpack_limit)
        opener = ImageOpener(edge.environment, scratch, None, stack, edge.held, limits=limits)
        platforms = [_platform(image.name, p, folder, opener) for p in slim]
    text = _text(image, request, slim[0], platforms)
    if request.output:
        write_text(Path(request.output), text)
    else:
        show(text)
    return 0


def _image(images: tuple[ImageReport, ...], name: str | None) -> ImageReport:
    found = [image for image in images if name in (None, image.name)]
    if len(found) != 1:
        names = ", ".join(image.name for image in images)
        raise UsageError(
            f"the report has {len(found)} such images: {names}" if found else "no such image",
            where=name or "--image",
            hint=f"choose one with --image: {names}",
        )
    return found[0]


def _platform(name: str, p: PlatformReport, folder: Path, opener: ImageOpener) -> SlimPlatform:
    where = f"{name} ({p.platform})"
    if p.packed is not None and p.packed.files:
        raise UsageError(
            "a Dockerfile cannot make this image: some of its files are packed",
            where=where,
            hint="run again without `slim.pack`; in the Dockerfile, strip the programs where they "
            "are built",
        )
    if p.artifacts.oci_layout is None:
        raise UsageError(
            "the report has no OCI layout of the image",
            where=where,
            hint="run with --output FOLDER and give FOLDER/report.json",
        )
    layout = folder / p.artifacts.oci_layout
    _, image = next(iter(opener.images(transports.parse(f"oci:{layout}"))))
    tars = [uncompressed(layer, opener.scratch, where, opener.limits) for layer in image.layers]
    index = FileIndex.of_tars(tars)
    fat = _fat_files(folder / p.artifacts.files) if p.artifacts.files else FatFiles()
    lists = layer_lists(index, fat, where)
    return SlimPlatform(p.platform.slug, lists, tuple(instructions(image.config.config, where)))


def _fat_files(path: Path) -> FatFiles:
    """The reasons by path, from the list of files next to the report. Raises UsageError."""
    table = read_table(path)
    reasons = {
        name: table.reason_names[number] if number >= 0 else ""
        for name, number in zip(table.paths, table.reasons, strict=True)
    }
    return FatFiles(reasons, table.left == 0)


def _text(
    image: ImageReport,
    request: DockerfileRequest,
    slim: PlatformReport,
    platforms: list[SlimPlatform],
) -> str:
    name = request.dockerfile or (image.dockerfile.path if image.dockerfile else None)
    if name is None:
        assert slim.fat is not None
        if not slim.fat.reference:
            raise UsageError(
                "the report does not say from which Dockerfile the image was built",
                where=image.name,
                hint="name it with --dockerfile",
            )
        return from_image(slim.fat.reference, platforms, image.name)
    try:
        with Path(name).open(encoding="utf-8") as file:
            text = file.read(_MOST)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the Dockerfile cannot be read: {error}",
            where=name,
            hint="run in the repository's folder, or name it with --dockerfile",
        ) from None
    return with_slim_stage(text, request.target, platforms, name)
