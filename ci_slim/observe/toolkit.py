"""The native tools that are copied into containers: strace, tar, find, curl and a few more.

They are programs with their shared libraries and their ELF loader, of the daemon's architecture:
those of this machine, or those of an image for another architecture. Each is started through the
copied loader. So they run in any image: scratch, distroless, musl, and images of another
architecture.
"""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ci_slim import platforms
from ci_slim.errors import EngineError
from ci_slim.image import elf
from ci_slim.image.files import Contents, FileIndex, Kind
from ci_slim.image.small_tar import packed
from ci_slim.platforms import Platform

FOLDER = "/.ci-slim"
LIBRARIES = f"{FOLDER}/lib"
OUT = f"{FOLDER}/out"
"""The folder that every user of a container may write to. It holds traces and files of probes."""

TRACER = ("strace", "cat", "tail", "timeout")
PROBER = ("curl", "sleep", "cat", "tail")
READER = ("tar", "find", "sleep")

_PROGRAMS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64")
_MULTIARCH = {
    "amd64": "x86_64-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "arm": "arm-linux-gnueabihf",
}
_MACHINES = {"amd64": "EM_X86_64", "arm64": "EM_AARCH64", "arm": "EM_ARM"}


@dataclass(frozen=True, slots=True)
class Toolkit:
    """Programs to copy into a container: a tar to unpack at `/`, and how to start them."""

    loader: str
    archive: bytes

    def command(self, program: str, *arguments: str) -> list[str]:
        """The argv that starts a program of the toolkit inside a container."""
        return [self.loader, "--library-path", LIBRARIES, f"{FOLDER}/{program}", *arguments]


class Source(Protocol):
    """Where programs and libraries are read from. Paths are absolute."""

    def program(self, name: str) -> str | None:
        """The file of a program, or None if there is none."""

    def file(self, path: str) -> str | None:
        """The file that a path leads to, through links. None if there is none."""

    def read(self, path: str) -> bytes:
        """The bytes of such a file."""


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """The programs of this machine. `which` finds one on PATH."""

    which: Callable[[str], str | None]

    def program(self, name: str) -> str | None:
        found = self.which(name)
        return None if found is None else self.file(found)

    def file(self, path: str) -> str | None:
        return str(Path(path).resolve()) if Path(path).is_file() else None

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()


@dataclass(frozen=True, slots=True)
class OfImage:
    """The programs of an image, for a daemon of another architecture than this machine."""

    index: FileIndex
    contents: Contents

    def program(self, name: str) -> str | None:
        found = (self.file(f"{folder}/{name}") for folder in _PROGRAMS)
        return next(filter(None, found), None)

    def file(self, path: str) -> str | None:
        real = self.index.resolve(path).path
        entry = self.index.get(real) if real else None
        return real if entry is not None and entry.kind is Kind.FILE else None

    def read(self, path: str) -> bytes:
        return self.contents.read(path)


def is_own_architecture(daemon: Platform, machine: str) -> bool:
    """Whether programs of a machine (`os.uname().machine`) run on the daemon's machine."""
    return platforms.parse(machine).architecture == daemon.architecture


def collect(programs: Iterable[str], daemon: Platform, source: Source) -> Toolkit:
    """Gather programs with everything that they need to run.

    Raises EngineError if one is missing or does not have the daemon's architecture.
    """
    files: dict[str, str] = {}
    loader = ""
    queue: list[str] = []
    for name in programs:
        path = source.program(name)
        if path is None:
            raise _missing(name, source)
        files[f"{FOLDER}/{name}"] = path
        queue.append(path)
    seen: set[str] = set()
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        described = elf.read(source.read(path))
        if described is None or described.machine != _MACHINES.get(daemon.architecture):
            raise EngineError(
                f"{path} is not a program for the daemon's architecture ({daemon})",
                hint="run ci-slim on a machine of the daemon's architecture, or in its own image, "
                "which contains the tools: see README.md",
            )
        if described.interpreter:
            loader = f"{LIBRARIES}/{posixpath.basename(described.interpreter)}"
            files[loader] = source.file(described.interpreter) or described.interpreter
        for library in described.needed:
            if f"{LIBRARIES}/{library}" not in files:
                found_at = _library(library, path, described, daemon, source)
                files[f"{LIBRARIES}/{library}"] = found_at
                queue.append(found_at)
    return Toolkit(loader, _pack(files, source))


def _missing(name: str, source: Source) -> EngineError:
    if isinstance(source, OfImage):
        return EngineError(
            f"the program {name!r}, which ci-slim needs, is not in the image of tools",
            hint="install strace, tar, findutils, curl and coreutils in the image that "
            "`remote.tools` names",
        )
    return EngineError(
        f"the program {name!r}, which ci-slim needs in containers, is not on this machine",
        hint="Debian, Ubuntu: apt-get install strace tar findutils curl coreutils "
        "perl-base; elsewhere, run ci-slim in its own image, which contains them: "
        "see README.md",
    )


def _library(name: str, user: str, described: elf.Elf, daemon: Platform, source: Source) -> str:
    """The path of a shared library."""
    origin = posixpath.dirname(user)
    folders = [
        part.replace("$ORIGIN", origin).replace("${ORIGIN}", origin)
        for part in (*described.rpath, *described.runpath)
    ]
    multiarch = _MULTIARCH.get(daemon.architecture, "")
    folders += [f"{folder}/{multiarch}" for folder in _FOLDERS[:2]]
    folders += [*_FOLDERS, "/usr/local/lib"]
    for folder in folders:
        if path := source.file(f"{folder}/{name}"):
            return path
    raise EngineError(
        f"the library {name}, which {user} needs, is missing",
        hint=f"reinstall the package of {posixpath.basename(user)}",
    )


def _pack(files: Mapping[str, str], source: Source) -> bytes:
    """A tar of the toolkit. The same files give the same bytes."""
    folders = {FOLDER: 0o755, LIBRARIES: 0o755, OUT: 0o1777}
    return packed(
        {name.lstrip("/"): source.read(path) for name, path in sorted(files.items())},
        mode=0o755,
        folders={name.lstrip("/"): mode for name, mode in folders.items()},
    )
