"""HTTP for registries: retries, redirects without credentials, limits for answers."""

import email.utils
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from ci_slim import __version__
from ci_slim.errors import EngineError
from ci_slim.tls import LenientTlsAdapter

Body = bytes | Mapping[str, str] | BinaryIO | None

BUSY = frozenset({429, 500, 502, 503, 504})
BROKEN = (requests.ConnectionError, requests.Timeout, HTTPError, HTTPException)
"""Statuses after which a second try may succeed."""

_TRIES = 4
_REDIRECTS = 5
_CONNECT, _READ, _STALLED, _TAKE = 10.0, 60.0, 60.0, 300.0
"""Seconds to wait: for a connection, for an answer, until a server takes the next bytes, and until
a registry has hashed a layer."""

_LONGEST_WAIT = 60.0
_PIECE = 1 << 16
_SECONDS, _BYTES_PER_SECOND = 300, 20_000
"""Seconds for any body, and more by its size: 20 kB/s is a bad mobile link."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, as an argument."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class _AuthorizationHeader(AuthBase):
    """Sends this header and nothing else. Without it, requests would send the credentials in
    ~/.netrc, even instead of a header that was set."""

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        if self._authorization:
            request.headers["Authorization"] = self._authorization
        return request


class Transfer:
    """One session with a server and the servers to which it redirects. `bundle` has the CA
    certificates to trust instead of certifi's."""

    def __init__(self, clock: Clock, bundle: str | None = None) -> None:
        self._clock = clock
        self._session = requests.Session()
        self._session.mount("https://", LenientTlsAdapter())
        self._session.verify = bundle or True
        self._session.headers["User-Agent"] = f"ci-slim/{__version__}"
        self._session.headers["Accept-Encoding"] = "identity"

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        authorization: str = "",
        *,
        method: str = "GET",
        body: Body = None,
        tries: int = _TRIES,
    ) -> requests.Response:
        """Send a request. Returns the answer, whatever its status, with its body unread. A mapping
        as body is sent as a form.

        `authorization` goes only to the URL's own origin. If the server is busy or the connection
        breaks, the request is repeated, with a file from its beginning. Redirects are followed
        unless there is a body. Raises EngineError if nobody answers.
        """
        for number in range(tries):
            last = number == tries - 1
            pause = 0.0
            try:
                if not isinstance(body, bytes | Mapping | None):
                    body.seek(0)
                response = self._follow(url, headers, authorization, method, body)
            except requests.exceptions.SSLError as error:
                if "EOF occurred" not in str(error):
                    raise unreachable(url, error) from None
                if last:
                    raise unreachable(url, error, Broken) from None
            except BROKEN as error:
                if last:
                    raise unreachable(url, error, Broken) from None
            except (requests.RequestException, ValueError) as error:
                raise unreachable(url, error) from None
            except OSError as error:
                raise EngineError(
                    f"the CA bundle cannot be read: {error}",
                    where=origin(url),
                    hint="check the files in REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE",
                ) from None
            else:
                if response.status_code not in BUSY or last:
                    return response
                pause = asked_pause(response)
                response.close()
            self.pause(number, pause)
        raise AssertionError("the last try returns or raises")

    def pause(self, number: int, asked: float = 0.0) -> None:
        """Wait before the next try: longer each time, and at least as long as the server asks."""
        self._clock.sleep(max(0.5 * 2**number, asked))

    def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        authorization: str,
        method: str,
        body: Body,
    ) -> requests.Response:
        first = origin(url)
        for _ in range(_REDIRECTS + 1):
            # A proxy cannot reach this machine, whatever HTTP_PROXY says. Docker does the same.
            self._session.trust_env = not is_loopback(urlsplit(url).netloc)
            response = self._session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                auth=_AuthorizationHeader(authorization if origin(url) == first else ""),
                # The timeout for connecting also limits every write.
                timeout=(_CONNECT, _READ) if body is None else (_STALLED, _TAKE),
                allow_redirects=False,
                stream=True,
            )
            if not response.is_redirect or body is not None or method == "POST":
                return response
            response.close()
            before, url = url, urljoin(url, response.headers["Location"])
            refuse_unsafe(url, before)
        raise EngineError("too many redirects", where=first)

    def body(self, response: requests.Response, limit: int) -> Iterator[bytes]:
        """The body as it was sent, in pieces. Raises EngineError if it is longer than `limit` or
        takes too long, and an error of BROKEN if the connection breaks."""
        allowed = _SECONDS + limit / _BYTES_PER_SECOND
        end = self._clock.now() + allowed
        done = 0
        with response:
            while piece := response.raw.read(_PIECE, decode_content=False):
                done += len(piece)
                if done > limit:
                    raise EngineError(
                        f"the server sends more than the expected {limit} bytes",
                        where=origin(response.url),
                    )
                if self._clock.now() > end:
                    raise EngineError(
                        f"the server sent only {done} bytes in {round(allowed)} s",
                        where=origin(response.url),
                    )
                yield piece

    def text(self, response: requests.Response, limit: int) -> bytes:
        """The whole of a short body. Raises EngineError if it is too long or truncated."""
        try:
            return b"".join(self.body(response, limit))
        except BROKEN as error:
            raise unreachable(origin(response.url), error) from None


def origin(url: str) -> str:
    """Scheme, host and port in one spelling. Messages show only this of a redirect's target,
    because its path and query may contain a signature. Raises EngineError if it is not a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise EngineError("the server gives an invalid address") from None
    host = parts.netloc.rpartition("@")[2].lower()
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{host.removesuffix(usual)}"


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine. Plain HTTP is allowed there, as in docker."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def refuse_unsafe(url: str, before: str) -> None:
    """Raise EngineError if a server redirects from `before` to a URL that is less safe."""
    if origin(url) == origin(before):
        return
    parts = urlsplit(url)
    local = is_loopback(parts.netloc) and is_loopback(urlsplit(before).netloc)
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise EngineError(
            f"the server redirects to {origin(url)}, which is not encrypted", where=origin(before)
        )


class Broken(EngineError):
    """The connection broke, or nobody answered in time. A second try may succeed."""


def unreachable(
    url: str, error: BaseException, kind: type[EngineError] = EngineError
) -> EngineError:
    """The error that nobody answers at `url`, with the reason. The text of requests would show the
    whole URL."""
    return kind(
        f"does not answer: {_reason(error)}",
        where=url.partition("?")[0],
        hint="check the host name, whether it can be reached from here, and whether a proxy is "
        "needed (HTTPS_PROXY)",
    )


def _reason(error: BaseException | None) -> str:
    """The system's message at the bottom of an error of requests."""
    reason, seen = "the connection broke", set()
    if isinstance(error, requests.Timeout):
        reason = "no answer in time"
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
            reason = getattr(error, "verify_message", "") or error.strerror or reason
        error = error.__cause__ or error.__context__
    return reason


def asked_pause(response: requests.Response) -> float:
    """Seconds that a busy server asks to wait. Raises EngineError if that is too long."""
    pause = _retry_after(response.headers.get("Retry-After", ""))
    if pause > _LONGEST_WAIT:
        raise EngineError(
            f"the server asks to come back in {round(pause)} s",
            where=response.url.partition("?")[0],
            hint="run again later; with a login the limits are often higher",
        )
    return pause


def _retry_after(value: str) -> float:
    """Retry-After in seconds: a number, or a date."""
    if value.isdecimal() and len(value) < 8:
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
