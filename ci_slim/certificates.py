"""Custom CA certificates, in addition to the public ones or instead of them."""

import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ci_slim.errors import UsageError

_INPUT = "the input `ca_bundle`"
_PEM = "-----BEGIN CERTIFICATE-----"


def ca_bundle(environment: Mapping[str, str]) -> str | None:
    """The bundle of CA certificates that the environment names, also with OpenSSL's variable; it
    replaces the bundle of certifi. None: the environment names none."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    return next((environment[name] for name in names if environment.get(name)), None)


def write_ca_bundle(given: str, top: Path, environment: Mapping[str, str]) -> IO[bytes]:
    """Write a temporary file with the certificates in `given` and all that are already trusted.
    Closing the file removes it.

    `given` is a file name relative to `top`, or the certificates themselves, for a job without a
    checkout. The known certificates stay, because the job also talks to public servers. Raises
    UsageError if `given` has no certificate.
    """
    added = _certificates(given, top)
    known = Path(ca_bundle(environment) or "")
    if not known.is_file():  # the runner's settings may name a file that exists only on the host
        known = _public()
    bundle = tempfile.NamedTemporaryFile(prefix="ci-slim-authorities-", suffix=".pem")  # noqa: SIM115
    bundle.write(known.read_bytes() + b"\n" + added + b"\n")
    bundle.flush()
    return bundle


def _certificates(given: str, top: Path) -> bytes:
    if _PEM in given:
        name, content = "the text", given.encode()
    else:
        name, path = given.strip(), top / given.strip()
        if not path.is_file():
            raise UsageError(
                f"there is no file {name}",
                where=_INPUT,
                hint="name a file in the checkout, or give the certificates themselves",
            )
        content = path.read_bytes()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=content.decode("ascii", errors="ignore")
        )
    except (ssl.SSLError, ValueError):
        raise UsageError(
            f"{name} has no certificate", where=_INPUT, hint=f"a certificate begins with {_PEM}"
        ) from None
    return content


def _public() -> Path:
    from requests import utils  # slow to import, and most steps do not need it

    return Path(utils.DEFAULT_CA_BUNDLE_PATH)
