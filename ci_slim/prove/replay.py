"""The slim image under the same probes: does it answer like the fat one, and what does it miss?"""

from collections.abc import Callable
from dataclasses import replace

from ci_slim.closure.close import KeepSet, healable
from ci_slim.fat.image import Workspace
from ci_slim.image.files import FileIndex
from ci_slim.observe.exercise import run_under_probes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.comparison import Replay, compare


def replay(
    workspace: Workspace,
    spec: RunSpec,
    reference: str,
    fat: Exercise,
    index: FileIndex,
    keep: KeepSet,
    started: Callable[[], object],
) -> Replay:
    """Run the slim image `reference` like the fat one, whose `spec` and exercise these are, and
    compare them. `started` is called once it runs."""
    slim = replace(spec, image=reference, patience=fat.patience)
    exercise = run_under_probes(workspace.engine, workspace.tools, slim, started)
    missing = healable(index, exercise.observation.missed, keep)
    return Replay(exercise, compare(fat, exercise), missing)
