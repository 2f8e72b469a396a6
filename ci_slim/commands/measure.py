"""`ci-slim measure`: measure images in a daemon, a registry, a layout or an archive."""

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import show
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.measured import to_json
from ci_slim.measure.open import measure as measured
from ci_slim.report.measured_text import to_text
from ci_slim.requests import MeasureRequest


def measure(request: MeasureRequest, edge: Edge) -> int:
    """Measure the images and compare them with the first one. Returns the exit code."""
    with edge.held.scratch("ci-slim-") as folder:
        found = measured(
            request.images,
            request.platform,
            edge.environment,
            folder,
            edge.held,
            read=request.read,
            limits=limits_of(request.unpack_limit),
        )
    first = found[0].reference
    show(to_json(found, first) if request.format == "json" else to_text(found, first))
    return 0
