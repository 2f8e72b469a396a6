"""What went wrong with a server's certificate or with the CA bundle. Pure."""

import re

from ci_slim.forges.patience import CallFailed

NO_BUNDLE = "the CA bundle cannot be read"

_UNTRUSTED = re.compile(r"certificate verify failed: ([^()]*)")


def tls_failed(said: str, remedy: str) -> CallFailed:
    """`said` is the text of the error that requests raised; `remedy` names a bundle that helps.

    OpenSSL's own reason is shown: "unable to get local issuer certificate" wants another bundle,
    "Missing Authority Key Identifier" another certificate, and "Hostname mismatch" another address.
    """
    if "[X509" in said:  # of reading the bundle: no server has been asked
        return CallFailed(NO_BUNDLE)
    if match := _UNTRUSTED.search(said):
        return CallFailed(f"its certificate is not trusted ({match[1].strip()}); {remedy}")
    return CallFailed("TLS failed", passing=True)
