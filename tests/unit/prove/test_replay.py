import json
from dataclasses import replace

import pytest

from ci_slim import probes
from ci_slim.observe.observation import Exercise, Lost, Observation
from ci_slim.observe.running import HEALTHCHECK
from ci_slim.probes import COMPARED_LIMIT, Answer, ExecProbe, Expect, HttpProbe
from ci_slim.prove.comparison import ONLY_UNTRACED, Comparison, Replay
from ci_slim.prove.comparison import compare as compare_runs

GET = HttpProbe("GET /")
CHECK = ExecProbe(HEALTHCHECK, ("true",))


def exercise(*answers: tuple[HttpProbe | ExecProbe, Answer], problem: str = "") -> Exercise:
    return Exercise(answers, Observation.none(), problem, ("last line",))


def answer(status: int | None, error: str = "", body: bytes = b"") -> Answer:
    return probes.judged(GET, Answer(status == 200, status, 1, body, error=error))


def compare(fat: Exercise, slim: Exercise) -> tuple[str, ...]:
    return compare_runs((fat,), (slim,)).problems


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
    assert compare(exercise((GET, answer(200))), exercise()) == ("GET /: no longer reached",)


def test_the_slim_image_must_meet_the_expectation_too() -> None:
    probe = HttpProbe("GET /", expect=Expect(body="hello"))
    fat = exercise((probe, answer(200, body=b"hello")))
    assert compare(fat, exercise((probe, answer(200, body=b"bye")))) != ()
    probes_alone = compare_runs(
        (fat,), (exercise((probe, answer(200, body=b"hello!"))),), bodies=False
    )
    assert probes_alone == Comparison()


@pytest.mark.parametrize(
    "expect",
    [Expect(), Expect(body="a"), Expect(body_regex="^a"), Expect(json={"a": 1}),
     Expect(headers={"X": "1"}), Expect(body="b", headers={"X": "2"})],
)  # fmt: skip
def test_the_kept_part_of_an_answer_is_judged_as_the_whole(expect: Expect) -> None:
    probe = HttpProbe("GET /", expect=expect)
    fat = Answer(True, 200, 1, b'{"a": 1}' + b" " * COMPARED_LIMIT, {"x": "1"})
    slim = Answer(True, 200, 1, b"other" + b" " * COMPARED_LIMIT, {"x": "2"})
    kept = [probes.judged(probe, each) for each in (fat, slim)]
    assert [probes.failures(probe, each) for each in kept] == [
        probes.failures(probe, each) for each in (fat, slim)
    ]
    assert probes.differences(probe, *kept) == probes.differences(probe, fat, slim)
    assert sum(len(each.body) for each in kept) <= 2 * COMPARED_LIMIT or expect != Expect()


def test_a_health_check_that_failed_before_may_fail_again() -> None:
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
def test_a_good_stop_must_be_good_again(fat: int, slim: int | None, worse: bool) -> None:
    before = replace(exercise((GET, answer(200))), exit_code=fat)
    after = replace(exercise((GET, answer(200))), exit_code=slim)
    told = (
        ("after the stop signal it ended with exit code 9; the fat image with 0",) if worse else ()
    )
    assert compare(before, after) == told


def test_a_slim_image_that_dies_between_the_probes_and_the_stop_is_a_problem() -> None:
    before = replace(exercise((GET, answer(200))), exit_code=143)
    after = replace(exercise((GET, answer(200))), exit_code=9, went_on=False)
    problem = "it ended by itself with exit code 9; the fat image kept running"
    assert compare(before, after) == (problem, "last line")
    assert compare(before, replace(after, exit_code=0)) == (), "its work may have been done"
    assert compare(replace(before, went_on=False), after) == ()


def test_an_incomplete_trace_of_a_replay_is_reported() -> None:
    assert Replay(exercise()).unseen == ()
    lost = Observation(lost=(Lost("pid 7 (sh)", "the path is too long"), Lost("pid 8", "x")))
    (said,) = Replay(replace(exercise(), observation=lost)).unseen
    assert said.endswith("pid 7 (sh): the path is too long, and 1 more")


def page(body: str, status: int = 200, kind: str = "text/html") -> tuple[HttpProbe, Answer]:
    came = replace(answer(status, body=body.encode()), headers={"content-type": kind})
    return GET, probes.judged(GET, came)


OK = exercise(page("hello at 10:00"))
TIMED_OUT = (GET, answer(None, "timed out after 30 s"))


def test_common_parts_of_the_fat_answers_must_be_in_the_slim_answer() -> None:
    assert compare(OK, exercise(page("hello at 10:01"))) == (
        'GET /: the answer differs: it lacks "10:00"; instead it has "10:01"',
    )
    twice = (OK, exercise(page("hello at 10:02")))
    assert compare_runs(twice, (exercise(page("hello at 10:01")),)) == Comparison()
    assert compare_runs(twice, (exercise(page("no module at 10:01")),)).problems == (
        'GET /: the answer differs: it lacks "hello at"; instead it has "no module at 10:01"',
    )


def test_a_missing_table_of_media_types_shows_in_the_header() -> None:
    slim = exercise(page("hello at 10:00", kind="application/octet-stream"))
    assert compare(OK, slim) == (
        'GET /: the header content-type differs: it lacks "text/html"; instead it has '
        '"application/octet-stream"',
    )


def test_each_answer_is_compared_with_the_same_one_of_the_fat_image() -> None:
    fat = replace(OK, repeats=(page("hello at 10:00"), page("gone", 410)))
    assert compare(fat, fat) == ()
    slim = replace(OK, repeats=(page("error", 500), page("gone", 410)))
    assert compare(fat, slim) == ("GET / (sent again): answered 500; the fat image 200",)


def test_a_body_that_was_cut_is_compared_by_its_digest_and_its_beginning() -> None:
    start = b"x" * COMPARED_LIMIT
    fat = exercise((GET, answer(200, body=start + b"1")))
    slim = exercise((GET, answer(200, body=start + b"2")))
    assert compare(fat, fat) == ()
    assert compare(fat, slim) == ("GET /: the answer differs after its first 64 KiB",)
    other = exercise((GET, answer(200, body=start + b"3")))
    assert compare_runs((fat, other), (slim,)) == Comparison()


def test_a_fat_image_that_answers_differently_each_time_is_called_flaky() -> None:
    bad = exercise(page("error", 500))
    found = compare_runs((OK, bad), (bad, OK))
    assert found == Comparison(
        (),
        ("GET /: flaky: the fat image gave 200 (1 of 2), 500 (1 of 2); the slim image "
         "500 (1 of 2), 200 (1 of 2)",),
    )  # fmt: skip
    assert compare_runs((OK, OK), (bad, OK)).problems == ("GET /: answered 500; the fat image 200",)


def test_a_timeout_is_not_a_problem_if_the_next_run_has_none() -> None:
    late = exercise(TIMED_OUT)
    told = "GET /: timed out after 30 s; the fat image answered 200"
    assert compare_runs((OK,), (late,)).problems == (told,)
    once = compare_runs((OK, OK), (late, OK))
    assert once == Comparison((), (f"{told}, in 1 of 2 runs of the slim image",))
    assert compare_runs((OK, OK), (OK, late)).problems == (told,)


def test_a_failure_only_without_a_tracer_is_named() -> None:
    bad = exercise(page("error", 500))
    told = "GET /: answered 500; the fat image 200"
    assert compare_runs((OK,), (OK, bad)).problems == (told, ONLY_UNTRACED)
    assert compare_runs((OK,), (bad, bad)).problems == (told,)


def test_a_crash_of_qemu_is_named() -> None:
    line = "QEMU internal SIGSEGV {code=MAPERR, addr=0x20}"
    crash = Exercise((), problem="the container ended with exit code 139", log=("started", line))
    told = f"QEMU crashed. This says nothing about the image: {line}"
    assert compare_runs((OK,), (crash,)).problems == (told,)
    once = compare_runs((OK, OK), (crash, OK))
    assert once == Comparison((), (f"{told}, in 1 of 2 runs of the slim image",))


def test_a_failing_fat_image_is_not_compared() -> None:
    ill = exercise(problem="the container was not ready within 60 s")
    bad = exercise(page("error", 500))
    found = compare_runs((OK, ill), (bad,))
    assert found.problems == ("GET /: answered 500; the fat image 200",)
    assert found.flaky == (
        "the fat image itself failed in 1 of 2 runs: the container was not ready within 60 s",
    )


def test_runs_of_the_slim_image_that_differ_from_each_other_vary() -> None:
    fat = exercise((GET, answer(200, body=b'{"wind": 1}')))
    same, other = fat, exercise((GET, answer(200, body=b'{"wind": 2}')))
    assert compare_runs((fat,), (same, other)).varies
    assert not compare_runs((fat,), (other, other)).varies
    assert compare_runs((fat, other, fat), (same, other)).problems == ()


def test_what_passed_is_told_with_the_number_of_runs() -> None:
    fat = exercise((GET, answer(200, body=b'{"wind": 1}')))
    other = exercise((GET, answer(200, body=b'{"wind": 2}')))
    found = compare_runs((fat,), (other, other, fat, fat))
    assert found.problems == ()
    (told,) = found.flaky
    assert told.endswith("wind is 2, in the fat image 1, in 2 of 4 runs of the slim image")


def test_a_number_that_few_runs_have_another_one_for_passes() -> None:
    """Such as a count of answers in 10 ms and in 500 ms: each is right in most runs, not all are
    in the last two."""

    def stats(fast: int, slow: int, state: str = "on") -> Exercise:
        body = json.dumps({"fast": fast, "slow": slow, "state": state}).encode()
        return exercise((GET, answer(200, body=body)))

    fat = stats(0, 3)
    found = compare_runs((fat,), (fat, fat, stats(0, 2), stats(1, 3), fat))
    assert found.problems == ()
    assert [each.partition("differs: ")[2] for each in found.flaky] == [
        "slow is 2, in the fat image 3, in 1 of 5 runs of the slim image",
        "fast is 1, in the fat image 0, in 1 of 5 runs of the slim image",
    ]
    assert compare_runs((fat,), (fat, fat, fat, fat, stats(1, 3))).problems  # in the last run
    assert compare_runs((fat,), (stats(1, 3), fat, stats(2, 3), stats(1, 3), fat)).problems
    assert compare_runs((fat,), (fat, fat, fat, stats(0, 3, "off"), fat)).problems  # no number
    assert compare_runs((fat,), (fat, stats(1, 3), fat)).problems  # in one of two without a tracer


def test_exact_bytes_that_the_fat_image_never_repeats_are_called_that() -> None:
    probe = HttpProbe("GET /", compare="exact")
    fat = [exercise((probe, answer(200, body=body))) for body in (b"at 1", b"at 2")]
    found = compare_runs(fat, (exercise((probe, answer(200, body=b"at 3"))),))
    (problem,) = found.problems
    assert "the fat image itself never gave the same bytes twice" in problem
    steady = [exercise((probe, answer(200, body=b"at 1"))) for _ in range(2)]
    (problem,) = compare_runs(steady, (exercise((probe, answer(200, body=b"at 3"))),)).problems
    assert "not exactly the same" in problem


def test_runs_are_counted_once_however_often_a_probe_was_sent_in_them() -> None:
    fat = exercise(*3 * [(GET, answer(200, body=b"one"))])
    other = exercise(*3 * [(GET, answer(200, body=b"two"))])
    found = compare_runs((fat,), (other, fat, fat))
    assert found.problems == ()
    assert all(flaky.endswith("in 1 of 3 runs of the slim image") for flaky in found.flaky)
    assert len(found.flaky) == 2


def test_what_is_a_problem_is_not_told_a_second_time() -> None:
    fat = exercise((GET, answer(200, body=b"one")))
    other = exercise((GET, answer(200, body=b"two")))
    found = compare_runs((fat, fat), (other, other, other))
    (problem,) = found.problems
    assert problem.startswith("GET /: the answer differs")
    assert found.flaky == ()
