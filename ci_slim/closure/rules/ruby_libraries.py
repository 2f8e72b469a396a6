"""Ruby: keeps what own files and kept libraries load late: in methods, by `autoload`, by name.

A library that is named but was not loaded is kept whole, because its parts load each other when
they are first used.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

WHOLE_MOST = 3_000_000
"""The most bytes of a library that is kept whole because it is named, though it was not loaded."""

_FILE = re.compile(r".*\.(?:rb|ru|rake|gemspec)$|.*/(?:Rakefile|Gemfile)$")
_ROOT = re.compile(
    r"(/.*/ruby/(?:vendor_ruby|site_ruby)(?:/\d[\d.]*)?(?:/[^/]+-linux[^/]*)?"
    r"|/.*/ruby/\d[\d.]*(?:/[^/]+-linux[^/]*)?|/.*/gems/[^/]+-\d[^/]*/lib"
    r"|/.*/extensions/[^/]+/[^/]+/[^/]+-\d[^/]*)$"
)
_SPECIFICATION = re.compile(r"(/.*)/specifications/([^/]+-\d[^/]*)\.gemspec")
_PATHS = re.compile(r"""\brequire_paths\s*+=\s*+\[([^\[\]]*+)\]""")
_STRING = re.compile(r"""["']([^"']+)["']""")
_REQUIRED = re.compile(
    r"""\b(?P<how>require_relative|require|load|autoload\s*+(?:\(\s*+)?:\w++\s*+,)\s*+"""
    r"""(?:\(\s*+)?(?:File\.(?:join|expand_path)\s*+\(\s*+)?["'](?P<name>[^"'#\n]++)["']"""
)
_AUTOLOAD = re.compile(
    r"^[ \t]*+autoload\s*+(?:\(\s*+)?:(\w++)[ \t]*+\)?[ \t]*+(?:#.*)?$", re.MULTILINE
)
"""ActiveSupport finds the file by the name of the constant: `autoload :LogSubscriber`."""

_CAPITALS = re.compile(r"(?<=[A-Z\d])(?=[A-Z][a-z])|(?<=[a-z\d])(?=[A-Z])")
_SLASHED = re.compile(r"""["']([a-z][\w-]*(?:/[\w-]+)+)["']""")
_DEVELOPERS = re.compile(
    r"/(?:rubygems|bundler|rdoc|irb|debug|ruby_vm|prism|syntax_suggest|minitest|rbs|typeprof|racc"
    r"|test|rspec|yard|rake|reline|readline|bundled_gems|did_you_mean|error_highlight)(?:/|\.rb$)"
)
"""Libraries for developers. They are kept if an own file names them."""

_BY_WORD = {
    ".unicode_normalize": ("unicode_normalize/normalize",),
    "Digest::": ("digest/md5", "digest/rmd160", "digest/sha1", "digest/sha2"),
}
"""Libraries that Ruby itself loads for a method or a class, when it is first used."""

_GEMS = (
    "basic_specification", "bundler_version_finder", "dependency", "errors", "name_tuple",
    "path_support", "platform", "requirement", "specification", "stub_specification", "util",
    "util/list", "version",
)  # fmt: skip
"""What rubygems loads when a gem is first required that came with Ruby."""

_OPENS = re.compile(r"(?:if|unless|else|elsif|begin|module|class)\b")
_LINES = 200
"""The most lines above a statement that are read to see what it stands in."""

_TESTS = re.compile(r"/(?:tests?|specs?|examples?|sig|doc)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if not _FILE.fullmatch(path) and b"ruby" not in builder.head(path)[:80]:
            continue
        if path.endswith("/rubygems.rb"):
            folder = path.removesuffix(".rb")
            _add_files(builder, tuple(f"{folder}/{name}" for name in _GEMS), path)
        own = path in builder.application or builder.is_script(path, b"ruby")
        if own or path.endswith((".rb", ".ru", ".rake")):
            _follow(builder, path)


def _follow(builder: KeepSetBuilder, path: str) -> None:
    """Keep what a file names. Of a library for developers, and of tasks that come with a library,
    only what it needs to be loaded: Rake loads all tasks before it runs one."""
    text, here = builder.text(path), posixpath.dirname(path)
    own = path in builder.application
    tasks = path.endswith(".rake")
    developers = not own and (tasks or _DEVELOPERS.search(path) is not None)
    for found in _REQUIRED.finditer(text):
        name = found["name"]
        if developers or _DEVELOPERS.search(f"/{name}/"):
            if _is_at_once(text, found.start()):
                folders = (here, *_roots(builder))
                _add_files(builder, (f"{folder}/{name}" for folder in folders), path)
            if not own:
                continue
        if found["how"] == "require_relative" or name.startswith((".", "../")):
            _add(builder, (posixpath.normpath(f"{here}/{name}"),), path)
        else:
            roots = (*_roots(builder), here, f"{here}/lib") if own else _roots(builder)
            _add_library(builder, roots, name, path)
    if developers:
        return
    for word, libraries in _BY_WORD.items():
        for library in libraries if word in text else ():
            _add_library(builder, _roots(builder), library, path)
    if "Zeitwerk::Loader.for_gem" in text:  # loads each file by the name of its constant
        _add_whole(builder, path.removesuffix(".rb"), path)
    if names := _AUTOLOAD.findall(text):
        files = _below(builder, path.removesuffix(".rb"))
        wanted = {f"{_CAPITALS.sub('_', name).lower()}.rb" for name in names}
        _add(builder, (file for name in sorted(wanted) for file in files.get(name, ())), path)
    for name in dict.fromkeys(_SLASHED.findall(text)):
        _add(builder, (f"{root}/{name}" for root in _roots(builder)), path)


def _below(builder: KeepSetBuilder, folder: str) -> dict[str, list[str]]:
    """The files in a folder and in the folders in it (`autoload_under`), by their names."""
    found: dict[str, list[str]] = {}
    for path in builder.index.children(folder):
        deeper = builder.index[path].kind is Kind.DIR
        for each in builder.index.children(path) if deeper else (path,):
            found.setdefault(posixpath.basename(each), []).append(each)
    return found


def _is_at_once(text: str, at: int) -> bool:
    """Whether a statement runs when its file is loaded: it stands at the margin, or in nothing but
    conditions, modules and classes."""
    line = text.rfind("\n", 0, at) + 1
    indented = at - line
    if text[line:at].strip():
        return False
    for _ in range(_LINES if indented else 0):
        if not line:
            return False
        line, end = text.rfind("\n", 0, line - 1) + 1, line - 1
        inside = text[line:end].lstrip()
        outer = end - line - len(inside)
        if inside and not inside.startswith("#") and outer < indented:
            if not _OPENS.match(inside):
                return False
            indented = outer
        if not indented:
            return True
    return not indented


def _add_library(builder: KeepSetBuilder, roots: Sequence[str], name: str, path: str) -> None:
    for root in roots:
        known = f"{root}/{name.removesuffix('.rb')}"
        new = f"{known}.rb" in builder.index and f"{known}.rb" not in builder.reasons
        new = new and not _DEVELOPERS.search(f"{known}/")
        if new and builder.once(f"ruby library {known}"):
            for each in roots:  # its compiled parts are in another folder
                _add_whole(builder, f"{each}/{name.removesuffix('.rb')}", path)
    _add(builder, (f"{root}/{name}" for root in roots), path)


def _add(builder: KeepSetBuilder, names: Iterable[str], path: str) -> None:
    own = path in builder.application
    names = (name for name in names if own or not _DEVELOPERS.search(f"{name}/"))
    _add_files(builder, names, path)


def _add_files(builder: KeepSetBuilder, names: Iterable[str], path: str) -> None:
    for name in map(posixpath.normpath, names):
        for file in (name, f"{name}.rb", f"{name}.so"):
            if file in builder.index and builder.index[file].kind is not Kind.DIR:
                builder.add(file, f"ruby libraries: named in {path}")


def _add_whole(builder: KeepSetBuilder, folder: str, path: str) -> None:
    files = [
        each
        for each in builder.index.descendants(folder)
        if builder.index[each].kind is Kind.FILE and not _TESTS.search(each[len(folder) :])
    ]
    reason = f"ruby libraries: of a library that {path} requires"
    builder.add_whole(folder, files, WHOLE_MOST, reason)


def _roots(builder: KeepSetBuilder) -> tuple[str, ...]:
    """The folders that contain libraries."""
    roots = builder.tables.get("ruby roots")
    if roots is None:
        found = [
            path
            for path in builder.index
            if "ruby" in path or "/gems/" in path
            if _ROOT.fullmatch(path)
        ]
        roots = {path: [] for path in (*found, *_required_paths(builder))}
        builder.tables["ruby roots"] = roots
    return tuple(roots)


def _required_paths(builder: KeepSetBuilder) -> Iterator[str]:
    """The folders that the specifications of gems name, if they are not `lib` itself."""
    found = [each for each in map(_SPECIFICATION.fullmatch, builder.index) if each]
    builder.contents.expect([each[0] for each in found])
    for each in found:
        for names in _PATHS.findall(builder.text(each[0])):
            for name in _STRING.findall(names):
                path = posixpath.normpath(f"{each[1]}/gems/{each[2]}/{name}")
                if name != "lib" and path in builder.index:
                    yield path
