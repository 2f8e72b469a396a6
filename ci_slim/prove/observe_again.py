"""Observes a fat image a second time if the tracer kept its programs from working."""

from ci_slim.fat.image import FatImage, Workspace
from ci_slim.observe.exercise import observe
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.privileges import with_privileges


def observe_privileged(
    workspace: Workspace, spec: RunSpec, fat: FatImage, seen: Exercise
) -> tuple[RunSpec, Exercise]:
    """Observe once more, because a program ran that gains privileges when it is executed.

    Returns how the image is run from then on, and what it showed. If the image does not start in
    that way, for example because its user writes to /dev/stdout, the first observation is returned.
    """
    privileged = with_privileges(spec, fat.index, fat.contents)
    again = observe(workspace.engine, workspace.tools, privileged, apart=bool(seen.parts))
    return (spec, seen) if again.problem and not seen.problem else (privileged, again)
