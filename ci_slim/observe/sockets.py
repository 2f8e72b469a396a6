"""Who listens in a network namespace, read from `/proc/net/tcp` and `/proc/net/tcp6`.

The format is described in proc_pid_net(5): the local address in hexadecimal words in the machine's
byte order (little endian on every platform that runs Docker), and the state 0A for LISTEN. Unlike a
connection, this shows all listeners, and the application does not notice it.
"""

import ipaddress
from dataclasses import dataclass

_LISTEN = "0A"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket."""

    address: Address
    port: int

    @property
    def host(self) -> str:
        """The address at which it can be reached from inside its network namespace."""
        if self.address.is_unspecified:
            return "127.0.0.1"
        return str(self.address)


def listeners(text: str) -> tuple[Listener, ...]:
    """The listeners in one or both tables. Lines in another format are skipped."""
    found: list[Listener] = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _LISTEN:
            continue
        address, _, port = fields[1].rpartition(":")
        try:
            found.append(Listener(_address(address), int(port, 16)))
        except ValueError:
            continue
    return tuple(found)


def _address(digits: str) -> Address:
    raw = bytes.fromhex(digits)
    packed = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def choose(found: tuple[Listener, ...], port: int | None) -> Listener | None:
    """The listener on `port`, or on the lowest port if `port` is None. Loopback comes first.

    Docker's own resolver listens on 127.0.0.11 in user-defined networks. It is never chosen.
    """
    resolver = ipaddress.ip_address("127.0.0.11")
    fit = [
        each for each in found if each.address != resolver and (port is None or each.port == port)
    ]
    return min(fit, key=lambda each: (each.port, not _local(each.address)), default=None)


def _local(address: Address) -> bool:
    return address.is_unspecified or address.is_loopback
