"""The CA certificates of what speaks TLS, whether a probe made it do so or not.

A Go program reads one bundle; OpenSSL and GnuTLS look up single certificates in a folder of hashes
too. The bundle's names are those of Go's crypto/x509 (root_linux.go).
"""

import posixpath
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_LIBRARIES = ("libssl.so", "libgnutls.so", "libnss3.so", "libmbedtls.so", "libwolfssl.so")
_OPENSSL = (
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/usr/lib/ssl/openssl.cnf",
    "/usr/lib/ssl/cert.pem",
    "/usr/lib/ssl/certs",
)


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        name = posixpath.basename(path)
        if name.startswith(_LIBRARIES):
            _bundle(keeping, path)
            _hashes(keeping, path)
        elif name == "cacert.pem" or name in ("node", "nodejs"):
            _bundle(keeping, path)
    if "certificates" not in keeping.done:
        for path in keeping.files(fresh):
            described = keeping.elf(path)
            if described is not None and described.go:
                _bundle(keeping, path)
                break


def _bundle(keeping: Keeping, user: str) -> None:
    if not keeping.once("certificates"):
        return
    reason = f"certificates: of {user}"
    for path in (*_BUNDLES, keeping.env.get("SSL_CERT_FILE", "")):
        if path:
            keeping.add(path, reason)


def _hashes(keeping: Keeping, user: str) -> None:
    if not keeping.once("certificate hashes"):
        return
    reason = f"certificates: of {user}"
    for path in (*_FOLDERS, keeping.env.get("SSL_CERT_DIR", "")):
        if path:
            keeping.add_tree(path, reason)
    for path in _OPENSSL:
        keeping.add(path, reason)
