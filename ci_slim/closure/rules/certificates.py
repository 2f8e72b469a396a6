"""Keeps the CA certificates for programs that speak TLS, even if no probe made them do so.

A Go program reads one bundle. OpenSSL and GnuTLS also look up single certificates in a folder of
hashes. The names of the bundle are those of Go's crypto/x509 (root_linux.go).
"""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

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


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        name = posixpath.basename(path)
        if name.startswith(_LIBRARIES):
            _add_bundle(builder, path)
            _add_hashes(builder, path)
        elif name == "cacert.pem" or name in ("node", "nodejs"):
            _add_bundle(builder, path)
    if "certificates" not in builder.done:
        for path in builder.files(fresh):
            described = builder.elf(path)
            if described is not None and described.go:
                _add_bundle(builder, path)
                break


def _add_bundle(builder: KeepSetBuilder, user: str) -> None:
    if not builder.once("certificates"):
        return
    reason = f"certificates: of {user}"
    for path in (*_BUNDLES, builder.env.get("SSL_CERT_FILE", "")):
        if path:
            builder.add(path, reason)


def _add_hashes(builder: KeepSetBuilder, user: str) -> None:
    if not builder.once("certificate hashes"):
        return
    reason = f"certificates: of {user}"
    for path in (*_FOLDERS, builder.env.get("SSL_CERT_DIR", "")):
        if path:
            builder.add_tree(path, reason)
    for path in _OPENSSL:
        builder.add(path, reason)
