"""Accept the CA certificates that docker, git and curl accept, but Python 3.13 refuses.

Python's X509_STRICT requires extensions, such as a key usage. Certificates made by docker:dind
until 2025, with Docker's own instructions and by many companies do not have them. Without
X509_STRICT the chain is still verified up to a trusted certificate.
"""

import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.ssl_ import create_urllib3_context


class LenientTlsAdapter(HTTPAdapter):
    """An adapter for `https://`. The session decides what is verified, and with which CAs.

    Several threads may use it at once.
    """

    def init_poolmanager(self, *sizes: Any, **how: Any) -> None:
        super().init_poolmanager(*sizes, **how)
        _use_lenient_tls(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **how: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **how)
        _use_lenient_tls(manager)
        return manager


class _Connection(HTTPSConnection):
    """Has a context of its own. urllib3 loads the client's certificate into the context for each
    new connection, and two threads that do that to one context crash the process in OpenSSL."""

    def __init__(self, *args: Any, **how: Any) -> None:
        context = create_urllib3_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        super().__init__(*args, **how | {"ssl_context": context})


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


def _use_lenient_tls(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": _Pool}
