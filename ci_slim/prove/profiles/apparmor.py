"""Makes an AppArmor profile (apparmor.d(5)) from the files of an image and what its runs did.

The profile replaces Docker's own (docs.docker.com/engine/security/apparmor). So it also allows what
Docker needs: signals of the runtimes for `docker stop`, and tracing among the container's own
processes. It includes no file of AppArmor, so that it loads on any board.

Everything in the container may be read, because a slim image holds only what is used, and mounted
files are there to be read. Execution, mapping of code and writing are limited to what was observed.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.image.files import FileIndex, Kind
from ci_slim.observe.observation import How

CAPABILITIES = (
    "audit_write", "chown", "dac_override", "fowner", "fsetid", "kill", "mknod", "net_bind_service",
    "net_raw", "setfcap", "setgid", "setpcap", "setuid", "sys_chroot",
)  # fmt: skip
"""The capabilities that Docker gives to root in a container. Other users get them only through
setuid programs."""

TEMPORARY = ("/tmp", "/var/tmp", "/run")
"""Folders that programs use if they have more to do than during a probe."""

_MOUNTED = ("/proc/", "/sys/", "/dev/")
_WRITES = How.WRITE | How.CREATE | How.REMOVE | How.CONNECT
_LIBRARY = re.compile(r"\.so(\..*)?$|\.(node|dll|exe)$").search
_ONLY_SEEN = ("stat:", "listed:", "folders:")
_SPECIAL = re.compile(r'[\\"*?\[\]{}^]')


@dataclass(frozen=True, slots=True)
class Files:
    """What a container does with files besides reading. The paths are real, because AppArmor checks
    where links lead."""

    executed: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()
    """Libraries, whose code is mapped into memory."""
    written: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    """Folders in which the run created something. Everything below them may be written."""


def files_of(
    index: FileIndex,
    kept: Mapping[str, Sequence[str]],
    uses: Mapping[str, How],
    volumes: Iterable[str],
) -> Files:
    """Collect it from the paths that an image keeps, each with its reasons, and how a run used
    paths."""
    used = {
        path: reasons
        for path, reasons in kept.items()
        if _is_file(index, path) and any(not each.startswith(_ONLY_SEEN) for each in reasons)
    }
    executed = {path for path in used if index[path].mode & 0o111}
    mapped = {path for path, why in used.items() if _LIBRARY(path) or why[0].startswith("elf:")}
    written: set[str] = set()
    folders = {*TEMPORARY, *(index.real(volume) for volume in volumes)}
    for path, how in uses.items():
        if path.startswith(_MOUNTED):
            continue
        real = index.real(path)
        if real not in index:
            if how & How.EXEC:
                executed.add(real)
            if how & How.OPEN and _LIBRARY(real):
                mapped.add(real)
        if how & _WRITES:
            folder = posixpath.dirname(real)
            if real in index or folder == "/":
                written.add(real)
            else:
                folders.add(folder)
    mapped -= executed
    return Files(frozenset(executed), frozenset(mapped), frozenset(written), frozenset(folders))


def may_be_root(user: str, passwd: bytes, index: FileIndex, files: Files) -> bool:
    """Whether a process may have root's capabilities: it starts as root, under any name in
    /etc/passwd, or a program gives them."""
    name = user.partition(":")[0]
    called_root = re.search(rb"^%s:[^:]*:0+:" % re.escape(name.encode()), passwd, re.MULTILINE)
    programs = (entry for path in files.executed if (entry := index.get(path)) is not None)
    gives = any(program.mode & 0o6000 or program.capability for program in programs)
    return name in ("", "0", "root") or called_root is not None or gives


def profile(name: str, files: Files, *, root: bool) -> str:
    """The profile of an image, to load and use under `name`. With `root`, its processes may have
    capabilities."""
    lines = [
        f"# docker run --security-opt apparmor={name}, after apparmor_parser --replace FILE",
        f"profile {quoted(name)} flags=(attach_disconnected,mediate_deleted) {{",
        "  network,",
        "  unix,",
        *(f"  capability {each}," for each in CAPABILITIES if root),
        *(f"  signal (receive) peer={each}," for each in ("unconfined", "runc", "crun")),
        f"  signal (send, receive) peer={quoted(name)},",
        f"  ptrace (trace, tracedby, read, readby) peer={quoted(name)},",
        "",
        *_surroundings(),
        "",
        *(f"  {rule}," for rule in _rules(files)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def quoted(path: str) -> str:
    """A path as a literal in a profile, not as a pattern. Bytes outside ASCII are written in octal,
    because the text has no encoding."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match[0], path)
    raw = escaped.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 else f"\\{b:03o}" for b in raw) + '"'


def _surroundings() -> Iterator[str]:
    """Rules for what does not belong to the image. `docker run --device` decides which devices
    exist. For /proc and /sys the rules are Docker's own."""
    yield "  /{,**} rk,"
    yield "  /dev/** rwk,"
    yield "  /proc/[0-9]*/** rwk,"
    yield "  /proc/sys/kernel/shm* rwk,"
    yield "  /memfd:** mrwk,"
    yield "  /SYSV** rwk,"
    yield "  deny /proc/{sysrq-trigger,kcore} rwklx,"
    yield "  deny /sys/{firmware,kernel/security,devices/virtual/powercap}/** rwklx,"


def _rules(files: Files) -> Iterator[str]:
    rules: dict[str, set[str]] = {}
    for paths, letters in (
        (files.executed, "mrix"),
        (files.mapped, "mr"),
        (files.written, "rwkl"),
    ):
        for path in paths:
            rules.setdefault(quoted(path), set()).update(letters.replace("ix", "X"))
    for path in files.written:
        rules.setdefault(quoted(path + "/"), set()).update("rwkl")
    for folder in files.folders:
        below = quoted(folder)[:-1] + '/**"'
        rules.setdefault(below, set()).update("rwkl")
        rules.setdefault(quoted(folder + "/"), set()).update("rw")
    for path, allowed in sorted(rules.items()):
        yield f"{path} {''.join(x for x in 'mrwklX' if x in allowed).replace('X', 'ix')}"


def _is_file(index: FileIndex, path: str) -> bool:
    entry = index.get(path)
    return entry is not None and entry.kind is Kind.FILE
