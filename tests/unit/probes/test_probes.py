"""Tests reading probes from settings and flags, judging and comparing answers, and crawls."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from probe_reading import read

from ci_slim.errors import UsageError
from ci_slim.probes import (
    KINDS,
    Answer,
    Crawl,
    CrawlProbe,
    ExecProbe,
    Expect,
    FormField,
    HttpProbe,
    Probe,
    Ran,
    TcpProbe,
    differences,
    failures,
    links,
    page,
    unique,
)
from ci_slim.probes.command import answer
from ci_slim.probes.concurrent import ConcurrentProbe
from ci_slim.probes.idle import IdleProbe
from ci_slim.probes.restart import RestartProbe
from ci_slim.probes.signal import SignalProbe
from ci_slim.settings.schema import probe_schema

SCHEMA = Draft202012Validator(probe_schema())


def files(name: str) -> bytes:
    if name == "a/b.png":
        return b"PNG"
    raise FileNotFoundError(2, "No such file or directory", name)


GOOD: list[tuple[dict[str, object], Probe]] = [
    ({"idle": "30s"}, IdleProbe("idle 30 s", 30.0)),
    ({"signal": "HUP"}, SignalProbe("signal HUP", "HUP")),
    ({"restart": True}, RestartProbe("restart")),
    ({"concurrent": "/", "clients": 2}, ConcurrentProbe("GET /, 2 at once", clients=2)),
    (
        {
            "http": "POST /poc/api/v1.0/post",
            "headers": {"Content-Type": "application/json"},
            "body": '{"key1": "value1"}',
            "expect": {"status": 200},
        },
        HttpProbe(
            "POST /poc/api/v1.0/post",
            "POST",
            "/poc/api/v1.0/post",
            headers=(("Content-Type", "application/json"),),
            body=b'{"key1": "value1"}',
            expect=Expect(status=(200,)),
        ),
    ),
    (
        {"exec": "listener --version"},
        ExecProbe("exec listener --version", ("listener", "--version")),
    ),
    ({"crawl": "/"}, CrawlProbe("crawl /")),
    ({"http": "/"}, HttpProbe("GET /")),
    ({"http": "get /a b?c=\u00e9"}, HttpProbe("GET /a%20b?c=%C3%A9", path="/a%20b?c=%C3%A9")),
    ({"http": "/a%20b?x=1&y={z}"}, HttpProbe("GET /a%20b?x=1&y={z}", path="/a%20b?x=1&y={z}")),
    ({"http": "HEAD /", "name": "alive"}, HttpProbe("alive", "HEAD")),
    (
        {"http": "/", "protocol": "https", "port": 8443},
        HttpProbe("GET /", protocol="https", port=8443),
    ),
    ({"http": "/", "timeout": "500ms"}, HttpProbe("GET /", timeout=0.5)),
    ({"http": "/", "timeout": "2m"}, HttpProbe("GET /", timeout=120)),
    ({"http": "/", "timeout": "2min"}, HttpProbe("GET /", timeout=120)),
    (
        {"http": "/", "headers": {"N": 5, "B": True}},
        HttpProbe("GET /", headers=(("N", "5"), ("B", "true"))),
    ),
    (
        {"http": "/", "headers": {"N": ["a", "b"]}},
        HttpProbe("GET /", headers=(("N", "a"), ("N", "b"))),
    ),
    (
        {"http": "PUT /", "json": {"a": [1, None, "\u00e9"]}},
        HttpProbe(
            "PUT /",
            "PUT",
            headers=(("Content-Type", "application/json"),),
            body='{"a": [1, null, "\u00e9"]}'.encode(),
        ),
    ),
    (
        {"http": "PUT /", "json": 1, "headers": {"content-type": "x/y"}},
        HttpProbe("PUT /", "PUT", headers=(("content-type", "x/y"),), body=b"1"),
    ),
    ({"http": "POST /", "body_file": "a/b.png"}, HttpProbe("POST /", "POST", body=b"PNG")),
    (
        {"http": "POST /", "form": {"a": 1, "up": {"file": "a/b.png", "type": "image/png"}}},
        HttpProbe(
            "POST /",
            "POST",
            form=(FormField("a", b"1"), FormField("up", b"PNG", "b.png", "image/png")),
        ),
    ),
    (
        {"http": "/", "username": "u", "password": "p"},
        HttpProbe("GET /", username="u", password="p"),
    ),
    (
        {"http": "/", "expect": {"status": "2xx"}},
        HttpProbe("GET /", expect=Expect(tuple(range(200, 300)))),
    ),
    (
        {"http": "/", "expect": {"status": [404, "200"]}},
        HttpProbe("GET /", expect=Expect((200, 404))),
    ),
    (
        {
            "http": "/",
            "expect": {
                "headers": {"X-A": "^b"},
                "body": 5,
                "body_regex": "a+",
                "json": {"a.0": None},
            },
        },
        HttpProbe(
            "GET /",
            expect=Expect(body="5", body_regex="a+", headers={"X-A": "^b"}, json={"a.0": None}),
        ),
    ),
    ({"exec": ["a b", 1]}, ExecProbe("exec a b 1", ("a b", "1"))),
    ({"exec": "a 'b c'"}, ExecProbe("exec a b c", ("a", "b c"))),
    ({"exec": "a | b"}, ExecProbe("exec a | b", ("a | b",), True)),
    ({"exec": "A=1 b"}, ExecProbe("exec A=1 b", ("A=1 b",), True)),
    ({"exec": "a b", "shell": True}, ExecProbe("exec a b", ("a b",), True)),
    ({"exec": "a $b", "shell": False}, ExecProbe("exec a $b", ("a", "$b"))),
    (
        {"exec": "a", "expect": {"exit": 2, "body": "x"}},
        ExecProbe("exec a", ("a",), expect=Expect(body="x", exit=2)),
    ),
    ({"tcp": 6379}, TcpProbe("tcp 6379", 6379)),
    (
        {
            "tcp": 25,
            "name": "mail",
            "send": ["EHLO me\r\n", "QUIT\r\n"],
            "greeting": True,
            "timeout": "5s",
            "expect": {"body_regex": "^220"},
        },
        TcpProbe("mail", 25, (b"EHLO me\r\n", b"QUIT\r\n"), True, 5, Expect(body_regex="^220")),
    ),
    (
        {"crawl": "/x", "depth": 2, "pages": 5, "port": 80, "username": "u"},
        CrawlProbe("crawl /x", "/x", 80, depth=2, pages=5, username="u"),
    ),
]


@pytest.mark.parametrize(("value", "expected"), GOOD)
def test_a_probe_is_read_and_the_schema_agrees(value: dict[str, object], expected: Probe) -> None:
    assert read(value, files) == expected
    assert [error.message for error in SCHEMA.iter_errors(value)] == []


BAD: list[tuple[object, str, str]] = [
    (5, "f:: `probes` must be a mapping, not a whole number", ""),
    ({}, "f:: the probe has no kind", "exactly one"),
    ({"htp": "/"}, "f:: the probe has no kind, and `htp` is not known", "did you mean `http`?"),
    ({"http": "/", "exec": "a"}, "f:: the probe has several kinds: http, exec", "exactly one"),
    ({"http": "/", "boby": "x"}, "f:boby: unknown key `boby` in `http`", "did you mean `body`?"),
    ({"http": "/", "depth": 1}, "f:depth: unknown key `depth` in `http`", ""),
    ({"exec": "a", "port": 1}, "f:port: unknown key `port` in `exec`", "known here: exec"),
    ({"crawl": "/", "body": "x"}, "f:body: unknown key `body` in `crawl`", ""),
    ({1: 2, "http": "/"}, "f:: the key 1 must be a text", "quote"),
    ({"http": 5}, "f:http: `5` is a whole number here, but a text is expected", ""),
    ({"http": "POST"}, 'f:http: "POST" lacks a path', 'write "POST /"'),
    ({"http": "PSOT /"}, 'f:http: the HTTP method "PSOT" is not known', 'did you mean "POST"?'),
    ({"http": "CONNECT /"}, 'f:http: the HTTP method "CONNECT" is not known', ""),
    ({"http": "GET index"}, 'f:http: the path "index" must start with "/"', 'write "/index"'),
    (
        {"http": "GET http://x/"},
        'f:http: the path "http://x/" must start with "/"',
        "after the host",
    ),
    ({"http": "/a#b"}, 'f:http: the path "/a#b" has "#", which is never sent to a server', "%23"),
    ({"http": "/a\x01"}, "f:http: the path has a control character", ""),
    (
        {"http": "/", "protocol": "ws"},
        "f:protocol: `ws` is not a value of `protocol`",
        "",
    ),
    (
        {"http": "/", "port": 0},
        "f:port: `port` must be a whole number from 1 to 65535, not `0`",
        "",
    ),
    (
        {"http": "/", "port": True},
        "f:port: `port` must be a whole number from 1 to 65535, not `true`",
        "",
    ),
    ({"http": "/", "headers": ["A: b"]}, "f:headers: `headers` must be a mapping, not a list", ""),
    (
        {"http": "/", "headers": {"A": None}},
        "f:headers.A: a value of the header `A` is expected, not empty",
        "",
    ),
    (
        {"http": "/", "headers": {"A": "b\r\nC: d"}},
        'f:headers.A: the header "A" has a control character',
        "",
    ),
    (
        {"http": "/", "headers": {"A\n": "b c", "@x": "1"}},
        "f:headers.@x: '@x' is not a valid name of an HTTP header",
        "",
    ),
    (
        {"http": "/", "body": "x"},
        "f:body: body cannot be used with a request without method",
        "POST /",
    ),
    ({"http": "HEAD /", "json": 1}, "f:json: json cannot be used with HEAD", "POST /"),
    (
        {"http": "POST /", "body": "x", "json": 1},
        "f:json: body and json cannot be used together",
        "one",
    ),
    (
        {"http": "POST /", "body": {"a": 1}},
        "f:body: a text is expected, not a mapping",
        "",
    ),
    (
        {"http": "POST /", "body_file": "x"},
        "f:body_file: body_file: x cannot be read: No such file or directory",
        "",
    ),
    ({"http": "POST /", "form": {"a": {"name": "x"}}}, "f:form.a: form.a lacks file", ""),
    (
        {"http": "POST /", "form": {"a": {"flie": "x"}}},
        'f:form.a.flie: a file of a form has no "flie"',
        "file",
    ),
    ({"http": "/", "password": "p"}, "f:password: password needs username", ""),
    (
        {"http": "/", "timeout": "soon"},
        "f:timeout: `soon` is not a duration",
        "write 30s, 2m or 500ms",
    ),
    (
        {"http": "/", "timeout": 0},
        "f:timeout: `timeout` must be more than 0s and at most 3600s",
        "",
    ),
    ({"http": "/", "expect": 200}, "f:expect: `expect` must be a mapping, not a whole number", ""),
    (
        {"http": "/", "expect": {"staus": 1}},
        "f:expect.staus: unknown key `staus` in `expect`",
        "did you mean `status`?",
    ),
    (
        {"http": "/", "expect": {"exit": 1}},
        "f:expect.exit: unknown key `exit` in `expect`",
        "status",
    ),
    (
        {"exec": "a", "expect": {"status": 1}},
        "f:expect.status: unknown key `status` in `expect`",
        "exit",
    ),
    (
        {"http": "/", "expect": {"status": "6xx"}},
        "f:expect.status: '6xx' is not an HTTP status",
        "2xx",
    ),
    ({"http": "/", "expect": {"status": []}}, "f:expect.status: the list of statuses is empty", ""),
    (
        {"http": "/", "expect": {"body_regex": "*"}},
        "f:expect.body_regex: `*` is not a regular expression: nothing to repeat at position 0",
        "",
    ),
    ({"exec": ""}, "f:exec: the command is empty", ""),
    ({"exec": []}, "f:exec: the command is empty", ""),
    ({"exec": "a 'b"}, 'f:exec: the command "a \'b": No closing quotation', ""),
    ({"exec": ["a"], "shell": True}, "f:exec: shell: true needs the command as one text", ""),
    (
        {"crawl": "/", "depth": 0},
        "f:depth: `depth` must be a whole number from 1 to 10, not `0`",
        "",
    ),
]


@pytest.mark.parametrize(("value", "message", "hint"), BAD)
def test_a_bad_probe_is_refused_with_its_place(value: object, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        read(value, files)
    assert str(error.value) == message
    assert hint in error.value.hint


def test_the_schema_is_valid_json() -> None:
    Draft202012Validator.check_schema(probe_schema())
    assert json.loads(json.dumps(probe_schema())) == probe_schema()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_named_by_its_first_key(kind: str) -> None:
    assert next(iter(KINDS[kind].KEYS.keys)) == kind


@pytest.mark.parametrize(
    "value", [{"http": "/", "x": 1}, {"exec": "a", "port": 1}, {}, {"http": 1}]
)
def test_the_schema_refuses_what_is_refused(value: dict[str, object]) -> None:
    assert not SCHEMA.is_valid(value)


def test_secrets_stay_out_of_repr() -> None:
    headers = (("Authorization", "Bearer hidden1"),)
    probe = HttpProbe("n", headers=headers, body=b"hidden2", password="hidden3")
    crawl = CrawlProbe("n", headers=headers, password="hidden3")
    assert "hidden" not in repr(probe) + repr(crawl)


def test_long_and_repeated_names() -> None:
    probe = read({"exec": "echo " + "x" * 200})
    assert (len(probe.name), probe.name[-1]) == (85, "…")
    names = ["a", "a (2)", "a", "b", "a"]
    named = unique(HttpProbe(name) for name in names)
    assert [each.name for each in named] == ["a", "a (2)", "a (3)", "b", "a (4)"]


HTTP = HttpProbe("p")
COMMAND = ExecProbe("c", ("a",))


def http(status: int = 200, body: str = "", **headers: str) -> Answer:
    return Answer(True, status, 1, body.encode(), headers)


def asks(**expect: object) -> HttpProbe:
    return replace(HTTP, expect=Expect(**expect))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probe", "found", "expected"),
    [
        (HTTP, http(204), ()),
        (HTTP, http(302), ()),
        (
            HTTP,
            http(404),
            (
                "answered 404, expected 2xx or 3xx (unlike DockerSlim, which accepts every "
                "answer; to accept this one, set expect.status: 404)",
            ),
        ),
        (HTTP, Answer(False, None, 1, error="timed out after 10 s"), ("timed out after 10 s",)),
        (HTTP, Answer(False, None, 1), ("there was no answer",)),
        (asks(status=(404,)), http(404), ()),
        (asks(status=(*range(200, 300), 404)), http(500), ("answered 500, expected 404 or 2xx",)),
        (asks(headers={"X-A": "^b"}), Answer(True, 200, 1, headers={"x-a": "bc"}), ()),
        (asks(headers={"X-A": "^b"}), http(), ("the header X-A is missing, expected /^b/",)),
        (asks(headers={"X": "b"}), http(x="a"), ('the header X is "a", expected /b/',)),
        (asks(body="b"), http(body="abc"), ()),
        (asks(body="x"), http(body="a\n b"), ('the body lacks "x": "a b"',)),
        (asks(body="x"), http(), ('the body lacks "x": it is empty',)),
        (asks(body="x"), replace(http(), unread=True), ("the body is too long to read",)),
        (asks(body_regex="^b"), http(body="a"), ('the body does not match /^b/: "a"',)),
        (asks(json={"a.1.b": 2}), http(body='{"a": [0, {"b": 2.0}]}'), ()),
        (asks(json={"a.b": 2}), http(body='{"a.b": 2}'), ()),
        (asks(json={"a[1].b": 2, "$.a[0]": 0}), http(body='{"a": [0, {"b": 2}]}'), ()),
        (
            asks(json={"$['a.b'][\"c\"]": 2, "$": {"a.b": {"c": 2}}}),
            http(body='{"a.b": {"c": 2}}'),
            (),
        ),
        (
            asks(json={"$.a[7]": 2}),
            http(body='{"a": [0]}'),
            ('the body has no $.a[7]: a list of 1 has no element "7"',),
        ),
        (asks(json={"a[0]": 2}), http(body='{"a[0]": 2}'), ()),
        (asks(json={"a": True}), http(body='{"a": 1}'), ("a is 1, expected true",)),
        (asks(json={"a": [1, {"b": None}]}), http(body='{"a": [1, {"b": null}]}'), ()),
        (asks(json={"a": [1]}), http(body='{"a": [1, 2]}'), ("a is [1, 2], expected [1]",)),
        (asks(json={"a.b": 1}), http(body='{"a": {}}'), ('the body has no a.b: there is no "b"',)),
        (
            asks(json={"a.b": 1}),
            http(body='{"a": 5}'),
            ('the body has no a.b: there is no "b" in 5',),
        ),
        (
            asks(json={"2": 1}),
            http(body="[1]"),
            ('the body has no 2: a list of 1 has no element "2"',),
        ),
        (asks(json={"a": 1}), http(body="<p>"), ('the body is not JSON: "<p>"',)),
        (COMMAND, Answer(True, 0, 1), ()),
        (COMMAND, Answer(True, 3, 1, stderr="x\nbroken"), ('exited 3 ("broken"), expected 0',)),
        (COMMAND, Answer(True, 127, 1), ("exited 127: the command was not found, expected 0",)),
        (
            COMMAND,
            Answer(True, 126, 1),
            ("exited 126: the command cannot be executed, expected 0",),
        ),
        (replace(COMMAND, expect=Expect(exit=3)), Answer(True, 3, 1), ()),
        (
            replace(COMMAND, expect=Expect(body="v2")),
            Answer(True, 0, 1, b"v1"),
            ('the output lacks "v2": "v1"',),
        ),
    ],
)
def test_failures(probe: Probe, found: Answer, expected: tuple[str, ...]) -> None:
    assert failures(probe, found) == expected


@pytest.mark.parametrize(
    ("probe", "fat", "slim", "expected"),
    [
        (HTTP, http(body="12:00"), http(body="12:01", date="x"), ()),
        (
            HTTP,
            http(body="<html>"),
            http(),
            ("answered 200 with nothing in it; the fat image with a body",),
        ),
        (HTTP, http(204), http(204, body="x"), ()),
        (HTTP, http(), http(500), ("answered 500; the fat image 200",)),
        (asks(status=(404,)), http(404), http(200), ("answered 200; the fat image 404",)),
        (
            HTTP,
            http(),
            Answer(False, None, 1, error="connection refused on port 80"),
            ("connection refused on port 80; the fat image answered 200",),
        ),
        (asks(body="ok"), http(body="ok 1"), http(body="ok 2"), ()),
        (asks(body="ok"), http(body="ok"), http(body="no"), ('the body lacks "ok": "no"',)),
        (asks(headers={"X": "1"}), http(x="1"), http(), ("the header X is missing, expected /1/",)),
        (asks(json={"a": 1}), http(body='{"a":1}'), http(body='{"a":2}'), ("a is 2, expected 1",)),
        (
            COMMAND,
            Answer(True, 0, 1),
            Answer(False, 1, 1, stderr="no lib"),
            ('exited 1 ("no lib"); the fat image exited 0',),
        ),
        (COMMAND, Answer(True, 0, 1, b"a"), Answer(True, 0, 1, b"b"), ()),
    ],
)
def test_differences(probe: Probe, fat: Answer, slim: Answer, expected: tuple[str, ...]) -> None:
    assert differences(probe, fat, slim) == expected


def test_the_answer_of_a_command() -> None:
    found = answer(COMMAND, Ran(3, b"out", b"warn\nfail\n", ms=12))
    assert found == Answer(False, 3, 12, b"out", stderr="warn\nfail")
    assert answer(replace(COMMAND, expect=Expect(exit=3)), Ran(3)).ok


PAGE = """<!doctype html><base href="/app/"><title>x</title>
<link rel=stylesheet href="style.css?v=1"><script src="/js/a.js"></script>
<style>body { background: url( 'bg.png' ) } @import "more.css";</style>
<a href="../up">up</a> <a href="#here">here</a> <a href="page#part">page</a> <a href="page">again</a>
<a href="http://127.0.0.1:5000/abs">abs</a> <a href="http://localhost:5000/local">local</a>
<a href="//other.example/x">other</a> <a href="https://127.0.0.1:5000/tls">tls</a>
<a href="http://127.0.0.1:5001/port">port</a> <a href="mailto:a@b.c">m</a> <a href="javascript:x()">j</a>
<a href="http://[bad/">bad</a> <a href="http://127.0.0.1:x/">bad port</a> <a href="/sp ace/é">s</a>
<img src=i.png srcset="i2.png 2x, i3.png 3x" style="background:url(j.png)"><form action="/form"></form>
<meta http-equiv=refresh content="5; url=/fresh"><video poster=v.jpg><source src=v.mp4></video>
"""  # noqa: E501


def html(text: str, url: str = "http://127.0.0.1:5000/dir/page", kind: str = "text/html") -> Answer:
    return Answer(True, 200, 1, text.encode(), {"content-type": f"{kind}; charset=utf-8"}, url=url)


def test_links_stay_on_the_server_and_are_normal() -> None:
    assert links(HttpProbe("c"), html(PAGE)) == (
        "/app/style.css?v=1",
        "/js/a.js",
        "/app/bg.png",
        "/app/more.css",
        "/up",
        "/app/",
        "/app/page",
        "/abs",
        "/local",
        "/sp%20ace/%C3%A9",
        "/app/i.png",
        "/app/i2.png",
        "/app/i3.png",
        "/app/j.png",
        "/fresh",
        "/app/v.jpg",
        "/app/v.mp4",
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            html("a { b: url(x.png) } @import url(/y.css);", kind="text/css"),
            ("/dir/x.png", "/y.css"),
        ),
        (html('{"href": "<a href=/x>"}', kind="application/json"), ()),
        (html("<a href=/x>", kind="application/xhtml+xml"), ("/x",)),
        (Answer(True, 200, 1, b" <a href=/x>", url="http://h/"), ("/x",)),
        (Answer(True, 301, 1, headers={"location": "/new?a=1#b"}, url="http://h/"), ("/new?a=1",)),
        (Answer(True, 301, 1, headers={"location": "http://else/"}, url="http://h/"), ()),
        (html("<a href='/x'", kind="text/html"), ()),
        (html("<a href='/" + "x" * 3000 + "'>"), ()),
    ],
)
def test_links_of_other_answers(found: Answer, expected: tuple[str, ...]) -> None:
    assert links(HttpProbe("c"), found) == expected


def test_a_host_header_names_the_server_too() -> None:
    probe = HttpProbe("c", headers=(("Host", "shop.example"),))
    text = "<a href=http://shop.example/a><a href=http://shop.example:5000/b><a href=http://no/c>"
    assert links(probe, html(text)) == ("/a", "/b")


def test_the_links_of_one_page_are_bounded() -> None:
    assert len(links(HttpProbe("c"), html("".join(f"<a href=/{n}>" for n in range(5000))))) == 1000


@given(st.text(), st.sampled_from(["text/html", "text/css"]))
def test_links_of_any_text_are_paths(text: str, kind: str) -> None:
    found = Answer(
        True, 200, 1, text.encode(errors="replace"), {"content-type": kind}, url="http://h/"
    )
    assert all(link.startswith("/") for link in links(HttpProbe("c"), found))


def walk(probe: CrawlProbe, site: dict[str, list[str]]) -> list[str]:
    crawl, sent = Crawl.start(probe), []
    while (current := crawl.page) is not None:
        sent.append(current.path)
        crawl = crawl.after(site.get(current.path, []))
    return sent


SITE = {"/": ["/a", "/b", "/a"], "/a": ["/", "/c"], "/b": ["/c", "/d"], "/c": ["/e"]}


@pytest.mark.parametrize(
    ("depth", "pages", "expected"),
    [
        (1, 1000, ["/"]),
        (2, 1000, ["/", "/a", "/b"]),
        (3, 1000, ["/", "/a", "/b", "/c", "/d"]),
        (4, 1000, ["/", "/a", "/b", "/c", "/d", "/e"]),
        (4, 4, ["/", "/a", "/b", "/c"]),
        (4, 1, ["/"]),
    ],
)
def test_a_crawl_ends_at_its_depth_and_pages(depth: int, pages: int, expected: list[str]) -> None:
    assert walk(CrawlProbe("c", depth=depth, pages=pages), SITE) == expected


def test_only_the_start_page_carries_the_expectation() -> None:
    probe = CrawlProbe("c", "/s", 80, "https", username="u", expect=Expect(body="x"))
    assert page(probe, "/s").expect == Expect(body="x")
    found = page(probe, "/t")
    assert replace(found, expect=Expect()) == HttpProbe(
        "GET /t", path="/t", protocol="https", port=80, username="u"
    )
    for status in (200, 404, 500):
        assert failures(found, http(status)) == (), "a dead link must only stay one"
    assert differences(found, http(404), http(500)) == ("answered 500; the fat image 404",)
