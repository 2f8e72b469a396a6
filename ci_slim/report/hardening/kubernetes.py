"""The rights of a proved image as parts of a Kubernetes pod (API v1, `Container` and `PodSpec`)."""

import re
from typing import Any

from ci_slim.report.hardening.subject import HardenedImage


def manifest(image: HardenedImage) -> dict[str, Any]:
    """The keys of a container and of its pod. A pod's volumes are empty at first, even if the image
    has files there. The user is a number: Kubernetes cannot know whether a name means root."""
    hardening, user = image.hardened.hardening, image.hardened.user
    context: dict[str, Any] = {
        "runAsUser": user.uid,
        "runAsGroup": user.gid,
        "runAsNonRoot": user.uid != 0,
        "readOnlyRootFilesystem": hardening.read_only,
        "allowPrivilegeEscalation": not hardening.no_new_privileges,
        "capabilities": {"drop": ["ALL"], "add": list(hardening.capabilities)},
        "seccompProfile": {"type": "Localhost", "localhostProfile": _relative(image.seccomp)}
        if image.seccomp
        else {"type": "RuntimeDefault"},
    }
    given = image.run.host
    in_memory = [each.path for each in hardening.mounts.values() if each.kind == "tmpfs"]
    in_memory += [each.partition(":")[0] for each in given.tmpfs]
    on_disk = [each.path for each in hardening.mounts.values() if each.kind == "volume"]
    on_disk += [*given.volumes, *image.volumes]
    places = {path: {"emptyDir": {"medium": "Memory"}} for path in in_memory}
    places |= {path: {"emptyDir": {}} for path in on_disk}
    names = {path: _name(path, number) for number, path in enumerate(places, 1)}
    container: dict[str, Any] = {
        "name": _label(image.name),
        "image": image.called,
        "securityContext": context,
    }
    pod: dict[str, Any] = {"containers": [container]}
    if places:
        container["volumeMounts"] = [
            {"name": name, "mountPath": path} for path, name in names.items()
        ]
        pod["volumes"] = [{"name": names[path], **place} for path, place in places.items()]
    return {"spec": pod}


def _relative(profile: str) -> str:
    """The end of the path: Kubernetes refuses absolute paths and `..`, and looks below the
    kubelet's own folder (`SeccompProfile.localhostProfile` in API v1)."""
    parts = [part for part in profile.split("/") if part not in ("", ".", "..")]
    return "/".join(parts[-2:])


def _name(path: str, number: int) -> str:
    return f"{_label(path)[:50].strip('-')}-{number}"


def _label(text: str) -> str:
    """A DNS label (RFC 1123): at most 63 small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-") or "app"
