"""The native tools that are copied into containers: strace, tar, find, curl and a few more.

They are programs of this machine with their shared libraries and their ELF loader, so they must
have the daemon's architecture. Each is started through the copied loader. So they run in any image:
scratch, distroless, musl, and images of another architecture.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ci_slim.errors import EngineError
from ci_slim.image import elf
from ci_slim.image.small_tar import packed
from ci_slim.platforms import Platform

FOLDER = "/.ci-slim"
LIBRARIES = f"{FOLDER}/lib"
OUT = f"{FOLDER}/out"
"""The folder that every user of a container may write to. It holds traces and files of probes."""

TRACER = ("strace", "cat", "tail", "timeout")
PROBER = ("curl", "sleep", "cat", "tail")
READER = ("tar", "find", "sleep")

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


def collect(
    programs: Iterable[str], daemon: Platform, which: Callable[[str], str | None]
) -> Toolkit:
    """Gather programs of this machine with everything that they need to run.

    Raises EngineError if one is missing here or does not have the daemon's architecture.
    """
    files: dict[str, Path] = {}
    loader = ""
    queue: list[Path] = []
    for name in programs:
        found = which(name)
        if found is None:
            raise EngineError(
                f"the program {name!r}, which ci-slim needs in containers, is not on this machine",
                hint="Debian, Ubuntu: apt-get install strace tar findutils curl coreutils "
                "perl-base; elsewhere, run ci-slim in its own image, which contains them: "
                "see README.md",
            )
        path = Path(found).resolve()
        files[f"{FOLDER}/{name}"] = path
        queue.append(path)
    seen: set[Path] = set()
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        described = elf.read(path.read_bytes())
        if described is None or described.machine != _MACHINES.get(daemon.architecture):
            raise EngineError(
                f"{path} is not a program for the daemon's architecture ({daemon})",
                hint="run ci-slim on a machine of the daemon's architecture, or in its own image, "
                "which contains the tools: see README.md",
            )
        if described.interpreter:
            loader = f"{LIBRARIES}/{Path(described.interpreter).name}"
            files[loader] = Path(described.interpreter).resolve()
        for library in described.needed:
            if f"{LIBRARIES}/{library}" not in files:
                found_at = _library(library, path, described, daemon)
                files[f"{LIBRARIES}/{library}"] = found_at
                queue.append(found_at)
    return Toolkit(loader, _pack(files))


def _library(name: str, user: Path, described: elf.Elf, daemon: Platform) -> Path:
    """The path of a shared library on this machine."""
    folders = [
        part.replace("$ORIGIN", str(user.parent)).replace("${ORIGIN}", str(user.parent))
        for part in (*described.rpath, *described.runpath)
    ]
    multiarch = _MULTIARCH.get(daemon.architecture, "")
    folders += [f"{folder}/{multiarch}" for folder in _FOLDERS[:2]]
    folders += [*_FOLDERS, "/usr/local/lib"]
    for folder in folders:
        if (path := Path(folder) / name).is_file():
            return path.resolve()
    raise EngineError(
        f"the library {name}, which {user} needs, is not on this machine",
        hint=f"reinstall the package of {user.name}",
    )


def _pack(files: dict[str, Path]) -> bytes:
    """A tar of the toolkit. The same files give the same bytes."""
    folders = {FOLDER: 0o755, LIBRARIES: 0o755, OUT: 0o1777}
    return packed(
        {name.lstrip("/"): path.read_bytes() for name, path in sorted(files.items())},
        mode=0o755,
        folders={name.lstrip("/"): mode for name, mode in folders.items()},
    )
