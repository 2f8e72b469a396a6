"""All kinds of probes. A new kind is a module here and a line in KINDS."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from ci_slim.options import Section
from ci_slim.probes import (
    command,
    concurrent,
    container,
    crawl,
    fastcgi,
    grpc,
    http,
    idle,
    openapi,
    restart,
    run,
    script,
    signal,
    steps,
    tcp,
    udp,
    websocket,
)
from ci_slim.probes.exchange import Probe
from ci_slim.probes.given import Given


class Kind(Protocol):
    """What the module of a kind has besides the class of its probes."""

    KEYS: Section
    """The keys in the settings file."""

    def read(self, given: Given, /) -> Probe:
        """Make the probe from its settings. Raises UsageError."""


KINDS: Mapping[str, Kind] = {
    "http": http,
    "exec": command,
    "run": run,
    "crawl": crawl,
    "tcp": tcp,
    "udp": udp,
    "websocket": websocket,
    "grpc": grpc,
    "fastcgi": fastcgi,
    "steps": steps,
    "openapi": openapi,
    "script": script,
    "container": container,
    "concurrent": concurrent,
    "idle": idle,
    "signal": signal,
    "restart": restart,
}
"""The kinds, by the key that names them."""


def repeated(probe: Probe) -> bool:
    """Whether a probe is sent again: as it says itself, or else if it changes nothing."""
    return probe.repeatable if probe.repeat is None else probe.repeat


def uses_socket_file(probe: Probe) -> bool:
    """Whether a probe is sent to a Unix socket that is a file of the target."""
    sent = probe.steps if isinstance(probe, steps.StepsProbe) else (probe,)
    return any(isinstance(each, http.HttpProbe) and each.socket[:1] == "/" for each in sent)


def has_own_container(probe: Probe) -> bool:
    """Whether a probe runs the image in a container of its own, so that it needs no other one."""
    return isinstance(probe, run.RunProbe)


def unique(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """The same probes with distinct names: the second "GET /" becomes "GET / (2)"."""
    probes = tuple(probes)
    taken = {probe.name for probe in probes}
    seen: Counter[str] = Counter()
    named: list[Probe] = []
    for probe in probes:
        seen[probe.name] += 1
        if seen[probe.name] == 1:
            named.append(probe)
            continue
        number = seen[probe.name]
        while (name := f"{probe.name} ({number})") in taken:
            number += 1
        taken.add(name)
        named.append(replace(cast(Any, probe), name=name))
    return tuple(named)
