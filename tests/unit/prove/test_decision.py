"""Tests the decision after a replay: done, heal, or give up."""

import pytest

from ci_slim.observe.observation import Exercise
from ci_slim.prove.comparison import Comparison, Replay
from ci_slim.prove.decision import AskAgain, AskCopy, Done, GiveUp, Heal, decide

WORSE = ("GET /: status 500, the fat image gave 200",)


def replay(
    *missing: str,
    problems: tuple[str, ...] = (),
    others: int = 0,
    varies: bool = False,
    bodies: bool = False,
    copy: bool = False,
) -> Replay:
    more = (Exercise(()),) * others
    found = Comparison(problems, varies=varies, only_bodies=bodies)
    return Replay(Exercise(()), found, frozenset(missing), others=more, asked_copy=copy)


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
        (replay(problems=WORSE, others=1), (), 1, GiveUp(WORSE)),
        (replay("/a", problems=WORSE, others=1), ("/a",), 2, GiveUp(WORSE)),
        (replay(others=1), (), 1, Done()),
        (replay(problems=WORSE, others=1, varies=True), (), 1, AskAgain()),
        (replay(problems=WORSE, others=3, varies=True), (), 1, GiveUp(WORSE)),
        (replay(problems=WORSE, others=1, varies=True, bodies=True), (), 1, AskAgain()),
        (replay(problems=WORSE, others=1, bodies=True), (), 1, AskCopy()),
        (replay("/a", problems=WORSE, others=1, bodies=True), ("/a",), 1, AskCopy()),
        (replay(problems=WORSE, others=1, bodies=True, copy=True), (), 1, GiveUp(WORSE)),
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
        "its runs differ from each other, so the fat image may do so, too",
        "its runs differ from each other, and those of the fat image do not",
        "only bodies differ, and not in each run",
        "only bodies differ, in each run",
        "only bodies differ, and what was added did not help",
        "only bodies differ, and not those of a copy of the fat image",
    ],
)
def test_a_replay_decides_what_follows(
    shown: Replay, healed: tuple[str, ...], number: int, decision: object
) -> None:
    assert decide(shown, frozenset(healed), number, rounds=3) == decision
