"""What follows from a replay: the slim image is done, gets healed, or is given up. Pure."""

from dataclasses import dataclass

from ci_slim.prove.comparison import Replay


@dataclass(frozen=True, slots=True)
class Done:
    """The slim image answers like the fat one."""

    unhealed: frozenset[str] = frozenset()
    """Paths that it still looked for in vain when the rounds were used up, without doing worse."""


@dataclass(frozen=True, slots=True)
class Heal:
    """One more round, with these paths kept as well."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """It does worse and misses nothing: both images are run once more, to tell a slim image that
    is broken from a fat one that answers differently each time."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further round would help, or none is left; `why` is one sentence for each difference."""

    why: tuple[str, ...]


def decide(
    replay: Replay, healed: frozenset[str], number: int, rounds: int
) -> Done | Heal | AskAgain | GiveUp:
    """What to do after the replay of round `number` (from 1) of at most `rounds`.

    `healed`: the paths that earlier rounds added, and those that the user drops. A path that was
    added and is still missed does not come again, since adding it changed nothing.
    """
    new = replay.missing - healed
    if new and number < rounds:
        return Heal(new)
    if not replay.problems:
        return Done(new)
    return GiveUp(replay.problems) if replay.asked_again else AskAgain()
