"""Asks a copy of the fat image that has all its files.

The copy is written and loaded as the slim image is. This changes more than which files there are:
times of files are in whole seconds, and no file was read since it was written. An application that
prints such things answers differently in the slim image, though it misses nothing.
"""

import shutil
from dataclasses import replace

from ci_slim.closure.keep_set import KeepSet
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.observe.exercise import Answers, run_untraced
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.candidate import load_candidate
from ci_slim.prove.comparison import ONLY_UNTRACED, Replay, compare
from ci_slim.prove.decision import LATER
from ci_slim.settings.plans import SlimPlan


def ask_copy(
    workspace: Workspace, spec: RunSpec, fat: FatImage, seen: Exercise, shown: Replay
) -> Replay:
    """The replay `shown` without its problems, if what the copy answers explains all of them.
    `seen` is the exercise of the fat image. A copy that does not work like the fat image explains
    nothing, and no copy explains another answer to a probe with `compare: exact`."""
    shown = replace(shown, asked_copy=True)
    try:
        copy = _run_copy(workspace, spec, fat, seen)
    except Interrupted:
        raise
    except (CiSlimError, OSError) as error:
        return _told(shown, f"a copy of the fat image with all its files was not asked: {error}")
    known = (seen, *shown.others)
    if compare(known, (copy,), bodies=False).problems:
        return shown
    found = compare((*known, _without_exact(copy)), shown.runs)
    if found.problems:
        return shown if compare(known, (copy,)).problems else _blamed(shown)
    differs = "a copy of the fat image with all its files differs, too"
    excused = [f"{each}; {differs}" for each in shown.problems if each != ONLY_UNTRACED]
    return _told(replace(shown, found=found), *excused)


def _blamed(shown: Replay) -> Replay:
    """The replay with a line that says where the fault is."""
    said = (
        "a copy of the fat image with all its files answers like the fat image, so this is due to "
        "files that were left out"
    )
    problems = (*shown.problems, said)
    return replace(shown, found=replace(shown.found, problems=problems))


def _told(shown: Replay, *lines: str) -> Replay:
    return replace(shown, found=replace(shown.found, flaky=(*shown.found.flaky, *lines)))


def _run_copy(workspace: Workspace, spec: RunSpec, fat: FatImage, seen: Exercise) -> Exercise:
    """One run of the copy without a tracer. The copy is removed afterwards."""
    folder, reference = workspace.folder / "copy", f"{workspace.reference}-copy"
    keep = KeepSet(dict.fromkeys(fat.index, ("a copy of all",)))
    plan = SlimPlan(layers="merge")  # layers that stay as they are would not be loaded anew
    try:
        image = fat.filter(keep, folder, plan, workspace.created)
        load_candidate(replace(workspace, blobs=False), image, folder, plan, reference)
        copied = replace(spec, image=reference, patience=seen.patience, later=LATER[0])
        return run_untraced(workspace.engine, workspace.tools, copied)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        workspace.engine.drop_image(reference)


def _without_exact(run: Exercise) -> Exercise:
    return replace(run, answers=_learned(run.answers), repeats=_learned(run.repeats))


def _learned(sent: Answers) -> Answers:
    return tuple((probe, answer) for probe, answer in sent if probe.compare != "exact")
