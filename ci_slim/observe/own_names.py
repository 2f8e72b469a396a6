"""The names of a running container, and their replacements in answers. Pure."""

import ipaddress
from collections.abc import Iterator, Mapping

from ci_slim.engine.identity import Endpoint, Identity
from ci_slim.probes.mask import Mask

_SHORT = 12
"""The number of characters of its id that are the container's host name, if no name is set."""

_PREFIXES = range(8, 31)
"""The lengths of the networks of containers. All their masks are names: of a constant like
`255.255.0.0` nobody knows whether it is the network's, and the next run may have a longer mask."""


def own_names(target: Identity, services: Mapping[str, Identity]) -> Mask:
    """The names of the target and of its services that differ from run to run."""
    names: dict[str, str] = {}
    for service, identity in services.items():
        for endpoint in identity.endpoints:
            for form in _forms(endpoint.address):
                names[form] = f"<address of {service}>"
    for endpoint in target.endpoints:
        names |= _of_endpoint(endpoint)
    names[target.id] = "<container id>"
    names[target.id[:_SHORT]] = "<host name>"
    if target.name:
        names[target.name] = "<container name>"
    return Mask({name: stands for name, stands in names.items() if name})


def _of_endpoint(endpoint: Endpoint) -> dict[str, str]:
    names: dict[str, str] = {}
    if endpoint.address and endpoint.prefix:
        names |= dict.fromkeys(_netmasks(), "<network mask>")
        network = ipaddress.ip_interface(f"{endpoint.address}/{endpoint.prefix}").network
        for address in (network.network_address, network.broadcast_address):
            names |= dict.fromkeys(_forms(str(address)), "<network address>")
        names[str(network)] = "<network address>/<length>"
        names[f"{endpoint.address}/{endpoint.prefix}"] = "<own address>/<length>"
    names |= dict.fromkeys(_forms(endpoint.gateway), "<gateway>")
    names |= dict.fromkeys(_forms(endpoint.address), "<own address>")
    names |= dict.fromkeys(_forms(endpoint.address6), "<own IPv6 address>")
    names |= dict.fromkeys(_forms_of_mac(endpoint.mac), "<MAC address>")
    if endpoint.network.startswith("ci-slim-"):
        names[endpoint.network] = "<network>"
    return names


def _forms_of_mac(mac: str) -> Iterator[str]:
    """With colons, with dashes, and without anything between its bytes, in small and large
    letters."""
    for between in (":", "-", ""):
        form = mac.replace(":", between)
        yield from (form.lower(), form.upper())


def _netmasks() -> Iterator[str]:
    for prefix in _PREFIXES:
        mask = ipaddress.ip_network(f"0.0.0.0/{prefix}").netmask
        yield str(mask)
        yield mask.packed[::-1].hex()


def _forms(address: str) -> Iterator[str]:
    """The forms of an address: with dashes in host names, reversed in DNS, in hexadecimal in
    /proc/net."""
    if not address:
        return
    parsed = ipaddress.ip_address(address)
    yield address
    yield parsed.exploded
    if isinstance(parsed, ipaddress.IPv4Address):
        yield address.replace(".", "-")
        yield parsed.reverse_pointer.removesuffix(".in-addr.arpa")
        yield parsed.packed.hex()
        yield parsed.packed[::-1].hex()
