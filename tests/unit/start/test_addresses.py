"""curl as people write it into a README."""

import pytest

from ci_slim.start.addresses import Request, requests

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("curl localhost:8080/a", Request("/a", 8080)),
        ("$ curl -d a=b -d c=d localhost/x", Request("/x", 80, "POST", FORM, "a=b&c=d")),
        (
            "curl --data-urlencode 'text=a b&c' http://localhost/x",
            Request("/x", 80, "POST", FORM, "text=a%20b%26c"),
        ),
        ("curl --json '{}' http://localhost/x", Request("/x", 80, "POST", JSON, "{}")),
        (
            "curl -H 'content-type: text/plain' -d hi http://localhost/x",
            Request("/x", 80, "POST", (("content-type", "text/plain"),), "hi"),
        ),
        ("curl -G -d q=1 'http://localhost/x?a=b'", Request("/x?a=b&q=1", 80)),
        ("curl -I http://localhost/x", Request("/x", 80, "HEAD")),
        ("curl -sI http://localhost/x", Request("/x", 80, "HEAD")),
        ("curl -sXDELETE -o file localhost/x", Request("/x", 80, "DELETE")),
        ("curl -XPOST -da=b localhost/x", Request("/x", 80, "POST", FORM, "a=b")),
        ("curl -X GET -d a=b localhost/x", Request("/x", 80, "GET", FORM, "a=b")),
        ("curl -G -d a=b -H 'A: b' localhost/x", Request("/x?a=b", 80, "GET", (("A", "b"),))),
        (
            "curl --data-urlencode =a@b localhost/x",
            Request("/x", 80, "POST", FORM, "a%40b"),
        ),
        ("1. `curl http://localhost/x`, then wait", Request("/x", 80)),
    ],
)
def test_the_request_is_the_one_that_curl_sends(text: str, sent: Request) -> None:
    assert tuple(requests(text)) == (sent,)


@pytest.mark.parametrize(
    "text",
    [
        "curl -d @file http://localhost/x",
        "curl -u a:b localhost/x",
        "curl -su a:b localhost/x",
        "curl --data-urlencode name@file localhost/x",
        "curl --data-urlencode @file localhost/x",
    ],
)
def test_a_request_that_needs_a_file_or_a_password_is_not_sent(text: str) -> None:
    assert tuple(requests(text)) == ()
