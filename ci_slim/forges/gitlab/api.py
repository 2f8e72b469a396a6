"""Calls to GitLab's API, one at a time. Every failure is a `CallFailed`.

python-gitlab makes the calls. Its retries are off, because it sleeps as long as a server says.
Its errors have no headers (`GitlabHttpError` of python-gitlab 8.6), so failures are caught in the
session that it uses. `Patience` decides what is repeated.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import requests
from gitlab import Gitlab, GitlabError

from ci_slim.forges.calls import AGENT, TIMEOUT, connection_failed, pages, read_limited
from ci_slim.forges.patience import CallFailed, Patience, refused
from ci_slim.tls import LenientTlsAdapter

LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""The loggers that record calls."""

_TOKENS = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization")
_MESSAGE_MAX = 2**16
STRANGE = "the answer does not come from GitLab's API"
"""The answer is from a proxy, or from another server at this address."""
_REMEDY = "set SSL_CERT_FILE to a bundle that contains its CA certificate"


class _Session(requests.Session):
    """A session that sends no token to another server, and turns answers of 400 and above into
    `CallFailed`.

    On a redirect, `requests` removes only `Authorization`; but gitlab.com redirects to the store of
    another company for artifacts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hooks["response"].append(_refuse)
        self.mount("https://", LenientTlsAdapter())

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        old, new = str(response.request.url), str(prepared_request.url)
        if self.should_strip_auth(old, new):  # type: ignore[no-untyped-call]
            for name in _TOKENS:
                prepared_request.headers.pop(name, None)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target: str | None = super().get_redirect_target(resp)
        if target is None:
            return None
        changes = resp.request.method not in {"GET", "HEAD"}  # it would become a GET
        weaker = str(resp.request.url).startswith("https:") and target.startswith("http:")
        if changes or weaker:
            raise CallFailed("the server redirects to another address; check CI_API_V4_URL")
        return target


def _refuse(answer: requests.Response, **_: object) -> None:
    if answer.status_code < 400:
        return
    text = answer.raw.read(_MESSAGE_MAX, decode_content=True) if answer.raw else b""
    answer._content = text  # a stream can be read only once
    raise refused(answer.status_code, answer.headers, _message(answer))


def _message(answer: requests.Response) -> str:
    try:
        value = answer.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict):
        return ""
    said = value.get("message") or value.get("error_description") or value.get("error") or ""
    if isinstance(said, dict):
        said = said.get("error") or ", ".join(f"{key}: {word}" for key, word in said.items())
    return str(said)


class GitLabApi:
    """The API of one server with one token. `job` says that it is the job's own token."""

    def __init__(
        self,
        server: str,
        token: str,
        patience: Callable[[], Patience],
        bundle: str | None,
        *,
        job: bool = False,
    ) -> None:
        self._client = Gitlab(
            server,
            private_token=None if job else token or None,
            job_token=token if job else None,
            # `requests` reads the variables for proxies and REQUESTS_CA_BUNDLE, not SSL_CERT_FILE
            ssl_verify=bundle or True,
            timeout=TIMEOUT,
            user_agent=AGENT,
            keep_base_url=True,
            session=_Session(),
        )
        self._new_patience = patience
        self.patience = patience()

    def start(self) -> None:
        """Start a new operation, with the full time to wait."""
        self.patience = self._new_patience()

    def once(
        self, verb: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> tuple[Mapping[str, str], Any]:
        """Make one call, once. Returns headers and the value; None if the answer has no body."""
        with _failures():
            answer = self._send(verb, path, query, body)
            if answer.status_code == 204 or not answer.content:
                return answer.headers, None
            if "json" not in answer.headers.get("content-type", ""):
                raise CallFailed(STRANGE, passing=True)  # a page of a proxy or a load balancer
            return answer.headers, answer.json()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The value of a GET, which is repeated while `Patience` allows."""
        return self.patience.retry(lambda: self.once("get", path, query))[1]

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The items of all pages of a list."""
        return pages(self.patience, partial(self.once, "get"), path, query, _items)

    def content(self, path: str, query: Mapping[str, Any], limit: int) -> bytes:
        """The bytes of a file. It may be in another server's store, which must not see the
        token."""
        return self.patience.retry(lambda: self._download(path, query, limit))

    def _download(self, path: str, query: Mapping[str, Any], limit: int) -> bytes:
        with _failures(), self._send("get", path, query, streamed=True) as answer:
            return read_limited(answer, limit, self.patience)

    def _send(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any = None,
        streamed: bool = False,
    ) -> requests.Response:
        return self._client.http_request(
            verb,
            path,
            query_data=dict(query or {}),
            post_data=body,
            streamed=streamed,
            obey_rate_limit=False,
            retry_transient_errors=False,
        )


class _failures:  # noqa: N801 - used like a function
    """Turn errors of libraries into `CallFailed`, without their texts, which contain addresses."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        failed = _failed(error)
        if failed is not None:
            raise failed from None


def _failed(error: BaseException | None) -> CallFailed | None:
    if error is None:
        return None
    if connection := connection_failed(error, _REMEDY, STRANGE):
        return connection
    match error:
        case ValueError() if str(error).startswith("Invalid header"):  # of http.client
            return CallFailed("the token or an address has characters that cannot be sent")
        case GitlabError() | ValueError() | AttributeError():
            return CallFailed(STRANGE, passing=True)
    return None


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise CallFailed(STRANGE)
    return value


def words(failed: CallFailed) -> str:
    """A failure in words for the reviewer."""
    if failed.status is None:
        return failed.message
    if failed.status == 401:
        return "GitLab does not know the token, or it has expired (401)"
    # The texts of GitLab often start with the status.
    said = failed.message.removeprefix(str(failed.status)).strip()
    return f"GitLab answers {failed.status}" + (f": {said}" if said else "")


def part(text: str) -> str:
    """A name or path, quoted as one part of an API path."""
    return quote(text, safe="")
