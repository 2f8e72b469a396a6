"""`ci-slim diff`: what grew from one image to another."""

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import show
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.open import compare
from ci_slim.report.diffed import render
from ci_slim.requests import DiffRequest


def diff(request: DiffRequest, edge: Edge) -> int:
    """Show what differs between two images. Returns the exit code."""
    with edge.held.scratch("ci-slim-") as folder:
        found = compare(
            request.before,
            request.after,
            request.platform,
            edge.environment,
            folder,
            edge.held,
            read=request.read,
            limits=limits_of(request.unpack_limit),
        )
    show(render(found, request.format))
    return 0
