"""The rights with which a container is run, and which it needs, as its runs show. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ci_slim.image.files import FileIndex
from ci_slim.observe.observation import Act, Observation
from ci_slim.prove.harden.mounts import CACHES, Mount, Unmountable, mount_for, written_paths

GIVEN = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
"""The capabilities that Docker gives to root in a container. A run can have used no others, unless
the settings add them."""

_CAPABILITY = {
    "chown": "CHOWN",
    "setuid": "SETUID",
    "setgid": "SETGID",
    "setgroups": "SETGID",
    "bind": "NET_BIND_SERVICE",
    "socket": "NET_RAW",
    "chroot": "SYS_CHROOT",
    "mknod": "MKNOD",
    "prctl": "SETPCAP",
    "kill": "KILL",
    "chmod": "FOWNER",
    "utimensat": "FOWNER",
    "utime": "FOWNER",
    "utimes": "FOWNER",
    "setxattr": "SETFCAP",
}
_EXECUTES = ("execve", "execveat")
_KERNEL = ("/proc/", "/sys/")
"""Folders of processes and devices, which differ from run to run."""

_DOES = {
    "CHOWN": "it gives files away",
    "SETUID": "it becomes another user",
    "SETGID": "it changes its groups",
    "NET_BIND_SERVICE": "it listens on a port below 1024",
    "NET_RAW": "it opens a raw socket",
    "SYS_CHROOT": "it changes its root folder",
    "MKNOD": "it makes a device",
    "SETPCAP": "it drops capabilities",
    "KILL": "it sends signals to processes of another user",
    "FOWNER": "it changes files of another user",
    "SETFCAP": "it gives files capabilities",
    "DAC_OVERRIDE": "as root it uses files of other users",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is hardened: its files, its user, and what it always gets."""

    index: FileIndex
    uid: int
    gid: int
    volumes: frozenset[str] = frozenset()
    """Folders that are already volumes or in memory."""
    kept: tuple[str, ...] = ()
    """Capabilities that the settings add."""
    gains: tuple[str, ...] = ()
    """Programs that the run executed and whose files give privileges."""
    writes_files: bool = False
    """Whether the settings copy files into it, which is not possible in a read-only container."""

    @property
    def privileged(self) -> bool:
        """Whether one of its processes may have capabilities."""
        return self.uid == 0 or bool(self.gains)


@dataclass(frozen=True, slots=True)
class Hardening:
    """How a container is run. All other capabilities are dropped. `reasons` has each remaining
    right with its reason."""

    read_only: bool = True
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    no_new_privileges: bool = True
    reasons: Mapping[str, str] = field(default_factory=dict)

    def with_capability(self, name: str, why: str) -> "Hardening":
        """Add a capability."""
        if name in self.capabilities:
            return self
        added = tuple(sorted({*self.capabilities, name}))
        return replace(
            self, capabilities=added, reasons={**self.reasons, f"capability {name}": why}
        )

    def with_mount(self, mount: Mount, why: str) -> "Hardening":
        """Add a folder that may be written."""
        if mount.path in self.mounts:
            return self
        return replace(
            self,
            mounts={**self.mounts, mount.path: mount},
            reasons={**self.reasons, f"{mount.kind} {mount.path}": why},
        )

    def without(self, what: str, why: str) -> "Hardening":
        """Remove a restriction: `read_only` or `no_new_privileges`."""
        if what == "read_only":
            reasons = {
                each: told
                for each, told in self.reasons.items()
                if not each.startswith(("tmpfs ", "volume ", "exec in "))
            }
            reasons["no --read-only"] = why
            return replace(self, read_only=False, mounts={}, reasons=reasons)
        reasons = {**self.reasons, "no no-new-privileges": why}
        return replace(self, no_new_privileges=False, reasons=reasons)


def first(subject: Subject, seen: Observation) -> Hardening:
    """The rights that the run of the image needed."""
    hardening = Hardening()
    for name in subject.kept:
        hardening = hardening.with_capability(name, "the settings add it")
    if subject.gains:
        why = f"{subject.gains[0]} has privileges of its own"
        hardening = hardening.without("no_new_privileges", why)
    if subject.writes_files:
        hardening = hardening.without("read_only", "`run.files` are put into it")
    else:
        hardening = _writable(hardening, subject, seen, written_paths(seen))
    return _capable(hardening, subject, seen.acts, refused=False)


def wider(
    hardening: Hardening, subject: Subject, before: Observation, after: Observation
) -> Hardening:
    """Add the rights that a run under `hardening` was refused and the image's own run was not.
    Returns the same rights if there are none to add."""
    allowed = {act for act in after.acts if act.error} - before.acts
    read_only = {act.subject for act in allowed if act.error == "EROFS"}
    others = {act for act in allowed if act.error != "EROFS"}
    hardening = _writable(hardening, subject, before, read_only)
    in_memory = [path for path, mount in hardening.mounts.items() if mount.kind == "tmpfs"]
    executed = {
        act for act in others if act.call in _EXECUTES and _is_below(act.subject, in_memory)
    }
    hardening = _executable(hardening, executed)
    others -= executed
    return _capable(hardening, subject, others, refused=True)


LOOSENINGS = ("exec", "capabilities", "no_new_privileges", "read_only")
"""Restrictions that are removed as a trial if the image does worse and no refusal was observed."""


def loosened(hardening: Hardening, subject: Subject, what: Iterable[str]) -> Hardening:
    """The rights without these restrictions of LOOSENINGS. Returns the same rights if none of them
    was set."""
    for each in LOOSENINGS:
        if each in what:
            hardening = _loosened(hardening, subject, each)
    return hardening


def _loosened(hardening: Hardening, subject: Subject, what: str) -> Hardening:
    if what == "exec":
        closed = [m for m in hardening.mounts.values() if m.kind == "tmpfs" and not m.executes]
        opened = {each.path: replace(each, executes=True) for each in closed}
        why = "it does worse if code in memory must not be executed"
        reasons = {**hardening.reasons, **{f"exec in {path}": why for path in opened}}
        return replace(hardening, mounts={**hardening.mounts, **opened}, reasons=reasons)
    if what == "capabilities":
        for name in GIVEN if subject.privileged else ():
            hardening = hardening.with_capability(name, "it does worse without some of these")
        return hardening
    if getattr(hardening, what):
        return hardening.without(what, "it does worse with it")
    return hardening


def _writable(
    hardening: Hardening, subject: Subject, seen: Observation, paths: Iterable[str]
) -> Hardening:
    for path in sorted(paths):
        if not hardening.read_only:
            return hardening
        try:
            mount = mount_for(path, subject.index, seen, (subject.uid, subject.gid))
        except Unmountable as problem:
            hardening = hardening.without("read_only", str(problem))
            continue
        if mount is None or _is_below(mount.path, subject.volumes):
            continue
        hardening = hardening.with_mount(mount, f"it writes {path}")
    return hardening


def _executable(hardening: Hardening, refused: Iterable[Act]) -> Hardening:
    """Allow programs in a folder in memory to be executed, if one was refused."""
    mounts = dict(hardening.mounts)
    for act in refused:
        for path, mount in hardening.mounts.items():
            if mount.kind == "tmpfs" and _is_below(act.subject, (path,)):
                mounts[path] = replace(mount, executes=True)
    return replace(hardening, mounts=mounts)


def _capable(
    hardening: Hardening, subject: Subject, acts: Iterable[Act], *, refused: bool
) -> Hardening:
    if not subject.privileged:
        return hardening
    found = {name for act in acts if bool(act.error) == refused for name in _needed(act)}
    if not refused and "SETUID" not in found:
        found.discard("KILL")  # all its processes have one user
    for name in sorted(found & set(GIVEN)):
        hardening = hardening.with_capability(name, _DOES.get(name, "it uses it"))
    return hardening


def _needed(act: Act) -> Iterator[str]:
    if act.subject.startswith(_KERNEL) or any(part in act.subject for part in CACHES):
        return
    if act.call == "capset":
        yield from act.subject.split()
    elif act.call in _CAPABILITY and (act.error != "EACCES" or act.call == "bind"):
        yield _CAPABILITY[act.call]
    elif act.error == "EACCES":
        yield "DAC_OVERRIDE"
    elif act.subject:
        yield "FOWNER"


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in folders)
