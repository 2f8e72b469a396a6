"""`ci-slim fleet`: what the images of one device share, and what an update of all fetches."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from ci_slim.commands.edge import Edge, folder_of, read_report
from ci_slim.commands.exit import show
from ci_slim.engine import transports
from ci_slim.engine.opener import ImageOpener
from ci_slim.errors import UsageError
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.fleet import FleetImage, fleets
from ci_slim.measure.read_fleet import fleet_image
from ci_slim.platforms import Platform, parse
from ci_slim.report.fleet import to_json, to_text
from ci_slim.requests import FleetRequest


def fleet(request: FleetRequest, edge: Edge) -> int:
    """Read the images, and show what they share. Returns the exit code."""
    platform = parse(request.platform) if request.platform else None
    with edge.held.scratch("ci-slim-") as folder, ExitStack() as stack:
        opener = ImageOpener(
            edge.environment,
            folder,
            platform,
            stack,
            edge.held,
            limits=limits_of(request.unpack_limit),
        )
        images = list(_read(request.images, opener, platform))
        before = [image.measured for image in _read(request.before, opener, platform)]
        bases = [image.measured for image in _read(request.base, opener, platform)]
    found = fleets(images, before, bases)
    show(to_json(found) if request.format == "json" else to_text(found))
    return 0


def _read(
    names: Sequence[str], opener: ImageOpener, platform: Platform | None
) -> Iterator[FleetImage]:
    for name in names:
        for shown, source in _sources(name, platform):
            for text, image in opener.images(transports.parse(source)):
                read = fleet_image(text, image, opener.scratch, opener.limits)
                sizes = replace(read.measured.sizes, reference=shown or text)
                yield replace(read, measured=replace(read.measured, sizes=sizes))


def _sources(name: str, platform: Platform | None) -> Iterator[tuple[str, str]]:
    """The images of a report by name and place, or the image of that name."""
    if ":" in name or not Path(name).is_file():
        yield "", name
        return
    for image in read_report(name).images:
        for each in image.platforms:
            delivered = each.slim or each.fat
            if delivered is None or (platform is not None and each.platform != platform):
                continue
            layout = each.artifacts.oci_layout
            if not layout and not delivered.reference:
                raise UsageError(
                    f"the image `{image.name}` ({each.platform}) is neither beside the report nor "
                    "in the daemon",
                    where=name,
                    hint="make the report with --output FOLDER or --tag NAME",
                )
            yield image.name, f"oci:{folder_of(name) / layout}" if layout else delivered.reference
