"""Reads the lines of strace and collects what the container used.

Facts about the text, all seen from the real program:

- `openat(AT_FDCWD</srv>, "x", O_RDONLY) = 3</data/x>`: `-y` adds the folder that the kernel started
  from and the file that it arrived at, as seen from the container's root, also after a chroot.
- `<unfinished ...>` and `<... openat resumed>` are two halves of one call of a process.
- `+++ superseded by execve in pid N +++`: a thread became the process. strace then prints its
  execve as failed with ENOSYS, though it succeeded.
- In a call that failed with EFAULT, the program gave a bad address, so nothing was used. If the
  path of any other call is printed as an address, the tracer could not read it: that is a loss.

Paths keep their `..`: `/a/link/../b` is not `/a/b` if `link` is a symbolic link. Only the closure
has the image's index to resolve it.
"""

from collections.abc import Iterable
from re import Match

from ci_slim.observe.observation import Act, How, Lost, Observation
from ci_slim.observe.trace.calls import (
    CONNECT,
    CREATE,
    FIRST,
    FORKS,
    LINK,
    NOT_THERE,
    OPENS,
    PATHLESS,
    SAYS_NOTHING,
    SECOND,
    STAT,
    open_how,
)
from ci_slim.observe.trace.lineage import Folders, Lineage, Process
from ci_slim.observe.trace.paths import PathReader
from ci_slim.observe.trace.rights import (
    ON_PATH,
    REFUSED,
    WITHOUT_PATH,
    act_on_path,
    act_without_path,
)
from ci_slim.observe.trace.strace import (
    ADDRESS,
    ASIDE,
    CALL,
    END,
    HALF,
    OPEN_FOLDER,
    OTHER_CALL,
    REST,
    SECOND_ADDRESS,
    SECOND_PATH,
    SOCKET,
    escape,
)


class Reader:
    """Reads one trace. Call `feed` for each line, then `finish` once."""

    def __init__(self, workdir: str, noise: Iterable[str]) -> None:
        self._lineage = Lineage(escape(workdir.encode("utf-8", "surrogateescape")))
        self._processes = self._lineage.processes
        paths = PathReader(noise)
        self._asked_path, self._absolute = paths.asked, paths.absolute
        self._opens: dict[bytes, int] = {}
        self._uses: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._missed: set[str] = set()
        self._syscalls: set[bytes] = set()
        self._acts: set[Act | None] = set()
        self._lost: dict[tuple[str, str], None] = {}
        self._unread = b""

    def feed(self, line: bytes) -> None:
        """Take the next line. A line that cannot be read is a loss if another line follows it."""
        if self._unread:
            pid, _, text = self._unread.partition(b" ")
            shown = text.strip()[:120].decode("utf-8", "replace")
            self._lose(pid, f"a line of strace could not be read: {shown}")
            self._unread = b""
        line = line.rstrip(b"\r\n")
        if not self._read(line):
            self._unread = line

    def cut(self) -> Observation:
        """What was read since the last call of `cut`."""
        part = Observation(self.uses, frozenset(self._missed))
        self._uses, self._missed = {}, set()
        return part

    @property
    def uses(self) -> dict[str, How]:
        """The paths used so far."""
        return {path: How(how) for path, how in self._uses.items()}

    def record_damage(self) -> None:
        """Record that the application wrote over its trace."""
        self._lose(b"", "the trace is damaged: it has a line that strace cannot have written")

    def finish(self) -> Observation:
        """The observation. It includes the paths of calls that never returned."""
        for pid in tuple(self._lineage.waiting):
            self._release(pid, None)
        for pid, process in tuple(self._processes.items()):
            if process.half:
                self._read(pid + b" " + process.half + b") = ?")
        for path, how in self._asked.items():
            if path not in self._missed:
                self._record(path, how, b"", None)
        return Observation(
            self.uses,
            frozenset(self._missed),
            frozenset(name.decode() for name in self._syscalls),
            tuple(Lost(*loss) for loss in self._lost),
            frozenset(act for act in self._acts if act is not None),
        )

    def _read(self, line: bytes) -> bool:
        half = line.endswith(b" <unfinished ...>")
        match = (HALF if half else CALL)(line)
        if match is None:
            return self._read_rare(line)
        process = self._processes.get(match[1]) or self._lineage.adopt(match[1], line)
        if process is None:
            return True
        if not half:
            self._call(process, match)
            return True
        process.half = match[2]
        if match[3] in FORKS:
            self._lineage.forking[match[1]] = None
        return True

    def _read_rare(self, line: bytes) -> bool:
        if match := OTHER_CALL(line):
            process = self._processes.get(match[1]) or self._lineage.adopt(match[1], line)
            if process is not None:
                self._pathless_call(process, match)
            return True
        if not line or ASIDE(line):
            return True
        if match := REST(line):
            return self._resume(match[1], match[3], line)
        if match := END(line):
            self._end(match[1], match[2], line)
            return True
        return False

    def _release(self, pid: bytes, parent: Process | None) -> None:
        for line in self._lineage.release(pid, parent):
            self._read(line)

    def _resume(self, pid: bytes, rest: bytes, line: bytes) -> bool:
        if self._lineage.waits(pid, line):
            return True
        half = self._lineage.resume(pid)
        return half is not None and (half == b"" or self._read(pid + b" " + half + rest))

    def _end(self, pid: bytes, thread: bytes | None, line: bytes) -> None:
        if self._lineage.waits(pid, line):
            return
        half = self._lineage.end(pid, thread)
        if half.startswith(b"execve"):
            self._read(pid + b" " + half + b") = 0")

    def _lose(self, pid: bytes, detail: str) -> None:
        process = self._processes.get(pid)
        name = f" ({process.name})" if process is not None and process.name else ""
        who = f"pid {pid.decode()}" if pid.isdigit() else "an unknown process"
        self._lost[who + name, detail] = None

    def _call(self, process: Process, call: Match[bytes]) -> None:
        pid, name, at, folder, gone, raw, cut, rest, result, arrived, removed, error = call.groups()
        self._syscalls.add(name)
        if at == b"AT_FDCWD" and folder and not gone:
            process.folders.cwd = folder.removesuffix(b" (deleted)")
        how = FIRST.get(name, STAT)
        if name in OPENS:
            how = self._opens.get(rest) or self._opens.setdefault(rest, open_how(rest))
        if how:
            if cut and error is None:
                self._lose(pid, f"{name.decode()}: the path is too long to be read")
            path = self._asked_path(process.folders, at, folder, raw, name)
            if result == b"?":
                self._asked[path] = how
                return
            self._record(path, how, rest, error)
            if name in ON_PATH or error in REFUSED:
                self._acts.add(act_on_path(name, path, rest, error))
            if result == b"0":
                self._apply_change(process, name, path, pid)
        if arrived and not removed and arrived.startswith(b"/"):
            self._record(self._absolute(arrived), how, rest, None)
        if name in SECOND:
            self._second_path(process, pid, name, rest, error)

    def _second_path(
        self, process: Process, pid: bytes, name: bytes, rest: bytes, error: bytes | None
    ) -> None:
        if match := SECOND_PATH(rest):
            path = self._asked_path(process.folders, match[1], match[2], match[4], name)
            self._record(path, SECOND[name], rest, error)
            if error in REFUSED:
                self._acts.add(act_on_path(name, path, b"", error))
        elif error != b"EFAULT" and SECOND_ADDRESS(rest):
            self._lose(pid, f"{name.decode()}: a path could not be read, only its address")

    def _pathless_call(self, process: Process, call: Match[bytes]) -> None:
        pid, name, arguments, result, _, _, error = call.groups()
        self._syscalls.add(name)
        if name in WITHOUT_PATH and result != b"?":
            self._acts.add(act_without_path(name, arguments, error))
        if name not in PATHLESS:
            if error != b"EFAULT" and FIRST.get(name) and ADDRESS(arguments):
                self._lose(pid, f"{name.decode()}: the path could not be read, only its address")
        elif name in FORKS:
            self._lineage.forking.pop(pid, None)
            if result.isdigit() and result != b"0":
                self._release(result, process)
                self._lineage.forked(process, result, shares=b"CLONE_FS" in arguments)
        elif name in (b"bind", b"connect"):
            if (match := SOCKET(arguments)) is not None:
                path = self._asked_path(process.folders, None, None, match[1], name)
                self._record(path, CREATE if name == b"bind" else CONNECT, b"", error)
        elif name == b"io_uring_setup":
            if result.isdigit():
                self._lose(pid, "io_uring_setup: files opened through a ring cannot be traced")
        elif result == b"0" and name == b"fchdir":
            if match := OPEN_FOLDER(arguments):
                process.folders.cwd = match[1]
        elif result == b"0" and b"CLONE_FS" in arguments:
            process.folders = Folders(process.folders.cwd, process.folders.root)

    def _apply_change(self, process: Process, name: bytes, path: str, pid: bytes) -> None:
        """Record what a successful call changed about the process itself."""
        if name in (b"execve", b"execveat"):
            process.name = path.rpartition("/")[2]
        elif name == b"chdir":
            process.folders.cwd = escape(path.encode("utf-8", "surrogateescape"))
        elif name == b"chroot":
            process.folders.root = escape(path.rstrip("/").encode("utf-8", "surrogateescape"))
        elif name == b"pivot_root":
            self._lose(pid, "pivot_root: the paths used after it start at another root")

    def _record(self, path: str, how: int, rest: bytes, error: bytes | None) -> None:
        if not path or error in SAYS_NOTHING:
            return
        if error is not None:
            if error in NOT_THERE and not (error == b"ENOTDIR" and b"O_DIRECTORY" in rest):
                self._missed.add(path)
                return
            if error == b"ENOEXEC":
                self._missed.add(path)
            elif how != CONNECT:
                how = LINK if error == b"ELOOP" else STAT
        self._uses[path] = self._uses.get(path, 0) | how
