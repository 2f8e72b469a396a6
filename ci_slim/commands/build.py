"""`ci-slim build`: the images of the settings, built and judged, not slimmed."""

from ci_slim.commands.edge import Edge
from ci_slim.commands.run import carry_out, load_settings
from ci_slim.requests import BuildRequest
from ci_slim.settings import without_slimming


def build(request: BuildRequest, edge: Edge) -> int:
    """Build and judge the images of the settings. Returns the exit code."""
    return carry_out(request, lambda edge: without_slimming(load_settings(request, edge)), edge)
