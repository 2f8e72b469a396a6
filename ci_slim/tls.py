"""Accept the CA certificates that docker, git and curl accept, but Python 3.13 refuses.

Python's X509_STRICT requires extensions, such as a key usage. Certificates made by docker:dind
until 2025, with Docker's own instructions and by many companies do not have them. Without
X509_STRICT the chain is still verified up to a trusted certificate.
"""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context


class LenientTlsAdapter(HTTPAdapter):
    """An adapter for `https://`. The session decides what is verified, and with which CAs."""

    def init_poolmanager(self, *sizes: Any, **how: Any) -> None:
        super().init_poolmanager(*sizes, ssl_context=_context(), **how)

    def proxy_manager_for(self, proxy: str, **how: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_context(), **how)


def _context() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
