"""Docker contexts, as `docker context create` stores them: a name for an endpoint.

https://docs.docker.com/engine/manage-resources/contexts/
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Context:
    """The endpoint of a context. `certificates` is the folder with ca.pem, cert.pem and key.pem;
    None where it has none. `verify` is off where its owner chose to skip the check."""

    host: str
    certificates: Path | None
    verify: bool = True


def chosen(environment: Mapping[str, str]) -> Context | None:
    """The context that `DOCKER_CONTEXT` or `docker context use` chose; None for the default."""
    folder = _folder(environment)
    name = environment.get("DOCKER_CONTEXT") or _current(folder)
    return find(name, environment) if name else None


def find(name: str, environment: Mapping[str, str]) -> Context | None:
    """The context of that name; None where there is none."""
    contexts = _folder(environment) / "contexts"
    for meta in (contexts / "meta").glob("*/meta.json"):
        try:
            described = json.loads(meta.read_text())
            endpoint = described["Endpoints"]["docker"]
            if described["Name"] != name:
                continue
            tls = contexts / "tls" / hashlib.sha256(name.encode()).hexdigest() / "docker"
            verify = not endpoint.get("SkipTLSVerify")
            return Context(str(endpoint["Host"]), tls if tls.is_dir() else None, verify)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("DOCKER_CONFIG") or f"{environment.get('HOME', '')}/.docker")


def _current(folder: Path) -> str:
    try:
        return str(json.loads((folder / "config.json").read_text()).get("currentContext") or "")
    except (OSError, ValueError, AttributeError):
        return ""
