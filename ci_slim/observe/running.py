"""How an image is run, as its config says: its command, its port, its health check. Pure."""

from collections.abc import Mapping
from typing import Any

from ci_slim.errors import UsageError
from ci_slim.image.config import ImageConfig
from ci_slim.probes import ExecProbe
from ci_slim.settings.plans import HostPlan, RunPlan

HEALTHCHECK = "HEALTHCHECK"


def command_of(config: ImageConfig, run: RunPlan, where: str) -> list[str]:
    """The command of the container: the plan's entrypoint and command, or the image's.

    As with `docker run`, an entrypoint of the plan removes the image's command.
    """
    inherited = [] if run.entrypoint is not None else texts(config, "Cmd")
    entrypoint = texts(config, "Entrypoint") if run.entrypoint is None else run.entrypoint
    command = [*entrypoint, *(inherited if run.command is None else run.command)]
    if not command:
        raise UsageError(
            "the image has no command to run", where=where, hint="set one with --command"
        )
    return command


def exposed_port(config: ImageConfig) -> int | None:
    """The first TCP port that the image exposes, by number, or None if it exposes none."""
    exposed = (port.partition("/") for port in texts(config, "ExposedPorts"))
    ports = [int(n) for n, _, kind in exposed if n.isdigit() and kind in ("", "tcp")]
    return min(ports, default=None)


def healthcheck(config: ImageConfig) -> ExecProbe | None:
    """The image's HEALTHCHECK as a probe, or None if it has none."""
    declared = config.config.get("Healthcheck")
    if not isinstance(declared, dict) or not isinstance(declared.get("Test"), list):
        return None
    kind, *command = [str(word) for word in declared["Test"]] or ["NONE"]
    if kind == "CMD-SHELL" and command:
        command = [*(texts(config, "Shell") or ("/bin/sh", "-c")), command[0]]
    elif kind != "CMD" or not command:
        return None
    nanoseconds = declared.get("Timeout") or 30e9  # 30 s is Docker's default
    return ExecProbe(HEALTHCHECK, tuple(command), timeout=float(nanoseconds) / 1e9)


def host_config(plan: HostPlan, watch: Mapping[str, Any]) -> dict[str, Any]:
    """The host configuration for docker-py: the plan's, and what `watch` needs in addition."""
    host: dict[str, Any] = {
        "tmpfs": {path: options for path, _, options in (t.partition(":") for t in plan.tmpfs)},
        "devices": list(plan.devices),
        "cap_add": [*plan.cap_add, *watch.get("cap_add", ())],
        "cap_drop": list(plan.cap_drop),
        "read_only": plan.read_only,
        "shm_size": plan.shm_size,
        "sysctls": dict(plan.sysctls),
        "extra_hosts": dict(plan.extra_hosts),
        "init": plan.init or None,
        "runtime": plan.runtime,
    }
    if plan.gpus is not None:
        count = -1 if plan.gpus == "all" else int(plan.gpus)
        host["device_requests"] = [
            {"Driver": "", "Count": count, "DeviceIDs": None, "Capabilities": [["gpu"]],
             "Options": {}}
        ]  # fmt: skip
    return {name: value for name, value in host.items() if value} | {
        name: value for name, value in watch.items() if name != "cap_add"
    }


def texts(config: ImageConfig, key: str) -> list[str]:
    """A list of texts in the image's runtime config, or the keys of a mapping. [] if missing."""
    value = config.config.get(key)
    return [str(item) for item in value] if isinstance(value, list | dict) else []


_LOADER = ("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG")


def loader_settings(config: ImageConfig, run: RunPlan) -> dict[str, str]:
    """The settings of the image or the plan for the ELF loader, which only the application should
    get.

    The toolkit has its own loader. With these settings it would load the image's libraries, and
    tools that need another version of a library would fail at their start.
    """
    given = config.env | dict(run.env)
    return {name: given[name] for name in _LOADER if given.get(name)}
