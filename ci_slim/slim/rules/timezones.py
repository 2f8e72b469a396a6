"""The local time zone, and all zones where a program chooses among them.

A zone is chosen when it is opened by a name of its own, not by way of /etc/localtime or TZ: a
program that was asked for UTC will be asked for another one.
"""

import posixpath
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping
from ci_slim.slim.observation import How

_ZONES = "/usr/share/zoneinfo"


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    if not keeping.once("time zones"):
        return
    keeping.add("/etc/localtime", "time zones: the local one")
    keeping.add("/etc/timezone", "time zones: the local one")
    zone = keeping.env.get("TZ", "").lstrip(":")
    known = _names(keeping, "/etc/localtime")
    if zone:
        path = posixpath.join(_ZONES, zone)
        keeping.add(path, "time zones: the one of TZ")
        known |= {path, *_names(keeping, path)}
    for path, how in keeping.observation.uses.items():
        opened = path.startswith(_ZONES + "/") and how & (How.OPEN | How.LIST)
        if opened and path not in known:
            keeping.add_tree(_ZONES, f"time zones: {path} was opened")
            return


def _names(keeping: Keeping, path: str) -> set[str]:
    """The paths that opening one shows: its links, and the file at their end."""
    found = keeping.index.resolve(path)
    return {*found.links, found.path or path}
