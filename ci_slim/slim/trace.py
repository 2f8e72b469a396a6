"""What strace wrote, read as what the container used.

Facts about the text, all seen from the real program:

- `openat(AT_FDCWD</srv>, "x", O_RDONLY) = 3</data/x>`: `-y` gives the folder the kernel started
  from and the file it arrived at, both seen from the container's root, also after a chroot;
- `<unfinished ...>` and `<... openat resumed>` are two halves of one call, joined by process;
- `+++ superseded by execve in pid N +++`: a thread became the process. strace then prints its
  execve as failed with ENOSYS, though it succeeded;
- a call that failed with EFAULT was given a bad address by the program: nothing was used. Any other
  call whose path prints as an address could not be read by the tracer: the observation is lost.

Paths keep their `..`: `/a/link/../b` is not `/a/b` when `link` is a symbolic link, and only the
closure has the image's index to tell.
"""

from collections.abc import Iterable
from re import Match

from ci_slim.slim.observation import How, Lost, Observation
from ci_slim.slim.strace import (
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
    STRACE_ARGS,
    escape,
    unescape,
)

__all__ = ["NOISE", "STRACE_ARGS", "How", "Lost", "Observation", "parse"]

NOISE = ("/usr/gnemul", "/.ci-slim", "/proc/sys/vm/mmap_min_addr")
"""What QEMU user emulation and our own toolkit look up; the application does not."""


def parse(
    lines: Iterable[bytes], *, workdir: str = "/", noise: Iterable[str] = NOISE
) -> Observation:
    """Reads the lines of one trace file. A torn last line is no loss, an empty trace is.

    `workdir` is where the first process started: relative names count from there until strace
    names the folder itself. Paths at or below `noise` are left out.
    """
    reader = _Reader(workdir, noise)
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 - the number of lines is wanted
        reader.feed(line)
    if not count:
        return Observation(lost=(Lost("the tracer", "the trace is empty: nothing was traced"),))
    return reader.finish()


# How as plain ints: a Flag's `|` costs as much as the rest of a line.
_EXEC, _OPEN, _STAT, _LINK, _LIST, _WRITE, _CREATE, _REMOVE, _CONNECT = (how.value for how in How)
_NO_PATH = 0
_OPENS = frozenset((b"open", b"openat", b"openat2"))
_FORKS = frozenset((b"clone", b"clone3", b"fork", b"vfork"))


def _table(*rows: tuple[str, int]) -> dict[bytes, int]:
    return {name.encode(): how for names, how in rows for name in names.split()}


_FIRST = _table(  # what is done to the path that is the first string
    ("open openat openat2 link linkat", _OPEN),
    ("execve execveat uselib", _EXEC),
    ("readlink readlinkat", _LINK),
    ("mkdir mkdirat mknod mknodat", _CREATE),
    ("creat", _WRITE | _CREATE),
    ("unlink unlinkat rmdir rename renameat renameat2", _REMOVE),
    ("truncate truncate64 chmod fchmodat fchmodat2 chown lchown fchownat", _WRITE),
    ("utime utimes utimensat futimesat setxattr lsetxattr removexattr lremovexattr", _WRITE),
    ("symlink symlinkat getcwd memfd_create fanotify_mark quotactl fsopen fsconfig", _NO_PATH),
    ("access faccessat faccessat2 stat lstat stat64 lstat64 newfstatat fstatat64 statx", _STAT),
    ("statfs statfs64 chdir chroot getxattr lgetxattr listxattr llistxattr", _STAT),
    ("name_to_handle_at inotify_add_watch open_tree", _STAT),
)
_SECOND = _table(
    ("rename renameat renameat2 link linkat symlink symlinkat", _CREATE),
    ("mount pivot_root move_mount", _STAT),
)
_PATHLESS = _FORKS | {b"unshare", b"fchdir", b"bind", b"connect", b"io_uring_setup"}
_NOT_THERE = frozenset((b"ENOENT", b"ENOTDIR"))
_SAYS_NOTHING = frozenset((b"EFAULT", b"ENAMETOOLONG", b"EBADF"))


class _Folders:
    """Working and root folder, escaped as strace does. Threads (CLONE_FS) share one."""

    __slots__ = ("cwd", "root")

    def __init__(self, cwd: bytes, root: bytes) -> None:
        self.cwd = cwd
        self.root = root


class _Process:
    __slots__ = ("folders", "half", "name", "replaced")

    def __init__(self, folders: _Folders, name: str) -> None:
        self.folders = folders
        self.name = name
        self.half = b""  # the first part of a call that was interrupted
        self.replaced = False  # a thread became this process: its execve is still to be "resumed"


class _Reader:
    """Reads one trace, line by line: `feed` each, then `finish` once."""

    def __init__(self, workdir: str, noise: Iterable[str]) -> None:
        start = escape(workdir.encode("utf-8", "surrogateescape"))
        self._first = _Process(_Folders(start, b""), "")
        self._processes: dict[bytes, _Process] = {}
        self._forking: dict[bytes, None] = {}
        self._waiting: dict[bytes, list[bytes]] = {}
        self._noise = tuple(noise)
        self._names: dict[bytes, str] = {}
        self._opens: dict[bytes, int] = {}
        self._uses: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._missed: set[str] = set()
        self._syscalls: set[bytes] = set()
        self._lost: dict[tuple[str, str], None] = {}
        self._unread = b""

    def feed(self, line: bytes) -> None:
        """Takes the next line. One that cannot be read is a loss once another line follows it."""
        if self._unread:
            pid, _, text = self._unread.partition(b" ")
            shown = text.strip()[:120].decode("utf-8", "replace")
            self._lose(pid, f"strace wrote what cannot be read: {shown}")
            self._unread = b""
        line = line.rstrip(b"\r\n")
        if not self._read(line):
            self._unread = line

    def finish(self) -> Observation:
        """The observation. A call that never returned still asked for its path."""
        for pid in tuple(self._waiting):
            self._release(pid, self._first)
        for pid, process in tuple(self._processes.items()):
            if process.half:
                self._read(pid + b" " + process.half + b") = ?")
        for path, how in self._asked.items():
            if path not in self._missed:
                self._record(path, how, b"", None)
        return Observation(
            {path: How(how) for path, how in self._uses.items()},
            frozenset(self._missed),
            frozenset(name.decode() for name in self._syscalls),
            tuple(Lost(*loss) for loss in self._lost),
        )

    def _read(self, line: bytes) -> bool:
        half = line.endswith(b" <unfinished ...>")
        match = (HALF if half else CALL)(line)
        if match is None:
            return self._read_rare(line)
        process = self._processes.get(match[1]) or self._adopt(match[1], line)
        if process is None:
            return True
        if not half:
            self._call(process, match)
            return True
        process.half = match[2]
        if match[3] in _FORKS:
            self._forking[match[1]] = None
        return True

    def _read_rare(self, line: bytes) -> bool:
        if match := OTHER_CALL(line):
            process = self._processes.get(match[1]) or self._adopt(match[1], line)
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

    # Processes and their folders

    def _adopt(self, pid: bytes, line: bytes) -> _Process | None:
        """A process seen for the first time: the child of one that is forking just now.

        When several are, in different folders, its lines wait until a fork returns its number.
        """
        if pid in self._waiting:
            self._waiting[pid].append(line)
            return None
        parents = [self._processes[parent] for parent in self._forking]
        if len({(parent.folders.cwd, parent.folders.root) for parent in parents}) > 1:
            self._waiting[pid] = [line]
            return None
        return self._bear(pid, parents[-1] if parents else self._first)

    def _bear(self, pid: bytes, parent: _Process) -> _Process:
        folders = _Folders(parent.folders.cwd, parent.folders.root)
        child = self._processes[pid] = _Process(folders, parent.name)
        return child

    def _release(self, pid: bytes, parent: _Process) -> None:
        lines = self._waiting.pop(pid)
        self._bear(pid, parent)
        for line in lines:
            self._read(line)

    def _forked(self, parent: _Process, child: bytes, arguments: bytes) -> None:
        if child in self._waiting:
            self._release(child, parent)
        elif child not in self._processes:
            self._bear(child, parent)
        if b"CLONE_FS" in arguments:
            self._processes[child].folders = parent.folders

    def _resume(self, pid: bytes, rest: bytes, line: bytes) -> bool:
        if pid in self._waiting:
            self._waiting[pid].append(line)
            return True
        process = self._processes.get(pid)
        if process is not None and process.replaced:
            process.replaced = False
            return True
        self._forking.pop(pid, None)
        if process is None or not process.half:
            return False
        half, process.half = process.half, b""
        return self._read(pid + b" " + half + rest)

    def _end(self, pid: bytes, thread: bytes | None, line: bytes) -> None:
        if pid in self._waiting:
            self._waiting[pid].append(line)
            return
        ended = self._processes.pop(pid, None)
        self._forking.pop(pid, None)
        if thread is None:
            return
        self._forking.pop(thread, None)
        heir = self._processes.pop(thread, None) or ended or self._first
        self._processes[pid] = heir
        half, heir.half = heir.half, b""
        if half.startswith(b"execve"):
            self._read(pid + b" " + half + b") = 0")
            heir.replaced = True

    def _lose(self, pid: bytes, detail: str) -> None:
        process = self._processes.get(pid)
        name = f" ({process.name})" if process is not None and process.name else ""
        who = f"pid {pid.decode()}" if pid.isdigit() else "an unknown process"
        self._lost[who + name, detail] = None

    # Calls

    def _call(self, process: _Process, call: Match[bytes]) -> None:
        pid, name, at, folder, gone, raw, cut, rest, result, arrived, removed, error = call.groups()
        self._syscalls.add(name)
        if at == b"AT_FDCWD" and folder and not gone:
            process.folders.cwd = folder.removesuffix(b" (deleted)")
        how = _FIRST.get(name, _STAT)
        if name in _OPENS:
            how = self._opens.get(rest) or self._open_how(rest)
        if how:
            if cut and error is None:
                self._lose(pid, f"{name.decode()}: the path is too long to be read")
            path = self._path(process.folders, at, folder, raw, name)
            if result == b"?":
                self._asked[path] = how
                return
            self._record(path, how, rest, error)
            if result == b"0":
                self._changed(process, name, path, pid)
        if arrived and not removed and arrived.startswith(b"/"):
            self._record(self._name(arrived), how, rest, None)
        if name in _SECOND:
            self._second_path(process, pid, name, rest, error)

    def _second_path(
        self, process: _Process, pid: bytes, name: bytes, rest: bytes, error: bytes | None
    ) -> None:
        if match := SECOND_PATH(rest):
            path = self._path(process.folders, match[1], match[2], match[4], name)
            self._record(path, _SECOND[name], rest, error)
        elif error != b"EFAULT" and SECOND_ADDRESS(rest):
            self._lose(pid, f"{name.decode()}: a path could not be read, only its address")

    def _pathless_call(self, process: _Process, call: Match[bytes]) -> None:
        pid, name, arguments, result, _, _, error = call.groups()
        self._syscalls.add(name)
        if name not in _PATHLESS:
            if error != b"EFAULT" and _FIRST.get(name) and ADDRESS(arguments):
                self._lose(pid, f"{name.decode()}: the path could not be read, only its address")
        elif name in _FORKS:
            self._forking.pop(pid, None)
            if result.isdigit() and result != b"0":
                self._forked(process, result, arguments)
        elif name in (b"bind", b"connect"):
            if (match := SOCKET(arguments)) is not None:
                path = self._path(process.folders, None, None, match[1], name)
                self._record(path, _CREATE if name == b"bind" else _CONNECT, b"", error)
        elif name == b"io_uring_setup":
            if result.isdigit():
                self._lose(pid, "io_uring_setup: what is opened through a ring cannot be traced")
        elif result == b"0" and name == b"fchdir":
            if match := OPEN_FOLDER(arguments):
                process.folders.cwd = match[1]
        elif result == b"0" and b"CLONE_FS" in arguments:
            process.folders = _Folders(process.folders.cwd, process.folders.root)

    def _changed(self, process: _Process, name: bytes, path: str, pid: bytes) -> None:
        """What a call that succeeded changed about the process itself."""
        if name in (b"execve", b"execveat"):
            process.name = path.rpartition("/")[2]
        elif name == b"chdir":
            process.folders.cwd = escape(path.encode("utf-8", "surrogateescape"))
        elif name == b"chroot":
            process.folders.root = escape(path.rstrip("/").encode("utf-8", "surrogateescape"))
        elif name == b"pivot_root":
            self._lose(pid, "pivot_root: the paths used after it are of another root")

    def _open_how(self, rest: bytes) -> int:
        flags = rest.partition(b"}")[0] if rest.startswith(b", {") else rest
        if b"O_PATH" in flags:
            how = _STAT
        elif b"O_TMPFILE" in flags:
            how = _CREATE
        elif b"O_DIRECTORY" in flags:
            how = _LIST
        else:
            how = _WRITE if b"O_WRONLY" in flags else _OPEN
            if b"O_RDWR" in flags:
                how |= _WRITE
            if b"O_CREAT" in flags:
                how |= _CREATE
        self._opens[rest] = how
        return how

    def _record(self, path: str, how: int, rest: bytes, error: bytes | None) -> None:
        if not path or error in _SAYS_NOTHING:
            return
        if error is not None:
            if error in _NOT_THERE and not (error == b"ENOTDIR" and b"O_DIRECTORY" in rest):
                self._missed.add(path)
                return
            if error == b"EINVAL" and how == _LINK:
                return  # "not a link": QEMU asks this of every folder on the way
            if error == b"ENOEXEC":
                self._missed.add(path)
            elif how != _CONNECT:
                how = _LINK if error == b"ELOOP" else _STAT
        self._uses[path] = self._uses.get(path, 0) | how

    # Names

    def _path(
        self, folders: _Folders, at: bytes | None, folder: bytes | None, raw: bytes, name: bytes
    ) -> str:
        """The absolute path that was asked for; "" for noise and for what is no path."""
        if raw.startswith(b"/"):
            return self._name(folders.root + raw)
        if at is None or at == b"AT_FDCWD" or name == b"inotify_add_watch":
            return self._name(folders.cwd + b"/" + raw)
        if folder is None or not folder.startswith(b"/"):
            return ""
        return self._name(folder + b"/" + raw) if raw else self._name(folder)

    def _name(self, raw: bytes) -> str:
        name = self._names.get(raw)
        if name is None:
            name = _tidy(unescape(raw).decode("utf-8", "surrogateescape"))
            if any(name == noise or name.startswith(noise + "/") for noise in self._noise):
                name = ""
            self._names[raw] = name
        return name


def _tidy(path: str) -> str:
    """Without `.`, empty parts, and `..` at the root; other `..` stay."""
    if "//" not in path and "/." not in path and not path.endswith("/"):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", ".") or (part == ".." and not parts):
            continue
        parts.append(part)
    return "/" + "/".join(parts)
