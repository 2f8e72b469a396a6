"""The probe kind `crawl`: the pages of a site, found by following links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import ClassVar, Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, http, keys
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judged import JudgedByStatus
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

LINKS_LIMIT = 1000
"""The most links taken from one page."""
_PATH_LIMIT = 2048
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_ATTRIBUTES = frozenset({"href", "src", "poster", "data", "background"})
_SETS = frozenset({"srcset", "imagesrcset"})
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)""", re.IGNORECASE)
_IMPORT = re.compile(r"""@import\s+(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


KEYS: Section = keys.section(
    "crawl",
    Option("crawl", Type.TEXT, "the path of the page to start from"),
    keys.NAME, http.PROTOCOL, keys.PORT, http.HEADERS, http.USERNAME, http.PASSWORD,
    Option("depth", Type.COUNT, "how deep to follow links; the start page is 1", 3, most=10),
    Option("pages", Type.COUNT, "most pages", 1000, most=10000),
    keys.TIMEOUT,
    expect=keys.HTTP_EXPECT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CrawlProbe(JudgedByStatus):
    """Pages from `path` on. The start page has depth 1, as in DockerSlim. `pages` limits their
    number."""

    kind: ClassVar[str] = "crawl"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    path: str = "/"
    port: int | None = None
    protocol: str = "http"
    depth: int = 3
    pages: int = 1000
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    """For the start page. The other pages are compared with the fat image's answers."""
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """Its requests change nothing."""
        return True

    def exchange(self, way: Way) -> Exchange:
        """Send page after page. Each has its own answer."""
        crawl = Crawl.start(self)
        while (page := crawl.page) is not None:
            ran = yield http.request(page, way)
            found = http.answer(page, ran)
            crawl = crawl.after(links(page, found))
            yield Answered(page, found)

    def secrets(self) -> frozenset[str]:
        """The password, also in the form in which it is sent, and the headers that authenticate."""
        return http.secrets(self.headers, self.username, self.password)


def read(given: Given) -> CrawlProbe:
    """Make the probe from its settings."""
    path = fields.path(given["crawl"], given.where("crawl"))
    username, password = http.login(given)
    return CrawlProbe(
        name=keys.named(given, f"crawl {path}"),
        path=path,
        port=given["port"],
        protocol=given["protocol"],
        depth=given["depth"],
        pages=given["pages"],
        headers=given["headers"] or (),
        username=username,
        password=password,
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )


def page(probe: CrawlProbe, path: str) -> HttpProbe:
    """The request for one page of a crawl. Only the start page has the expectation. For the others
    any answer is accepted, even from a dead link, if the slim image gives the same."""
    return HttpProbe(
        name=f"GET {path}",
        path=path,
        protocol=probe.protocol,
        port=probe.port,
        headers=probe.headers,
        username=probe.username,
        password=probe.password,
        timeout=probe.timeout,
        expect=probe.expect if path == probe.path else Expect(status=tuple(range(100, 600))),
        repeat=probe.repeat,
        compare=probe.compare,
    )


def links(probe: CrawlProbe | HttpProbe, answer: Answer) -> tuple[str, ...]:
    """The paths (with query) on the same server that a page links to, in order, without repetition.

    They come from HTML, CSS and the Location of a redirect. Forms are not followed. A link to
    another scheme, host or port is left out, so a crawl never leaves the container.
    """
    base = answer.url or _url(probe)
    found: list[str] = []
    if location := answer.headers.get("location", ""):
        found.append(location)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    text = answer.body.decode(errors="replace")
    if kind == "text/css":
        found += _css(text)
    elif "html" in kind or (not kind and text.lstrip().startswith("<")):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        found += reader.found
        base = _joined(base, reader.base) if reader.base else base
    hosts = {_origin(urlsplit(answer.url or _url(probe)))}
    asked = next((value for name, value in probe.headers if name.lower() == "host"), "")
    scheme, _, port = next(iter(hosts))
    hosts |= {(scheme, name, port) for name in ("127.0.0.1", "localhost")}
    if asked:
        hosts.add(_origin(urlsplit(f"{scheme}://{asked}")))
        hosts.add((scheme, asked.partition(":")[0].lower(), port))
    paths = (_path(base, link, hosts) for link in found[:LINKS_LIMIT])
    return tuple(dict.fromkeys(path for path in paths if path))


@dataclass(frozen=True, slots=True)
class Crawl:
    """The state of a crawl, as a value. `after` gives the next state.

    crawl = Crawl.start(probe)
    while next_page := crawl.page: …send it…; crawl = crawl.after(links(next_page, answer))
    """

    probe: CrawlProbe
    pending: tuple[tuple[str, int], ...]
    """Path and depth of the pages to come. The first is the current page."""
    seen: frozenset[str]

    @classmethod
    def start(cls, probe: CrawlProbe) -> Self:
        """The state before the start page."""
        return cls(probe, ((probe.path, 1),), frozenset({probe.path}))

    @property
    def page(self) -> HttpProbe | None:
        """The current page, or None if the crawl is over."""
        return page(self.probe, self.pending[0][0]) if self.pending else None

    def after(self, found: Iterable[str]) -> Self:
        """The state after the current page, which links to the paths `found`."""
        depth = self.pending[0][1] + 1
        room = self.probe.pages - len(self.seen) if depth <= self.probe.depth else 0
        new = [path for path in dict.fromkeys(found) if path not in self.seen][: max(room, 0)]
        return replace(
            self,
            pending=(*self.pending[1:], *((path, depth) for path in new)),
            seen=self.seen.union(new),
        )


class _Reader(HTMLParser):
    """Collects the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.base = ""
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if tag == "base":
            self.base = self.base or given.get("href", "")
            return
        self._style = tag == "style"
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.found += _REFRESH.findall(given.get("content", ""))
        for name, value in given.items():
            if name in _ATTRIBUTES:
                self.found.append(value)
            elif name in _SETS:
                self.found += [each.split()[0] for each in value.split(",") if each.split()]
            elif name == "style":
                self.found += _css(value)

    def handle_endtag(self, tag: str) -> None:
        self._style = self._style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._style:
            self.found += _css(data)


def _css(text: str) -> list[str]:
    matches = (*_URL.finditer(text), *_IMPORT.finditer(text))
    named = ((match.start(), next(filter(None, match.groups()), "")) for match in matches)
    return [link for _, link in sorted(named) if link]


def _url(probe: CrawlProbe | HttpProbe) -> str:
    scheme = "https" if probe.protocol in ("https", "http2") else "http"
    port = f":{probe.port}" if probe.port else ""
    return f"{scheme}://127.0.0.1{port}{probe.path}"


def _joined(base: str, link: str) -> str:
    """The absolute address of a link, or "" if it is not a link."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def _origin(address: SplitResult) -> tuple[str, str, int]:
    scheme = address.scheme.lower()
    try:
        port = address.port
    except ValueError:
        port = -1
    default = 443 if scheme == "https" else 80
    return scheme, (address.hostname or "").lower(), default if port is None else port


def _path(base: str, link: str, origins: set[tuple[str, str, int]]) -> str:
    """The path of a link on one of `origins`, or "" if it leads elsewhere."""
    try:
        address = urlsplit(_joined(base, link))
    except ValueError:
        return ""
    if address.scheme not in ("http", "https") or _origin(address) not in origins:
        return ""
    written = (address.path or "/") + (f"?{address.query}" if address.query else "")
    if "/.." in address.path or any(ord(sign) < 0x20 for sign in written):
        return ""
    path = quote(written, safe=_PRINTABLE)
    return path if len(path) <= _PATH_LIMIT else ""
