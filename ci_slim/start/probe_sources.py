"""The sources of probes for an image: one function for each, the best source first. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ci_slim import probes
from ci_slim.errors import UsageError
from ci_slim.settings import document
from ci_slim.settings.probes import expectation
from ci_slim.start.addresses import Request, requests
from ci_slim.start.dockerfile_facts import DockerfileFacts
from ci_slim.start.proposal import ProposedProbe
from ci_slim.start.repository import README, Repository, is_api, is_json
from ci_slim.start.routes import routes

_WEB_PORTS = frozenset({80, 3000, 4000, 4567, 5000, 8000, 8008, 8080, 8081, 8082, 8888, 9000, 9292})
_WEB_BASES = re.compile(r"(?:^|/)(?:nginx|httpd|caddy|lighttpd|traefik)(?:[-:@].*)?$")
_PAGES = re.compile(r"(?:.*/)?(?:index|home)\.html?$")
_SERVES_OPENAPI = (
    (re.compile(r"(?mi)^\s*[\"']?fastapi\b"), "/openapi.json", "FastAPI"),
    (re.compile(r"springdoc-openapi-starter"), "/v3/api-docs", "springdoc"),
)
_MORE = "add post, put, delete to send more"
_MOST = 12
"""Probes of one source."""


@dataclass(frozen=True, slots=True)
class Place:
    """An image as its probes see it: the folder of its code, and where it listens. `published` is
    the machine's port → the container's; `health` is what a health check asks."""

    folder: str
    facts: DockerfileFacts
    published: Mapping[int, int]
    health: Request | None

    @property
    def listens(self) -> tuple[int, ...]:
        """The ports of the container, the main one first."""
        health = (self.health.port,) if self.health and self.health.port != 80 else ()
        return tuple(dict.fromkeys((*self.facts.ports, *self.published.values(), *health)))

    @property
    def run(self) -> Mapping[str, object]:
        """The keys of `run` about readiness."""
        if self.health is None or self.health.tls:
            return {}
        ready: dict[str, object] = {"http": self.health.path}
        if self.health.port in self.listens and self.health.port != self.listens[0]:
            ready["port"] = self.health.port
        return {"ready": ready}

    def inside(self, port: int) -> int | None:
        """The container's port for a port in a document; None if the image does not have it."""
        if port in self.published:
            return self.published[port]
        if port in self.listens:
            return port
        return None

    def at(self, port: int) -> Mapping[str, object]:
        """`port` for a probe, if it is not the main one."""
        return {} if port == self.listens[0] else {"port": port}


def proposed_probes(repository: Repository, place: Place) -> tuple[ProposedProbe, ...]:
    """The probes of an image, each once."""
    found: dict[str, ProposedProbe] = {}
    for source in SOURCES:
        for each in source(repository, place):
            key = json.dumps(each.value, sort_keys=True, default=str)
            found.setdefault(key, each)
    certain = tuple(found.values()) or tuple(_by_port(place))
    return (*certain, *_guesses(repository, place, certain))


def _guesses(
    repository: Repository, place: Place, certain: tuple[ProposedProbe, ...]
) -> Iterator[ProposedProbe]:
    """GET requests for routes in the source code that no other probe sends."""
    if not place.listens or any({"openapi", "file"} & each.value.keys() for each in certain):
        return
    asked = {str(each.value.get("http", "")).partition(" ")[2] for each in certain} | {"/"}
    plain = [each for each in routes(repository, place.folder) if each.is_plain]
    for route in [each for each in plain if each.path not in asked][:_MOST]:
        value = {"http": f"GET {route.path}"}
        yield ProposedProbe(value, f"a route in {route.where}", is_guess=True)


def _probe_files(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """DockerSlim's probe files."""
    for path, text in repository.below(place.folder):
        if not is_json(path) or '"commands"' not in text or not _sound(text, path):
            continue
        yield ProposedProbe({"file": path}, "a probe file of DockerSlim")


def _sound(text: str, path: str) -> bool:
    try:
        # A body of a file is checked when the settings are read.
        return bool(probes.from_dockerslim(text, path, expectation, lambda name: b""))
    except UsageError:
        return False


def _openapi(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """Documents of the repository, or the framework's own."""
    if not place.listens:
        return
    for path, text in repository.below(place.folder):
        if path.endswith(".json") and is_api(path) and _is_openapi(_parsed(text)):
            value = {"openapi": path, "methods": ["get"]}
            yield ProposedProbe(value, f"the OpenAPI document; {_MORE}")
            return
        if is_api(path) and not path.endswith(".json"):
            yield from _operations(path, text)
            return
    for path, text in repository.below(place.folder):
        if PurePosixPath(path).suffix not in (".txt", ".toml", ".xml", ".gradle"):
            continue
        for pattern, address, framework in _SERVES_OPENAPI:
            if pattern.search(text):
                value = {"openapi": address, "methods": ["get"]}
                why = f"{framework} serves its OpenAPI document there; {_MORE}"
                yield ProposedProbe(value, why)
                return


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_openapi(value: object) -> bool:
    return isinstance(value, Mapping) and bool({"openapi", "swagger"} & value.keys())


def _operations(path: str, text: str) -> Iterator[ProposedProbe]:
    """The GET operations of a document in YAML that need no parameter."""
    try:
        read = document.read(text.replace("${", "$${"), path, {})
        root = document.plain(read) if read is not None else None
    except UsageError:
        return
    paths = root.get("paths") if isinstance(root, Mapping) else None
    count = 0
    for name, item in paths.items() if isinstance(paths, Mapping) else ():
        if not isinstance(item, Mapping) or "get" not in item or count == _MOST:
            continue
        if re.fullmatch(r"/[A-Za-z0-9_./~-]*", name):
            count += 1
            yield ProposedProbe({"http": f"GET {name}"}, f"an operation of {path}")


def _health(_: Repository, place: Place) -> Iterator[ProposedProbe]:
    if place.health is not None and place.listens:
        port = place.inside(place.health.port) or place.listens[0]
        yield ProposedProbe(_http(place.health, place, port), "the health check")


def _readme(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """Commands and links of the README of its folder, and of the top."""
    folders = {place.folder, "."}
    count = 0
    for path, text in repository.named(README):
        if str(PurePosixPath(path).parent) not in folders:
            continue
        for each in requests(text):
            port = place.inside(each.port)
            if port is not None and count < _MOST:
                count += 1
                yield ProposedProbe(_http(each, place, port), f"from {path}")


def _crawl(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """A crawl, if the site has its own pages."""
    pages = [path for path in sorted(repository.paths) if _PAGES.match(path)]
    below = [path for path in pages if place.folder == "." or path.startswith(f"{place.folder}/")]
    if place.listens and (_WEB_BASES.search(place.facts.base) or below):
        why = (
            f"follows the links of the site ({below[0]})"
            if below
            else "follows the links of the site"
        )
        yield ProposedProbe({"crawl": "/"}, why)


def _http(request: Request, place: Place, port: int) -> Mapping[str, object]:
    value: dict[str, object] = {"http": f"{request.method} {request.path}"}
    if request.headers:
        value["headers"] = dict(request.headers)
    if request.body:
        value["body"] = request.body
    if request.tls:
        value["protocol"] = "https"
    return {**value, **place.at(port)}


def _by_port(place: Place) -> Iterator[ProposedProbe]:
    """A probe for a server of which only the port is known."""
    for port in place.facts.ports[:1] or place.listens[:1]:
        if port == 6379:
            value: dict[str, object] = {"tcp": port, "send": "PING\r\n", "expect": {"body": "PONG"}}
            yield ProposedProbe(value, "Redis answers this")
        elif port in _WEB_PORTS:
            value = {"http": "GET /", "expect": {"status": ["2xx", "3xx", "4xx"]}}
            yield ProposedProbe(
                value, "the port of a web server; replace it with what your users do"
            )
        else:
            yield ProposedProbe(
                {"tcp": port}, "the port accepts connections; add what is sent there"
            )


SOURCES: tuple[Callable[[Repository, Place], Iterator[ProposedProbe]], ...] = (
    _probe_files,
    _openapi,
    _health,
    _readme,
    _crawl,
)
