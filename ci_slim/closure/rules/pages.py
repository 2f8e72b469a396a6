"""Keeps what kept pages of packages name: scripts, style sheets, pictures, fonts.

A probe asks for a page, and a browser then asks for what the page names. A script may load further
ones by names that stand in it, relative to itself or to its page.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Entry, Kind, ancestors

LEAST = 1_000_000
"""The most bytes of all named files. In a large image it is more: a fortieth of it. Small files
come first, and further pages last."""

_NAMES = 50_000  # names that are looked up, in the whole image
_PREFIX = 5  # the most folders of the prefix under which a server offers its files

_TEXT_MOST = 4 << 20
_PAGE = (".html", ".htm", ".xhtml")
_STYLE = (".css",)
_SCRIPT = (".js", ".mjs")
_ATTRIBUTE = re.compile(
    r"""\b(?:src|href|poster)\s{0,9}=\s{0,9}["']?(?P<name>[^"'\s<>{}`]{1,300})"""
)
_IN_STYLE = re.compile(r"""(?:\burl\(|@import\s)\s{0,9}["']?(?P<name>[^"'()\s<>{}`]{1,300})""")
_IN_SCRIPT = re.compile(
    r"""["'`](?P<name>[\w./@+~%-]{1,200}\.(?:m?js|css|json|wasm|svg|png|gif|jpe?g|webp|ico|woff2?"""
    r"""|ttf))["'`]"""
)
_ELSEWHERE = re.compile(r"//|[a-zA-Z][a-zA-Z0-9+.-]*:")
_DOCUMENTS = re.compile(r"/usr/(?:share|local/share)/(?:doc|gtk-doc|man)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    named: dict[Entry, tuple[str, str]] = {}
    names: dict[str, tuple[str, ...]] = {}  # by file: many pages name the same scripts
    for page in builder.files(fresh):
        if page.endswith((*_PAGE, *_STYLE)) and not _DOCUMENTS.match(page):
            for path, entry in _named_by(builder, page, names):
                named.setdefault(entry, (path, page))
    most = max(LEAST, builder.kept_bytes() // 40) if named else 0
    left_out = {}
    for entry in sorted(named, key=_order):
        path, page = named[entry]
        new = entry.path not in builder.reasons
        if new and not builder.spend("pages", entry.size, most):
            left_out[path] = entry.size
        else:
            builder.add(path, f"pages: named in {page}")
    builder.left_out.add_files("dropped_nearby", left_out)


def _order(entry: Entry) -> tuple[bool, int, str]:
    return entry.path.endswith(_PAGE), entry.size, entry.path


def _named_by(
    builder: KeepSetBuilder, page: str, names: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, Entry]]:
    """The files that a page or a style sheet names, and what its scripts and style sheets name."""
    todo = [page]
    while todo:
        path = todo.pop()
        if path not in names:
            names[path] = tuple(_names(builder, path))
        for name in names[path]:
            if not builder.spend("names in pages", 1, _NAMES):
                return
            found = _meant(builder, name, (posixpath.dirname(path), posixpath.dirname(page)))
            if found is not None:
                yield found
                named = found[1].path
                if named.endswith((*_STYLE, *_SCRIPT)) and builder.once(f"page {page}: {named}"):
                    todo.append(named)


def _names(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    text = builder.text(path, _TEXT_MOST)
    patterns = [_ATTRIBUTE, _IN_STYLE]
    if path.endswith((*_SCRIPT, *_STYLE)):
        patterns = [_IN_SCRIPT if path.endswith(_SCRIPT) else _IN_STYLE]
    for pattern in patterns:
        for name in dict.fromkeys(found["name"] for found in pattern.finditer(text)):
            if not _ELSEWHERE.match(name):
                yield unquote(re.split("[?#]", name, maxsplit=1)[0])


def _meant(builder: KeepSetBuilder, name: str, folders: Sequence[str]) -> tuple[str, Entry] | None:
    """The file that a name means: relative to one of the folders; or, if it begins with a slash,
    below one of the folders above, or without the prefix under which the server offers it."""
    if name.startswith("/"):
        words = name.strip("/").split("/")
        shorter = ("/".join(words[count:]) for count in range(1, min(len(words), _PREFIX + 1)))
        tries = [
            *(f"{above}/{name}" for here in folders for above in (here, *ancestors(here))),
            *(f"{folders[-1]}/{each}" for each in shorter),
        ]
    else:
        tries = [f"{here}/{name}" for here in folders]
    for path in dict.fromkeys(map(posixpath.normpath, tries)):
        entry = builder.entry(path)
        if entry is not None and entry.kind is Kind.FILE:
            return path, entry
    return None
