"""The probe kind `crawl`: the pages of a site, found by following links."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, http, keys
from ci_slim.probes.crawl_links import links
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judged import JudgedByStatus
from ci_slim.probes.model import DEFAULT_TIMEOUT, Compare, Expect

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
