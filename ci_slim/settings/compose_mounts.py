"""The volumes of a service in a Compose file: its own volumes, and files to copy. Pure."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ci_slim.errors import UsageError
from ci_slim.settings.compose_values import Values
from ci_slim.settings.document import Node, Sequence, Table


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume, which is empty or named `source`; or a file or folder of this machine."""

    kind: Literal["bind", "volume"]
    source: str
    target: str


def mounts_of(service: str, node: Node | None, values: Values, folder: str) -> Iterator[Mounted]:
    """The volumes of a service. Sources of files are relative to the working folder; `folder` is
    the folder of the Compose file. Raises UsageError for a source that is not below it."""
    if node is None:
        return
    if not isinstance(node, Sequence):
        raise UsageError("`volumes` must be a list", where=node.where)
    for item in node.items:
        found = _long(item, values) if isinstance(item, Table) else _short(values.text(item))
        if not found.target.startswith("/") or ".." in found.target.split("/"):
            raise UsageError(f"`{found.target}` is not a path in a container", where=item.where)
        if found.kind == "bind":
            path = inside(service, found.source, folder, item.where)
            found = Mounted("bind", path, found.target)
        yield found


def _short(text: str) -> Mounted:
    """`SOURCE:TARGET:MODE`, or `TARGET` alone."""
    source, *rest = text.split(":")
    if not rest:
        return Mounted("volume", "", source)
    return Mounted("bind" if source.startswith((".", "/", "~")) else "volume", source, rest[0])


def _long(table: Table, values: Values) -> Mounted:
    found = {
        key: values.text(each)
        for key, each in table.entries.items()
        if key in ("type", "source", "target")
    }
    kind, source, target = (found.get(key, "") for key in ("type", "source", "target"))
    if kind == "bind":
        return Mounted("bind", source, target)
    if kind in ("", "volume"):
        return Mounted("volume", source, target)
    raise UsageError(
        f"a volume of the type `{kind}` is not understood",
        where=table.where,
        hint="use `bind`, `volume`, or the key `tmpfs`",
    )


def inside(service: str, source: str, folder: str, where: str, how: str = "mounts") -> str:
    """The path of a bind mount or of another file, which must be below the folder of the Compose
    file. Other paths belong to the machine."""
    path = posixpath.normpath(posixpath.join(folder, source))
    top = posixpath.normpath(folder)
    below = top == "." and not path.startswith(("..", "/"))
    if source.startswith("~") or not (below or path == top or path.startswith(top + "/")):
        raise UsageError(
            f"the service `{service}` {how} `{source}`, which is not below the Compose file",
            where=where,
            hint="put what it needs into the folder of the Compose file, or into an image",
        )
    return path
