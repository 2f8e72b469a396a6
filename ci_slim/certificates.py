"""Whose certificates are trusted: a company's own authorities, beside or instead of the public."""

import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ci_slim.errors import UsageError

_INPUT = "the input `ca_bundle`"
_PEM = "-----BEGIN CERTIFICATE-----"


def ca_bundle(environment: Mapping[str, str]) -> str | None:
    """The bundle of certificates to trust instead of certifi's; of OpenSSL's variables too."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    return next((environment[name] for name in names if environment.get(name)), None)


def write_ca_bundle(given: str, top: Path, environment: Mapping[str, str]) -> IO[bytes]:
    """A file, gone when it is closed, with the certificates of `given` and those trusted already.

    `given` is the name of a file, from `top` on, or the certificates themselves: a job without a
    checkout has no file. Only adding to what is trusted lets one bundle serve a company's server
    and the public registries and stores that the same job talks to. UsageError for what holds no
    certificate.
    """
    added = _certificates(given, top)
    known = Path(ca_bundle(environment) or "")
    if not known.is_file():  # the runner's own settings may name a file that only the host has
        known = _public()
    bundle = tempfile.NamedTemporaryFile(prefix="ci-slim-authorities-", suffix=".pem")  # noqa: SIM115
    bundle.write(known.read_bytes() + b"\n" + added + b"\n")
    bundle.flush()
    return bundle


def _certificates(given: str, top: Path) -> bytes:
    if _PEM in given:
        name, content = "it", given.encode()
    else:
        name, path = given.strip(), top / given.strip()
        if not path.is_file():
            raise UsageError(
                f"there is no file {name}",
                where=_INPUT,
                hint="name a file of the checkout, or give the certificates themselves",
            )
        content = path.read_bytes()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=content.decode("ascii", errors="ignore")
        )
    except (ssl.SSLError, ValueError):
        raise UsageError(
            f"{name} holds no certificate", where=_INPUT, hint=f"certificates begin with {_PEM}"
        ) from None
    return content


def _public() -> Path:
    from requests import utils  # takes long to import, and most steps have no bundle

    return Path(utils.DEFAULT_CA_BUNDLE_PATH)
