"""Programs that gain privileges when they are executed: setuid, setgid, file capabilities. Pure.

strace's seccomp filter needs no_new_privs, so the kernel gives no privileges. Programs that need
them would fail, and the slim image would keep only what a failure uses.
"""

from collections.abc import Iterator
from dataclasses import replace

from ci_slim.image.files import Contents, FileIndex, Kind
from ci_slim.observe.observation import How, Observation
from ci_slim.observe.run_spec import Privileges, RunSpec


def gaining(seen: Observation, index: FileIndex) -> tuple[str, ...]:
    """The paths that a run executed and whose files give privileges, in order."""
    return tuple(sorted(_gaining(seen, index)))


def _gaining(seen: Observation, index: FileIndex) -> Iterator[str]:
    for path, how in seen.uses.items():
        if how & How.EXEC:
            entry = index.get(index.resolve(path).path or "")
            if entry is not None and (entry.mode & 0o6000 or entry.capability):
                yield path


def with_privileges(spec: RunSpec, index: FileIndex, contents: Contents) -> RunSpec:
    """The same run, observed in a way that lets programs gain privileges.

    The kernel does not let the image's own user trace such a program. So strace runs as root and
    starts the application as that user.
    """
    user = spec.run.user
    if user is None:
        user = str(spec.config.config.get("User") or "")
    entry = index.get(index.resolve("/etc/passwd").path or "")
    known = contents.read(entry.path) if entry is not None and entry.kind is Kind.FILE else b""
    return replace(spec, privileges=_account(user, known.decode("utf-8", "replace")))


def _account(user: str, passwd: str) -> Privileges:
    """The user for strace (a name, or UID:GID), and the home folder that Docker would set."""
    name, _, group = user.partition(":")
    lines = [line.split(":") for line in passwd.splitlines()]
    accounts = [each for each in lines if len(each) >= 6]
    found = next((each for each in accounts if name in (each[0], each[2])), None)
    uid, gid, home = (found[2], found[3], found[5]) if found else (name, "0", "/")
    if not uid.isdecimal() or int(uid) == 0:
        return Privileges()
    if not group and found:
        return Privileges(found[0], home)
    return Privileges(f"{uid}:{group if group.isdecimal() else gid}", home)
