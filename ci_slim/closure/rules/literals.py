"""Keeps files whose paths are written in other files: in the application's own files, in
configuration, in scripts that ran and in programs that were executed.

Examples are a page for errors, a document root, an `include`, a script that is sourced, and the
style sheet of a page. Their names are written somewhere before anybody asks for them.
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
from ci_slim.closure.rules.script import INTERPRETER
from ci_slim.image.files import Entry, Kind

MOST = 2_000_000
"""Bytes of named files that are kept. For a large image it is more: a twentieth of the image."""

_TEXT_MOST = 1 << 20  # a larger text is data
_PROGRAM_MOST = 1 << 26
_NAMES = 500_000  # names of files that are compared with patterns, in the whole image
_TREE_MOST, _TREE_FILES = 1_000_000, 300
_TEXT = re.compile(
    r"/[\w@+%~.*?/-]+|[\w@+%~.*?-]+(?:/[\w@+%~.*?-]+)+|[\w@+-][\w@+.-]*\.[A-Za-z]\w{0,9}(?![\w/])"
)
_NO_NAME = re.compile(r"[\w@+%~.*?-]{256,}")
"""A word that is longer than a name can be (NAME_MAX of Linux): data, such as an encoded picture.
`_TEXT` would try each of its characters as the start of a name, and take hours for 600 kB."""
_WILDCARD = re.compile(r"[*?]")
_BYTES = re.compile(rb"/(?:etc|usr|opt|srv|var|home|lib|bin|sbin|app|data)/[\w@+%~./-]{2,200}")
_NEVER = re.compile(
    r"/(?:proc|sys|dev|tmp|run|boot)(?:/|$)|/usr/(?:share/(?:doc|man|info|lintian|bug)|include"
    r"|src)/|/var/(?:lib/(?:dpkg|apt)|cache)/|/(?:usr/)?s?bin/(?:login|su|sulogin|a?getty|init)$"
)
_SHARED = re.compile(
    r"/[^/]*|/usr/[^/]*(?:/[^/]*-linux-[^/]*)?|/usr/local/[^/]*|/var/[^/]*|/usr/lib/[^/]*"
    r"|/etc/(?:init\.d|cron\..*|rc.*|default|profile\.d|alternatives|systemd|ssl|security|skel)"
    r"|/usr/share/(?:perl5?|locale|zoneinfo|i18n|icons|fonts|mime|misc|applications|nodejs|php"
    r"|ruby.*|javascript|python3?|java|lua|tcltk|doc|man|bash-completion|dict)"
)
"""Folders that many programs share. A name of such a folder does not mean that its content is
needed."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    """Configuration of a package names interpreters to tell which files are scripts, as a list of
    types does. What is executed or is the user's means them."""
    wanted: dict[str, str] = {}
    for path in builder.files(fresh):
        entry = builder.index[path]
        if _may_name_files(builder, entry) and builder.once(f"literals {path}"):
            known = builder.is_own_or_started(path)
            for found in _named(builder, entry):
                if known or not INTERPRETER.fullmatch(posixpath.basename(found)):
                    wanted.setdefault(found, path)
    _add_wanted(builder, wanted)


def _may_name_files(builder: KeepSetBuilder, entry: Entry) -> bool:
    """Whether the paths that this file names are likely to be needed."""
    path = entry.path
    if entry.size == 0 or entry.size > _PROGRAM_MOST or _NEVER.match(path):
        return False
    if builder.is_own_or_started(path):
        return True
    if posixpath.basename(path).startswith("README"):
        return False  # what it names is advice for people
    return path.startswith("/etc/") and entry.size <= _TEXT_MOST and not _is_for_system(path)


def _is_for_system(path: str) -> bool:
    """Whether this is configuration of the system, not of a service."""
    return path.startswith(("/etc/ssl/", "/etc/ld.so.", "/etc/alternatives/", "/etc/java")) or (
        path.count("/") == 2
    )


def _named(builder: KeepSetBuilder, entry: Entry) -> Iterator[str]:
    head = builder.head(entry.path)
    if head.startswith(b"\x7fELF"):
        data = builder.contents.read(entry.path)
        for name in dict.fromkeys(_BYTES.findall(data)):
            path = name.decode("ascii", "replace")
            real = builder.index.resolve(path).path
            if real is not None and builder.index[real].kind is Kind.FILE:
                yield path
        return
    if entry.size > _TEXT_MOST or b"\0" in head:
        return
    here = posixpath.dirname(entry.path)
    workdir = str(builder.config.get("WorkingDir") or "/")
    own = entry.path in builder.application
    for name in dict.fromkeys(_TEXT.findall(_NO_NAME.sub(" ", builder.text(entry.path)))):
        yield from _meant(builder, name, here, workdir)
        folder = posixpath.dirname(name)
        if own and folder not in ("", "/") and name.startswith("/") and not builder.exists(name):
            builder.add(folder, f"literals: for a file that {entry.path} names")


def _meant(builder: KeepSetBuilder, name: str, here: str, workdir: str) -> Iterator[str]:
    """The paths of the image that a name in a file of the folder `here` may mean."""
    if name.startswith("/") and _exists(builder, name):
        yield from _found(builder, name)
        return
    relative = name.lstrip("/")  # `__DIR__ . "/x"`, `/x` of a site
    for folder in dict.fromkeys((here, workdir, posixpath.dirname(here))):
        path = posixpath.normpath(posixpath.join(folder, relative))
        if folder != "/" and _exists(builder, path):
            yield from _found(builder, path)
            return


def _exists(builder: KeepSetBuilder, path: str) -> bool:
    if "*" in path or "?" in path:
        return builder.exists(posixpath.dirname(path)) and path.count("/") > 2
    return builder.exists(path)


def _found(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    if "*" not in path and "?" not in path:
        yield path
        return
    folder, pattern = posixpath.split(path)
    if not _SHARED.fullmatch(folder):
        real = builder.index.resolve(folder).path or folder
        for each in builder.starting(f"{real}/{_WILDCARD.split(pattern)[0]}"):
            if not builder.spend("names", 1, _NAMES):
                return
            if fnmatch.fnmatchcase(posixpath.basename(each), pattern):
                yield each


def _add_wanted(builder: KeepSetBuilder, wanted: dict[str, str]) -> None:
    most = max(MOST, builder.kept_bytes() // 20) if wanted else 0
    for path, by in wanted.items():
        files = [each for each in _files(builder, path) if each not in builder.reasons]
        if not files or _NEVER.match(path):
            continue
        total = weight(builder, files)
        if not builder.spend("literals", total, most):
            builder.left_out.add(LeftOut("literal_dropped", path, total, (path,)))
            continue
        for each in (path, *files):
            builder.add(each, f"literals: named in {by}")


def _files(builder: KeepSetBuilder, path: str) -> tuple[str, ...]:
    """The file that a path leads to, or the files below a folder that is small and not shared."""
    real = builder.index.resolve(path).path
    if real is None or _NEVER.match(real + "/"):
        return ()
    entry = builder.index[real]
    if entry.kind is Kind.FILE:
        return (real,)
    if entry.kind is not Kind.DIR or _SHARED.fullmatch(real):
        return ()
    weight, found = 0, []
    for each in builder.index.descendants(real):
        if builder.index[each].kind is Kind.FILE:
            weight += builder.index[each].size
            found.append(each)
            if weight > _TREE_MOST or len(found) > _TREE_FILES:
                return ()
    return tuple(found)
