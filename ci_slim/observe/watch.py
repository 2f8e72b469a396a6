"""How a container is watched while it runs: for its files, for its system calls, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_slim.observe.run_spec import Privileges
from ci_slim.observe.seen import GuestLog
from ci_slim.observe.toolkit import Toolkit
from ci_slim.observe.trace.strace import CALLS_ARGS, FILES_ARGS, SECCOMP_FILTER


@dataclass(frozen=True, slots=True)
class Watch:
    """What a container is started with. Without a tracer nothing of ours is put into it."""

    tracer: Toolkit | None
    arguments: tuple[str, ...] = ()
    """Of strace, before its output file and the command."""
    host: Mapping[str, Any] = field(default_factory=dict)
    """The host configuration, besides the network."""
    log: GuestLog | None = None
    """Takes what QEMU logs of its guest's calls."""
    user: str = ""
    """Whom strace, which root runs then, starts the application as; "": it is the image's user."""
    home: str = ""
    """That user's home."""


def for_files(tracer: Toolkit, privileges: Privileges | None = None) -> Watch:
    """Traced: which files it uses. With privileges, its programs keep those of their files."""
    host = {"cap_add": ["SYS_PTRACE"]}
    if privileges is None:
        return Watch(tracer, FILES_ARGS, host)
    arguments = tuple(each for each in FILES_ARGS if each != SECCOMP_FILTER)
    user = ("-u", privileges.user) if privileges.user else ()
    return Watch(tracer, (*arguments, *user), host, user=privileges.user, home=privileges.home)


def for_calls(tracer: Toolkit, log: GuestLog | None) -> Watch:
    """Traced: which system calls it makes; with a log, those of the emulated program too."""
    return Watch(tracer, CALLS_ARGS, {"cap_add": ["SYS_PTRACE"]}, log)


UNTRACED = Watch(None)
"""As on a device: with no tracer."""


def under(profile: str) -> Watch:
    """As on a device: under a seccomp profile, with no tracer."""
    return Watch(None, host={"security_opt": [f"seccomp={profile}"]})
