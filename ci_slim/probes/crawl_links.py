"""Finds the links of a page to other pages on the same server. Pure."""

import re
from html.parser import HTMLParser
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from ci_slim.probes.http import HttpProbe
from ci_slim.probes.model import Answer

LINKS_LIMIT = 1000
"""The most links taken from one page."""
_PATH_LIMIT = 2048
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_ATTRIBUTES = frozenset({"href", "src", "poster", "data", "background"})
_SETS = frozenset({"srcset", "imagesrcset"})
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)""", re.IGNORECASE)
_IMPORT = re.compile(r"""@import\s+(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


def links(probe: HttpProbe, answer: Answer) -> tuple[str, ...]:
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


def _url(probe: HttpProbe) -> str:
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
