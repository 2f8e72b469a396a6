"""What the texts of OpenSSL's errors, as requests passes them on, come to."""

import pytest

from ci_slim.forges.tls import tls_failed

POOL = "HTTPSConnectionPool(host='h', port=443): Max retries exceeded with url: / (Caused by "


@pytest.mark.parametrize(
    ("said", "message", "passing"),
    [
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
            "verify failed: unable to get local issuer certificate (_ssl.c:1000)')))",
            "its certificate is not trusted (unable to get local issuer certificate); do this",
            False,
        ),
        (
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
            "verify failed: Missing Authority Key Identifier (_ssl.c:1029)')))",
            "its certificate is not trusted (Missing Authority Key Identifier); do this",
            False,
        ),
        (
            "SSLError(SSLError(136, '[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl "
            "found (_ssl.c:4154)')))",
            "the CA bundle cannot be read",
            False,
        ),
        (
            "SSLError(SSLError(524297, '[X509] PEM lib (_ssl.c:4154)')))",
            "the CA bundle cannot be read",
            False,
        ),
        (
            "SSLError(SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in "
            "violation of protocol (_ssl.c:1000)')))",
            "TLS failed",
            True,
        ),
    ],
)
def test_the_reason_is_openssl_s_own_and_only_a_broken_connection_may_pass(
    said: str, message: str, passing: bool
) -> None:
    failed = tls_failed(POOL + said, "do this")
    assert (failed.message, failed.passing) == (message, passing)
