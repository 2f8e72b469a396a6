"""The sources of probes for an image: one function for each, the best source first. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath

from ci_slim import probes
from ci_slim.errors import UsageError
from ci_slim.probes.openapi_document import read_document
from ci_slim.settings.document import Table, node_of
from ci_slim.settings.probes import expectation, read_probe
from ci_slim.start.addresses import Request, requests
from ci_slim.start.dockerfile_facts import DockerfileFacts
from ci_slim.start.proposal import ProposedProbe
from ci_slim.start.repository import README, Repository, is_api, is_json
from ci_slim.start.routes import routes

_WEB_PORTS = frozenset({80, 3000, 4000, 4567, 5000, 8000, 8008, 8080, 8081, 8082, 8888, 9000, 9292})
_WEB_BASES = re.compile(r"(?:^|/)(?:nginx|httpd|caddy|lighttpd|traefik)(?:[-:@].*)?$")
_PAGES = re.compile(r"(?:.*/)?(?:index|home)\.html?$")
_TEMPLATES = re.compile(
    r"(?:.*/)?(?:(?:templates|views|pages)/(?:.*/)?[^/]+\.(?:html?|tmpl|tpl|php|pug|slim|haml|ep)"
    r"|[^/]+\.(?:erb|ejs|hbs|mustache|jinja2?|j2|gohtml|twig|eta|liquid)|index\.php)"
)
_SERVES_OPENAPI = (
    (re.compile(r"(?mi)^[ \t]*[\"']?fastapi\b"), "/openapi.json", "FastAPI"),
    (re.compile(r"springdoc-openapi-starter"), "/v3/api-docs", "springdoc"),
)
_MORE = "add post, put, delete to send more"
_MOST = 12
"""Probes of one source."""
_MOST_DOCUMENTS = 5
"""Files below the folder of an image that are parsed, as they may be OpenAPI documents."""


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
            if key not in found and _is_valid(each.value):
                found[key] = each
    certain = tuple(found.values()) or tuple(_by_port(place))
    guesses = _guesses(repository, place, certain)
    return (*certain, *(each for each in guesses if _is_valid(each.value)))


def _is_valid(value: Mapping[str, object]) -> bool:
    """Whether the settings may have this probe. One odd request of a README must not spoil all.
    A probe that names a file is checked where it was found."""
    if "http" not in value:
        return True
    node = node_of(value, lambda keys: "")
    try:
        return isinstance(node, Table) and read_probe(node, lambda path: b"") is not None
    except UsageError:
        return False


def _guesses(
    repository: Repository, place: Place, certain: tuple[ProposedProbe, ...]
) -> Iterator[ProposedProbe]:
    """What only the source code shows: a crawl of a site with templates, and GET requests for
    routes that no other probe sends."""
    if not place.listens or any({"openapi", "file"} & each.value.keys() for each in certain):
        return
    asked = {path for each in certain for path in asked_paths(each.value, repository)}
    templates = sorted(path for path in _below(repository, place.folder) if _TEMPLATES.match(path))
    if templates and not any("crawl" in each.value for each in certain):
        asked.add("/")
        why = f"follows the links of the site ({templates[0]})"
        yield ProposedProbe({"crawl": "/"}, why, is_guess=True)
    plain = [each for each in routes(repository, place.folder) if each.is_plain]
    for route in [each for each in plain if each.path not in asked][:_MOST]:
        value = {"http": f"GET {route.path}"}
        yield ProposedProbe(value, f"a route in {route.where}", is_guess=True)


def asked_paths(probe: Mapping[str, object], repository: Repository) -> Iterator[str]:
    """The paths that a probe certainly asks for."""
    if "http" in probe:
        yield str(probe["http"]).partition(" ")[2]
    elif "crawl" in probe:
        yield str(probe["crawl"])
    elif "file" in probe:
        path = str(probe["file"])
        for each in _of_dockerslim(repository.texts.get(path, ""), path):
            if isinstance(each, probes.HttpProbe):
                yield each.path


def _probe_files(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """DockerSlim's probe files."""
    for path, text in repository.below(place.folder):
        if is_json(path) and '"commands"' in text and _of_dockerslim(text, path):
            yield ProposedProbe({"file": path}, "a probe file of DockerSlim")


def _of_dockerslim(text: str, path: str) -> tuple[probes.Probe, ...]:
    try:
        # A body of a file is checked when the settings are read.
        return tuple(probes.from_dockerslim(text, path, expectation, lambda name: b""))
    except UsageError:
        return ()


def _openapi(repository: Repository, place: Place) -> Iterator[ProposedProbe]:
    """Documents of the repository, or the framework's own."""
    if not place.listens:
        return
    named = ((path, text) for path, text in repository.below(place.folder) if is_api(path))
    for path, text in islice(named, _MOST_DOCUMENTS):
        if _is_openapi(text):
            value = {"openapi": path, "methods": ["get"]}
            yield ProposedProbe(value, f"the OpenAPI document; {_MORE}")
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


@lru_cache(maxsize=64)
def _is_openapi(text: str) -> bool:
    """Whether a text is an OpenAPI document. The images of a repository share its documents."""
    return read_document(text.encode("utf-8", "replace")) is not None


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
    below = sorted(path for path in _below(repository, place.folder) if _PAGES.match(path))
    if place.listens and (_WEB_BASES.search(place.facts.base) or below):
        why = (
            f"follows the links of the site ({below[0]})"
            if below
            else "follows the links of the site"
        )
        yield ProposedProbe({"crawl": "/"}, why)


def _below(repository: Repository, folder: str) -> Iterator[str]:
    return (path for path in repository.paths if folder == "." or path.startswith(f"{folder}/"))


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
