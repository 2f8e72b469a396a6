"""Tests the decision after a replay: done, heal, or give up."""

import pytest

from ci_slim.observe.observation import Exercise
from ci_slim.prove.comparison import Replay
from ci_slim.prove.decision import AskAgain, Done, GiveUp, Heal, decide

WORSE = ("GET /: status 500, the fat image gave 200",)


def replay(*missing: str, problems: tuple[str, ...] = (), again: bool = False) -> Replay:
    return Replay(Exercise(()), problems, frozenset(missing), asked_again=again)


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
        (replay("/a", problems=WORSE), ("/a",), 2, AskAgain()),
        (replay("/b", problems=WORSE), ("/a",), 3, AskAgain()),
        (replay(problems=WORSE), (), 1, AskAgain()),
        (replay(problems=WORSE, again=True), (), 1, GiveUp(WORSE)),
        (replay("/a", problems=WORSE, again=True), ("/a",), 2, GiveUp(WORSE)),
        (replay(again=True), (), 1, Done()),
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
        "it is worse again, and no path explains it",
        "it is worse again, and what was added did not help",
        "asked again, it is as good as the fat image",
    ],
)
def test_a_replay_decides_what_follows(
    shown: Replay, healed: tuple[str, ...], number: int, decision: Done | Heal | AskAgain | GiveUp
) -> None:
    assert decide(shown, frozenset(healed), number, rounds=3) == decision
