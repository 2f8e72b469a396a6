"""How a container is watched while it runs: for its files, for its system calls, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ci_slim.observe.run_spec import Privileges
from ci_slim.observe.seen import GuestLog
from ci_slim.observe.toolkit import Toolkit
from ci_slim.observe.trace.rights import RIGHTS
from ci_slim.observe.trace.strace import CALLS_ARGS, FILES_ARGS, SECCOMP_FILTER


@dataclass(frozen=True, slots=True)
class Watch:
    """How a container is watched. Without a tracer, ci-slim adds nothing to the container."""

    tracer: Toolkit | None
    arguments: tuple[str, ...] = ()
    """The arguments of strace before its output file and the command."""
    host: Mapping[str, Any] = field(default_factory=dict)
    """The host configuration, in addition to the network."""
    log: GuestLog | None = None
    """The log into which QEMU writes the calls of its guest."""
    user: str = ""
    """The user as whom strace, which then runs as root, starts the application. "" means the
    image's user."""
    home: str = ""
    """The home folder of that user."""


def for_files(tracer: Toolkit, privileges: Privileges | None = None) -> Watch:
    """Trace which files it uses. With privileges, programs keep the privileges of their files."""
    host = {"cap_add": ["SYS_PTRACE"]}
    if privileges is None:
        return Watch(tracer, FILES_ARGS, host)
    arguments = tuple(each for each in FILES_ARGS if each != SECCOMP_FILTER)
    user = ("-u", privileges.user) if privileges.user else ()
    return Watch(tracer, (*arguments, *user), host, user=privileges.user, home=privileges.home)


def for_rights(
    tracer: Toolkit, privileges: Privileges | None, security: Sequence[str] = ()
) -> Watch:
    """Trace which files it uses, which rights it needs, and which rights it is refused. It runs
    with these security options."""
    files = for_files(tracer, privileges)
    arguments = (each + RIGHTS if each.startswith("trace=") else each for each in files.arguments)
    host = {**files.host, "security_opt": list(security)}
    if privileges is not None and privileges.user:  # strace itself changes to that user
        host["cap_add"] = [*host["cap_add"], "SETUID", "SETGID"]
    return replace(files, arguments=tuple(arguments), host=host)


def for_calls(tracer: Toolkit, log: GuestLog | None) -> Watch:
    """Trace which system calls it makes. With a log, also those of the emulated program."""
    return Watch(tracer, CALLS_ARGS, {"cap_add": ["SYS_PTRACE"]}, log)


NO_PROGRAM = b"/strace: Cannot find executable"
"""What the tracer says about a command that is not in the image. Its exit code is 1."""

UNTRACED = Watch(None)
"""Run as on a device, without a tracer."""


def under(*security: str) -> Watch:
    """Run as on a device, with these security options and without a tracer."""
    return Watch(None, host={"security_opt": list(security)})
