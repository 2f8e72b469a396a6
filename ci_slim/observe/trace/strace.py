"""The text of strace 6.13: the arguments it is run with, and the forms of its lines.

Every form here was seen from the real program (shared/reference/tracing.md, and the traces in
tests/unit/test_trace.py). strace escapes `"`, `\\`, control and non-ASCII bytes in strings, and `<`
and `>` too in the names that `-y` adds, so that a line can be cut by regular expressions.
"""

import re

SECCOMP_FILTER = "--seccomp-bpf"
"""Lets strace stop only at the calls that are named. It comes with no_new_privs: executing a file
gives no privileges then."""

FILES_ARGS: tuple[str, ...] = (
    "-f",
    SECCOMP_FILTER,
    "-y",
    "-s",
    "4096",
    "-e",
    "signal=none",
    "-e",
    # `?`: not every architecture has it. Waiting and exiting name no path.
    "trace=%file,clone,clone3,?fork,?vfork,unshare,fchdir,bind,connect,io_uring_setup",
)
"""Arguments for the carried strace that show the files which are used, to be followed by `-o FILE`
and the command. For the container itself `-D` comes before them (once: `-DD` means something else),
so that the application is PID 1; a command under `docker exec` goes without it, so that its trace
is whole when the exec returns."""

CALLS_ARGS: tuple[str, ...] = (
    "-f",
    "-s",
    "64",
    "-e",
    "signal=none",
    "-e",
    "trace=all",
    "-e",
    "abbrev=!execve,execveat",  # whole, with the environment: QEMU's settings are in it
)
"""Arguments that show every system call; used like the others."""

_STRING = rb'"([^"\\]*(?:\\.[^"\\]*)*)"(\.\.\.)?'
_FOLDER = rb"(?:(AT_FDCWD|-?\d+)(?:<([^>]*)>)?(\(deleted\))?, )?"
_GONE = rb"(?<=\?) <unavailable>"
"""`?` is the result of a call that its process did not live to see; this comes behind it where the
process was gone when strace asked."""
_RESULT = (
    rb"\) += (-?\d+|0x[0-9a-f]+|\?)(?:<([^>]*)>)?(\(deleted\))?"
    rb"(?: (E[A-Z0-9]+)|" + _GONE + rb')?(?: \([^"]*)?$'
)

CALL = re.compile(rb"(\d+) +(\w+)\(" + _FOLDER + _STRING + rb"(.*)" + _RESULT).match
"""A call whose first argument after an optional folder is a string: pid, name, descriptor, folder,
folder is deleted, string, string is cut, other arguments, result, result's path, result's file is
deleted, error."""

OTHER_CALL = re.compile(rb"(\d+) +(\w+)\((.*)" + _RESULT).match
"""Any other call: pid, name, arguments, result, result's path, (deleted), error."""

HALF = re.compile(rb"(\d+) +((\w+)\(.*?) *<unfinished \.\.\.>$").match
"""The first part of a call that another process' line interrupted: pid, text, name."""

REST = re.compile(rb"(\d+) +<\.\.\. (\w+) resumed>(.*)$").match
"""The second part: pid, name, text."""

END = re.compile(rb"(\d+) +\+\+\+ (?:exited|killed|superseded by execve in pid (\d+))").match
"""A process ended, or was replaced by one of its threads: pid, pid of that thread."""

ASIDE = re.compile(
    rb"(?:\d+ +)?(?:---|strace: |\[ Process PID=|<pid changed|restart_syscall|<\.\.\. restart_"
    rb"|\?{3,4}\((?: <unfinished \.\.\.>$|\) += \?(?:" + _GONE + rb")?$)"
    rb"|<\.\.\. \?{3,4} resumed>(?: <unfinished \.\.\.>)?\) += \?(?:" + _GONE + rb")?$)"
).match
"""Signals, strace's own remarks, sleeps taken up again after a signal, and calls of a thread that
was killed at their entry, before strace could ask which they were: those were never carried out,
and where strace sees the thread end it writes their other half too, without a result."""

SECOND_PATH = re.compile(rb", " + _FOLDER + _STRING).match
"""In a call's other arguments: descriptor, folder, deleted, string, cut."""

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
