"""Certificates as docker, git and curl take them: Python 3.13 refuses some that they trust.

Its X509_STRICT wants extensions that authorities made by docker:dind until 2025, by Docker's own
instructions and by many companies do not have, such as a key usage. Without it a chain is verified
all the same, up to an authority that was chosen to be trusted.
"""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context


class LenientTlsAdapter(HTTPAdapter):
    """For `https://` of a session. What is verified, and against whom, the session says."""

    def init_poolmanager(self, *sizes: Any, **how: Any) -> None:
        super().init_poolmanager(*sizes, ssl_context=_context(), **how)

    def proxy_manager_for(self, proxy: str, **how: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_context(), **how)


def _context() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
