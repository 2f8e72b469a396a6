"""What follows from a replay: done, heal, or give up."""

import pytest

from ci_slim.observe.observation import Exercise
from ci_slim.prove.comparison import Replay
from ci_slim.prove.decision import Done, GiveUp, Heal, decide

WORSE = ("GET /: status 500, the fat image gave 200",)


def replay(*missing: str, problems: tuple[str, ...] = ()) -> Replay:
    return Replay(Exercise(()), problems, frozenset(missing))


@pytest.mark.parametrize(
    ("shown", "healed", "number", "decision"),
    [
        (replay(), (), 1, Done()),
        (replay("/a"), (), 1, Heal(frozenset({"/a"}))),
        (replay("/a", "/b"), ("/a",), 2, Heal(frozenset({"/b"}))),
        (replay("/a"), ("/a",), 2, Done()),
        (replay("/b"), ("/a",), 3, Done(frozenset({"/b"}))),
        (replay("/a", problems=WORSE), (), 1, Heal(frozenset({"/a"}))),
        (replay("/drop"), ("/drop",), 1, Done()),
        (replay("/a", problems=WORSE), ("/a",), 2, GiveUp(WORSE)),
        (replay("/b", problems=WORSE), ("/a",), 3, GiveUp(WORSE)),
        (replay(problems=WORSE), (), 1, GiveUp(WORSE)),
    ],
    ids=[
        "nothing is missing and nothing is worse",
        "a path is missing although nothing is worse",
        "only what was not added before is added",
        "what was added and is still looked up changes nothing",
        "the rounds are used up and nothing is worse",
        "a path is missing and something is worse",
        "what the user drops is not added",
        "what was added did not help",
        "the rounds are used up and something is worse",
        "something is worse and no path explains it",
    ],
)
def test_a_replay_decides_what_follows(
    shown: Replay, healed: tuple[str, ...], number: int, decision: Done | Heal | GiveUp
) -> None:
    assert decide(shown, frozenset(healed), number, rounds=3) == decision
