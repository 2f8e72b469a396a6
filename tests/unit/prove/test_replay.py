from dataclasses import replace

import pytest

from ci_slim import probes
from ci_slim.observe.observation import Exercise, Lost, Observation
from ci_slim.observe.running import HEALTHCHECK
from ci_slim.probes import Answer, ExecProbe, Expect, HttpProbe
from ci_slim.prove.comparison import Replay, compare

GET = HttpProbe("GET /")
CHECK = ExecProbe(HEALTHCHECK, ("true",))


def exercise(*answers: tuple[HttpProbe | ExecProbe, Answer], problem: str = "") -> Exercise:
    return Exercise(answers, Observation.none(), problem, ("last line",))


def answer(status: int | None, error: str = "", body: bytes = b"") -> Answer:
    return Answer(ok=status == 200, status=status, ms=1, body=body, error=error)


def test_an_equal_answer_is_no_problem() -> None:
    assert compare(exercise((GET, answer(200))), exercise((GET, answer(200)))) == ()


def test_a_slim_image_that_does_not_start_shows_its_last_lines() -> None:
    slim = exercise(problem="the container ended with exit code 127 before it was ready")
    assert compare(exercise((GET, answer(200))), slim) == (
        "the container ended with exit code 127 before it was ready",
        "last line",
    )


def test_another_status_is_a_problem() -> None:
    (problem,) = compare(exercise((GET, answer(200))), exercise((GET, answer(302))))
    assert problem.startswith("GET /: ")
    assert "302" in problem


def test_a_probe_that_was_not_reached_is_a_problem() -> None:
    assert compare(exercise((GET, answer(200))), exercise()) == ("GET /: not reached any more",)


def test_what_the_probe_expects_is_asked_of_the_slim_image_too() -> None:
    probe = HttpProbe("GET /", expect=Expect(body="hello"))
    fat = exercise((probe, answer(200, body=b"hello")))
    assert compare(fat, exercise((probe, answer(200, body=b"bye")))) != ()
    assert compare(fat, exercise((probe, answer(200, body=b"hello!")))) == ()


@pytest.mark.parametrize(
    "expect",
    [Expect(), Expect(body="a"), Expect(body_regex="^a"), Expect(json={"a": 1}),
     Expect(headers={"X": "1"}), Expect(body="b", headers={"X": "2"})],
)  # fmt: skip
def test_what_is_kept_of_an_answer_is_judged_as_the_whole(expect: Expect) -> None:
    probe = HttpProbe("GET /", expect=expect)
    fat = Answer(True, 200, 1, b'{"a": 1}', {"x": "1"})
    slim = Answer(True, 200, 1, b"other", {"x": "2"})
    kept = [probes.judged(probe, each) for each in (fat, slim)]
    assert [probes.failures(probe, each) for each in kept] == [
        probes.failures(probe, each) for each in (fat, slim)
    ]
    assert probes.differences(probe, *kept) == probes.differences(probe, fat, slim)
    assert sum(len(each.body) for each in kept) <= 2 or expect != Expect()


def test_a_health_check_that_failed_before_may_go_on_failing() -> None:
    ill = Answer(ok=False, status=1, ms=1)
    assert compare(exercise((CHECK, ill)), exercise((CHECK, ill))) == ()
    well = Answer(ok=True, status=0, ms=1)
    assert compare(exercise((CHECK, well)), exercise((CHECK, ill))) != ()


@pytest.mark.parametrize(
    ("fat", "slim", "worse"),
    [
        (0, 0, False),
        (0, 9, True),
        (0, 137, False),
        (143, 0, False),
        (143, 9, False),
        (0, None, False),
    ],
)
def test_a_stop_that_went_well_must_go_well_again(fat: int, slim: int | None, worse: bool) -> None:
    before = replace(exercise((GET, answer(200))), exit_code=fat)
    after = replace(exercise((GET, answer(200))), exit_code=slim)
    told = ("stopped, it ended with exit code 9; the fat image with 0",) if worse else ()
    assert compare(before, after) == told


def test_a_slim_image_that_dies_between_the_probes_and_the_stop_is_a_problem() -> None:
    before = replace(exercise((GET, answer(200))), exit_code=143)
    after = replace(exercise((GET, answer(200))), exit_code=9, went_on=False)
    problem = "it ended by itself with exit code 9; the fat image ran on"
    assert compare(before, after) == (problem, "last line")
    assert compare(before, replace(after, exit_code=0)) == (), "its work may have been done"
    assert compare(replace(before, went_on=False), after) == ()


def test_a_replay_that_was_not_seen_whole_says_so() -> None:
    assert Replay(exercise(), (), frozenset()).unseen == ()
    lost = Observation(lost=(Lost("pid 7 (sh)", "the path is too long"), Lost("pid 8", "x")))
    (said,) = Replay(replace(exercise(), observation=lost), (), frozenset()).unseen
    assert said.endswith("pid 7 (sh): the path is too long, and 1 more")
