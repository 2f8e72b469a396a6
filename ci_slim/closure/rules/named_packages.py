"""Keeps packages that the Dockerfile installs by name, because somebody wanted them.

A package that the run never used is kept if it is small, without documentation and the like. Of a
package that the run used, the rest is kept if it is small. What is too large is reported, with the
lines that keep it.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.left_out import common_folder
from ci_slim.closure.rules.brought import has_python, is_for_python, weight
from ci_slim.closure.rules.libraries import fitting, needed
from ci_slim.closure.rules.script import interpreters
from ci_slim.closure.steps import Step, run_texts
from ci_slim.image.files import Kind

UNUSED_MOST = 5_000_000
"""The most bytes of an unused package that is kept, with what it brings."""

LARGE_MOST = 15_000_000
"""The most bytes of all larger ones that are kept, too: half of the image, but no more than this.
The first named ones come first."""

FOR_PEOPLE_MOST = 20_000_000
"""The most bytes of larger packages that people call in a container, such as curl. They take
nothing from `LARGE_MOST`, and half of the image is no limit for them: health checks call them, and
nothing in the image says so."""

REST_LEAST, REST_MOST = 1_000_000, 4_000_000
"""The most bytes that are kept of the rest of a used package, with the libraries that it needs: a
tenth of the image, but no less and no more than this. Small files come first."""

_INSTALL = {
    ("apt-get", "install"), ("apt", "install"), ("apk", "add"), ("dnf", "install"),
    ("yum", "install"), ("microdnf", "install"), ("aptitude", "install"),
}  # fmt: skip
_SEPARATOR = re.compile(r"&&|\|\||[;|&\n(){}]")
NOT_USED = re.compile(
    r"/usr/(?:share/(?:doc|man|info|lintian|locale|bug|doc-base|bash-completion|zsh|menu|icons"
    r"|applications|pixmaps|metainfo|gdb)|include|lib/systemd|lib/tmpfiles.d|lib/sysusers.d)/"
    r"|/usr/lib/[^/]*-linux-[^/]*/(?:pkgconfig|cmake)/|/etc/(?:init.d|cron\.\w+|logrotate.d"
    r"|apt|init|apparmor.d|bash_completion.d|ufw|default)/|/usr/lib/(?:apt|dpkg|valgrind)/"
    r"|.*\.(?:a|la|h|pc|pod|d\.ts)$|.*/doc/.*\.(?:pdf|ps|tex|R|Rnw|Rmd)$"
)
"""Files of packages that no container uses."""

_LIBRARY = re.compile(r"(?:/usr)?/lib(?:/[^/]+-linux-[^/]+)?/lib[^/]+\.so(?:\.[\d.]+)?")
"""Libraries in the folders of the loader. A kept program keeps those that it needs."""

_SHARED = re.compile(r"/?(?:usr|var|etc|opt)?(?:/local)?(?:/(?:s?bin|lib\w*|share|include|cache))?")
"""Folders of many packages."""

_SHARED_BY = 4
"""A folder with files of more packages than this is not part of one of them, such as the folder of
all Node modules, to which nodejs has a link."""

_TOOLS = {
    "build-essential", "gcc", "g++", "make", "cmake", "git", "curl", "wget", "ca-certificates",
    "python3-dev", "pkg-config", "autoconf", "automake", "libtool", "golang", "golang-go",
    "cargo", "rustc", "gnupg", "gpg", "apt-transport-https", "software-properties-common",
    "lsb-release", "unzip", "patch", "dpkg-dev", "npm", "python3-pip", "gnupg2", "dirmngr",
    "binutils", "clang", "llvm", "vim", "nano", "less", "strace", "gdb",
}  # fmt: skip
"""Tools to build software or to inspect an image. Those of the build are kept only if a script
names them."""

_FOR_PEOPLE = frozenset(("curl", "wget", "git", "unzip", "less", "nano", "vim"))
"""Those among them that people also call in a running container. They are reported."""

_PATTERNS = 5
"""The most patterns that keep a package which is too large."""

_COMMAND_MOST = 1 << 14
"""The most characters of a command in which quotes are read. `shlex` takes quadratic time."""

_NOT_RUN = ("-dev", "-doc", "-src", "-dbg", "-devel")

_OPTIONS_WITH_VALUE = (
    "-t",
    "--virtual",
    "-o",
    "--option",
    "--target-release",
    "--repository",
    "-X",
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("named packages"):
        return
    owners = builder.owners
    left = {True: FOR_PEOPLE_MOST, False: min(LARGE_MOST, builder.kept_bytes() // 2)}
    python = has_python(builder)
    refused: set[str] = set()
    for name, named in _wanted_packages(builder).items():
        if named in refused:
            continue
        files = [
            path
            for path in owners.files.get(name, ())
            if not NOT_USED.match(path)
            and (name == named or not (_LIBRARY.fullmatch(path) or interpreters(builder, path)))
        ]
        if not python:
            for_python = {path for path in files if is_for_python(builder, path)}
            if for_python and len(for_python) == len(files):
                _leave_out(builder, name, files, weight(builder, files))
            files = [path for path in files if path not in for_python]
        linked = [
            path
            for path in _linked(builder, files)
            if path not in builder.reasons and not NOT_USED.match(path)
        ]
        dropped = [path for path in files if path not in builder.reasons]
        reason = f"named packages: {name} is installed by name"
        if name != named:
            reason = f"named packages: {name} belongs to {named}, which is installed by name"
        if len(dropped) < len(files):
            most = min(REST_MOST, max(REST_LEAST, builder.kept_bytes() // 10))
            _add_rest(builder, dropped, most, reason)
            _add_rest(builder, linked, most, reason)
            continue
        if not dropped:
            continue
        dropped += linked
        bytes_of_all = weight(builder, dropped)
        large = bytes_of_all > UNUSED_MOST
        for_people = name in _FOR_PEOPLE
        if large and bytes_of_all > left[for_people]:
            _leave_out(builder, name, dropped, bytes_of_all)
            refused.add(name)
            continue
        left[for_people] -= bytes_of_all if large else 0
        for path in dropped:
            builder.add(path, reason)
    for name in dict.fromkeys(each for each in installed(builder.steps) if each in _FOR_PEOPLE):
        files = [path for path in owners.files.get(name, ()) if not NOT_USED.match(path)]
        if files and builder.reasons.keys().isdisjoint(files):
            _leave_out(builder, name, files, weight(builder, files))


def _linked(builder: KeepSetBuilder, files: Sequence[str]) -> Iterator[str]:
    """The files in folders of other packages to which links among these files lead, such as
    `web/static/jquery -> ../../../javascript/jquery`."""
    for path in files:
        entry = builder.index.get(path)
        if entry is not None and entry.kind is Kind.SYMLINK:
            folder = builder.entry(path)
            if folder and folder.kind is Kind.DIR and not _SHARED.fullmatch(folder.path):
                below = list(builder.files(builder.index.descendants(folder.path)))
                package_of = builder.owners.package_of
                if len({package_of[path] for path in below if path in package_of}) <= _SHARED_BY:
                    yield from below


def _leave_out(builder: KeepSetBuilder, name: str, files: Sequence[str], total: int) -> None:
    programs = tuple(path for path in sorted(files) if "/bin/" in path)[:_PATTERNS]
    keep = programs or _patterns(builder, files)
    builder.left_out.add(LeftOut("named_unused", name, total, keep))


def _patterns(builder: KeepSetBuilder, files: Sequence[str]) -> tuple[str, ...]:
    """A few patterns that keep these files: of the folders that hold nothing else, if these are
    few; else of the folder that holds all files."""
    found = tuple(builder.left_out.tops(files))
    if len(found) > _PATTERNS and (folder := common_folder(files)):
        return (f"{folder}/**",)
    return found[:_PATTERNS]


def _add_rest(builder: KeepSetBuilder, files: Sequence[str], most: int, reason: str) -> None:
    dropped = [path for path in files if path not in builder.reasons]
    brought = {
        path: {path, *needed(builder, path)}
        for path in sorted(dropped, key=lambda path: (builder.index[path].size, path))
        if not interpreters(builder, path)  # such scripts set up a system
    }
    for path in fitting(builder, brought, most):
        builder.add(path, reason)


def _wanted_packages(builder: KeepSetBuilder) -> dict[str, str]:
    """The packages that the steps name, and those of their dependencies that belong to the same
    software (of the same source, or `pandoc-data` for `pandoc`), each with the named package. If a
    package holds no files itself, all of its dependencies. Those that are named come first."""
    owners, found, others = builder.owners, dict[str, str](), dict[str, str]()
    for name in installed(builder.steps):
        if _is_for_build(builder, name) or name.endswith(_NOT_RUN):
            continue
        found[name] = name
        depends = [each for each in owners.depends.get(name, ()) if each not in _TOOLS]
        if any(not NOT_USED.match(path) for path in owners.files.get(name, ())):
            mine = owners.source.get(name)
            depends = [
                each
                for each in depends
                if (mine and owners.source.get(each) == mine) or each.startswith(f"{name}-")
            ]
        for each in depends:
            others.setdefault(each, name)
    return found | {each: name for each, name in others.items() if each not in found}


def _is_for_build(builder: KeepSetBuilder, name: str) -> bool:
    """Whether a package is a tool to build software. One that people call in a container, too, is
    not for the build if no step calls it."""
    if name not in _FOR_PEOPLE:
        return name in _TOOLS
    return any(part.split(maxsplit=1)[:1] == [name] for part in _commands(builder.steps))


def installed(steps: Sequence[Step]) -> Iterator[str]:
    """The names of the packages that steps of the Dockerfile install, without the steps of the base
    image."""
    for part in _commands(steps):
        yield from _arguments(part)


def _commands(steps: Sequence[Step]) -> Iterator[str]:
    """The commands of the steps of the Dockerfile, without those of the base image."""
    for text in run_texts(steps):
        yield from _SEPARATOR.split(text)


def _arguments(command: str) -> Iterator[str]:
    try:
        words = shlex.split(command, comments=True) if len(command) <= _COMMAND_MOST else []
        words = words or command.split()
    except ValueError:
        words = command.split()
    words = [word for word in words if word not in ("sudo", "command")]
    while words and ("=" in words[0] and not words[0].startswith("-")):
        words = words[1:]
    if not words:
        return
    program = words[0].rpartition("/")[2]
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if not any((program, verb) in _INSTALL for verb in verbs[:3]):
        return
    started = False
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _OPTIONS_WITH_VALUE
        elif started:
            yield re.split(r"[=<>~/:]", word)[0]
        else:
            started = (program, word) in _INSTALL
