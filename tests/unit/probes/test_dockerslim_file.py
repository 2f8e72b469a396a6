"""Tests DockerSlim's probe command file: each field works, or is refused by its name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.errors import UsageError
from ci_slim.probes import CrawlProbe, Expect, FormField, HttpProbe, Probe, from_dockerslim
from ci_slim.probes.fastcgi import FastCgiProbe
from ci_slim.probes.websocket import WebSocketProbe
from ci_slim.settings.probes import expectation

SEED = r"""
{"commands": [{"protocol": "http", "method": "POST", "resource": "/poc/api/v1.0/post",
  "headers": ["Content-Type:application/json"], "body": "{\"key1\": \"value1\", \"key2\": \"value2\"}"}]}
"""  # noqa: E501


def read(name: str) -> bytes:
    if name == "data/body.bin":
        return b"\x00body"
    raise FileNotFoundError(2, "No such file or directory", name)


def one(**command: object) -> tuple[Probe, ...]:
    return from_dockerslim(json.dumps({"commands": [command]}), "probeCmd.json", expectation, read)


def test_the_seeds_file_works_as_it_is() -> None:
    (probe,) = from_dockerslim(SEED, "probeCmd.json", expectation)
    assert probe == HttpProbe(
        name="POST /poc/api/v1.0/post",
        method="POST",
        path="/poc/api/v1.0/post",
        protocol="http",
        headers=(("Content-Type", "application/json"),),
        body=b'{"key1": "value1", "key2": "value2"}',
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ({}, HttpProbe("GET /")),
        ({"method": ""}, HttpProbe("GET /")),
        ({"method": "delete"}, HttpProbe("DELETE /", "DELETE")),
        ({"method": "HEAD"}, HttpProbe("HEAD /", "HEAD")),
        ({"port": 8080}, HttpProbe("GET /", port=8080)),
        ({"port": 0}, HttpProbe("GET /")),
        ({"port": 443}, HttpProbe("GET /", port=443, protocol="https")),
        ({"protocol": "HTTP2"}, HttpProbe("GET /", protocol="http2")),
        ({"protocol": "http2c"}, HttpProbe("GET /", protocol="http2c")),
        ({"headers": ["A: b:c", "D:"]}, HttpProbe("GET /", headers=(("A", "b:c"), ("D", "")))),
        ({"body": "x"}, HttpProbe("GET /", body=b"x")),
        ({"body": "", "username": "", "headers": None}, HttpProbe("GET /")),
        ({"body_file": "data/body.bin"}, HttpProbe("GET /", body=b"\x00body")),
        ({"body_generate": "generate.text"}, HttpProbe("GET /", body=b"text data")),
        ({"body_generate": "generate.text.json"}, HttpProbe("GET /", body=b'{"data": "text"}')),
        (
            {"method": "POST", "body": "x", "body_is_form": True},
            HttpProbe(
                "POST /",
                "POST",
                form=(FormField("file", b"x", "file", "application/octet-stream"),),
            ),
        ),
        (
            {"body_file": "data/body.bin", "body_is_form": True, "form_field_name": "up"},
            HttpProbe(
                "GET /",
                form=(FormField("up", b"\x00body", "body.bin", "application/octet-stream"),),
            ),
        ),
        (
            {"body": "x", "body_is_form": True, "form_file_name": "n.txt"},
            HttpProbe(
                "GET /", form=(FormField("file", b"x", "n.txt", "application/octet-stream"),)
            ),
        ),
        ({"username": "u", "password": "p"}, HttpProbe("GET /", username="u", password="p")),
        ({"crawl": False}, HttpProbe("GET /")),
        (
            {"expect": {"status": 404}},
            HttpProbe("GET /", expect=Expect(status=(404,))),
        ),
        ({"crawl": True, "username": "u"}, CrawlProbe("crawl /", username="u")),
        (
            {"protocol": "ws", "body": "hi", "port": 80},
            WebSocketProbe("websocket /", port=80, send=(b"hi",)),
        ),
        ({"protocol": "WSS"}, WebSocketProbe("websocket /", tls=True)),
        (
            {
                "body": "x",
                "fastcgi": {"root": "/app", "split_path": [".php"], "env": {"A": 1}},
            },
            FastCgiProbe(
                "fastcgi GET /app/",
                "/app/",
                params={"SCRIPT_NAME": "/", "DOCUMENT_ROOT": "/app", "A": "1"},
                body=b"x",
            ),
        ),
    ],
)
def test_each_field_works(command: dict[str, object], expected: Probe) -> None:
    assert one(resource="/", **command) == (expected,)


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("generate.image", b"\x89PNG\r\n"),
        ("generate.image.png", b"\x89PNG\r\n"),
        ("generate.image.jpeg", b"\xff\xd8\xff"),
        ("generate.image.gif", b"GIF87a"),
    ],
)
def test_generated_images_are_of_their_kind(kind: str, start: bytes) -> None:
    (probe,) = one(resource="/", body_generate=kind)
    assert isinstance(probe, HttpProbe)
    assert (probe.body or b"").startswith(start)


def test_a_crawl_after_a_post_sends_both() -> None:
    assert one(resource="/", method="POST", crawl=True) == (
        HttpProbe("POST /", "POST"),
        CrawlProbe("crawl /"),
    )


def test_names_are_made_distinct() -> None:
    text = '{"commands": [{"resource": "/"}, {"resource": "/"}, {"resource": "/x"}]}'
    assert [probe.name for probe in from_dockerslim(text, "f", expectation)] == [
        "GET /",
        "GET / (2)",
        "GET /x",
    ]


HALF = "has half a surrogate pair, which is not a character"
PORT = "port must be a whole number from 0 to 65535"


@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        ({"heders": []}, 'f:3:4: a command has no "heders"', 'did you mean "headers"?'),
        ({"protocol": "htp"}, 'f:3:4: the protocol "htp" is not known', 'did you mean "http"?'),
        (
            {"fastcgi": {"rot": "/"}},
            'f:3:16: fastcgi has no "rot"',
            'did you mean "root"?',
        ),
        ({"method": "PSOT"}, 'f:3:4: the HTTP method "PSOT" is not known', 'did you mean "POST"?'),
        ({"method": 1}, "f:3:4: method must be a text, not a number", ""),
        ({"port": 70000}, "f:3:4: port must be a whole number from 0 to 65535, not 70000", ""),
        (
            {"port": "80"},
            'f:3:4: port must be a whole number from 0 to 65535, not the text "80"',
            "",
        ),
        ({"headers": {"A": "b"}}, "f:3:4: headers must be a list, not a mapping", "Content-Type"),
        ({"headers": ["A"]}, 'f:3:16: the header "A" has no colon', 'write "Name: value"'),
        ({"headers": ["A b: c"]}, "f:3:16: 'A b' is not a valid name of an HTTP header", ""),
        ({"headers": ["A: b\nC: d"]}, 'f:3:16: the header "A" has a control character', ""),
        ({"body": {"a": 1}}, "f:3:4: body must be a text, not a mapping", ""),
        (
            {"body_file": "none"},
            "f:3:4: body_file: none cannot be read: No such file or directory",
            "",
        ),
        (
            {"body_generate": "generate.img"},
            'f:3:4: body_generate "generate.img" is not known',
            'did you mean "generate.image"?',
        ),
        (
            {"body_file": "data/body.bin", "body": "x"},
            "f:3:34: body_file and body cannot be used together",
            "keep only body_file, as DockerSlim would send it",
        ),
        ({"body_is_form": True}, "f:3:4: body_is_form needs a body", "add body"),
        ({"body_is_form": "yes"}, "f:3:4: body_is_form must be true or false, not a text", ""),
        ({"form_field_name": "x"}, "f:3:4: form_field_name needs body_is_form", "true"),
        ({"method": "HEAD", "body": "x"}, "f:3:4: a HEAD request has no body", ""),
        ({"username": "a:b"}, "f:3:4: username must not have a colon in basic authentication", ""),
        ({"crawl": "yes"}, "f:3:4: crawl must be true or false, not a text", ""),
        ({"expect": {"status": 99}}, "f:3:15: 99 is not an HTTP status", "write 200, 2xx"),
        ({"expect": {"exit": 1}}, "f:3:15: unknown key `exit` in `expect`", "status"),
        ({"resource": "x"}, 'f:3:4: the path "x" must start with "/"', 'write "/x"'),
        ({"resource": ""}, "f:3:4: the command lacks a resource", 'add "resource": "/"'),
        (
            {"resource": "/\ud800"},
            "f:3:4: the path has half a surrogate pair, which is not a character",
            "",
        ),
        (
            {"port": 10**4000},
            "f:3:4: port must be a whole number from 0 to 65535, not a number",
            "",
        ),
        ({"expect": {"status": "9" * 5000}}, f"f:3:15: '{'9' * 5000}' is not an HTTP status", ""),
    ],
)
def test_a_bad_field_is_refused_with_its_place(
    command: dict[str, object], message: str, hint: str
) -> None:
    fields = command if "resource" in command else {**command, "resource": "/"}
    text = '{\n\t"commands": [\n\t\t' + json.dumps(fields) + "\n\t]\n}"
    with pytest.raises(UsageError) as error:
        from_dockerslim(text, "f", expectation, read)
    assert str(error.value) == message
    assert hint in error.value.hint


DIGITS = (
    "f: this is not JSON: Exceeds the limit (4300 digits) for integer string conversion: "
    "value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1:1: this is not JSON: Expecting value"),
        ('{"commands": [\n,]}', "f:2:1: this is not JSON: Expecting value"),
        ("[]", "f:1:1: a probe command file must be a mapping, not a list"),
        ("{}", "f:1:1: commands must be a list of at least one command"),
        ('{"commands": []}', "f:1:2: commands must be a list of at least one command"),
        (
            '{"commands": {"resource": "/"}}',
            "f:1:2: commands must be a list of at least one command",
        ),
        ('{"comands": []}', 'f:1:2: a probe command file has no "comands"'),
        ('{"commands": ["/"]}', "f:1:15: a command must be a mapping, not a text"),
        ('{"commands": [],\n "commands": []}', 'f:2:2: the key "commands" is given twice'),
        ("[" * 500 + "]" * 500, "f:1:102: this JSON is nested too deeply"),
        ("[" * 100000, "f: this JSON is nested too deeply"),
        (f'{{"commands": [{{"port": {"9" * 5000}}}]}}', DIGITS),
        (" " * (1 << 20) + "{}", "f: the probe command file has more than 1 MiB"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        from_dockerslim(text, "f", expectation)
    assert str(error.value) == message


def test_the_place_of_a_command_is_found_without_reading_the_file_again() -> None:
    """A file of the largest size. Counting each place from the start would take a minute."""
    commands = ",\n".join('{"resource": "/"}' for _ in range(50_000))
    text = f'{{"commands": [\n{commands},\n{{"resource": "x"}}\n]}}'
    with pytest.raises(UsageError, match='f:50002:2: the path "x" must start'):
        from_dockerslim(text, "f", expectation)


def test_bytes_that_are_not_utf_8_are_sent_unchanged() -> None:
    text = '{"commands": [{"resource": "/", "method": "POST", "body": "a\\udcffb"}]}'
    (probe,) = from_dockerslim(text, "f", expectation)
    assert isinstance(probe, HttpProbe)
    assert probe.body == b"a\xffb"


def test_a_byte_order_mark_is_skipped() -> None:
    assert len(from_dockerslim('\ufeff{"commands": [{"resource": "/"}]}', "f", expectation)) == 1


def test_files_are_refused_if_none_can_be_read() -> None:
    with pytest.raises(UsageError) as error:
        from_dockerslim('{"commands": [{"resource": "/", "body_file": "b"}]}', "f", expectation)
    assert "b cannot be read" in str(error.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(value=JSON, indent=st.sampled_from([None, 1, "\t"]))
def test_any_json_is_taken_or_refused_with_a_place(value: object, indent: int | str | None) -> None:
    text = json.dumps({"commands": [value]}, indent=indent)
    try:
        probes = from_dockerslim(text, "f", expectation)
    except UsageError as error:
        assert error.where.startswith("f:")
    else:
        assert probes


def test_the_script_of_a_fastcgi_command_ends_where_its_path_is_split() -> None:
    command = {
        "resource": "/a/index.php/more?x=1",
        "fastcgi": {"root": "/app", "split_path": [".php"]},
    }
    text = json.dumps({"commands": [command]})
    (probe,) = from_dockerslim(text, "f", expectation)
    assert isinstance(probe, FastCgiProbe)
    assert (probe.script, probe.query) == ("/app/a/index.php", "x=1")
