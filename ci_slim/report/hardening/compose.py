"""The rights of a proved image as a fragment of a Compose file (compose-spec, 05-services.md)."""

from typing import Any

from ci_slim.report.hardening.run_line import NO_NEW_PRIVILEGES
from ci_slim.report.hardening.subject import HardenedImage


def fragment(image: HardenedImage) -> dict[str, Any]:
    """The keys of a service. `$` becomes `$$`, because Compose would fill in a variable."""
    hardening, run, host = image.hardened.hardening, image.run, image.run.host
    mounts = hardening.mounts.values()
    in_memory = [f"{each.path}:{each.options}" for each in mounts if each.kind == "tmpfs"]
    volumes = [each.path for each in mounts if each.kind == "volume"]
    nothing_new = [NO_NEW_PRIVILEGES] if hardening.no_new_privileges else []
    profile = [f"seccomp={image.seccomp}"] if image.seccomp else []
    service = {
        "image": image.called,
        "entrypoint": list(run.entrypoint) if run.entrypoint else None,
        "command": list(run.command) if run.command else None,
        "user": run.user,
        "read_only": hardening.read_only or None,
        "tmpfs": [*in_memory, *host.tmpfs],
        "volumes": [*volumes, *host.volumes],
        "cap_drop": ["ALL"],
        "cap_add": list(hardening.capabilities),
        "security_opt": [*nothing_new, *profile],
        "environment": list(run.env),
        "devices": list(host.devices),
        "sysctls": dict(host.sysctls),
        "extra_hosts": [f"{name}:{value}" for name, value in host.extra_hosts.items()],
        "runtime": host.runtime,
        "gpus": host.gpus,
        "shm_size": host.shm_size,
        "hostname": host.hostname,
        "network_mode": "none" if host.network == "none" else None,
        "init": host.init or None,
    }
    given = {key: value for key, value in service.items() if value not in (None, [], {})}
    return {"services": {image.name: _escaped(given)}}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    return value
