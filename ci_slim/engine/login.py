"""The logins for registries: from Docker's config.json, where `docker login` writes them, or from a
credential helper."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from docker import auth
from docker.errors import DockerException

from ci_slim.errors import EngineError, UsageError

_SCHEME = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)")
_PARAMETER = re.compile(r'\s*([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
_CHALLENGE_LENGTH = 8192

DOCKER_HUB = "https://index.docker.io/v1/"
"""The name of Docker Hub in the file of docker's client."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password, or an identity token. It never appears in a repr or a message."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    identity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registry requires: "basic", or "bearer" with the address for tokens."""

    scheme: str
    parameters: Mapping[str, str]


def login(host: str, environment: Mapping[str, str]) -> Login | None:
    """The login for a registry's host, or None if there is none.

    Reads `$DOCKER_CONFIG/config.json`, or else `~/.docker/config.json`: `auths`, `credHelpers` and
    `credsStore`, as docker does. Raises UsageError if the file is damaged, and EngineError if a
    helper fails.
    """
    folder = environment.get("DOCKER_CONFIG") or f"{environment.get('HOME', '')}/.docker"
    path = Path(folder) / "config.json"
    if not path.is_file():
        return None
    try:
        known = auth.load_config(config_path=str(path), credstore_env=dict(environment))
    except (DockerException, ValueError, KeyError, TypeError, AttributeError, OSError):
        # The text of the error may contain a password.
        raise UsageError(
            "Docker's settings cannot be read",
            where=str(path),
            hint=f"correct the file, or run `docker login {host}` again",
        ) from None
    try:
        found = known.resolve_authconfig(host) or {}
    except (DockerException, ValueError, KeyError, TypeError, AttributeError, OSError):
        raise EngineError(
            f"the credential helper did not give the login for {host}",
            where=str(path),
            hint="install the `docker-credential-…` program that the file names, or remove it "
            "from `credsStore` and `credHelpers`",
        ) from None
    given = {str(key).lower(): str(value) for key, value in found.items() if value}
    if not {"password", "identitytoken"} & given.keys():
        return None
    return Login(
        given.get("username", ""), given.get("password", ""), given.get("identitytoken", "")
    )


def log_in_to_registries(folder: Path, earlier: Path | None, logins: Mapping[str, Login]) -> None:
    """Write these logins, by registry, into docker's config.json in a folder. The content of an
    earlier folder's file is kept: other logins, credential helpers, proxies.

    https://docs.docker.com/reference/cli/docker/login/#default-behavior
    """
    config: dict[str, object] = {}
    if earlier is not None and (earlier / "config.json").is_file():
        try:
            config = dict(json.loads((earlier / "config.json").read_bytes()))
        except (ValueError, TypeError, OSError):
            raise UsageError(
                "docker's configuration cannot be read", where=str(earlier / "config.json")
            ) from None
    known, helpers = (config.get(key) for key in ("auths", "credHelpers"))
    auths = dict(known) if isinstance(known, dict) else {}
    others = dict(helpers) if isinstance(helpers, dict) else {}
    for registry, who in logins.items():
        name = config_name(registry)
        auths[name] = {"auth": base64.b64encode(f"{who.user}:{who.password}".encode()).decode()}
        others.pop(name, None)  # the helper would be used instead of the given login
    if store := config.pop("credsStore", None):
        # so the helper is used only for the other registries
        others |= {name: store for name in auths if name not in map(config_name, logins)}
    config["auths"] = auths
    config |= {"credHelpers": others} if others else {}
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")


def config_name(registry: str) -> str:
    """The name of a registry in the file of docker's client."""
    host = registry.removeprefix("https://").rstrip("/")
    return DOCKER_HUB if host in ("", "docker.io", "index.docker.io") else host


def challenges(header: str) -> Mapping[str, Challenge]:
    """The challenges in a WWW-Authenticate header, by scheme (RFC 9110, 11.6.1). A server may offer
    several."""
    found: dict[str, Challenge] = {}
    rest = header[:_CHALLENGE_LENGTH]
    while match := _SCHEME.match(rest):
        rest = rest[match.end() :]
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(rest):
            quoted, bare = parameter[2], parameter[3]
            value = bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parameters[parameter[1].lower()] = value
            rest = rest[parameter.end() :]
        scheme = match[1].lower()
        found.setdefault(scheme, Challenge(scheme, parameters))
    return found
