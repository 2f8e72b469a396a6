"""The local time zone, and all zones where a program chooses among them.

A zone is chosen when it is opened by a name of its own, not by way of /etc/localtime or TZ: a
program that was asked for UTC will be asked for another one.
"""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set import KeepSetBuilder
from ci_slim.observe.observation import How

_ZONES = "/usr/share/zoneinfo"


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("time zones"):
        return
    builder.add("/etc/localtime", "time zones: the local one")
    builder.add("/etc/timezone", "time zones: the local one")
    zone = builder.env.get("TZ", "").lstrip(":")
    known = _names(builder, "/etc/localtime")
    if zone:
        path = posixpath.join(_ZONES, zone)
        builder.add(path, "time zones: the one of TZ")
        known |= {path, *_names(builder, path)}
    for path, how in builder.observation.uses.items():
        opened = path.startswith(_ZONES + "/") and how & (How.OPEN | How.LIST)
        if opened and path not in known:
            builder.add_tree(_ZONES, f"time zones: {path} was opened")
            return


def _names(builder: KeepSetBuilder, path: str) -> set[str]:
    """The paths that opening one shows: its links, and the file at their end."""
    found = builder.index.resolve(path)
    return {*found.links, found.path or path}
