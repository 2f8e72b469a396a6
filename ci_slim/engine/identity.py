"""What a container is called, and where it is in its networks, as the daemon tells. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A container's place in one network. Texts are "" and numbers 0 where it has none."""

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
    """The identity in what the daemon says of a container (`docker inspect`)."""
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
