"""The Docker hosts of a run: which ones it needs, and what they can run."""

from collections.abc import Mapping
from pathlib import Path

from ci_slim.engine import emulation, hosts, leftovers
from ci_slim.engine.docker import Engine
from ci_slim.engine.hosts import Reach
from ci_slim.engine.owner import Owner
from ci_slim.errors import EngineError
from ci_slim.plan import OtherDaemon
from ci_slim.platforms import Platform
from ci_slim.settings import Settings

WITHHELD = (
    "remote hosts are not used for the code of a fork: its platforms are proved on this machine"
)


def wanted(settings: Settings) -> dict[Platform, str]:
    """The hosts that prove something: the hosts of all platforms that are slimmed."""
    proved = {p for image in settings.images if image.slim.enabled for p in image.platforms}
    return {p: host for p, host in settings.remote.hosts.items() if p in proved}


def connect(
    wanted: Mapping[Platform, str], reach: Reach, name: str, me: Owner, temporary: Path
) -> Mapping[Platform, Engine]:
    """Connect to a daemon for each platform; platforms on one host share it. `reach` closes the
    connections. Raises EngineError with the platform if a daemon cannot be reached.

    `name` is the name of the run. Each connection has its own longer name: two may lead to the same
    daemon, and would otherwise give different images the same name there.
    """
    known: dict[str, Engine] = {}
    for platform, host in wanted.items():
        if host in known:
            continue
        try:
            known[host] = Engine.of_host(host, reach, me.run_id(f"{name}{len(known)}"))
        except EngineError as error:
            error.where = f"remote.hosts, {platform}: {error.where}"
            raise
        reach.hold(known[host])
        leftovers.remove_dead(known[host], me, temporary)
    return {platform: known[host] for platform, host in wanted.items()}


def daemons(
    named: Mapping[Platform, str], reached: Mapping[Platform, Engine]
) -> dict[Platform, OtherDaemon]:
    """The platform of each daemon and what it can run, for the plan."""
    found = {}
    for platform, engine in reached.items():
        runs = emulation.runnable(engine, [platform])
        native = [platform] if emulation.is_native(engine, platform) else []
        where = hosts.shown(named[platform])
        found[platform] = OtherDaemon(where, engine.platform, runs, native)
    return found
