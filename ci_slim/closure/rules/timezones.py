"""Keeps the local time zone, or all zones if a program chooses among them.

A program chooses a zone if it opens the zone by its own name, not through /etc/localtime or TZ. A
program that was asked for UTC may be asked for another zone later.
"""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
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
    """The paths that the trace shows when a path is opened: its links, and the file at the end."""
    found = builder.index.resolve(path)
    return {*found.links, found.path or path}
