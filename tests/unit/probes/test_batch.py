"""Tests several requests in one call of curl, and splitting its output."""

import json

from ci_slim.probes import Carried, HttpProbe, Way
from ci_slim.probes.batch import batch, batched_answers
from ci_slim.probes.curl import WRITE_OUT
from ci_slim.probes.http import request

GET = HttpProbe("GET /", headers=(("Accept", "*/*"),))
HEAD = HttpProbe("HEAD /", "HEAD")


def said(size: int, status: int = 200, code: int = 0) -> str:
    told = {"exitcode": code, "http_code": status, "size_download": size, "time_total": 0.25}
    return f"{json.dumps(told)}\n" + '{"content-type":["text/plain"]}' + "\x1e"


def requests() -> list[tuple[HttpProbe, Carried]]:
    return [(p, request(p, Way(port=80, scratch="/out"))) for p in (GET, HEAD)]


def test_each_request_keeps_its_own_arguments() -> None:
    (_, get), (_, head) = requests()
    call = batch(requests())
    first = [a if a != WRITE_OUT else f"{WRITE_OUT}\x1e" for a in get.argv]
    second = [a if a != WRITE_OUT else f"{WRITE_OUT}\x1e" for a in head.argv[1:]]
    second[second.index("-")] = "/dev/null"
    assert list(call.argv) == [*first, "--next", *second]
    assert call.files == {**get.files, **head.files}


def test_a_body_is_as_long_as_curl_says() -> None:
    stderr = (said(5) + said(40) + said(0, 0, 7)).encode()
    found = batched_answers([GET, HEAD, GET], b"hello", stderr)
    assert found is not None
    assert [(each.status, each.body) for each in found] == [
        (200, b"hello"),
        (200, b""),
        (None, b""),
    ]
    assert found[0].headers == {"content-type": "text/plain"}
    assert found[2].error.startswith("connection refused")


def test_inconsistent_output_is_not_guessed_at() -> None:
    assert batched_answers([GET], b"hello", said(4).encode()) is None
    assert batched_answers([GET, GET], b"hello", said(5).encode()) is None
    assert batched_answers([GET], b"hello", b"curl: out of memory\x1e") is None
