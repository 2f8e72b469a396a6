"""The certificates that a step of the action trusts: the company's beside those known already."""

from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from ci_slim.certificates import write_ca_bundle
from ci_slim.errors import UsageError

PUBLIC = Path(DEFAULT_CA_BUNDLE_PATH).read_text()
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
COMPANY = f"{_BEGIN}{PUBLIC.partition(_BEGIN)[2].partition(_END)[0]}{_END}"


def trusted(given: str, top: Path, environment: dict[str, str]) -> str:
    with write_ca_bundle(given, top, environment) as bundle:
        return Path(bundle.name).read_text()


@pytest.mark.parametrize("given", ["certs/a.pem", " certs/a.pem\n", COMPANY, f"\n{COMPANY}\n"])
def test_a_file_or_its_content_is_trusted_beside_the_public_authorities(
    tmp_path: Path, given: str
) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/a.pem").write_text(COMPANY)
    content = trusted(given, tmp_path, {})
    assert content.startswith(PUBLIC)
    assert COMPANY in content[len(PUBLIC) :]


def test_what_the_job_trusts_instead_of_the_public_ones_stays(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(COMPANY)
    (tmp_path / "job.pem").write_text("# of the job\n")
    environment = {"SSL_CERT_FILE": str(tmp_path / "job.pem")}
    assert trusted("a.pem", tmp_path, environment) == f"# of the job\n\n{COMPANY}\n"


def test_a_file_that_only_the_host_has_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(COMPANY)
    assert trusted("a.pem", tmp_path, {"SSL_CERT_FILE": "/nowhere.pem"}).startswith(PUBLIC)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file a.pem"),
        ("", "a.pem has no certificate"),
        ("a remark", "a.pem has no certificate"),
        (f"{_BEGIN}\n!\n{_END}\n", "a.pem has no certificate"),
        ("\udcff\udcfe", "a.pem has no certificate"),
    ],
)
def test_what_holds_no_certificate_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "a.pem").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=message):
        write_ca_bundle("a.pem", tmp_path, {})


def test_a_broken_text_is_not_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the text has no certificate"):
        write_ca_bundle(f"{_BEGIN}\n!\n{_END}\n", tmp_path, {})
