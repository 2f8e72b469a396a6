"""The names of a container and its addresses in its networks, as the daemon reports them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a container in one network. Missing texts are "" and missing numbers are 0."""

    network: str
    address: str = ""
    prefix: int = 0
    gateway: str = ""
    address6: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """The names of one container."""

    id: str
    name: str
    endpoints: tuple[Endpoint, ...] = ()


def identity_of(inspected: Mapping[str, Any]) -> Identity:
    """Read the identity from the daemon's description of a container (`docker inspect`)."""
    networks = inspected["NetworkSettings"].get("Networks") or {}
    return Identity(
        str(inspected["Id"]),
        str(inspected.get("Name") or "").lstrip("/"),
        tuple(
            Endpoint(
                name,
                str(place.get("IPAddress") or ""),
                int(place.get("IPPrefixLen") or 0),
                str(place.get("Gateway") or ""),
                str(place.get("GlobalIPv6Address") or ""),
                str(place.get("MacAddress") or ""),
            )
            for name, place in networks.items()
        ),
    )
