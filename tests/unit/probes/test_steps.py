"""Tests steps between requests (idle, signal, restart) and many requests at once."""

import json
from typing import Any

import pytest

from ci_slim import settings
from ci_slim.errors import UsageError
from ci_slim.probes import Answered, Carried, Idle, Probe, Ran, Restart, Signal, Way
from ci_slim.probes.concurrent import ConcurrentProbe
from ci_slim.probes.idle import IdleProbe
from ci_slim.probes.restart import RestartProbe
from ci_slim.probes.signal import SignalProbe


def read(probe: dict[str, Any]) -> Probe:
    text = json.dumps({"version": 1, "images": {"a": {"image": "a", "probes": [probe]}}})
    return settings.parse(text, ".ci-slim.yml", {}).images[0].probes[0]


@pytest.mark.parametrize(
    ("probe", "read_as", "run"),
    [
        ({"idle": "30s"}, IdleProbe("idle 30 s", 30.0), Idle(30.0)),
        ({"idle": "1m", "name": "rest"}, IdleProbe("rest", 60.0), Idle(60.0)),
        ({"signal": "HUP"}, SignalProbe("signal HUP", "HUP"), Signal("HUP")),
        ({"restart": True}, RestartProbe("restart"), Restart()),
    ],
)
def test_a_step_is_carried_out_once(probe: dict[str, Any], read_as: Probe, run: object) -> None:
    step = read(probe)
    assert step == read_as
    assert not step.repeatable
    exchange = step.exchange(Way())
    assert next(exchange) == run
    told = exchange.send(Ran(error="the container ended with exit code 9", ms=7))
    assert isinstance(told, Answered)
    assert (told.answer.ok, told.answer.error) == (False, "the container ended with exit code 9")


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ({"signal": "KILL"}, "KILL"),
        ({"restart": False}, "restart: false does nothing"),
        ({"idle": "2h"}, "at most 3600s"),
        ({"idle": "5s", "expect": {}}, "expect"),
        ({"concurrent": "HEAD /"}, "HEAD has no answer"),
        ({"concurrent": "/", "clients": 99}, "99"),
    ],
)
def test_a_useless_step_is_refused(probe: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(probe)


def said(status: int, code: int = 0) -> bytes:
    told = {"exitcode": code, "http_code": status, "size_download": 5, "time_total": 0.1}
    return f"{json.dumps(told)}\n{{}}\x1e".encode()


def test_many_requests_at_once_are_one_call_and_the_worst_answer() -> None:
    probe = read({"concurrent": "POST /a", "clients": 3, "requests": 4, "port": 80})
    assert isinstance(probe, ConcurrentProbe)
    exchange = probe.exchange(Way())
    call = next(exchange)
    assert isinstance(call, Carried)
    assert call.argv[:5] == (
        "--disable", "--parallel", "--parallel-immediate", "--parallel-max", "3"
    )  # fmt: skip
    assert (call.argv.count("--next"), call.argv.count("/dev/null")) == (3, 4)
    told = exchange.send(Ran(0, b"", said(200) * 3 + said(503)))
    assert isinstance(told, Answered)
    answer = told.answer
    assert (answer.ok, answer.status) == (False, 503)
    assert answer.error == "1 of 4 answered 503"
    exchange = probe.exchange(Way())
    next(exchange)
    good = exchange.send(Ran(0, b"", said(200) * 4))
    assert isinstance(good, Answered)
    assert (good.answer.ok, good.answer.status, good.answer.error) == (True, 200, "")
