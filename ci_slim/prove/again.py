"""Proves an image that was made from a proved one: once, without rounds."""

from dataclasses import replace

from ci_slim.fat.image import FatImage, Workspace
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.candidate import Candidate
from ci_slim.prove.decision import Done, GiveUp
from ci_slim.prove.replay import replay
from ci_slim.prove.result import SlimResult
from ci_slim.prove.settle import settle


def prove_again(
    workspace: Workspace, spec: RunSpec, fat: FatImage, done: SlimResult, candidate: Candidate
) -> SlimResult | tuple[str, ...]:
    """The result `done` with the candidate as its image, or why the candidate does worse."""
    name, seen, keep = candidate.reference, done.fat, done.keep
    shown = replay(workspace, spec, name, seen, fat.index, keep, lambda: None)
    settled = done.healed | keep.dropped.keys()
    decided, shown = settle(workspace, spec, name, fat, seen, shown, settled)
    if isinstance(decided, Done):
        return replace(done, image=candidate.finish(), slim=shown.exercise)
    assert isinstance(decided, GiveUp)  # there is no round to heal it
    return decided.why
