"""Held-out probes: each is left out of the observation once, to learn what probes miss. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ci_slim.closure.close import KeepSet
from ci_slim.observe.observation import Exercise, Observation
from ci_slim.result import HeldOut

_SHOWN = 10


def without(seen: Exercise, name: str) -> Exercise:
    """The exercise as it would be without this probe."""
    rest = Observation.none()
    for other, part in seen.parts.items():
        if other != name:
            rest = rest.merge(part.observation)
    return replace(seen, observation=rest)


def saved_by(seen: Exercise, name: str, keep: KeepSet) -> dict[str, int]:
    """The paths that only this probe used and that are kept without it: their number, by rule."""
    rest = without(seen, name).observation.uses
    alone = [path for path in seen.parts[name].observation.uses if path not in rest]
    rules = Counter(keep.reasons[path][0].partition(":")[0] for path in alone if path in keep)
    return dict(sorted(rules.items()))


def outcome(
    name: str, saved: Mapping[str, int], problems: Sequence[str], missing: Sequence[str]
) -> HeldOut:
    """The result of a held-out probe."""
    told = tuple(problem.removeprefix(f"{name}: ") for problem in problems[:_SHOWN])
    return HeldOut(name, not problems, saved, told, tuple(sorted(missing)[:_SHOWN]))
