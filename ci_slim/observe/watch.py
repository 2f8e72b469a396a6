"""How a container is watched while it runs: for its files, for its system calls, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_slim.observe.seen import GuestLog
from ci_slim.observe.toolkit import Toolkit
from ci_slim.observe.trace.strace import CALLS_ARGS, FILES_ARGS


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


def for_files(tracer: Toolkit) -> Watch:
    """Traced: which files it uses."""
    return Watch(tracer, FILES_ARGS, {"cap_add": ["SYS_PTRACE"]})


def for_calls(tracer: Toolkit, log: GuestLog | None) -> Watch:
    """Traced: which system calls it makes; with a log, those of the emulated program too."""
    return Watch(tracer, CALLS_ARGS, {"cap_add": ["SYS_PTRACE"]}, log)


UNTRACED = Watch(None)
"""As on a device: with no tracer."""


def under(profile: str) -> Watch:
    """As on a device: under a seccomp profile, with no tracer."""
    return Watch(None, host={"security_opt": [f"seccomp={profile}"]})
