from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count

import pytest

from ci_slim.engine.docker import State
from ci_slim.observe.readiness import FirstAnswer, Readiness, ready_hint, settle
from ci_slim.observe.sockets import Listener
from ci_slim.probes import Answer, Answered, Carried, ExecProbe, HttpProbe
from ci_slim.settings.plans import Ready

RUNS = State(True, None, False, "")
GOOD = b'{"exitcode": 0, "http_code": 204}\n{}\n'
EMPTY = b'{"exitcode": 52, "http_code": 0, "errormsg": "Empty reply"}\n{}\n'
BAD = b'{"exitcode": 0, "http_code": 503}\n{}\n'


def listens(port: int, address: str = "0.0.0.0") -> Listener:
    return Listener(ip_address(address), port)


@dataclass
class Container:
    """A container with lists of answers: each question gets the next answer, then always the
    last."""

    states: list[State] = field(default_factory=lambda: [RUNS])
    logs: list[str] = field(default_factory=lambda: [""])
    tables: list[tuple[Listener, ...]] = field(default_factory=lambda: [()])
    answers: list[bytes | None] = field(default_factory=lambda: [GOOD])
    asked: list[str] = field(default_factory=list)

    def state(self) -> State:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def log(self) -> str:
        return self.logs.pop(0) if len(self.logs) > 1 else self.logs[0]

    def listeners(self) -> tuple[Listener, ...]:
        return self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]

    def ask(self, request: Carried) -> bytes | None:
        self.asked.append(request.argv[-1])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def wait(
    container: Container, ready: Ready, port: int | None = None, *, needs_port: bool = False
) -> tuple[str, Readiness]:
    readiness = Readiness(container, ready, port, needs_port=needs_port)
    return readiness.wait(), readiness


SOON = 0.2


def test_a_port_is_waited_for_and_used_at_its_address() -> None:
    container = Container(tables=[(), (listens(9, "127.0.0.1"),), (listens(80, "172.17.0.2"),)])
    why, readiness = wait(container, Ready("auto"), 80)
    assert (why, readiness.host, readiness.port) == ("", "172.17.0.2", 80)


def test_without_a_known_port_any_listener_is_used_if_one_is_needed() -> None:
    container = Container(tables=[(), (listens(8080),)])
    why, readiness = wait(container, Ready("auto"), needs_port=True)
    assert (why, readiness.host, readiness.port) == ("", "127.0.0.1", 8080)


def test_without_a_port_that_is_needed_running_is_enough() -> None:
    assert wait(Container(), Ready("auto"))[0] == ""
    assert wait(Container(), Ready("none"), 80)[0] == ""


def test_http_is_asked_until_the_answer_is_good() -> None:
    container = Container(tables=[(listens(80),)], answers=[BAD, None, GOOD])
    assert wait(container, Ready("http", path="/up"), 80)[0] == ""
    assert container.asked == ["http://127.0.0.1:80/up"] * 3


def test_a_line_of_the_log_is_waited_for_and_the_port_remembered() -> None:
    container = Container(logs=["starting", "starting\nready now"], tables=[(listens(5000),)])
    why, readiness = wait(container, Ready("log", pattern="^ready"))
    assert (why, readiness.port) == ("", 5000)


@pytest.mark.parametrize(
    ("container", "ready", "why"),
    [
        (
            Container(tables=[(listens(81), listens(82))]),
            Ready("port", within=SOON),
            "the container was not ready within 0.2 s: nothing listens on port 80; "
            "it listens on 81, 82",
        ),
        (
            Container(),
            Ready("port", within=SOON),
            "the container was not ready within 0.2 s: nothing listens on port 80",
        ),
        (
            Container(tables=[(listens(80),)], answers=[BAD]),
            Ready("http", path="/up", within=SOON),
            "the container was not ready within 0.2 s: GET /up on port 80 answered 503",
        ),
        (
            Container(tables=[(listens(80),)], answers=[EMPTY]),
            Ready("http", path="/up", within=SOON),
            "the container was not ready within 0.2 s: GET /up on port 80 over HTTP: the server "
            "closed the connection without an answer; for another protocol use `port`",
        ),
        (
            Container(logs=["starting"]),
            Ready("log", pattern="ready", within=SOON),
            "the container was not ready within 0.2 s: no line of its log matches 'ready'",
        ),
        (
            Container(states=[State(False, 3, False, "")]),
            Ready("port"),
            "the container ended with exit code 3 before it was ready",
        ),
        (
            Container(states=[State(False, 137, True, "")]),
            Ready("port"),
            "the container ended with exit code 137, out of memory before it was ready",
        ),
    ],
)
def test_an_unready_application_has_a_reason(container: Container, ready: Ready, why: str) -> None:
    assert wait(container, ready, 80)[0] == why


def test_an_application_has_settled_when_it_uses_no_new_path() -> None:
    paths = [10, 20, 20, 30, *[30] * 50]
    settle(lambda: paths.pop(0), quiet=0.08, within=15)
    assert 30 < len(paths) < 50, "asked on for a while after the last new path, and no longer"


def test_an_application_that_ended_has_settled_and_an_endless_one_is_left() -> None:
    paths: list[int | None] = [10, None, 20]
    settle(lambda: paths.pop(0), quiet=0.08, within=15)
    assert paths == [20]
    growing = count()
    settle(lambda: next(growing), quiet=0.4, within=0.2)
    assert 1 < next(growing) < 10


GET = HttpProbe("GET /")
RUN = ExecProbe("ready?", ("check",))
OK, BUSY, LATER = Answer(True, 200, 1), Answer(False, 502, 1), Answer(False, 404, 1)
REFUSED = Answer(False, None, 1, error="connection refused on port 80")
ENDED = State(False, 78, True, "")


def first(
    probe: HttpProbe | ExecProbe,
    sent: Callable[[], Answer],
    state: Callable[[], State],
    stalled: Callable[[float], str],
    within: float,
) -> Answer:
    return FirstAnswer(state, stalled, within).of(lambda: Answered(probe, sent())).answer


@dataclass
class Sent:
    """A probe with a list of answers: each time the next, then always the last."""

    answers: list[Answer]
    count: int = 0

    def __call__(self) -> Answer:
        self.count += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    ("probe", "answers", "last", "times"),
    [
        (GET, [OK], OK, 1),
        (GET, [REFUSED, BUSY, LATER, OK], OK, 4),
        (
            RUN,
            [Answer(False, 1, 1), Answer(False, 2, 1), Answer(True, 0, 1)],
            Answer(True, 0, 1),
            3,
        ),
        (RUN, [Answer(False, 127, 1), OK], Answer(False, 127, 1), 1),
        (RUN, [Answer(False, 126, 1), OK], Answer(False, 126, 1), 1),
    ],
)
def test_the_first_probe_is_sent_until_its_answer_is_good(
    probe: HttpProbe | ExecProbe, answers: list[Answer], last: Answer, times: int
) -> None:
    sent = Sent(answers)
    assert first(probe, sent, lambda: RUNS, lambda _: "", 60) == last
    assert sent.count == times


def test_an_answer_that_stays_bad_is_returned_at_the_end() -> None:
    sent = Sent([BUSY])
    assert first(GET, sent, lambda: RUNS, lambda _: "", SOON) == BUSY
    assert sent.count > 1


def test_an_application_that_has_died_is_noticed_at_once() -> None:
    sent = Sent([BUSY])
    answer = first(GET, sent, lambda: ENDED, lambda _: "", 60)
    assert answer.error == (
        "the container ended with exit code 78, out of memory before it answered"
    )
    assert sent.count == 1


def test_the_last_answer_of_an_application_that_has_died_is_told() -> None:
    """A command that fails is asked again, until the container has ended of itself."""
    states = [RUNS, RUNS, ENDED]
    failed = Answer(False, 3, 1)
    sent = Sent([failed, REFUSED, Answer(False, None, 1, error="it is not running")])
    answer = first(RUN, sent, lambda: states.pop(0), lambda _: "", 60)
    assert answer.error == (
        "the container ended with exit code 78, out of memory before it answered well. "
        "Until then it exited 3, expected 0"
    )


def test_an_application_that_lost_a_program_and_does_nothing_is_given_up() -> None:
    sent, why = Sent([BUSY]), ["", "php-fpm exited with 78"]
    answer = first(GET, sent, lambda: RUNS, lambda _: why.pop(0), 60)
    assert answer.error.startswith("answered 502, expected 2xx or 3xx")
    assert answer.error.endswith(": php-fpm exited with 78")
    assert sent.count == 2


@pytest.mark.parametrize(
    ("log", "hint"),
    [
        ((), "say when it is ready: --ready 'http:/path@120s'"),
        (
            ("2026-11-25 LOG: 7 starting", "20:30:33 [7] LOG:  ready to accept connections 1/2"),
            "say when it is ready: --ready 'log:ready to accept connections'",
        ),
    ],
)
def test_the_hint_has_an_example_of_the_log(log: tuple[str, ...], hint: str) -> None:
    assert ready_hint(log) == hint
