"""Runs `--hold-out`: slims the image without one probe at a time, then sends that probe."""

from dataclasses import replace

from ci_slim.closure.close import KeepSet, healable
from ci_slim.errors import NotVerified
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.judge.held_out import held_out_line, held_out_words
from ci_slim.observe.exercise import run_under_probes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.candidate import keep_set, make_candidate
from ci_slim.prove.comparison import compare
from ci_slim.prove.held_out import outcome, saved_by, without
from ci_slim.result import HeldOut
from ci_slim.settings.plans import SlimPlan

_FIRST = 1000
"""Numbers of candidates that no round of healing uses."""


def hold_out(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    seen: Exercise,
    plan: SlimPlan,
    whole: KeepSet,
) -> tuple[HeldOut, ...]:
    """The result of each probe when it is left out. `whole` is the keep set with all probes.

    If the keep set is the same without the probe, no run is needed. Raises NotVerified with
    `hold_out: fail` if a probe fails.
    """
    if plan.hold_out == "off" or len(spec.probes) < 2:
        return ()
    held = tuple(
        _without(workspace, spec, fat, seen, plan, whole, number)
        for number in range(len(spec.probes))
    )
    if plan.hold_out == "fail" and not all(each.held for each in held):
        raise NotVerified(
            held_out_words(held).rstrip(":"),
            where=spec.where,
            hint="keep what is missing (--keep), or set `hold_out: report`",
            details=tuple(map(held_out_line, held)),
        )
    return held


def _without(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    seen: Exercise,
    plan: SlimPlan,
    whole: KeepSet,
    number: int,
) -> HeldOut:
    probe = spec.probes[number]
    keep = keep_set(fat, without(seen, probe.name), plan, frozenset())
    saved = saved_by(seen, probe.name, keep)
    if keep.reasons.keys() >= whole.reasons.keys():
        return outcome(probe.name, saved, (), ())
    slim = make_candidate(workspace, spec, fat, keep, plan, _FIRST + number)
    if slim is None:
        return outcome(probe.name, saved, (), ())
    alone = replace(spec, image=slim.reference, probes=(probe,), patience=seen.patience)
    shown = run_under_probes(workspace.engine, workspace.tools, alone)
    asked = replace(seen, answers=seen.parts[probe.name].answers, repeats=(), parts={})
    problems = compare((asked,), (shown,)).problems
    missing = healable(fat.index, shown.observation.missed, keep) if problems else ()
    return outcome(probe.name, saved, problems, sorted(missing))
