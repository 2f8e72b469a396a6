"""Decides after a replay: the slim image is done, gets healed, or is given up. Pure."""

from dataclasses import dataclass

from ci_slim.prove.comparison import Replay

LATER = (0.3, 1.0, 2.0)
"""How many seconds later both are asked in the first, second and third other run."""


@dataclass(frozen=True, slots=True)
class Done:
    """The slim image answers like the fat one."""

    unhealed: frozenset[str] = frozenset()
    """Paths that it still looked up in vain in the last round, though it does not do worse."""


@dataclass(frozen=True, slots=True)
class Heal:
    """Run one more round that also keeps these paths."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Run both images once more, because the slim image does worse and misses nothing. This shows
    whether the slim image is broken or the fat image answers differently each time. If the runs of
    the slim image differ from each other, more runs may show that the fat image's do, too."""


@dataclass(frozen=True, slots=True)
class AskCopy:
    """Ask a copy of the fat image with all its files, written and loaded as the slim image was,
    because only bodies differ. What the copy answers differently, too, is not due to files that
    were left out. An example is the time at which a file was last read."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop: no further round would help, or none is left. `why` has one sentence for each
    difference."""

    why: tuple[str, ...]


Decision = Done | Heal | GiveUp
"""What is done after a replay that was settled."""


def decide(
    replay: Replay, healed: frozenset[str], number: int, rounds: int
) -> Decision | AskAgain | AskCopy:
    """What to do after the replay of round `number` (from 1) of at most `rounds`.

    `healed` has the paths that earlier rounds added and the paths that the user drops. A path that
    was added and is still missed is not added again, because adding it changed nothing.
    """
    new = replay.missing - healed
    if new and number < rounds:
        return Heal(new)
    if not replay.problems:
        return Done(new)
    if not replay.others or (replay.found.varies and len(replay.others) < len(LATER)):
        return AskAgain()
    if replay.found.only_bodies and not replay.asked_copy:
        return AskCopy()
    return GiveUp(replay.problems)
