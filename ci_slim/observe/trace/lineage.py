"""The processes of a trace: who is whose child, and which folder relative names count from.

A fork returns to the parent with the child's number after the child's own first lines may have been
written already, so a new number is given to a parent that is forking just then.
"""


class Folders:
    """Working and root folder, escaped as strace does. Threads (CLONE_FS) share one."""

    __slots__ = ("cwd", "root")

    def __init__(self, cwd: bytes, root: bytes) -> None:
        self.cwd = cwd
        self.root = root


class Process:
    """One process or thread; `half` is the first part of a call that was interrupted."""

    __slots__ = ("folders", "half", "name", "replaced")

    def __init__(self, folders: Folders, name: str) -> None:
        self.folders = folders
        self.name = name
        self.half = b""
        self.replaced = False  # a thread became this process: its execve is still to be "resumed"


class Lineage:
    """The processes that live, by number as strace prints it."""

    def __init__(self, workdir: bytes) -> None:
        self._first = Process(Folders(workdir, b""), "")
        self.processes: dict[bytes, Process] = {}
        self.forking: dict[bytes, None] = {}
        self.waiting: dict[bytes, list[bytes]] = {}

    def adopt(self, pid: bytes, line: bytes) -> Process | None:
        """A process seen for the first time: the child of one that is forking just now.

        When several are, in different folders, its lines wait until a fork returns its number.
        """
        if self.waits(pid, line):
            return None
        parents = [self.processes[parent] for parent in self.forking]
        if len({(parent.folders.cwd, parent.folders.root) for parent in parents}) > 1:
            self.waiting[pid] = [line]
            return None
        return self._bear(pid, parents[-1] if parents else self._first)

    def waits(self, pid: bytes, line: bytes) -> bool:
        """Whether the process waits for its parent to be known; the line then waits with it."""
        if pid not in self.waiting:
            return False
        self.waiting[pid].append(line)
        return True

    def release(self, pid: bytes, parent: Process | None) -> list[bytes]:
        """The parent of a waiting process is known (None: never was): its lines, to be read."""
        if pid not in self.waiting:
            return []
        self._bear(pid, parent or self._first)
        return self.waiting.pop(pid)

    def forked(self, parent: Process, pid: bytes, *, shares: bool) -> None:
        """A fork returned the number of its child, which may have shown itself before."""
        child = self.processes.get(pid) or self._bear(pid, parent)
        if shares:
            child.folders = parent.folders

    def resume(self, pid: bytes) -> bytes | None:
        """The first part of the call that goes on; b"" when there is nothing to read (see `end`),
        None when no call was interrupted."""
        process = self.processes.get(pid)
        self.forking.pop(pid, None)
        if process is None:
            return None
        if process.replaced:
            process.replaced = False
            return b""
        half, process.half = process.half, b""
        return half or None

    def end(self, pid: bytes, thread: bytes | None) -> bytes:
        """A process ended; or `thread` took its place by an execve, whose first part is given
        back. strace will print that one as failed, though it succeeded."""
        ended = self.processes.pop(pid, None)
        self.forking.pop(pid, None)
        if thread is None:
            return b""
        self.forking.pop(thread, None)
        heir = self.processes.pop(thread, None) or ended or self._first
        self.processes[pid] = heir
        half, heir.half = heir.half, b""
        heir.replaced = half.startswith(b"execve")
        return half

    def _bear(self, pid: bytes, parent: Process) -> Process:
        folders = Folders(parent.folders.cwd, parent.folders.root)
        child = self.processes[pid] = Process(folders, parent.name)
        return child
