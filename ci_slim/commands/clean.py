"""`ci-slim clean`: what killed runs left behind is shown, and removed where that is asked for."""

import tempfile
from pathlib import Path

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
    "alive": "kept: its run is still at work",
    "unknown": "kept: its run belongs to another machine, container or boot, or cannot be told",
}


def clean(request: CleanRequest, edge: Edge) -> int:
    """Show what there is, or remove what is certainly dead; the exit code."""
    me = Owner.this_process()
    engine = Engine.connect(edge.environment, me.run_id("clean"))
    with edge.held.closing(engine):
        found = (
            *leftovers.in_daemon(engine, me),
            *leftovers.in_folder(Path(tempfile.gettempdir())),
        )
        if not request.remove:
            show(_listed(found))
            return 0
        problems = []
        for each, problem in leftovers.remove(engine, found):
            show(f"removed {each.kind} {each.told}" if not problem else f"left {each.told}")
            problems += [f"{each.kind} {each.told}: {problem}"] if problem else []
    if problems:
        raise EngineError("not all could be removed", details=tuple(problems))
    if not any(each.fate == "dead" for each in found):
        say(edge.hide, "nothing is left of runs that have ended")
    return 0


def _listed(found: tuple[Leftover, ...]) -> str:
    lines = [f"{each.kind:9}  {each.told}  {_WHY[each.fate]}" for each in found]
    dead = sum(each.fate == "dead" for each in found)
    last = f"{dead} to remove" + ("; nothing is removed without --remove" if dead else "")
    return "\n".join((*lines, last))
