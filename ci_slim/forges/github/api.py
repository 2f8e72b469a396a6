"""Calls to GitHub's API, one at a time. Every failure is a `CallFailed`.

PyGithub makes the calls. Its retries are off, because it repeats a POST after a 502, although the
POST may have been carried out (`GithubRetry.allowed_methods` of PyGithub 2.10). `Patience` decides
what is repeated.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import requests
from github import Auth, Github, GithubException
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
)

from ci_slim.forges.calls import AGENT, TIMEOUT, connection_failed, pages, read_limited
from ci_slim.forges.github.context import Servers
from ci_slim.forges.patience import CallFailed, Patience, refused
from ci_slim.redact import Redactor
from ci_slim.tls import LenientTlsAdapter

LOGGERS = ("github.Requester", "github.GithubRetry", "urllib3.connectionpool", "urllib3.util.retry")
"""The loggers that record calls."""

_VERSION = "2022-11-28"
_ACCEPT = {"Accept": "application/vnd.github+json"}
_NO_PERMISSION = "resource not accessible by"
_STRANGE = "the answer does not come from GitHub's API"
_REMEDY = "give its CA certificate in the action's input ca_bundle, or in SSL_CERT_FILE"


class _Https(HTTPSRequestsConnectionClass):
    """PyGithub's connection, which also accepts older CA certificates."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.session.mount("https://", LenientTlsAdapter())


class GitHubApi:
    """The API of one server, with one token."""

    def __init__(
        self, servers: Servers, token: str, patience: Callable[[], Patience], bundle: str | None
    ) -> None:
        # `requests` reads the variables for proxies and REQUESTS_CA_BUNDLE, but not SSL_CERT_FILE
        self._verify: str | bool = bundle or True
        self._hide = Redactor([token])
        self._graphql = servers.graphql
        self._secure = servers.api.startswith("https:")
        Requester.injectConnectionClasses(HTTPRequestsConnectionClass, _Https)
        self._client = Github(
            auth=Auth.Token(token) if token else None,
            base_url=servers.api,
            timeout=TIMEOUT,
            user_agent=AGENT,
            verify=self._verify,
            retry=None,
            seconds_between_writes=None,
            seconds_between_requests=None,
            api_version=_VERSION,
        )
        self._new_patience = patience
        self.patience = patience()

    def start(self) -> None:
        """Start a new operation, with the full time to wait."""
        self.patience = self._new_patience()

    def once(
        self, verb: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> tuple[Mapping[str, str], Any]:
        """Make one call, once. Returns headers (lower-case names) and the value."""
        requester = self._client.requester
        with self._failures():
            headers, value = requester.requestJsonAndCheck(
                verb, path, dict(query or {}), dict(_ACCEPT), body
            )
        if value is not None and "json" not in headers.get("content-type", ""):
            raise CallFailed(_STRANGE, passing=True)  # a page of a proxy or a load balancer
        return headers, value

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The value of a GET, which is repeated while `Patience` allows."""
        return self.patience.retry(lambda: self.once("GET", path, query))[1]

    def pages(
        self, path: str, query: Mapping[str, Any] | None = None, member: str = ""
    ) -> Iterator[Any]:
        """The items of all pages of a list, or of the list in `member`."""

        def items(value: Any) -> list[Any]:
            found = value.get(member) if member and isinstance(value, dict) else value
            if not isinstance(found, list):
                raise CallFailed(f"the answer to {path} is not a list")
            return found

        return pages(self.patience, partial(self.once, "GET"), path, query, items)

    def graphql(self, query: str) -> Any:
        """The `data` of a GraphQL query."""
        _, answer = self.patience.retry(
            lambda: self.once("POST", self._graphql, body={"query": query})
        )
        if not isinstance(answer, dict) or answer.get("errors") or not answer.get("data"):
            raise CallFailed("the query was refused")
        return answer["data"]

    def stored(self, path: str, limit: int) -> bytes:
        """The content that a path redirects to: a file in a store, which must not see the token."""
        return self.patience.retry(lambda: self._download(self._location(path), limit))

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn errors of libraries into `CallFailed`, without their texts, which contain addresses.
        Secrets in the text of a server are masked: it may repeat what it was sent."""
        try:
            yield
        except CallFailed:
            raise
        except Exception as error:
            failed = _failed(error, self._hide)
            if failed is None:
                raise
            raise failed from None

    def _location(self, path: str) -> str:
        with self._failures():
            status, headers, body = self._client.requester.requestJson(
                "GET", path, headers=dict(_ACCEPT)
            )
        if status >= 400:
            raise refused(status, headers, self._hide(_message(body)))
        location = str(headers.get("location", ""))
        schemes = ("https:",) if self._secure else ("https:", "http:")
        if status != 302 or not location.startswith(schemes):
            raise CallFailed("the server names no address to download from")
        return location

    def _download(self, url: str, limit: int) -> bytes:
        with self._failures(), requests.Session() as session:
            session.auth = lambda request: request  # without this, ~/.netrc is read
            session.mount("https://", LenientTlsAdapter())
            with session.get(
                url,
                stream=True,
                timeout=TIMEOUT,
                verify=self._verify,
                headers={"User-Agent": AGENT},
                allow_redirects=False,
            ) as answer:
                if answer.status_code != 200:
                    raise refused(answer.status_code, answer.headers, "from the store of artifacts")
                return read_limited(answer, limit, self.patience)


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _failed(error: Exception, hide: Redactor) -> CallFailed | None:
    if connection := connection_failed(error, _REMEDY, _STRANGE):
        return connection
    match error:
        case GithubException():
            data = error.data if isinstance(error.data, dict) else {}
            return refused(error.status, error.headers or {}, hide(str(data.get("message", ""))))
        case AssertionError() | RuntimeError():
            return CallFailed("the server redirects to another one; check GITHUB_API_URL")
        case ValueError() | AttributeError():
            return CallFailed(_STRANGE, passing=True)
    return None


def words(failed: CallFailed) -> str:
    """A failure in words for the reviewer."""
    if failed.status is None:
        return failed.message
    if failed.status == 401:
        return "GitHub does not know the token (401)"
    return f"GitHub answers {failed.status}" + (f": {failed.message}" if failed.message else "")


def read_only(failed: CallFailed) -> bool:
    """Whether the token lacks the permission."""
    return failed.status == 403 and failed.message.lower().startswith(_NO_PERMISSION)


def needs(permission: str, failed: CallFailed) -> str:
    """The permission that may be missing, for the end of a message. GitHub answers 404 for what a
    token may not see."""
    return (
        f" (the job needs `permissions: {permission}`)"
        if (failed.status == 404 or read_only(failed))
        else ""
    )
