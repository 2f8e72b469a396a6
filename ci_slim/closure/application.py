"""What in an image is the user's own: what COPY and ADD brought, and what no package owns below the
working folder, beside the program that is started, and in folders of its own that the run used."""

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ci_slim.closure.owners import Owners
from ci_slim.closure.steps import Step
from ci_slim.image.files import FileIndex, Kind

PACKAGE_FOLDERS = ("node_modules", "site-packages", "dist-packages", "gems", "bower_components")
_LEFT_OUT = {
    *PACKAGE_FOLDERS, ".git", ".svn", ".hg", ".cache", ".pytest_cache", ".mypy_cache", ".tox",
    ".npm", ".m2", ".gradle", ".cargo", ".rustup", "__pycache__", ".bundle", ".github",
}  # fmt: skip
"""Folders that are plainly not the application, though they may lie among its files."""

_FILES_LEFT_OUT = ("Dockerfile", ".dockerignore", ".gitignore", ".gitattributes", ".DS_Store")
_ENDINGS_LEFT_OUT = (".o", ".a", ".la", ".d", ".map", ".pyc", ".tsbuildinfo")
_SHARED = re.compile(
    r"/(?:(?:usr(?:/local)?/)?(?:s?bin|lib(?:32|64|x32)?|include|share|libexec|games)|etc|var|usr"
    r"|usr/local|opt|home|srv|root|tmp|run|boot|dev|proc|sys|mnt|media)?"
    r"|(?:/usr(?:/local)?)?/lib(?:exec)?/.*|/usr/share/.*|/etc/.*|/.*/s?bin"
)
"""Folders that many programs share: what else lies in them says nothing of the application."""

_SYSTEM = {
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt",
    "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "nix", "snap",
}  # fmt: skip

SOURCES = (
    ".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".rs", ".java", ".kt", ".scala",
    ".cs", ".ts", ".tsx", ".swift", ".zig", ".nim", ".hs", ".ml", ".f90", ".pyx", ".pxd",
)  # fmt: skip
"""Endings of what is compiled: a container runs what came out of it."""


@dataclass(frozen=True, slots=True)
class Application:
    """`files`: the real paths of the user's own files."""

    files: frozenset[str]

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
        """Read from the image: `started` are the real paths of the programs that it starts, `used`
        are the paths that the run used."""
        own = {
            *_copied(index, steps, owners),
            *_below(index, owners, workdir),
            *_around(index, owners, started),
            *_made(index, steps, owners, used),
        }
        return cls(frozenset(path for path in own if _is_application(path)))

    def __contains__(self, path: object) -> bool:
        return path in self.files


def _is_application(path: str) -> bool:
    folders = path.split("/")
    name = folders.pop()
    return (
        _LEFT_OUT.isdisjoint(folders)
        and name not in _FILES_LEFT_OUT
        and not name.endswith(_ENDINGS_LEFT_OUT)
    )


def _copied(index: FileIndex, steps: Sequence[Step], owners: Owners) -> Iterator[str]:
    """What COPY and ADD brought. Where the layers are not told apart, what they were told to put
    somewhere, as far as no package owns it."""
    copies = [step for step in steps if step.kind in ("COPY", "ADD") and not step.base]
    if not copies:
        return
    made = sum(step.layer is not None for step in steps)
    if made == len(index.layers):
        numbers = {step.layer for step in copies}
        for path in index:
            entry = index[path]
            if entry.kind is Kind.FILE and entry.layer in numbers and not _owned(owners, path):
                yield path
        return
    for step in copies:
        to = step.text.rstrip().rpartition(" ")[2]
        real = index.resolve(to).path if to.startswith("/") and to != "/" else None
        if real is not None and not _SHARED.fullmatch(real):
            yield from _unowned(index, owners, real)


def _around(index: FileIndex, owners: Owners, started: Sequence[str]) -> Iterator[str]:
    """What no package owns, beside the programs that are started."""
    folders = {posixpath.dirname(path) for path in started if not _owned(owners, path)}
    for folder in sorted(folders):
        if not _SHARED.fullmatch(folder) and _LEFT_OUT.isdisjoint(folder.split("/")):
            yield from _unowned(index, owners, folder)


def _made(
    index: FileIndex, steps: Sequence[Step], owners: Owners, used: Collection[str]
) -> Iterator[str]:
    """What steps put into a folder of its own, such as `/srv/git` or `/data`, of which the run used
    something: what was cloned, unpacked or generated there."""
    base = {step.layer for step in steps if step.base}
    folders = {top for path in used if (top := _own_folder(path)) is not None}
    for folder in sorted(folders):
        for path in _unowned(index, owners, folder) if folder in index else ():
            if len(index.layers) == 1 or index[path].layer not in base:
                yield path


def _own_folder(path: str) -> str | None:
    """The folder of its own that a path lies in: `/srv/x`, `/opt/x`, `/home/x`, `/x` that is no
    folder of the system."""
    words = path.split("/")
    if (len(words) > 3 and words[1] in ("srv", "opt", "home")) or path.startswith("/var/www/"):
        return "/".join(words[:3])
    return f"/{words[1]}" if len(words) > 2 and words[1] not in _SYSTEM else None


def _below(index: FileIndex, owners: Owners, folder: str) -> Iterator[str]:
    """What no package owns below the working folder."""
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
    """Those files whose ending is of a compiled language, unless the run used one like it."""
    endings = tuple(ending for ending in SOURCES if not any(path.endswith(ending) for path in used))
    return frozenset(path for path in files if endings and path.endswith(endings))
