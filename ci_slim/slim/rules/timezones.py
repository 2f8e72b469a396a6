"""The local time zone, and all zones where a program chooses among them."""

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
    if zone:
        keeping.add(posixpath.join(_ZONES, zone), "time zones: the one of TZ")
    local = keeping.index.resolve("/etc/localtime")
    known = {local.path, *local.links, f"{_ZONES}/{zone}"}
    for path, how in keeping.observation.uses.items():
        opened = path.startswith(_ZONES + "/") and how & (How.OPEN | How.LIST)
        if opened and not {path, keeping.index.resolve(path).path} & known:
            keeping.add_tree(_ZONES, f"time zones: {path} was opened")
            return
