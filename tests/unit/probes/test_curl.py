"""Tests requests and answers with the real curl of this machine and a server on loopback."""

import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from probe_reading import sent

from ci_slim.errors import UsageError
from ci_slim.probes import (
    BODY_LIMIT,
    Answer,
    Carried,
    CrawlProbe,
    ExecProbe,
    Expect,
    FormField,
    HttpProbe,
    Ran,
    Run,
    Way,
    is_ready,
    links,
    ready_request,
)
from ci_slim.probes.http import answer, request

CURL = shutil.which("curl") or "curl"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request that it got. /status/N answers N, /big/N sends N bytes, /slow
    sleeps."""

    protocol_version = "HTTP/1.1"

    def handle_one(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(size)
        path, _, number = self.path.rpartition("/")
        status, body = 200, b""
        if path == "/status":
            status = int(number)
        elif path == "/big":
            body = b"x" * int(number)
        elif self.path == "/slow":
            time.sleep(1.5)
        elif self.path == "/binary":
            body = bytes(range(256))
        else:
            told = {
                "method": self.command,
                "path": self.path,
                "headers": list(self.headers.items()),
                "body": "" if self.path == "/headers" else sent.decode("latin-1"),
            }
            body = json.dumps(told).encode()
        try:
            self.send_response(status)
            self.send_header("X-Twice", "one")
            self.send_header("X-Twice", 'two "quoted"')
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # curl has left

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_one  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def serve(server: http.server.HTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serve(Quiet(("127.0.0.1", 0), Echo))


@pytest.fixture(scope="module")
def tls_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    spec = ["-subj", "/CN=nobody.example", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = ["openssl", "req", "-x509", *curve, *spec, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = Quiet(("127.0.0.1", 0), Echo)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from serve(server)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        number: int = held.getsockname()[1]
        return number


@pytest.fixture
def greeting_port() -> Iterator[int]:
    """A server that speaks first and does not speak HTTP."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()

        def greet() -> None:
            with held.accept()[0] as client:
                client.sendall(b"220 mail.example ESMTP\r\n")
                client.recv(1000)

        threading.Thread(target=greet, daemon=True).start()
        yield held.getsockname()[1]


@dataclass
class Sender:
    scratch: Path

    def __call__(self, probe: HttpProbe | CrawlProbe, port: int, *extra: str) -> Answer:
        def run(call: Run) -> Ran:
            assert isinstance(call, Carried)
            assert call.program == "curl"
            for name, content in call.files.items():
                (self.scratch / name).write_bytes(content)
            done = subprocess.run([CURL, *call.argv, *extra], capture_output=True, check=False)
            return Ran(done.returncode, done.stdout, done.stderr)

        return sent(probe, run, Way(port=port, scratch=str(self.scratch)))[0]


@pytest.fixture
def send(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def echoed(found: Answer) -> tuple[str, str, dict[str, str], str]:
    told = json.loads(found.body)
    headers = {name.lower(): value for name, value in told["headers"]}
    return told["method"], told["path"], headers, told["body"]


def test_a_plain_get_sends_its_path_as_written_and_few_headers(send: Sender, port: int) -> None:
    path = "/a/../b//c/{x}/[1-3]?q=%41&r=a+b"
    found = send(HttpProbe("p", path=path), port)
    assert (found.ok, found.status, found.error) == (True, 200, "")
    assert found.url == f"http://127.0.0.1:{port}{path}"
    method, sent, headers, body = echoed(found)
    assert (method, sent, body) == ("GET", path, "")
    assert headers == {"host": f"127.0.0.1:{port}", "accept": "*/*", "user-agent": "ci-slim"}


@pytest.mark.parametrize(
    "value",
    [
        "@/etc/passwd",
        "-K/etc/passwd",
        "# no comment",
        'a "b" \\n \\',
        "a\tb",
        "caf\u00e9",
        "x; y",
        "",
    ],
)
def test_a_header_value_is_literal(value: str, send: Sender, port: int) -> None:
    found = send(HttpProbe("p", headers=(("X-Value", value), ("#odd", "1"))), port)
    headers = echoed(found)[2]
    assert headers["x-value"].encode("latin-1").decode() == value
    assert headers["#odd"] == "1"


def test_the_seeds_post_arrives_as_written(send: Sender, port: int) -> None:
    body = b'{"key1": "value1", "key2": "value2"}'
    headers = (("Content-Type", "application/json"),)
    probe = HttpProbe("p", "POST", "/poc/api/v1.0/post", headers=headers, body=body)
    method, path, got, text = echoed(send(probe, port))
    assert (method, path, text) == ("POST", "/poc/api/v1.0/post", body.decode())
    assert (got["content-type"], got["content-length"]) == ("application/json", str(len(body)))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "GET", "OPTIONS"])
@pytest.mark.parametrize("body", [b"@/etc/passwd", b"a\r\nb\0c\xff", b""])
def test_a_body_is_literal_and_has_no_type(
    method: str, body: bytes, send: Sender, port: int
) -> None:
    found = echoed(send(HttpProbe("p", method, "/", body=body), port))
    assert (found[0], found[3]) == (method, body.decode("latin-1"))
    assert "content-type" not in found[2]
    assert "expect" not in found[2]


def test_a_long_body_does_not_wait_for_100_continue(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", "POST", "/headers", body=b"x" * 3_000_000), port)
    headers = echoed(found)[2]
    assert (headers["content-length"], "expect" in headers) == ("3000000", False)


def test_head_has_a_status_and_no_body(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", "HEAD", "/big/100"), port)
    assert (found.ok, found.status, found.body) == (True, 200, b"")
    assert found.headers["content-length"] == "100"


def test_repeated_headers_are_joined_and_bytes_kept(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", path="/binary"), port)
    assert found.headers["x-twice"] == 'one, two "quoted"'
    assert found.body == bytes(range(256))


def test_basic_auth_reaches_the_server_and_no_argument_or_repr(
    send: Sender, port: int, tmp_path: Path
) -> None:
    probe = HttpProbe("p", username="us er", password='s3:c"r\u00e9t')
    assert echoed(send(probe, port))[2]["authorization"] == "Basic dXMgZXI6czM6YyJyw6l0"
    call = request(probe, Way(port=port, scratch=str(tmp_path)))
    shown = repr(call) + repr(probe)
    assert "dXMg" not in shown and "s3:c" not in shown and "dXMg" not in " ".join(call.argv)


def test_a_form_of_texts_is_urlencoded(send: Sender, port: int) -> None:
    form = (FormField("a b", b"1&2"), FormField("c", "\u00e9".encode()))
    _, _, headers, body = echoed(send(HttpProbe("p", "POST", "/", form=form), port))
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert body == "a+b=1%262&c=%C3%A9"


def test_a_form_with_a_file_is_multipart(send: Sender, port: int) -> None:
    form = (FormField("t", b"text"), FormField("up", b"\0\1", 'a".png', "image/png"))
    _, _, headers, body = echoed(send(HttpProbe("p", "POST", "/", form=form), port))
    boundary = headers["content-type"].partition("boundary=")[2]
    assert headers["content-type"] == f"multipart/form-data; boundary={boundary}"
    assert body == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="up"; filename="a%22.png"\r\n'
        "Content-Type: image/png\r\n\r\n\0\1\r\n"
        f"--{boundary}--\r\n"
    )


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (204, True), (302, True), (404, False), (503, False)]
)
def test_the_status_decides(status: int, ok: bool, send: Sender, port: int) -> None:
    found = send(HttpProbe("p", path=f"/status/{status}"), port)
    assert (found.status, found.ok, found.error) == (status, ok, "")


def test_an_expected_status_is_ok(send: Sender, port: int) -> None:
    assert send(HttpProbe("p", path="/status/404", expect=Expect(status=(404,))), port).ok


def test_a_redirect_is_not_followed_but_is_a_link(send: Sender, port: int) -> None:
    probe = HttpProbe("p", path="/status/302")
    found = send(probe, port)
    assert (found.status, links(probe, found)) == (302, ("/elsewhere",))


def test_a_body_is_cut_at_the_limit(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", path=f"/big/{BODY_LIMIT + 5}"), port)
    assert (found.ok, len(found.body), found.unread) == (True, BODY_LIMIT, False)


def test_a_huge_body_is_not_read_and_only_the_status_counts(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", path="/big/20000000"), port)
    assert (found.ok, found.status, found.unread, found.error) == (True, 200, True, "")
    asked = send(HttpProbe("p", path="/big/20000000", expect=Expect(body="y")), port)
    assert not asked.ok


def test_a_curlrc_and_a_proxy_are_not_used(
    send: Sender, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".curlrc").write_text('header = "X-Rc: 1"\n')
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert "x-rc" not in echoed(send(HttpProbe("p"), port))[2]


def test_a_refused_connection_names_the_port(send: Sender, free_port: int) -> None:
    found = send(HttpProbe("p"), free_port)
    assert (found.ok, found.status) == (False, None)
    assert found.error == f"connection refused on port {free_port}"


@pytest.mark.parametrize(
    ("path", "error"),
    [("/slow", "timed out after 0.3 s")],
)
def test_a_slow_answer_times_out(path: str, error: str, send: Sender, port: int) -> None:
    found = send(HttpProbe("p", path=path, timeout=0.3), port)
    assert (found.ok, found.status, found.error) == (False, None, error)


def test_a_server_without_http_is_named_in_the_error(send: Sender, greeting_port: int) -> None:
    assert send(HttpProbe("p"), greeting_port).error == (
        "the server does not speak HTTP: Received HTTP/0.9 when not allowed"
    )


def test_https_does_not_verify_the_certificate(send: Sender, tls_port: int) -> None:
    found = send(HttpProbe("p", protocol="https", path="/x"), tls_port)
    assert (found.ok, found.status, found.error) == (True, 200, "")


def test_a_host_header_names_the_server_in_tls_too(send: Sender, tls_port: int) -> None:
    headers = (("Host", "shop.example"),)
    found = send(HttpProbe("p", protocol="https", path="/x", headers=headers), tls_port)
    assert found.url == f"https://shop.example:{tls_port}/x"
    assert echoed(found)[2]["host"] == "shop.example"


def test_tls_with_a_plain_server_fails_by_name(send: Sender, port: int) -> None:
    error = send(HttpProbe("p", protocol="https"), port).error
    assert error.startswith("TLS failed: ")


def test_plain_http_with_a_tls_server_is_an_error(send: Sender, tls_port: int) -> None:
    found = send(HttpProbe("p"), tls_port)
    assert (found.ok, bool(found.error)) == (False, True)


def test_http2_in_clear_needs_a_server_that_speaks_it(send: Sender, port: int) -> None:
    found = send(HttpProbe("p", protocol="http2c"), port)
    assert not found.ok
    assert found.error.startswith("the server does not speak HTTP")


def test_a_crawl_asks_for_its_start_page(send: Sender, port: int) -> None:
    found = send(CrawlProbe("c", path="/start"), port)
    assert (found.ok, echoed(found)[1]) == (True, "/start")


def test_the_probes_own_port_wins(send: Sender, port: int, free_port: int) -> None:
    assert send(HttpProbe("p", port=port), free_port).ok


def test_no_port_at_all_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        request(HttpProbe("GET /"), Way(scratch="/s"))
    assert str(error.value) == "no port is known for the probe GET /"


def test_the_arguments_of_a_call() -> None:
    probe = HttpProbe("p", "POST", "/x?y=1", "http2", body=b"hi", timeout=10)
    call = request(probe, Way("::1", 443, "/.ci-slim/s/"))
    assert call.argv == (
        "--disable", "--silent", "--globoff", "--path-as-is", "--noproxy", "*",
        "--proto", "=http,https", "--write-out", "%{stderr}%{json}\n%{header_json}",
        "--http2", "--max-time", "10", "--max-filesize", "16777216", "--output", "-",
        "--insecure", "--request", "POST",
        "--data-binary", "@/.ci-slim/s/body-8f434346648f6b96",
        "--config", "/.ci-slim/s/curl-42a66e66b0a31a3f",
        "--url", "https://[::1]:443/x?y=1",
    )  # fmt: skip
    assert call.files == {
        "body-8f434346648f6b96": b"hi",
        "curl-42a66e66b0a31a3f": (
            b'header = "User-Agent: ci-slim"\nheader = "Content-Type:"\nheader = "Expect:"\n'
        ),
    }


@pytest.mark.parametrize(
    ("code", "stderr", "error"),
    [
        (
            127,
            b"libfoo.so: cannot open\n",
            "curl gave no result (exit 127): libfoo.so: cannot open",
        ),
        (2, b"", "curl gave no result (exit 2): it wrote nothing"),
        (0, b'{"a": 1}', 'curl gave no result (exit 0): {"a": 1}'),
        (0, b'{"broken', 'curl gave no result (exit 0): {"broken'),
    ],
)
def test_a_curl_that_cannot_run_is_an_error(code: int, stderr: bytes, error: str) -> None:
    found = answer(HttpProbe("p"), Ran(code, stderr=stderr))
    assert (found.ok, found.status, found.error) == (False, None, error)


@pytest.mark.parametrize(
    ("code", "told", "error"),
    [
        (52, {}, "the server closed the connection without an answer"),
        (28, {"http_code": 200}, "timed out after 7 s in the middle of the answer"),
        (99, {"errormsg": "odd"}, "curl failed (exit 99): odd"),
        (99, {}, "curl failed (exit 99): no reason given"),
        (35, {"errormsg": "bad record"}, "TLS failed: bad record"),
    ],
)
def test_curls_exit_codes_in_words(code: int, told: dict[str, object], error: str) -> None:
    stderr = json.dumps({"exitcode": code, **told}).encode() + b"\n{\n}\n"
    assert answer(HttpProbe("p", timeout=7), Ran(code, stderr=stderr)).error == error


def ready(path: str, port: int) -> bool:
    argv = [CURL, *ready_request(path, port).argv]
    done = subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return is_ready(done.stderr)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", True), ("/status/302", True), ("/status/404", True), ("/status/503", False)],
)
def test_http_is_ready_with_any_answer_under_500(path: str, expected: bool, port: int) -> None:
    assert ready(path, port) is expected


def test_http_is_not_ready_without_an_answer(free_port: int) -> None:
    assert not ready("/", free_port)


def test_readiness_needs_a_path_from_the_root() -> None:
    with pytest.raises(UsageError) as error:
        ready_request("x", 80)
    assert str(error.value) == 'ready.http: the path "x" must start with "/"'


def test_curl_that_did_not_run_is_not_ready() -> None:
    assert not is_ready(b"no such file")


def test_the_parts_of_a_login_that_a_server_may_log_are_secrets() -> None:
    headers = (("Authorization", "Bearer abcd"), ("X-Api-Key", "key1"), ("Accept", "*/*"))
    probe = HttpProbe("n", headers=headers, username="user", password="p:w d")
    sent = "dXNlcjpwOncgZA=="
    assert probe.secrets() == {"Bearer abcd", "abcd", "key1", "p:w d", sent}
    files = request(probe, Way(port=80, scratch="/x")).files
    assert any(sent.encode() in content for content in files.values())
    assert CrawlProbe("n", password="pass").secrets() == {"pass", "OnBhc3M="}
    assert ExecProbe("n", ("true",)).secrets() == set()
