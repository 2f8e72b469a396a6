from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count

import pytest

from ci_slim.engine.docker import State
from ci_slim.observe.readiness import Readiness, settle
from ci_slim.observe.sockets import Listener
from ci_slim.probes import Request
from ci_slim.settings.plans import Ready

RUNS = State(True, None, False, "")
GOOD = b'{"exitcode": 0, "http_code": 204}\n{}\n'
EMPTY = b'{"exitcode": 52, "http_code": 0, "errormsg": "Empty reply"}\n{}\n'
BAD = b'{"exitcode": 0, "http_code": 503}\n{}\n'


def listens(port: int, address: str = "0.0.0.0") -> Listener:
    return Listener(ip_address(address), port)


@dataclass
class Container:
    """Answers from lists: each question takes the next answer, the last one stays."""

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

    def ask(self, request: Request) -> bytes | None:
        self.asked.append(request.argv[-1])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def wait(
    container: Container, ready: Ready, port: int | None = None, *, needs_port: bool = False
) -> tuple[str, Readiness]:
    readiness = Readiness(container, ready, port, needs_port=needs_port)
    return readiness.wait(), readiness


SOON = 0.2


def test_a_port_is_waited_for_and_asked_where_it_listens() -> None:
    container = Container(tables=[(), (listens(9, "127.0.0.1"),), (listens(80, "172.17.0.2"),)])
    why, readiness = wait(container, Ready("auto"), 80)
    assert (why, readiness.host, readiness.port) == ("", "172.17.0.2", 80)


def test_without_a_known_port_any_listener_will_do_when_one_is_needed() -> None:
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
            "the container was not ready within 0.2 s: GET /up on port 80 over http: the server "
            "closed the connection without an answer; `port` waits for any protocol",
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
def test_what_is_not_ready_says_why(container: Container, ready: Ready, why: str) -> None:
    assert wait(container, ready, 80)[0] == why


def test_an_application_has_settled_when_its_trace_grows_no_more() -> None:
    lengths = [10, 20, 20, 30, *[30] * 50]
    settle(lambda: lengths.pop(0), quiet=0.08)
    assert 30 < len(lengths) < 48, "asked on for a while after it had grown last, and no longer"


def test_one_that_ends_has_settled_and_one_that_goes_on_is_left_alone() -> None:
    lengths: list[int | None] = [10, None, 20]
    settle(lambda: lengths.pop(0), quiet=0.08)
    assert lengths == [20]
    growing = count()
    settle(lambda: next(growing), quiet=0.4, within=0.2)
    assert 1 < next(growing) < 10
