"""`ci-slim slim`: slim and prove one existing image, without a settings file."""

from ci_slim.commands.edge import Edge
from ci_slim.commands.run import carry_out
from ci_slim.prove.result import Questions
from ci_slim.requests import SlimRequest
from ci_slim.settings import Settings, from_flags, read_file


def slim(request: SlimRequest, edge: Edge) -> int:
    """Slim one image. Returns the exit code."""

    def load(edge: Edge) -> Settings:
        return from_flags(request.image, request.asked, edge.environment, read_file)

    merged = request.asked.text("layers") == "merge"
    return carry_out(
        request, load, edge, whole=not merged, questions=Questions(request.explain, request.why)
    )
