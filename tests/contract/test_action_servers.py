"""The action on a company's GitHub Enterprise Server: below a path, with the company's own
authority, behind its proxy. Started as the runner starts it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import runner
from action_jobs import keeps_secrets, packed, report_of, variables
from certificates import Authority
from connect_proxy import PASSWORD, ConnectProxy
from github_api import SHA, TOKEN, GitHubApi, started
from github_jobs import finished_run, pull_request

pytest_plugins = ["action_image"]

ROOT = Path(__file__).parents[2]
NAME = "github.company.example"
GIVEN = {"token": TOKEN, "comment": "true", "reports": "report.json", "output": "ci-slim"}
DOCKERFILE = "FROM debian:trixie-slim\n"


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ghes(authority: Authority) -> Iterator[GitHubApi]:
    for api in started(ghes=True, host=runner.bridge()):
        api.wrap(authority.server(api.host, NAME))
        yield api


@pytest.fixture
def work(tmp_path: Path, authority: Authority) -> Path:
    """A job whose checkout has a report to show, and the company's authority."""
    checkout = tmp_path / "workspace"
    (checkout / "certs").mkdir(parents=True)
    (checkout / "certs/company.pem").write_bytes(authority.pem)
    (checkout / "report.json").write_bytes((ROOT / "tests/contract/report.json").read_bytes())
    return tmp_path


def written(ended: runner.Ended) -> str:
    return ended.log + ended.summary + json.dumps(ended.outputs)


def test_a_server_with_the_company_s_authority_gives_the_baseline_and_takes_the_comment(
    image: str, ghes: GitHubApi, work: Path
) -> None:
    (work / "workspace/Dockerfile").write_text(DOCKERFILE)
    given = {**GIVEN, "reports": "", "slim": "false", "ca_bundle": "certs/company.pem"}
    first = runner.step(image, work, pull_request(), variables(ghes), given)
    assert first.code == 0, first.log
    assert ghes.url.startswith("https://")
    assert first.outputs["comment_url"].startswith(f"{ghes.web}/octo-org/octo-repo/pull/7#")

    ghes.artifact(ghes.run()["id"], packed(report_of(work)))
    second = runner.step(image, work, pull_request(), variables(ghes), given)
    assert second.code == 0, second.log
    assert "Baseline: artifact ci-slim-report-ci-image of run" in second.summary
    assert {call.path for call in ghes.calls if "graphql" in call.path} == {"/api/graphql"}
    rest = [call.path for call in ghes.calls if "graphql" not in call.path]
    assert all(path.startswith(("/api/v3/repos/", "/store/")) for path in rest)
    for ended in (first, second):
        assert not re.search(r"github\.com", written(ended)), "only the company's server is named"
        assert keeps_secrets(ended)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_variables_of_openssl_and_requests_may_name_a_file_of_the_checkout(
    image: str, ghes: GitHubApi, work: Path, variable: str
) -> None:
    # `${{ github.workspace }}/certs/company.pem` is translated by the runner to this
    environment = variables(ghes, **{variable: "/github/workspace/certs/company.pem"})
    ended = runner.step(image, work, pull_request(), environment, GIVEN, socket=False)
    assert ended.code == 0, ended.log
    assert len(ghes.bodies()) == 1


def test_a_follow_up_without_a_checkout_is_given_the_certificates_themselves(
    image: str, ghes: GitHubApi, authority: Authority, tmp_path: Path
) -> None:
    ghes.artifact(55, packed((ROOT / "tests/contract/report.json").read_bytes()))
    ghes.pull(7, "stranger", "topic", SHA)
    # The host's own bundle is a file that no container of the job has.
    changed = {"GITHUB_EVENT_NAME": "workflow_run", "SSL_CERT_FILE": "/etc/pki/company.pem"}
    given = {"token": TOKEN, "ca_bundle": authority.pem.decode()}
    environment = variables(ghes, **changed)
    ended = runner.step(image, tmp_path, finished_run(), environment, given, socket=False)
    assert ended.code == 0, ended.log
    assert len(ghes.bodies()) == 1


def test_a_server_of_another_authority_is_a_line_of_the_log_and_no_failure(
    image: str, ghes: GitHubApi, work: Path
) -> None:
    wrong = Authority("of another company")
    (work / "workspace/certs/company.pem").write_bytes(wrong.pem)
    (work / "workspace/Dockerfile").write_text(DOCKERFILE)
    given = {**GIVEN, "reports": "", "slim": "false", "ca_bundle": "certs/company.pem"}
    ended = runner.step(image, work, pull_request(), variables(ghes), given)
    assert ended.code == 0, ended.log
    assert (
        "::notice title=ci-slim::no comment: the comment: its certificate is not trusted "
        "(unable to get local issuer certificate); "
        "give its CA certificate in the action's input ca_bundle, or in SSL_CERT_FILE\n"
    ) in ended.log
    assert "Traceback" not in ended.log
    assert (ended.outputs["comment_url"], ended.outputs["outcome"]) == ("", "passed")
    assert "artifact: the runs of main: its certificate is not trusted (" in ended.summary
    assert ghes.calls == []


@pytest.mark.parametrize(
    ("bundle", "message"),
    [
        ("certs/none.pem", "there is no file certs/none.pem"),
        ("report.json", "report.json has no certificate"),
    ],
)
def test_a_bundle_without_certificates_stops_the_step_at_once(
    image: str, ghes: GitHubApi, work: Path, bundle: str, message: str
) -> None:
    given = {**GIVEN, "ca_bundle": bundle}
    ended = runner.step(image, work, pull_request(), variables(ghes), given, socket=False)
    assert ended.code == 2, ended.log
    assert f"::error title=ci-slim::the input `ca_bundle`: {message}" in ended.log
    assert "Traceback" not in ended.log


def test_a_server_that_only_the_proxy_reaches_is_called_through_it(
    image: str, ghes: GitHubApi, work: Path
) -> None:
    host, port = ghes.host, int(ghes.origin.rpartition(":")[2])
    with ConnectProxy(host, {NAME: (host, port)}) as proxy:
        environment = variables(
            ghes, GITHUB_API_URL=f"https://{NAME}/api/v3", GITHUB_SERVER_URL=f"https://{NAME}",
            GITHUB_GRAPHQL_URL=f"https://{NAME}/api/graphql", HTTPS_PROXY=proxy.url,
            NO_PROXY="localhost,127.0.0.1",
        )  # fmt: skip
        given = {**GIVEN, "ca_bundle": "certs/company.pem"}
        ended = runner.step(image, work, pull_request(), environment, given, socket=False)
    assert ended.code == 0, ended.log
    assert (set(proxy.connected), proxy.refused) == ({NAME}, 0)
    assert len(ghes.bodies()) == 1
    assert keeps_secrets(ended)
    assert PASSWORD not in written(ended)


def test_a_server_named_in_no_proxy_is_called_directly(
    image: str, ghes: GitHubApi, work: Path
) -> None:
    with ConnectProxy(ghes.host) as proxy:
        environment = variables(ghes, HTTPS_PROXY=proxy.url, NO_PROXY=ghes.host)
        given = {**GIVEN, "ca_bundle": "certs/company.pem"}
        ended = runner.step(image, work, pull_request(), environment, given, socket=False)
    assert ended.code == 0, ended.log
    assert len(ghes.bodies()) == 1
    assert (proxy.connected, proxy.refused) == ([], 0)
