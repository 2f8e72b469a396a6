"""`ci-slim clean`: show what killed runs left behind, and remove it with `--remove`."""

from ci_slim.cleanup import temporary_folder
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import say, show
from ci_slim.engine import leftovers
from ci_slim.engine.docker import Engine
from ci_slim.engine.leftovers import Leftover
from ci_slim.engine.owner import Owner
from ci_slim.errors import EngineError
from ci_slim.requests import CleanRequest

_WHY = {
    "dead": "its run has ended",
    "alive": "kept: its run is still running",
    "unknown": "kept: its run is unknown, or belongs to another machine, container or boot",
}


def clean(request: CleanRequest, edge: Edge) -> int:
    """Show the leftovers, or remove those of runs that have ended. Returns the exit code."""
    me = Owner.this_process()
    engine = Engine.connect(edge.environment, me.run_id("clean"))
    with edge.held.closing(engine):
        found = (
            *leftovers.in_daemon(engine, me),
            *leftovers.in_folder(temporary_folder()),
        )
        if not request.remove:
            show(_listed(found))
            return 0
        problems = []
        for each, problem in leftovers.remove(engine, found):
            show(f"removed {each.kind} {each.told}" if not problem else f"left {each.told}")
            problems += [f"{each.kind} {each.told}: {problem}"] if problem else []
    if problems:
        raise EngineError("some leftovers could not be removed", details=tuple(problems))
    if not any(each.fate == "dead" for each in found):
        say(edge.hide, "runs that have ended left nothing behind")
    return 0


def _listed(found: tuple[Leftover, ...]) -> str:
    lines = [f"{each.kind:9}  {each.told}  {_WHY[each.fate]}" for each in found]
    dead = sum(each.fate == "dead" for each in found)
    last = f"{dead} to remove" + ("; nothing is removed without --remove" if dead else "")
    return "\n".join((*lines, last))
