"""The processes of a trace: the parent of each, and the folder that its relative paths start from.

When a fork returns the child's number to the parent, the child may have written its own first lines
already. So a new number is given to a parent that is in a fork at that time.
"""


class Folders:
    """Working folder and root folder, escaped as strace does. Threads (CLONE_FS) share one."""

    __slots__ = ("cwd", "root")

    def __init__(self, cwd: bytes, root: bytes) -> None:
        self.cwd = cwd
        self.root = root


class Process:
    """One process or thread. `half` is the first part of an interrupted call."""

    __slots__ = ("folders", "half", "name", "replaced")

    def __init__(self, folders: Folders, name: str) -> None:
        self.folders = folders
        self.name = name
        self.half = b""
        self.replaced = False  # a thread became this process, and its execve will be "resumed"


class Lineage:
    """The living processes, by their number in strace's text."""

    def __init__(self, workdir: bytes) -> None:
        self._first = Process(Folders(workdir, b""), "")
        self.processes: dict[bytes, Process] = {}
        self.forking: dict[bytes, None] = {}
        self.waiting: dict[bytes, list[bytes]] = {}

    def adopt(self, pid: bytes, line: bytes) -> Process | None:
        """The process of a line that is the first of its number: the child of a process that is in
        a fork.

        If several processes in different folders are in a fork, the lines wait until a fork returns
        the number.
        """
        if self.waits(pid, line):
            return None
        parents = [self.processes[parent] for parent in self.forking]
        if len({(parent.folders.cwd, parent.folders.root) for parent in parents}) > 1:
            self.waiting[pid] = [line]
            return None
        return self._bear(pid, parents[-1] if parents else self._first)

    def waits(self, pid: bytes, line: bytes) -> bool:
        """Whether the parent of the process is not known yet. Then the line waits too."""
        if pid not in self.waiting:
            return False
        self.waiting[pid].append(line)
        return True

    def release(self, pid: bytes, parent: Process | None) -> list[bytes]:
        """Set the parent of a waiting process (None: it never became known). Returns its waiting
        lines."""
        if pid not in self.waiting:
            return []
        self._bear(pid, parent or self._first)
        return self.waiting.pop(pid)

    def forked(self, parent: Process, pid: bytes, *, shares: bool) -> None:
        """Record that a fork returned the number of its child. The child may have lines already."""
        child = self.processes.get(pid) or self._bear(pid, parent)
        if shares:
            child.folders = parent.folders

    def resume(self, pid: bytes) -> bytes | None:
        """The first part of the call that goes on. Returns b"" if there is nothing to read (see
        `end`), and None if no call was interrupted."""
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
        """Record that a process ended or that `thread` replaced it by an execve. Returns the first
        part of that execve. strace will print the execve as failed, though it succeeded."""
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
