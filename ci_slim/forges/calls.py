"""What the API clients of all forges share: pages, downloads, and failures of a connection."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import requests
from requests import exceptions

from ci_slim import __version__
from ci_slim.forges.patience import CallFailed, Patience
from ci_slim.forges.tls import NO_BUNDLE, tls_failed

TIMEOUT = 15
"""Seconds to wait for an answer."""
AGENT = f"ci-slim/{__version__}"
PAGES_MAX = 200
_PER_PAGE = 100
_CHUNK = 2**16

Get = Callable[[str, Mapping[str, Any]], tuple[Mapping[str, str], Any]]
"""One GET of a path with a query. Returns the headers, with lower-case names, and the value."""


def pages(
    patience: Patience,
    get: Get,
    path: str,
    query: Mapping[str, Any] | None,
    items: Callable[[Any], list[Any]],
) -> Iterator[Any]:
    """The items of all pages of a list. `items` takes the list out of an answer.

    Pages are counted. The server's own address for the next page is not followed: the token must
    not go to another server, and the address may name a host that only the server knows.
    """
    for page in range(1, PAGES_MAX + 1):
        asked = {**(query or {}), "per_page": _PER_PAGE, "page": page}
        headers, value = patience.retry(partial(get, path, asked))
        yield from items(value)
        if 'rel="next"' not in headers.get("link", "") and not headers.get("x-next-page"):
            return
    raise CallFailed(f"{path} has more than {PAGES_MAX} pages")


def read_limited(answer: requests.Response, limit: int, patience: Patience) -> bytes:
    """The body of a streamed answer. Raises CallFailed if it is too large or too slow."""
    content = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise CallFailed(f"it is larger than {limit} bytes")
        if patience.left < 0:
            raise CallFailed("it comes too slowly")
    return bytes(content)


def connection_failed(error: BaseException, remedy: str, strange: str) -> CallFailed | None:
    """What an error of `requests` means; None for other errors.

    The texts of `requests` contain addresses, so they are not repeated. `remedy` names a CA bundle
    that may help; `strange` is the message for an answer that is not from the API.
    """
    match error:
        case exceptions.SSLError():
            return tls_failed(str(error), remedy)
        case exceptions.InvalidHeader() | exceptions.InvalidURL():
            return CallFailed("the token or an address has characters that cannot be sent")
        case exceptions.ProxyError():
            return CallFailed("the proxy does not let the call through", passing=True)
        case exceptions.Timeout():
            return CallFailed(f"no answer within {TIMEOUT} s", passing=True)
        case exceptions.JSONDecodeError():
            return CallFailed(strange, passing=True)
        case exceptions.RequestException():
            return CallFailed("the connection failed", passing=True)
        case OSError():
            return CallFailed(NO_BUNDLE)
    return None
