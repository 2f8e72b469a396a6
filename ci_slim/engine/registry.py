"""A registry: manifests, indexes, configs and blobs, through the OCI distribution API 1.1.

Sources: github.com/opencontainers/distribution-spec, and Docker's token authentication
(distribution.github.io/distribution/spec/auth/token). Nothing is trusted: every document and blob
is checked against its digest and size.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, Self

import requests

from ci_slim.certificates import ca_bundle
from ci_slim.engine import endpoint, transfer
from ci_slim.engine.authorizer import ANSWER_LIMIT, Authorizer, Rights, as_object
from ci_slim.engine.login import Login, login
from ci_slim.engine.transfer import BROKEN, Body, Clock, Transfer, is_loopback, origin
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.manifest import Descriptor
from ci_slim.image.reference import DOCKER_HUB, ImageName

MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_HUB_HOST = "registry-1.docker.io"
_BLOB_TRIES = 4
_TAGS_SHOWN = 20
_MESSAGE_LENGTH = 300


class Registry:
    """One registry, as a context manager. `host` is `name[:port]`."""

    def __init__(
        self,
        host: str,
        who: Callable[[], Login | None] = lambda: None,
        clock: Clock | None = None,
        *,
        rights: Rights = "pull",
        insecure: Callable[[], bool] = lambda: False,
        bundle: str | None = None,
    ) -> None:
        self.host = host
        self._insecure = insecure
        self._rights = rights
        self._server = _HUB_HOST if host == DOCKER_HUB else host
        self._http = Transfer(clock or Clock(), bundle)
        self._base = ""
        self._tokens = Authorizer(self._http, who, rights, self._denied)

    @classmethod
    def of(cls, host: str, environment: Mapping[str, str], rights: Rights = "pull") -> Self:
        """The registry with the login that Docker has for it. The login is read only if it is
        needed."""
        return cls(
            host,
            lambda: login(host, environment),
            rights=rights,
            insecure=functools.partial(endpoint.is_insecure, host, environment),
            bundle=ca_bundle(environment),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # -- what it holds ------------------------------------------------------------------------

    def manifest(self, name: ImageName) -> bytes:
        """The manifest or index of a tag or digest, as it was pushed. Raises UsageError if there is
        none."""
        response = self.ask(name.repository, f"manifests/{name.wanted}", {"Accept": MANIFESTS})
        if response.status_code == requests.codes.not_found:
            response.close()
            raise UsageError(
                f"the registry has no {name}", where=self._url(""), hint=self._instead(name)
            )
        self._refuse_failed(response, name)
        raw = self._http.text(response, documents.SIZE_LIMIT)
        if name.digest and _digest(name.digest, raw) != name.digest:
            raise EngineError(f"the registry sent another document for {name}", where=self._url(""))
        return raw

    def document(self, name: ImageName, descriptor: Descriptor) -> bytes:
        """The bytes of a small blob, such as a config."""
        if descriptor.size > documents.SIZE_LIMIT:
            documents.refuse(f"{descriptor.digest} has {descriptor.size} bytes", str(name))
        return b"".join(self.blob(name, descriptor))

    def blob(self, name: ImageName, descriptor: Descriptor) -> Iterator[bytes]:
        """A blob in pieces. After an interruption the download continues where it stopped. Raises
        EngineError at the end if the bytes do not match the digest, so do not use them before the
        end."""
        hashed = hashlib.new(descriptor.digest.partition(":")[0])
        done, tries = 0, _BLOB_TRIES
        while tries and (done < descriptor.size or tries == _BLOB_TRIES):
            tries -= 1
            try:
                for piece in self._part(name, descriptor, done):
                    done += len(piece)
                    hashed.update(piece)
                    yield piece
            except BROKEN as error:
                if not tries:
                    raise transfer.unreachable(self._url(""), error) from None
        if done != descriptor.size or hashed.hexdigest() != descriptor.digest.partition(":")[2]:
            raise EngineError(
                f"the blob {descriptor.digest} of {name} arrived damaged ({done} of "
                f"{descriptor.size} bytes)",
                where=self._url(""),
                hint="run again; if the error stays, push the image again",
            )

    def tags(self, repository: str) -> tuple[str, ...]:
        """Some tags of a repository, sorted. Empty if the registry does not list them."""
        try:
            response = self.ask(repository, f"tags/list?n={_TAGS_SHOWN}", {})
            if response.status_code != requests.codes.ok:
                response.close()
                return ()
            found = as_object(self._http.text(response, ANSWER_LIMIT)).get("tags")
        except EngineError:
            return ()
        return tuple(sorted(map(str, found[:_TAGS_SHOWN]))) if isinstance(found, list) else ()

    # -- how it is asked ----------------------------------------------------------------------

    def _part(self, name: ImageName, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        response = self.ask(name.repository, f"blobs/{descriptor.digest}", headers)
        self._refuse_failed(response, name)
        if start and response.status_code != requests.codes.partial_content:
            response.close()
            raise EngineError("cannot continue in the middle of a blob", where=self._url(""))
        yield from self._http.body(response, descriptor.size - start)

    def ask(
        self,
        repository: str,
        what: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: Body = None,
        tries: int = 4,
    ) -> requests.Response:
        """Send a request. Returns the answer, whatever its status. Authenticates once if the
        registry requires it.

        `what` is a path below the repository, or the whole URL that the registry gave for an
        upload.
        """
        url = what if "://" in what else self._url(f"{repository}/{what}")
        # The address for an upload may belong to another server.
        own = origin(url) == origin(self._base)
        known = self._tokens.known(repository) if own else ""
        send = functools.partial(
            self._http.send, url, headers or {}, method=method, body=body, tries=tries
        )
        response = send(known)
        if response.status_code == requests.codes.unauthorized and own:
            offered = response.headers.get("WWW-Authenticate", "")
            response.close()
            response = send(self._tokens.authorize(repository, offered, self._base))
        return response

    def text(self, response: requests.Response) -> bytes:
        """The whole of a short answer. Raises EngineError if it is too long or truncated."""
        return self._http.text(response, documents.SIZE_LIMIT)

    def pause(self, number: int, asked: float = 0.0) -> None:
        """Wait before a repeated try, as `Transfer.pause`."""
        self._http.pause(number, asked)

    def refused(self, response: requests.Response, what: str) -> NoReturn:
        """Raise an answer that is not a success as an error."""
        self._refuse_failed(response, what)
        raise EngineError(
            f"answers {response.status_code} for {what}",
            where=self._url(""),
            hint="it does not accept layers of this size"
            if response.status_code == requests.codes.request_entity_too_large
            else "check whether it is a registry",
        )

    def _url(self, path: str) -> str:
        """The URL of a path. If TLS is not answered, plain HTTP is used for this machine and for
        registries that Docker is configured to trust without TLS."""
        if not self._base:
            self._base = f"https://{self._server}"
            try:
                self._http.send(f"{self._base}/v2/", {}, tries=1).close()
            except EngineError:
                if is_loopback(self._server) or self._insecure():
                    self._base = f"http://{self._server}"
        return f"{self._base}/v2/{path}"

    # -- what goes wrong ----------------------------------------------------------------------

    def _denied(self, problem: str) -> NoReturn:
        raise EngineError(
            f"the registry {self.host}: {problem}",
            where=self._url(""),
            hint=f"run `docker login {self.host}` with a user who may {self._do} the image, and "
            "check the name",
        )

    @property
    def _do(self) -> str:
        return "read" if self._rights == "pull" else "push"

    def _refuse_failed(self, response: requests.Response, name: ImageName | str) -> None:
        status = response.status_code
        if status in (requests.codes.ok, requests.codes.partial_content):
            return
        said = _message(self._http.text(response, ANSWER_LIMIT))
        if status in (requests.codes.unauthorized, requests.codes.forbidden):
            repository = name if isinstance(name, str) else name.repository
            self._denied(f"does not allow to {self._do} {repository}{said}")
        raise EngineError(
            f"answers {status} for {name}{said}",
            where=self._url(""),
            hint="run again later" if status in transfer.BUSY else "check whether it is a registry",
        )

    def _instead(self, name: ImageName) -> str:
        tags = [] if name.digest else [tag for tag in self.tags(name.repository) if tag]
        if tags:
            return f"there is {', '.join(tags)}"
        return "check the name, and whether the image was pushed"


def _digest(like: str, data: bytes) -> str:
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def _message(raw: bytes) -> str:
    """The registry's message about an error: `: manifest invalid`, or nothing."""
    errors = as_object(raw).get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    said = first.get("message") if isinstance(first, dict) else None
    return f": {said[:_MESSAGE_LENGTH]}" if isinstance(said, str) and said else ""
