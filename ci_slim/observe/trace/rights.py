"""Finds the rights that a program used or was refused, from the system calls of a trace. Pure.

The kernel does not report which capability (capabilities(7)) it checked. But the call shows it: a
program that changes the owner of a file needs CAP_CHOWN.
"""

import re

from ci_slim.observe.observation import Act

REFUSED = frozenset((b"EROFS", b"EACCES", b"EPERM"))
"""Errors for what the kernel does not allow."""

ON_PATH = frozenset(b"chown chown32 lchown lchown32 fchownat chroot mknod mknodat".split())
"""Calls that need a right and name a path."""

WITHOUT_PATH = frozenset(
    b"setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups fchown "
    b"setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 setfsuid32 setfsgid32 "
    b"setgroups32 fchown32 fchmod kill socket prctl capset bind".split()
)
"""Calls that need a right and name no path."""

RIGHTS = r",/^(set(re|res|fs)?[ug]id|setgroups|fchown)(32)?$,fchmod,kill,socket,prctl,capset"
"""Calls that need a right and name no path, for strace's `trace=`."""

_DEVICE = re.compile(rb"\bS_IF(?:CHR|BLK)\b").search
_NUMBERS = re.compile(rb"-?\d+").findall
_PORT = re.compile(rb"sin6?_port=htons\((\d+)\)").search
_CAPABILITY = re.compile(rb"1<<CAP_([A-Z_]+)").findall
_TARGET = re.compile(rb"(-?\d+), (?:SIG)?(\w+)").match
_SAME = frozenset((b"0", b"-1", b"4294967295"))
"""Ids for which root needs no right: its own, and "leave it"."""
_UNPRIVILEGED_FROM = 1024


def act_on_path(name: bytes, path: str, rest: bytes, error: bytes | None) -> Act | None:
    """The act of a call that names a path, or None if it does not concern rights."""
    call = _plain(name)
    if error is None:
        if call in ("chown", "chroot") or (call == "mknod" and _DEVICE(rest)):
            return Act(call)
        return None
    return Act(call, path, error.decode()) if error in REFUSED else None


def act_without_path(name: bytes, arguments: bytes, error: bytes | None) -> Act | None:
    """The act of any other call."""
    if error is not None and error not in REFUSED:
        return None
    call, refused = _plain(name), (error or b"").decode()
    if call in ("setuid", "setgid"):
        if set(_NUMBERS(arguments)) <= _SAME:
            return None
    elif call == "bind":
        port = _PORT(arguments)
        if port is None or not 0 < int(port[1]) < _UNPRIVILEGED_FROM:
            return None
        return Act(call, port[1].decode(), refused)
    elif call == "socket":
        if b"SOCK_RAW" not in arguments and b"AF_PACKET" not in arguments:
            return None
    elif call == "kill":
        target = _TARGET(arguments)
        if target is None or target[2] == b"0":
            return None
    elif call == "prctl":
        if not arguments.startswith(b"PR_CAPBSET_DROP"):
            return None
    elif call == "capset":
        names = sorted({each.decode() for each in _CAPABILITY(arguments)})
        return Act(call, " ".join(names), refused) if names else None
    elif call == "chmod":
        return Act(call, "", refused) if refused else None
    elif call not in ("setgroups", "chown"):
        return None
    return Act(call, "", refused)


def _plain(name: bytes) -> str:
    """One name for calls that do the same."""
    text = name.decode()
    if match := re.fullmatch(r"set(?:re|res|fs)?([ug]id)(?:32)?", text):
        return f"set{match[1]}"
    if re.fullmatch(r"[lf]?chown(?:at)?(?:32)?", text):
        return "chown"
    if re.fullmatch(r"f?chmod(?:at2?)?", text):
        return "chmod"
    return {"mknodat": "mknod", "setgroups32": "setgroups"}.get(text, text)
