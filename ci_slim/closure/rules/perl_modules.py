"""Perl: keeps what own files and kept modules load late, in a subroutine or by a class name.

A name that ends at a folder of modules ("Template::Plugin") is the start of a longer name.
"""

import itertools
import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules import plugins
from ci_slim.closure.rules.brought import weight
from ci_slim.closure.rules.system_data import ZONE
from ci_slim.image.files import Kind

FOLDER_MOST = 300_000
"""The most bytes of modules directly in a folder that are all kept if a name ends at that folder,
or is put together from the name of the folder and a variable."""

LIBRARY_MOST = 500_000
"""The most bytes of the compiled part of a module that is kept if only a library names the module.
Encode, for example, names the tables of all its encodings."""

SHARED_MOST = 500_000
"""The most bytes of files that a distribution shares. Small ones come first."""

OWN_MOST = 20_000_000
"""The same limit for a module that an own file names."""

_FILE = (".pm", ".pl", ".psgi", ".cgi", ".t")
_ROOTS = 300  # the most folders of modules
_ROOT = re.compile(
    r"/etc/perl|/.*/perl-base|/.*/perl5?(?:/\d[\d.]*)?|/.*/(?:vendor|site)_perl(?:/\d[\d.]*)?(?:/[^/]+)?"
    r"|/.*/lib/perl5(?:/[^/]+-linux[^/]*)?"
)
_USED = re.compile(
    r"(?:^|[{;])[^\S\n]*+(?:use|require|no)\s++([A-Za-z_]\w*(?:::\w+)*)|\brequire\s++([A-Z]\w*(?:::\w+)*)",
    re.M,
)
_AT_ONCE = re.compile(r"^use\s+([A-Za-z_]\w*(?:::\w+)*)", re.M)
"""Names without which the file itself cannot be loaded."""

_PARENTS = re.compile(r"^[^\S\n]*+use\s++(?:parent|base|Mojo::Base)\s[^;]{0,1000}+;", re.M)
_CLASS = re.compile(r"\b([A-Z]\w*(?:::\w+)+)\b")
_QUOTED = re.compile(r"""["']\+?([A-Z]\w*(?:::\w+)+)(?:::)?["'\s]""")
_STARTED = re.compile(r"""(?<![\w:])([A-Z]\w*+(?:::\w++)*+)::(?:\$[\w{]|["']\s{0,9}+\.)""")
"""The start of a name whose end is in a variable: `require Wiki::Setup::$kind`,
`"Wiki::Plugin::" . $name`."""

_IN_MEMORY = re.compile(r"\bopen\b[^;\n]{0,200},\s{0,200}+\\")
_TABLE = re.compile(r"^[^\S\n]*+'([\w-]++)'\s*+=>\s*+'(Encode::\w++)'", re.M)
_ENCODING = re.compile(r"""["'(]([A-Za-z][\w-]*)["')]""")
_DOCUMENT = re.compile(r"^=\w+.*?(?:^=cut\b[^\n]*|\Z)", re.M | re.S)
_DISTRIBUTION = re.compile(r"""["']([A-Z]\w*(?:-\w+)*)["']""")
_PART = re.compile(r"""["']([A-Z]\w*)["']""")
_WORDS = re.compile(r"\bqw\s*[({/\[|]([^)}/\]|]{1,1000})")
_TO_COMPILE = (".a", ".h", ".ld", ".xst")
"""Files beside a compiled part that only the compiler of another module reads."""

_END = re.compile(r"^__(?:END|DATA)__", re.M)
_TESTS = re.compile(
    r"/(?:t|Test|Tests)/|/Test2?[./]|/Pod/|/CPAN/|/ExtUtils/|/Module/Build"
    r"|/Devel/|/B/|/CLI[/.]"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        own = path in builder.application or path in builder.started
        if (
            path.endswith((".pm", ".cgi", ".psgi"))
            or (own and path.endswith(_FILE))
            or builder.is_script(path, b"perl")
        ):
            _follow(builder, path)


def _follow(builder: KeepSetBuilder, path: str) -> None:
    text = _DOCUMENT.sub("", builder.text(path))
    if ends := _END.search(text):
        text = text[: ends.start()]
    core = "/perl-base/" in path
    names = [first or second for first, second in _USED.findall(text)]
    for parents in _PARENTS.findall(text):
        names += re.findall(r"[A-Za-z_]\w*(?:::\w+)*", parents)
    own = path in builder.application
    roots = _roots(builder)
    if ":encoding(" in text:
        names += ["Encode", "PerlIO", "PerlIO::encoding"]
    if _IN_MEMORY.search(text):
        names += ["PerlIO", "PerlIO::scalar"]
    if own:
        names += [f"DateTime::TimeZone::{zone.replace('/', '::')}" for zone in ZONE.findall(text)]
    if own and ("Encode" in text or ":encoding(" in text):
        names += _encodings(builder, roots, text)
    quoted = (_CLASS if own else _QUOTED).findall(text) if not core else []
    if own:
        here = posixpath.dirname(path)
        roots = (here, f"{here}/lib", f"{posixpath.dirname(here)}/lib", *roots)
    most = OWN_MOST if own else LIBRARY_MOST
    at_once = set(_AT_ONCE.findall(text))
    for name in dict.fromkeys((*names, *quoted)):
        if name in at_once or not _TESTS.search(f"/{name.replace('::', '/')}."):
            _add_module(builder, roots, name, path, most)
    for name in dict.fromkeys(_STARTED.findall(text) if not core else ()):
        _add_started(builder, roots, name, path, text)
    for name in dict.fromkeys(quoted):
        _add_folder(builder, roots, name, path)
    _add_parts(builder, roots, path, text)
    if "ShareDir" in text or "dist_file" in text:
        _add_shared(builder, roots, path, text)


def _add_shared(builder: KeepSetBuilder, roots: Sequence[str], path: str, text: str) -> None:
    """Keep the files of a distribution that a module looks up with File::ShareDir."""
    for name in dict.fromkeys(_DISTRIBUTION.findall(text)):
        for folder in (f"{root}/auto/share/dist/{name}" for root in roots):
            if folder in builder.index and builder.once(f"perl share {folder}"):
                files = builder.files(builder.index.descendants(folder))
                builder.add_small(files, SHARED_MOST, f"perl modules: {name} is named in {path}")


def _add_parts(builder: KeepSetBuilder, roots: Sequence[str], path: str, text: str) -> None:
    """Keep the modules below a module whose last names it lists: it loads one of `XS` and `PP`."""
    words = [*_PART.findall(text), *_listed(text)]
    inside = next((root for root in roots if path.startswith(f"{root}/")), None)
    if inside is None or not path.endswith(".pm"):
        return
    name = path[len(inside) + 1 :].removesuffix(".pm").replace("/", "::")
    for word in dict.fromkeys(words):
        if f"{path.removesuffix('.pm')}/{word}.pm" in builder.index:
            _add_module(builder, roots, f"{name}::{word}", path, LIBRARY_MOST)


def _encodings(builder: KeepSetBuilder, roots: Sequence[str], text: str) -> list[str]:
    """The modules of the encodings that a text names, by the table in Encode/Config.pm."""
    tables = (builder.text(f"{root}/Encode/Config.pm") for root in roots)
    modules = {name.lower(): module for table in tables for name, module in _TABLE.findall(table)}
    return [modules[name.lower()] for name in _ENCODING.findall(text) if name.lower() in modules]


def _add_module(
    builder: KeepSetBuilder, roots: Sequence[str], name: str, path: str, most: int
) -> None:
    """Keep a module with its compiled part, if that part and the libraries that it needs have no
    more than `most` bytes."""
    file = name.replace("::", "/")
    for root in roots:
        module = f"{root}/{file}.pm"
        if module in builder.index:
            compiled = [
                each
                for each in builder.index.children(f"{root}/auto/{file}")
                if builder.index[each].kind is not Kind.DIR and not each.endswith(_TO_COMPILE)
            ]
            wanted = (module, *compiled)
            if builder.reasons.keys() >= set(wanted):
                return
            total = weight(builder, compiled)
            if total <= most:
                for each in wanted:
                    builder.add(each, f"perl modules: named in {path}")
            else:
                builder.left_out.add(LeftOut("literal_dropped", module, total, wanted))
            return


def _add_started(
    builder: KeepSetBuilder, roots: Sequence[str], name: str, path: str, text: str
) -> None:
    """Keep the modules of a folder from which a module takes one by a name that it puts together:
    all of them if they are small, else those that configuration or the module itself names."""
    for files in _in_folder(builder, roots, name):
        if sum(builder.index[each].size for each in files) > FOLDER_MOST:
            chosen, listed = plugins.chosen_words(builder), frozenset(_listed(text))
            stems = {each: posixpath.basename(each).removesuffix(".pm") for each in files}
            files = [each for each, stem in stems.items() if stem in chosen or stem in listed]
        for each in files:
            builder.add(each, f"perl modules: {name}:: starts a name in {path}")


def _listed(text: str) -> Iterator[str]:
    """The words in `qw` lists of a text."""
    return (word for listed in _WORDS.findall(text) for word in listed.split())


def _add_folder(builder: KeepSetBuilder, roots: Sequence[str], name: str, path: str) -> None:
    for files in _in_folder(builder, roots, name):
        if sum(builder.index[each].size for each in files) <= FOLDER_MOST:
            for each in files:
                builder.add(each, f"perl modules: {name} is named in {path}")


def _in_folder(builder: KeepSetBuilder, roots: Sequence[str], name: str) -> Iterator[list[str]]:
    """The modules directly in each folder of this name."""
    for root in roots:
        folder = f"{root}/{name.replace('::', '/')}"
        if folder in builder.index and builder.once(f"perl folder {folder}"):
            found = builder.files(builder.index.children(folder))
            yield [each for each in found if each.endswith(".pm")]


def _roots(builder: KeepSetBuilder) -> tuple[str, ...]:
    """The folders that contain modules."""
    roots = builder.tables.get("perl roots")
    if roots is None:
        roots = builder.tables["perl roots"] = {
            path: [] for path in builder.index if "perl" in path and _ROOT.fullmatch(path)
        }
    return tuple(itertools.islice(roots, _ROOTS))
