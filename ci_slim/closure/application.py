"""Finds the user's own files in an image.

These are the files that COPY and ADD brought, the files next to the program that the image starts,
the files below the working folder, and the files in other folders of the application that the run
used. Files of a package are not the user's own.
"""

import posixpath
import re
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import dataclass

from ci_slim.closure.owners import Owners
from ci_slim.closure.steps import Step, run_texts
from ci_slim.image.files import FileIndex, Kind, ancestors

PACKAGE_FOLDERS = ("node_modules", "site-packages", "dist-packages", "gems", "bower_components")
_LEFT_OUT = {
    *PACKAGE_FOLDERS, ".git", ".svn", ".hg", ".cache", ".pytest_cache", ".mypy_cache", ".tox",
    ".npm", ".m2", ".gradle", ".cargo", ".rustup", "__pycache__", ".bundle", ".github",
}  # fmt: skip
"""Folders that never belong to the application, even if they are among its files."""

_FILES_LEFT_OUT = ("Dockerfile", ".dockerignore", ".gitignore", ".gitattributes", ".DS_Store")
_INSTALLERS = re.compile(
    r"/bin/(?:pip[\d.]*|easy_install[\d.-]*|wheel|[Aa]ctivate[\w.]*|npm|npx|corepack|yarn|gem|bundler?)"
)
"""Package managers, and what starts a virtual environment in a shell. A container has its PATH."""
SAMPLES = re.compile(r".*/hooks/[\w-]+\.sample")
"""What git puts into each repository and never runs."""

_ENDINGS_LEFT_OUT = (".o", ".a", ".la", ".d", ".map", ".pyc", ".tsbuildinfo")
_SHARED = re.compile(
    r"/(?:(?:usr(?:/local)?/)?(?:s?bin|lib(?:32|64|x32)?|include|share|libexec|games)|etc|var|usr"
    r"|usr/local|opt|home|srv|root|tmp|run|boot|dev|proc|sys|mnt|media)?"
    r"|(?:/usr(?:/local)?)?/lib(?:exec)?/.*|/usr/share/.*|/etc/.*|/.*/s?bin"
)
"""Folders that many programs share. A used file in one of them does not make the rest part of the
application."""

_COMMANDS = re.compile(r"[;&|\n]+")
_TEXT_MOST = 100_000  # characters of a step that are read
_WORDS = re.compile(r"[^\s'\"=<>(),`]+")
_HOME = re.compile(r"^(?:~|\$HOME|\$\{HOME\})/")
_PASSING = re.compile(r"/(?:tmp|usr/src|etc/apt|var/(?:cache|tmp|log|lib/(?:apt|dpkg|apk|rpm)))/")
"""Folders of files that only the build needs."""

_OF_USERS = ("/home", "/var/mail")
"""Folders whose folders hold what users have: keys, mails."""

_SYSTEM = {
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "nix", "snap",
}  # fmt: skip

SOURCES = (
    ".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".rs", ".java", ".kt", ".scala",
    ".cs", ".ts", ".tsx", ".swift", ".zig", ".nim", ".hs", ".ml", ".f90", ".pyx", ".pxd",
)  # fmt: skip
"""File extensions of compiled languages. A container runs the compiled program, not its source."""


TEXTS = (
    ".tcl", ".lua", ".rb", ".py", ".pl", ".pm", ".php", ".js", ".mjs", ".cjs", ".sh", ".conf",
    ".yml", ".yaml", ".json", ".ini", ".toml", ".cfg", ".env", ".properties",
)  # fmt: skip
"""File extensions of scripts and settings, which name what a run may need."""


@dataclass(frozen=True, slots=True)
class Application:
    """The user's own files. `files` has their real paths. `named` has those of other files that a
    RUN names: they are kept as own files, but a `php.ini` that `sed` changed is still a package's
    text, and what it names is not what the user wrote."""

    files: frozenset[str]
    named: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        index: FileIndex,
        steps: Sequence[Step],
        owners: Owners,
        workdir: str,
        started: Sequence[str],
        used: Collection[str],
    ) -> "Application":
        """Find the user's own files. `started` has the real paths of the programs that the image
        starts, `used` the paths that the run used."""
        own = {
            *_copied(index, steps, owners),
            *_below(index, owners, workdir),
            *_around(index, owners, started),
            *_made(index, steps, owners, used),
        }
        files = frozenset(path for path in own if _is_application(path))
        named = frozenset(path for path in _named(index, steps, owners) if _is_application(path))
        return cls(files, named - files)

    def __contains__(self, path: object) -> bool:
        return path in self.files


def _is_application(path: str) -> bool:
    folders = path.split("/")
    name = folders.pop()
    return (
        _LEFT_OUT.isdisjoint(folders)
        and name not in _FILES_LEFT_OUT
        and not name.endswith(_ENDINGS_LEFT_OUT)
        and not _INSTALLERS.fullmatch(f"/{folders[-1]}/{name}")
        and not SAMPLES.fullmatch(path)
    )


def _copied(index: FileIndex, steps: Sequence[Step], owners: Owners) -> Iterator[str]:
    """The files that COPY and ADD brought, and those at the target paths of these steps that no
    package owns: a `chown` of a later step puts them into another layer."""
    copies = [step for step in steps if step.kind in ("COPY", "ADD") and not step.base]
    if not copies:
        return
    numbers = copied_layers(index, steps)
    for path in index if numbers else ():
        entry = index[path]
        if entry.kind is Kind.FILE and entry.layer in numbers and not _owned(owners, path):
            yield path
    targets = {step.text.rstrip().rpartition(" ")[2] for step in copies}
    found = {index.resolve(to).path for to in targets if to.startswith("/") and to != "/"}
    real = {path for path in found if path is not None and not _SHARED.fullmatch(path)}
    for path in sorted(real):
        if real.isdisjoint(ancestors(path)):
            yield from _unowned(index, owners, path)


def copied_layers(index: FileIndex, steps: Sequence[Step]) -> frozenset[int]:
    """The numbers of the layers that COPY and ADD made, if the history tells each layer's step."""
    if sum(step.layer is not None for step in steps) != len(index.layers):
        return frozenset()
    copies = (step for step in steps if step.kind in ("COPY", "ADD") and not step.base)
    return frozenset(step.layer for step in copies if step.layer is not None)


def _around(index: FileIndex, owners: Owners, started: Sequence[str]) -> Iterator[str]:
    """The files next to the started programs that no package owns."""
    folders = {posixpath.dirname(path) for path in started if not _owned(owners, path)}
    for folder in sorted(folders):
        if not _SHARED.fullmatch(folder) and _LEFT_OUT.isdisjoint(folder.split("/")):
            yield from _unowned(index, owners, folder)


def _made(
    index: FileIndex, steps: Sequence[Step], owners: Owners, used: Collection[str]
) -> Iterator[str]:
    """The files that build steps put into an application folder such as `/srv/git` or `/data` of
    which the run used something, and into folders of users. They were cloned, unpacked or generated
    there."""
    base = {step.layer for step in steps if step.base}
    folders = {top for path in used if (top := own_folder(path)) is not None}
    folders |= {path for folder in _OF_USERS for path in index.children(folder)}
    for folder in sorted(folders):
        for path in _unowned(index, owners, folder) if folder in index else ():
            if is_made(index, base, path):
                yield path


def _named(index: FileIndex, steps: Sequence[Step], owners: Owners) -> Iterator[str]:
    """The files of which a RUN has the path, such as `ssh-keygen -f /root/.ssh/id`, or to which it
    moved or copied something."""
    base = {step.layer for step in steps if step.base}
    named = {path for text in run_texts(steps) for path in _paths(text[:_TEXT_MOST])}
    for path in sorted(named):
        real = index.resolve(path).path
        if (
            real is not None
            and index[real].kind is Kind.FILE
            and not _owned(owners, real)
            and is_made(index, base, real)
            and not _PASSING.match(real)
        ):
            yield real


def _paths(text: str) -> Iterator[str]:
    """The absolute paths in the text of a RUN, and what `mv` and `cp` put into folders."""
    for command in _COMMANDS.split(text):
        words = [_HOME.sub("/root/", word) for word in _WORDS.findall(command)]
        paths = [posixpath.normpath(word) for word in words if word.startswith("/")]
        yield from paths
        if words and posixpath.basename(words[0]) in ("mv", "cp") and paths:
            for word in words[1:-1]:
                yield posixpath.join(paths[-1], posixpath.basename(word))


def is_made(index: FileIndex, base: Container[int | None], path: str) -> bool:
    """Whether a build step put a path into the image, and not one of the base image's layers in
    `base`. An image of one layer does not show that."""
    return len(index.layers) == 1 or index[path].layer not in base


def own_folder(path: str) -> str | None:
    """The application folder that a path is in: `/srv/x`, `/opt/x`, `/home/x`, or a folder `/x`
    that is not a system folder."""
    words = path.split("/")
    if (len(words) > 3 and words[1] in ("srv", "opt", "home")) or path.startswith("/var/www/"):
        return "/".join(words[:3])
    return f"/{words[1]}" if len(words) > 2 and words[1] not in _SYSTEM else None


def _below(index: FileIndex, owners: Owners, folder: str) -> Iterator[str]:
    """The files below the working folder that no package owns."""
    real = index.resolve(folder).path
    if real is not None and not _SHARED.fullmatch(real):
        yield from _unowned(index, owners, real)


def _unowned(index: FileIndex, owners: Owners, path: str) -> Iterator[str]:
    for each in (path, *index.descendants(path)):
        if index[each].kind is Kind.FILE and not _owned(owners, each):
            yield each


def _owned(owners: Owners, path: str) -> bool:
    return path in owners.package_of


def compiled_sources(files: Collection[str], used: Collection[str]) -> frozenset[str]:
    """The files with an extension of a compiled language, unless the run used a file with the same
    extension."""
    endings = tuple(ending for ending in SOURCES if not any(path.endswith(ending) for path in used))
    return frozenset(path for path in files if endings and path.endswith(endings))
