"""Sends the same probes to the slim image, and compares its answers with the fat image's.

It runs twice at the same time: under the tracer, which shows what it misses, and without one, as on
the device. A program that checks for a tracer then behaves as it will on the device.
"""

from collections.abc import Callable
from dataclasses import replace

from ci_slim.closure.close import KeepSet, healable
from ci_slim.engine.background import BackgroundTask
from ci_slim.fat.image import Workspace
from ci_slim.image.files import FileIndex
from ci_slim.observe.exercise import run_under_probes, run_untraced
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.comparison import Replay, compare
from ci_slim.prove.decision import LATER


def replay(
    workspace: Workspace,
    spec: RunSpec,
    reference: str,
    fat: Exercise,
    index: FileIndex,
    keep: KeepSet,
    started: Callable[[], object],
) -> Replay:
    """Run the slim image `reference` like the fat one and compare them. `spec` and `fat` are the
    run and the exercise of the fat image. `started` is called once the slim image runs."""
    engine, tools = workspace.engine, workspace.tools
    slim = replace(spec, image=reference, patience=fat.patience)
    quiet = replace(tools, show=lambda _: None)  # only the other run shows its progress
    traced, untraced = run_both(
        spec,
        lambda: run_under_probes(engine, tools, slim, started),
        lambda: run_untraced(engine, quiet, slim),
    )
    untraced = replace(untraced, observation=traced.observation)
    found = compare((fat,), (traced, untraced))
    missing = healable(index, traced.observation.missed, keep)
    return Replay(untraced, found, missing, (traced, untraced))


def ask_again(
    workspace: Workspace, spec: RunSpec, reference: str, fat: Exercise, shown: Replay
) -> Replay:
    """Run the fat and the slim image once more, both without a tracer. What the fat image answers
    differently this time is not a fault of the slim image. Both are asked a little later each
    time: what changes with the time since the start is always the same at the same moment, and the
    start of the slim image may take less time, so that it does not know yet what the fat one does.
    """
    engine, tools = workspace.engine, workspace.tools
    spec = replace(spec, patience=fat.patience)
    quiet = replace(tools, show=lambda _: None)
    spec = replace(spec, later=LATER[len(shown.others)])
    again = replace(spec, image=reference)
    slim, other = run_both(
        spec,
        lambda: run_untraced(engine, tools, again),
        lambda: run_untraced(engine, quiet, spec),
    )
    untraced = replace(slim, observation=shown.exercise.observation)
    runs, others = (*shown.runs, untraced), (*shown.others, other)
    found = compare((fat, *others), runs)
    return Replay(untraced, found, shown.missing, runs, others)


def run_both(
    spec: RunSpec, run: Callable[[], Exercise], other: Callable[[], Exercise]
) -> tuple[Exercise, Exercise]:
    """Do two runs at the same time, or one after the other if they need a device of the machine,
    such as a serial port, which only one container can use."""
    if spec.run.host.devices:
        return run(), other()
    beside = BackgroundTask(other, "other-run")
    return run(), beside.result()
