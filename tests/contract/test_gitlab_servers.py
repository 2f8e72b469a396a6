"""The baseline of GitLab, its servers' places, certificates and proxies, and what is not shown."""

import datetime
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from github_jobs import Time
from gitlab_api import (
    FORK,
    JOB_TOKEN,
    SIGNATURE,
    TOKEN,
    GitLabApi,
    Store,
    environment,
    started,
)

from ci_slim.forges import Found, NotFound, NotPublished, Published
from ci_slim.forges.archive import MEMBER_MAX
from ci_slim.forges.gitlab.merge_request import GitLab, connect

WHERE = "artifact ci-slim/report.json of job ci-slim on main"


@pytest.fixture
def api() -> Iterator[GitLabApi]:
    yield from started()


@pytest.fixture
def below() -> Iterator[GitLabApi]:
    yield from started(below="/gitlab")


def job(api: GitLabApi, token: str = TOKEN, **changed: str) -> GitLab:
    time = Time()
    return connect(environment(api, **changed), token, time.clock, time.sleep)


# -- the baseline ----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [TOKEN, JOB_TOKEN, ""])
def test_the_baseline_is_the_same_job_s_report_on_the_target_branch(
    api: GitLabApi, token: str
) -> None:
    api.keep(b'{"schema": 1}')
    api.keep(b"another job's", job="another")
    assert job(api, token).baseline() == Found(b'{"schema": 1}', WHERE)
    used = {"private-token", "job-token"} & set(api.calls[0].headers)
    assert used == ({"private-token"} if token == TOKEN else {"job-token"})


def test_a_job_of_a_matrix_and_a_branch_with_slashes_are_found(api: GitLabApi) -> None:
    api.keep(b"{}", branch="release/1.x", job="ci-slim: [linux/arm/v6]")
    forge = job(
        api,
        CI_JOB_NAME="ci-slim: [linux/arm/v6]",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME="release/1.x",
    )
    assert isinstance(forge.baseline(), Found)


def test_a_push_is_compared_with_its_own_branch(api: GitLabApi) -> None:
    api.keep(b"{}")
    forge = job(api, CI_MERGE_REQUEST_IID="", CI_COMMIT_BRANCH="main")
    assert isinstance(forge.baseline(), Found)


def test_a_fork_is_compared_with_the_target_s_branch(api: GitLabApi) -> None:
    api.keep(b"{}")
    forge = job(api, CI_PROJECT_ID=str(FORK), CI_MERGE_REQUEST_SOURCE_PROJECT_ID=str(FORK))
    assert isinstance(forge.baseline(), Found)


def test_no_report_yet_is_a_reason(api: GitLabApi) -> None:
    assert job(api).baseline() == NotFound(f"no {WHERE} in its newest successful pipeline", "main")


def test_a_pipeline_of_the_branch_itself_creates_its_baseline(api: GitLabApi) -> None:
    on_main = job(api, CI_MERGE_REQUEST_IID="", CI_COMMIT_BRANCH="main")
    found = on_main.baseline()
    assert isinstance(found, NotFound)
    assert found.own
    of_tag = job(api, CI_MERGE_REQUEST_IID="", CI_COMMIT_TAG="v1").baseline()
    assert isinstance(of_tag, NotFound)
    assert (of_tag.branch, of_tag.own) == ("main", False)


HIDDEN = {"status": 404, "body": {"message": "404 Project Not Found"}}


def test_a_gitlab_that_hides_artifacts_from_the_job_s_token_is_not_said_to_have_none_yet(
    api: GitLabApi,
) -> None:
    """GitLab's licence check answers like this (ee/lib/ee/api/ci/job_artifacts.rb). Another run on
    main would not help."""
    api.keep(b"{}")
    api.fail("GET", "/artifacts/", **HIDDEN)
    found = job(api, "").baseline()
    assert isinstance(found, NotFound)
    assert (found.branch, found.lost) == ("", False)
    assert found.reason.startswith(
        f"{WHERE}: this GitLab hides artifacts from the job's own token; make a project access"
    )


def test_a_bot_that_is_no_member_is_told_so(api: GitLabApi) -> None:
    api.fail("GET", "/artifacts/", **HIDDEN)
    assert job(api).baseline() == NotFound(
        f"{WHERE}: the token's user is not a member of the project, or only a guest"
    )


def test_a_report_that_is_too_large_is_not_read_to_its_end(api: GitLabApi) -> None:
    api.keep(bytes(MEMBER_MAX + 1))
    assert job(api).baseline() == NotFound(f"{WHERE}: it is larger than {MEMBER_MAX} bytes")


@pytest.mark.parametrize("token", [TOKEN, JOB_TOKEN])
def test_the_store_that_artifacts_are_in_does_not_see_the_token(api: GitLabApi, token: str) -> None:
    api.keep(b"as it is")
    with Store(b'{"schema": 1}') as store:
        api.store = store
        assert job(api, token).baseline() == Found(b'{"schema": 1}', WHERE)
        assert (len(store.calls), store.broken) == (1, [])


def test_a_fault_that_passes_is_waited_for(api: GitLabApi) -> None:
    api.keep(b"{}")
    api.fail("GET", "/artifacts/", status=503, times=2)
    assert isinstance(job(api).baseline(), Found)


# -- servers ---------------------------------------------------------------------------------------


def test_a_server_below_a_path_that_takes_itself_for_another_is_called_where_it_is(
    below: GitLabApi,
) -> None:
    below.keep(b"{}")
    below.next_host = "http://inner.invalid"
    for number in range(150):
        below.note(f"remark {number}")
    created = job(below).publish_comment("one")
    updated = job(below).publish_comment("two")
    assert isinstance(created, Published)
    assert updated == Published(created.url, "updated")
    assert created.url.startswith("https://gitlab.example/gitlab/group/project/-/merge_requests/7#")
    assert isinstance(job(below).baseline(), Found)
    assert all(call.path.startswith("/gitlab/api/v4/") for call in below.calls)


def authority(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "our own authority")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    certificate = folder / "authority.pem"
    certificate.write_bytes(made.public_bytes(pem))
    return certificate


@pytest.fixture
def secure(api: GitLabApi, tmp_path: Path) -> tuple[GitLabApi, str]:
    certificate = authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    api.wrap(context)
    return api, str(certificate)


@pytest.mark.parametrize(
    "variable", ["CI_SERVER_TLS_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
)
def test_an_authority_of_the_company_s_own_is_trusted(
    secure: tuple[GitLabApi, str], variable: str
) -> None:
    api, certificate = secure
    api.keep(b"{}")
    forge = job(api, **{"CI_DEFAULT_BRANCH": "main", variable: certificate})
    assert isinstance(forge.publish_comment("x"), Published)
    assert isinstance(forge.baseline(), Found)


def test_an_unknown_authority_is_not_trusted(secure: tuple[GitLabApi, str]) -> None:
    api, _ = secure
    assert job(api).publish_comment("x") == NotPublished(
        "the note: its certificate is not trusted (self-signed certificate); "
        "set SSL_CERT_FILE to a bundle that contains its CA certificate"
    )
    assert api.calls == []


def test_a_proxy_is_used(api: GitLabApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", api.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    forge = job(api, CI_API_V4_URL="http://gitlab.invalid/api/v4")
    assert isinstance(forge.publish_comment("x"), Published)
    assert {call.headers["host"] for call in api.calls} == {"gitlab.invalid"}


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"status": 502},
        {"how": "reset"},
        {"status": 400, "body": {}},
    ],
)
@pytest.mark.parametrize("token", [TOKEN, JOB_TOKEN])
def test_no_token_and_no_signed_address_is_shown_with_debug_logging_on(
    api: GitLabApi,
    fault: dict[str, object] | None,
    token: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    api.keep(b"{}")
    if fault is not None:
        repeated = {"body": {"message": f"{token} is bad"}} if "body" in fault else {}
        api.fail("POST", "/notes", **fault | repeated)
        api.fail("GET", "/artifacts/", **fault | repeated)
    with Store(b"{}") as store, caplog.at_level(logging.DEBUG):
        api.store = store
        forge = job(api, token)
        results = [forge.publish_comment("x"), forge.baseline()]
    shown = "".join(capsys.readouterr()) + caplog.text + repr(results) + repr(forge)
    shown += repr(forge.context)
    assert "/artifacts/" in caplog.text, "debug logging is on"
    for secret in (TOKEN, JOB_TOKEN, SIGNATURE):
        assert secret not in shown


def test_a_token_that_no_header_takes_is_a_reason_and_not_shown(api: GitLabApi) -> None:
    result = job(api, "glpat-secret\nand more").publish_comment("x")
    assert result == NotPublished(
        "the note: the token or an address has characters that cannot be sent"
    )
