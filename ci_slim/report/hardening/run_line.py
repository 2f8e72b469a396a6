"""The `docker run` line of a proved image, as arguments and as text for a shell."""

import shlex
from collections.abc import Iterator

from ci_slim.report.hardening.subject import HardenedImage

NO_NEW_PRIVILEGES = "no-new-privileges:true"


def arguments(image: HardenedImage) -> tuple[tuple[str, ...], ...]:
    """The arguments, each flag with its value. Values of variables are left out, because they may
    be secrets: `--env NAME` takes them from the environment."""
    return (
        ("docker", "run"),
        *_rights(image),
        *_surroundings(image),
        *_command(image),
    )


def text(image: HardenedImage) -> str:
    """The arguments as lines that a shell reads as one command."""
    return " \\\n  ".join(shlex.join(each) for each in arguments(image))


def _rights(image: HardenedImage) -> Iterator[tuple[str, ...]]:
    hardening = image.hardened.hardening
    if hardening.read_only:
        yield ("--read-only",)
    for mount in hardening.mounts.values():
        if mount.kind == "tmpfs":
            yield "--tmpfs", f"{mount.path}:{mount.options}"
        else:
            yield "--volume", mount.path
    yield "--cap-drop", "ALL"
    for name in hardening.capabilities:
        yield "--cap-add", name
    if hardening.no_new_privileges:
        yield "--security-opt", NO_NEW_PRIVILEGES
    if image.seccomp:
        yield "--security-opt", f"seccomp={image.seccomp}"


def _surroundings(image: HardenedImage) -> Iterator[tuple[str, ...]]:
    """The arguments for files, volumes and other settings of the container."""
    run, host = image.run, image.run.host
    if run.user is not None:
        yield "--user", run.user
    for name in run.env:
        yield "--env", name
    for path in host.tmpfs:
        yield "--tmpfs", path
    for path in host.volumes:
        yield "--volume", path
    for device in host.devices:
        yield "--device", device
    for name, value in host.sysctls.items():
        yield "--sysctl", f"{name}={value}"
    for name, value in host.extra_hosts.items():
        yield "--add-host", f"{name}:{value}"
    for flag, setting in (
        ("--gpus", host.gpus),
        ("--runtime", host.runtime),
        ("--shm-size", host.shm_size),
        ("--hostname", host.hostname),
        ("--network", "none" if host.network == "none" else None),
    ):
        if setting is not None:
            yield flag, str(setting)
    if host.init:
        yield ("--init",)


def _command(image: HardenedImage) -> Iterator[tuple[str, ...]]:
    words = [*(image.run.command or ())]
    if image.run.entrypoint:
        program, *more = image.run.entrypoint
        yield "--entrypoint", program
        words = [*more, *words]
    yield (image.called, *words)
