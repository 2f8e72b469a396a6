r"""The text of strace 6.13: the arguments of strace, and regular expressions for its lines.

Every form here was seen from the real program (see the traces in tests/unit/observe/trace). strace
escapes `"`, `\`, control and non-ASCII bytes in strings, and also `<` and `>` in the names that
`-y` adds. So regular expressions can split a line.
"""

import re

SECCOMP_FILTER = "--seccomp-bpf"
"""Lets strace stop only at the named calls. It sets no_new_privs, so executing a file gives no
privileges."""

FILES_ARGS: tuple[str, ...] = (
    "-f",
    SECCOMP_FILTER,
    "-y",
    "-s",
    "4096",
    "-e",
    "signal=none",
    "-e",
    # `?`: not every architecture has the call. Waiting and exiting name no path.
    "trace=%file,clone,clone3,?fork,?vfork,unshare,fchdir,bind,connect,io_uring_setup",
)
"""The arguments of strace that show used files. `-o FILE` and the command come after them.

For the container itself, `-D` comes before them, so that the application is PID 1 (only once: `-DD`
means something else). A command under `docker exec` runs without `-D`, so that its trace is
complete when the exec returns.
"""

CALLS_ARGS: tuple[str, ...] = (
    "-f",
    "-s",
    "64",
    "-e",
    "signal=none",
    "-e",
    "trace=all",
    "-e",
    # not shortened, with the environment, because QEMU's settings are in it
    "abbrev=!execve,execveat",
)
"""The arguments that show every system call, used like the others."""

_STRING = rb'"([^"\\]*(?:\\.[^"\\]*)*)"(\.\.\.)?'
_FOLDER = rb"(?:(AT_FDCWD|-?\d+)(?:<([^>]*)>)?(\(deleted\))?, )?"
_GONE = rb"(?<=\?) <unavailable>"
"""Matches the result `?` of a call whose process ended before it returned. strace adds the text
after it if the process was gone when strace asked."""
_RESULT = (
    rb"\) += (-?\d+|0x[0-9a-f]+|\?)(?:<([^>]*)>)?(\(deleted\))?"
    rb"(?: (E[A-Z0-9]+)|" + _GONE + rb')?(?: \([^"]*)?$'
)

CALL = re.compile(rb"(\d+) +(\w+)\(" + _FOLDER + _STRING + rb"(.*)" + _RESULT).match
"""A call whose first argument after an optional folder is a string. Groups: pid, name, descriptor,
folder, folder is deleted, string, string is cut, other arguments, result, path of the result, file
of the result is deleted, error."""

OTHER_CALL = re.compile(rb"(\d+) +(\w+)\((.*)" + _RESULT).match
"""Any other call. Groups: pid, name, arguments, result, path of the result, (deleted), error."""

HALF = re.compile(rb"(\d+) +((\w+)\(.*?) *<unfinished \.\.\.>$").match
"""The first part of a call that another process' line interrupted. Groups: pid, text, name."""

REST = re.compile(rb"(\d+) +<\.\.\. (\w+) resumed>(.*)$").match
"""The second part. Groups: pid, name, text."""

END = re.compile(rb"(\d+) +\+\+\+ (?:exited|killed|superseded by execve in pid (\d+))").match
"""A process ended, or one of its threads replaced it. Groups: pid, pid of that thread."""

ASIDE = re.compile(
    rb"(?:\d+ +)?(?:---|strace: |\[ Process PID=|<pid changed|restart_syscall|<\.\.\. restart_"
    rb"|\?{3,4}\((?: <unfinished \.\.\.>$|\) += \?(?:" + _GONE + rb")?$)"
    rb"|<\.\.\. \?{3,4} resumed>(?: <unfinished \.\.\.>)?\) += \?(?:" + _GONE + rb")?$)"
).match
"""Lines to skip: signals, strace's own messages, sleeps that go on after a signal, and calls of a
thread that was killed at their entry before strace could read which they were. Such a call was
never carried out. If strace sees the thread end, it also writes the second part, without
a result."""

SECOND_PATH = re.compile(rb", " + _FOLDER + _STRING).match
"""A path in the other arguments of a call. Groups: descriptor, folder, deleted, string, cut."""

ADDRESS = re.compile(_FOLDER + rb"0x[0-9a-f]+").match
SECOND_ADDRESS = re.compile(rb", " + _FOLDER + rb"0x[0-9a-f]+").match
SOCKET = re.compile(rb"sun_path=" + _STRING).search
OPEN_FOLDER = re.compile(rb"-?\d+<(/[^>]*)>(\(deleted\))?").match

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL).sub
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}


def unescape(text: bytes) -> bytes:
    """The bytes of a string as strace prints it."""
    return _ESCAPE(_unescape_one, text) if b"\\" in text else text


def escape(text: bytes) -> bytes:
    """Bytes as strace would print them, as far as `unescape` needs it."""
    return text.replace(b"\\", b"\\\\")


def _unescape_one(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.isdigit():
        return bytes((int(code, 8) & 0xFF,))
    return _LETTERS.get(code, code)
