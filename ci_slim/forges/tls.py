"""What went wrong with a server's certificate or with the CA bundle. Pure."""

import re

from ci_slim.forges.patience import CallFailed

NO_BUNDLE = "the CA bundle cannot be read"

_UNTRUSTED = re.compile(r"certificate verify failed: ([^()]*)")


def tls_failed(said: str, remedy: str) -> CallFailed:
    """The failure for an SSL error. `said` is its text; `remedy` says which CA bundle helps.

    The message has OpenSSL's reason, which shows what to fix: for "unable to get local issuer
    certificate" the bundle, for "Missing Authority Key Identifier" the certificate, and for
    "Hostname mismatch" the address.
    """
    if "[X509" in said:  # an error while reading the bundle, before any connection
        return CallFailed(NO_BUNDLE)
    if match := _UNTRUSTED.search(said):
        return CallFailed(f"its certificate is not trusted ({match[1].strip()}); {remedy}")
    return CallFailed("TLS failed", passing=True)
