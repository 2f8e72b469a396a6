"""Tests the registry client with a server that is busy, slow, redirects, lies, or requires a
login."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from registry_server import Answer, Server, basic, serving

from ci_slim.engine.login import Login, challenges, login
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Clock
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.manifest import Descriptor
from ci_slim.image.reference import ImageName

MANIFEST = b'{"schemaVersion": 2}'
BLOB = bytes(range(256)) * 1000
OK: Answer = (200, {}, MANIFEST)
SECRET = "hunter2-secret"


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


DESCRIPTOR = Descriptor("x", sha256(BLOB), len(BLOB))
BLOB_PATH = f"/v2/app/blobs/{DESCRIPTOR.digest}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


class Naps(list[float]):
    """A clock that does not wait, but records the waiting times."""

    def clock(self) -> Clock:
        return Clock(sleep=self.append)


def registry(server: Server, who: Login | None = None, naps: Naps | None = None) -> Registry:
    return Registry(server.host, lambda: who, (Naps() if naps is None else naps).clock())


def name(server: Server, **of: str) -> ImageName:
    return ImageName(server.host, "app", **(of or {"tag": "1"}))


def test_a_manifest_is_asked_for_by_tag_without_credentials(server: Server) -> None:
    server.on("/v2/app/manifests/1", OK)
    with registry(server) as one:
        assert one.manifest(name(server)) == MANIFEST
    assert ("GET", "/v2/app/manifests/1", "") in server.seen


def test_a_manifest_with_another_digest_is_refused(server: Server) -> None:
    digest = sha256(b"another")
    server.on(f"/v2/app/manifests/{digest}", OK)
    with pytest.raises(EngineError, match="the registry sent another document"):
        registry(server).manifest(name(server, digest=digest))


def test_an_endless_manifest_is_refused(server: Server) -> None:
    server.on("/v2/app/manifests/1", (200, {}, bytes(documents.SIZE_LIMIT + 1)))
    with pytest.raises(EngineError, match="the server sends more than the expected 8388608 bytes"):
        registry(server).manifest(name(server))


def test_a_missing_tag_is_answered_with_the_existing_tags(server: Server) -> None:
    server.on("/v2/app/tags/list", (200, {}, b'{"name": "app", "tags": ["0.9", "2"]}'))
    with pytest.raises(UsageError) as caught:
        registry(server).manifest(name(server))
    assert str(caught.value) == f"http://{server.host}/v2/: the registry has no {name(server)}"
    assert caught.value.hint == "there is 0.9, 2"


@pytest.mark.parametrize("tags", [b"[]", b"{", b'{"tags": null}', b'{"tags": 1}'])
def test_missing_tags_are_not_an_error(server: Server, tags: bytes) -> None:
    server.on("/v2/app/tags/list", (200, {}, tags))
    with pytest.raises(UsageError) as caught:
        registry(server).manifest(name(server))
    assert caught.value.hint.startswith("check the name")


# Busy servers


@pytest.mark.parametrize(
    ("answers", "naps"),
    [
        ([(503, {}, b"")], [0.5]),
        ([(429, {"Retry-After": "7"}, b"")], [7.0]),
        ([(429, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, b"")], [0.5]),
        ([(429, {"Retry-After": "soon"}, b"")], [0.5]),
        ([(500, {}, b""), (502, {}, b""), (504, {}, b"")], [0.5, 1.0, 2.0]),
    ],
)
def test_a_busy_server_is_asked_again(
    server: Server, answers: list[Answer], naps: list[float]
) -> None:
    server.on("/v2/app/manifests/1", *answers, OK)
    waited = Naps()
    assert registry(server, naps=waited).manifest(name(server)) == MANIFEST
    assert waited == naps


def test_the_error_of_a_busy_server_shows_its_message(server: Server) -> None:
    body = json.dumps({"errors": [{"code": "X", "message": "come back"}]}).encode()
    server.on("/v2/app/manifests/1", (503, {}, body))
    waited = Naps()
    with pytest.raises(EngineError) as caught:
        registry(server, naps=waited).manifest(name(server))
    assert str(caught.value).endswith(f"answers 503 for {name(server)}: come back")
    assert waited == [0.5, 1.0, 2.0]


def test_a_server_that_wants_an_hour_is_not_waited_for(server: Server) -> None:
    server.on("/v2/app/manifests/1", (429, {"Retry-After": "3600"}, b""))
    with pytest.raises(EngineError, match="asks to come back in 3600 s"):
        registry(server).manifest(name(server))


def test_nobody_there_is_an_engine_error_with_the_url(server: Server) -> None:
    with pytest.raises(EngineError) as caught:
        Registry("127.0.0.1:9", clock=Naps().clock()).manifest(ImageName("127.0.0.1:9", "a", "1"))
    assert str(caught.value) == (
        "http://127.0.0.1:9/v2/a/manifests/1: does not answer: Connection refused"
    )
    assert caught.value.exit_code == 4


def test_only_this_machine_is_spoken_to_without_tls() -> None:
    with pytest.raises(EngineError) as caught:
        Registry("r.invalid", clock=Naps().clock()).manifest(ImageName("r.invalid", "a", "1"))
    assert caught.value.where == "https://r.invalid/v2/a/manifests/1"


# Blobs


def read(one: Registry, server: Server, descriptor: Descriptor = DESCRIPTOR) -> bytes:
    return b"".join(one.blob(name(server), descriptor))


def test_a_blob_matches_its_digest(server: Server) -> None:
    server.on(BLOB_PATH, (200, {}, BLOB))
    assert read(registry(server), server) == BLOB


@pytest.mark.parametrize("body", [BLOB[:-1], b"\1" + BLOB[1:]], ids=["short", "other"])
def test_a_damaged_blob_is_refused(server: Server, body: bytes) -> None:
    server.on(BLOB_PATH, (200, {}, body), (206, {}, b""))
    with pytest.raises(EngineError, match="arrived damaged"):
        read(registry(server), server)


def test_a_blob_that_is_longer_than_it_should_be_is_refused(server: Server) -> None:
    server.on(BLOB_PATH, (200, {}, BLOB + b"x"))
    with pytest.raises(EngineError, match="sends more than the expected 256000 bytes"):
        read(registry(server), server)


def test_an_interrupted_blob_continues_where_it_stopped(server: Server) -> None:
    def rest(headers: Mapping[str, str]) -> Answer:
        start = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
        return 206, {}, BLOB[start:]

    server.on(BLOB_PATH, (200, {"Content-Length": str(len(BLOB))}, BLOB[:100_000]), rest)
    assert read(registry(server), server) == BLOB


def test_a_server_that_cannot_continue_is_refused(server: Server) -> None:
    server.on(BLOB_PATH, (200, {"Content-Length": str(len(BLOB))}, BLOB[:100_000]), (200, {}, BLOB))
    with pytest.raises(EngineError, match="cannot continue in the middle"):
        read(registry(server), server)


def test_a_config_of_absurd_size_is_not_fetched(server: Server) -> None:
    with pytest.raises(UsageError, match="has 99999999 bytes"):
        registry(server).document(name(server), Descriptor("x", DESCRIPTOR.digest, 99_999_999))
    assert server.seen == []


# Redirects


def test_a_login_does_not_follow_a_redirect_to_another_host(server: Server) -> None:
    server.on("/v2/app/manifests/1", (401, {"WWW-Authenticate": 'Basic realm="x"'}, b""), OK)
    with serving() as store:
        store.on("/signed", (200, {}, BLOB))
        target = f"http://{store.host}/signed?signature=abc"
        server.on(BLOB_PATH, (307, {"Location": target}, b""))
        with registry(server, Login("me", SECRET)) as one:
            one.manifest(name(server))
            assert read(one, server) == BLOB
        assert store.seen == [("GET", "/signed?signature=abc", "")]
    assert ("GET", BLOB_PATH, basic("me", SECRET)) in server.seen


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://r.example/x?sig=abc", "redirects to http://r.example, which is not encrypted"),
        ("file:///etc/passwd", "redirects to file://, which is not encrypted"),
        (BLOB_PATH, "too many redirects"),
    ],
)
def test_bad_redirects_are_refused(server: Server, location: str, message: str) -> None:
    server.on(BLOB_PATH, (302, {"Location": location}, b""))
    with pytest.raises(EngineError, match=message) as caught:
        read(registry(server), server)
    assert "sig=" not in str(caught.value)


def test_the_signature_of_a_redirect_is_never_shown(server: Server) -> None:
    server.on(BLOB_PATH, (302, {"Location": "http://127.0.0.1:9/x?sig=abc"}, b""))
    with pytest.raises(EngineError, match="Connection refused") as caught:
        read(registry(server), server)
    assert "sig=" not in str(caught.value)


# Logins


def wants_token(server: Server, token_answer: Answer) -> None:
    """The registry requires a token from its own /token."""
    realm = f'Bearer realm="http://{server.host}/token",service="registry.example"'

    def manifest(headers: Mapping[str, str]) -> Answer:
        if headers.get("Authorization") == "Bearer t0ken":
            return OK
        return 401, {"WWW-Authenticate": realm}, b""

    server.on("/v2/app/manifests/1", manifest)
    server.on("/token", token_answer)


TOKEN_PATH = "/token?scope=repository%3Aapp%3Apull&service=registry.example"


@pytest.mark.parametrize("key", ["token", "access_token"])
@pytest.mark.parametrize(
    ("who", "authorization"), [(None, ""), (Login("me", SECRET), basic("me", SECRET))]
)
def test_a_token_is_fetched_for_one_repository(
    server: Server, who: Login | None, authorization: str, key: str
) -> None:
    wants_token(server, (200, {}, json.dumps({key: "t0ken"}).encode()))
    with registry(server, who) as one:
        assert one.manifest(name(server)) == MANIFEST
        assert one.manifest(name(server)) == MANIFEST
    tokens = [seen for seen in server.seen if seen[1].startswith("/token")]
    assert tokens == [("GET", TOKEN_PATH, authorization)]


def test_an_identity_token_is_exchanged_for_a_token(server: Server) -> None:
    wants_token(server, (200, {}, b'{"access_token": "t0ken"}'))
    assert registry(server, Login("", "", "id-t0ken")).manifest(name(server)) == MANIFEST
    assert b"refresh_token=id-t0ken" in server.bodies[0]
    assert b"scope=repository%3Aapp%3Apull" in server.bodies[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, {}, b"{}"), "gives no token for reading app \\(status 401\\)"),
        ((200, {}, b"{}"), "gives an answer without a token"),
        ((200, {}, b'{"token": "a\\r\\nX: y"}'), "gives an answer without a token"),
    ],
)
def test_a_refused_token_asks_for_a_login(server: Server, answer: Answer, message: str) -> None:
    wants_token(server, answer)
    with pytest.raises(EngineError, match=message) as caught:
        registry(server, Login("me", SECRET)).manifest(name(server))
    assert caught.value.hint.startswith(f"run `docker login {server.host}`")
    assert SECRET not in str(caught.value) + caught.value.hint


def test_a_login_is_not_sent_to_a_token_server_without_tls(server: Server) -> None:
    header = {"WWW-Authenticate": 'Bearer realm="http://r.example/token"'}
    server.on("/v2/app/manifests/1", (401, header, b""))
    with pytest.raises(EngineError, match="not encrypted"):
        registry(server, Login("me", SECRET)).manifest(name(server))


@pytest.mark.parametrize(
    ("who", "header", "message"),
    [
        (None, 'Basic realm="x"', "asks for a login"),
        (None, "", "asks for a login"),
        (Login("me", SECRET), "Negotiate", "asks for another kind of login"),
        (Login("me", SECRET), 'Basic realm="x"', "does not allow to read app"),
    ],
)
def test_a_refused_user_is_told_how_to_log_in(
    server: Server, who: Login | None, header: str, message: str
) -> None:
    server.on("/v2/app/manifests/1", (401, {"WWW-Authenticate": header}, b"{}"))
    with pytest.raises(EngineError, match=message):
        registry(server, who).manifest(name(server))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ('Bearer realm="https://a/t",service="b",scope="x,y"',
         {"bearer": {"realm": "https://a/t", "service": "b", "scope": "x,y"}}),
        ("BASIC realm=x", {"basic": {"realm": "x"}}),
        ('Basic realm="a \\"b\\"", Bearer realm="c"',
         {"basic": {"realm": 'a "b"'}, "bearer": {"realm": "c"}}),
        ("Negotiate", {"negotiate": {}}),
        ('=="', {}),
    ],
)  # fmt: skip
def test_challenges_are_read(header: str, expected: dict[str, dict[str, str]]) -> None:
    found = challenges(header)
    assert {scheme: dict(one.parameters) for scheme, one in found.items()} == expected


def test_logins_come_from_dockers_settings(tmp_path: Path) -> None:
    auth = base64.b64encode(f"me:{SECRET}".encode()).decode()
    hub = base64.b64encode(b"hub:p").decode()
    settings = {
        "auths": {
            "r.example:5000": {"auth": auth},
            "https://index.docker.io/v1/": {"auth": hub},
            "i.example": {"identitytoken": "id"},
            "empty.example": {},
        }
    }
    (tmp_path / "config.json").write_text(json.dumps(settings))
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    assert login("r.example:5000", environment) == Login("me", SECRET)
    assert login("docker.io", environment) == Login("hub", "p")
    assert login("i.example", environment) == Login("", "", "id")
    assert login("empty.example", environment) is None
    assert login("other.example", environment) is None
    assert login("r.example:5000", {"HOME": str(tmp_path)}) is None
    assert SECRET not in repr(login("r.example:5000", environment))


HELPER = """#!/bin/sh
read server
[ "$server" = r.example ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL": "r.example", "Username": "me", "Secret": "hunter2-secret"}'
"""


def test_logins_come_from_credential_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "docker-credential-ours"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "config.json").write_text('{"credHelpers": {"r.example": "ours"}}')
    assert login("r.example", {"DOCKER_CONFIG": str(tmp_path)}) == Login("me", SECRET)
    (tmp_path / "config.json").write_text('{"credsStore": "ours"}')
    assert login("other.example", {"DOCKER_CONFIG": str(tmp_path)}) is None


@pytest.mark.filterwarnings("ignore:docker-credential-none")
@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('{"auths": {"r.example": {"auth": "hunter2-secret!"}}}', UsageError, "cannot be read"),
        ('{"auths": {"r.example": 1}}', UsageError, "cannot be read"),
        ('{"credHelpers": {"r.example": "none"}}', EngineError, "the credential helper did not"),
    ],
)
def test_the_error_about_dockers_settings_hides_their_content(
    tmp_path: Path, text: str, error: type[UsageError | EngineError], message: str
) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(error, match=message) as caught:
        login("r.example", {"DOCKER_CONFIG": str(tmp_path)})
    assert caught.value.where == str(tmp_path / "config.json")
    assert SECRET not in str(caught.value) + caught.value.hint
