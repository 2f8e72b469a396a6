"""GitHub Enterprise Server, its certificates, proxies, and what must never be shown."""

import io
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from github_api import READ_ONLY, TOKEN, GitHubApi, started
from github_jobs import Time, job

from ci_slim.forges import Found, NotPublished, Published

SIGNATURE = "SIGNATURE-OF-THE-STORE"
BROKEN = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def ghes() -> Iterator[GitHubApi]:
    yield from started(ghes=True)


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started()


def kept(api: GitHubApi) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as open_forge:
        open_forge.writestr("report.json", "{}")
    api.artifact(api.run()["id"], made.getvalue())


def test_an_enterprise_server_is_called_below_its_own_path(ghes: GitHubApi) -> None:
    kept(ghes)
    for number in range(120):
        ghes.comment(f"remark {number}")
    assert ghes.url.endswith("/api/v3")
    created = job(ghes).publish_comment("one")
    updated = job(ghes).publish_comment("two")
    assert isinstance(created, Published)
    assert updated == Published(created.url, "updated")
    assert isinstance(job(ghes).baseline(), Found)
    assert {call.path for call in ghes.calls if "graphql" in call.path} == {"/api/graphql"}
    rest = [call.path for call in ghes.calls if "graphql" not in call.path]
    assert all(path.startswith(("/api/v3/repos/", "/store/")) for path in rest)


def test_the_token_is_not_sent_to_a_graphql_server_elsewhere(api: GitHubApi) -> None:
    forge = job(api, GITHUB_GRAPHQL_URL="https://api.github.com/graphql")
    assert isinstance(forge.publish_comment("x"), Published)
    assert "/graphql" in {call.path for call in api.calls}


@pytest.fixture
def secure(ghes: GitHubApi, tmp_path: Path) -> tuple[GitHubApi, Path]:
    authority = Authority()
    ghes.wrap(authority.server("127.0.0.1"))
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    return ghes, tmp_path / "authority.pem"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_the_company_s_own_is_trusted(
    secure: tuple[GitHubApi, Path], variable: str
) -> None:
    api, certificate = secure
    kept(api)
    forge = job(api, **{"GITHUB_RUN_ID": "900", variable: str(certificate)})  # type: ignore[arg-type]
    assert isinstance(forge.publish_comment("x"), Published)
    assert isinstance(forge.baseline(), Found)


def test_an_unknown_authority_is_not_trusted(secure: tuple[GitHubApi, Path]) -> None:
    api, _ = secure
    assert job(api).publish_comment("x") == NotPublished(
        "the comment: its certificate is not trusted (unable to get local issuer certificate); "
        "give its CA certificate in the action's input ca_bundle, or in SSL_CERT_FILE"
    )
    assert api.calls == []


@pytest.mark.parametrize("content", [None, "", "no certificate", BROKEN])
def test_a_bundle_that_cannot_be_read_is_a_reason_at_once(
    secure: tuple[GitHubApi, Path], tmp_path: Path, content: str | None
) -> None:
    api, _ = secure
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    time = Time()
    assert job(api, time=time, SSL_CERT_FILE=str(bundle)).publish_comment("x") == NotPublished(
        "the comment: the CA bundle cannot be read"
    )
    assert time.slept == []


def test_a_proxy_is_used(api: GitHubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", api.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server = "http://github.invalid"
    forge = job(api, GITHUB_API_URL=server, GITHUB_GRAPHQL_URL=f"{server}/graphql")
    assert isinstance(forge.publish_comment("x"), Published)
    assert {call.headers["host"].partition(":")[0] for call in api.calls} == {"github.invalid"}


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"status": 502},
        {"how": "reset"},
        {"status": 403, "body": READ_ONLY},
        {"status": 422, "body": {"message": f"token {TOKEN} is bad"}},
    ],
)
def test_no_token_and_no_signed_address_is_shown_with_debug_logging_on(
    api: GitHubApi,
    fault: dict[str, object] | None,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept(api)
    if fault is not None:
        api.fail("POST", "/issues/7/comments", **fault)
        api.fail("GET", "/store/", **fault)
    with caplog.at_level(logging.DEBUG):
        forge = job(api)
        results = [forge.publish_comment("x"), forge.baseline(), forge.triggering_reports()]
    shown = "".join(capsys.readouterr()) + caplog.text + repr(results) + repr(forge)
    shown += repr(vars(forge)["context"]) + repr(vars(forge)["_calls"])
    assert "graphql" in caplog.text, "debug logging is on"
    assert "/store/" in caplog.text
    assert TOKEN not in shown
    assert SIGNATURE not in shown


def test_a_token_that_no_header_takes_is_a_reason_and_not_shown(api: GitHubApi) -> None:
    result = job(api, token="ghs_secret\nand more").publish_comment("x")
    assert result == NotPublished(
        "the comment: the token or an address has characters that cannot be sent"
    )


def test_logging_is_as_before_when_a_call_has_ended(api: GitHubApi) -> None:
    job(api).publish_comment("x")
    names = ("github.Requester", "urllib3.connectionpool")
    assert [logging.getLogger(name).filters for name in names] == [[], []]
