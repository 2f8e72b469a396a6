import itertools

import pytest

from ci_slim.forges.patience import CallFailed, Patience, refused

DATE = "Fri, 01 Jan 2027 00:00:00 GMT"
LATER = "Fri, 01 Jan 2027 00:01:30 GMT"
NOW = 1_798_761_600


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, total: float = 180.0) -> Patience:
        return Patience(lambda: self.now, self.sleep, total)


@pytest.mark.parametrize(
    ("status", "headers", "message", "passing", "wait"),
    [
        (502, {}, "", True, None),
        (503, {"Retry-After": "5"}, "", True, 5.0),
        (503, {"Retry-After": LATER, "Date": DATE}, "", True, 90.0),
        (503, {"Retry-After": "soon", "Date": DATE}, "", True, None),
        (503, {"Retry-After": "-5"}, "", True, None),
        (429, {}, "", True, 60.0),
        (429, {"RETRY-AFTER": "7"}, "", True, 7.0),
        (403, {"retry-after": "7"}, "", True, 7.0),
        (403, {}, "You have exceeded a secondary rate limit.", True, 60.0),
        (403, {}, "You have triggered an abuse detection mechanism.", True, 60.0),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 30), "Date": DATE},
            "API rate limit exceeded",
            True,
            31.0,
        ),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW - 30), "Date": DATE},
            "",
            True,
            0.0,
        ),
        (
            403,
            {"X-RateLimit-Remaining": "99", "X-RateLimit-Reset": str(NOW + 30), "Date": DATE},
            "Resource not accessible by integration",
            False,
            None,
        ),
        (404, {}, "Not Found", False, None),
        (422, {}, "Validation Failed", False, None),
        (401, {}, "Bad credentials", False, None),
    ],
)
def test_an_answer_says_whether_and_when_to_try_again(
    status: int, headers: dict[str, str], message: str, passing: bool, wait: float | None
) -> None:
    failed = refused(status, headers, message)
    assert (failed.status, failed.passing, failed.wait) == (status, passing, wait)


def test_a_server_s_words_are_shown_on_one_short_line() -> None:
    assert refused(422, {}, "a\n::error::\x1b[31mb" + "x" * 500).message == (
        "a : :error::b" + "x" * 186 + "…"
    )


def test_pauses_grow_until_the_time_is_over() -> None:
    time = Time()
    with pytest.raises(CallFailed, match="no answer"):
        time.patience().retry(_failing(CallFailed("no answer", passing=True)))
    assert time.slept == [2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_calls_themselves_take_of_the_time() -> None:
    time = Time()

    def slow() -> None:
        time.now += 50
        raise CallFailed("no answer within 50 s", passing=True)

    with pytest.raises(CallFailed):
        time.patience().retry(slow)
    assert time.now <= 180 + 50
    assert time.slept == [2.0, 4.0, 8.0]


def test_a_wait_that_is_too_long_is_not_begun() -> None:
    time = Time()
    with pytest.raises(CallFailed, match=r"^wait \(it asks to wait 181 s\)$") as raised:
        time.patience().retry(_failing(CallFailed("wait", passing=True, wait=181.0)))
    assert raised.value.message == "wait (it asks to wait 181 s)"
    assert time.slept == []


def test_a_wait_of_nothing_is_one_second_so_that_it_ends() -> None:
    time = Time()
    with pytest.raises(CallFailed):
        time.patience(5).retry(_failing(CallFailed("wait", passing=True, wait=0.0)))
    assert time.slept == [1, 1, 1, 1, 1]


def test_what_will_not_pass_is_raised_at_once() -> None:
    time = Time()
    with pytest.raises(CallFailed, match="forbidden"):
        time.patience().retry(_failing(CallFailed("forbidden")))
    assert time.slept == []


def test_the_value_comes_when_the_trouble_is_over() -> None:
    time = Time()
    tries = itertools.count()

    def third_time() -> str:
        if next(tries) < 2:
            raise CallFailed("no answer", passing=True)
        return "value"

    assert time.patience().retry(third_time) == "value"
    assert time.slept == [2, 4]


def _failing(failed: CallFailed):  # type: ignore[no-untyped-def]
    def call() -> None:
        raise failed

    return call
