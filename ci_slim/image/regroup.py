"""Divides the kept paths among new layers that do not follow the layers of the fat image: all in
one, or one for each group. Also writes such a layer.

A layer has an entry for each folder on the way to its files, because Docker would otherwise create
the folder: with mode 0755, for root, over the folder of the layers below. An entry of a folder that
a higher group changes would change this layer too. So a layer has the folder as the groups up to
its own left it; the layer of the higher group then has the final one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ci_slim.image.blob import LayerBlob, member_name
from ci_slim.image.entry import DIR, Entry, Kind
from ci_slim.image.files import FileIndex, ancestors
from ci_slim.image.grouping import Group, Grouping
from ci_slim.image.tar import LINK, member_at
from ci_slim.image.tar_headers import folder, rebuilt

VOLATILE = frozenset({b"atime", b"ctime"})
Inode = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The content of one new layer. `entries` maps a path to the entry whose member is written;
    None stands for a folder without one. `source` and `label` are those of `Layer`."""

    entries: Mapping[str, Entry | None]
    source: int | None = None
    label: str = ""


def merged(index: FileIndex, keep: Collection[str]) -> list[Part]:
    """All kept paths as one layer. Folders without an entry are written only if they are empty."""
    return [Part({path: _final(index, path) for path in keep if _is_written(index, keep, path)})]


def split(index: FileIndex, keep: Collection[str], grouping: Grouping) -> list[Part]:
    """The kept paths as one layer for each group that has any, lowest group first."""
    groups = _groups(index, keep, grouping)
    parts = []
    for group in Group:
        own = [path for path in groups if groups[path] is group]
        if not own:
            continue
        ways = {up for path in own for up in ancestors(path)}
        early = {path for path in ways if groups.get(path, group) > group}
        found = _as_left(index, early, group, grouping)
        entries = {path: found.get(path) for path in early}
        entries |= {path: _final(index, path) for path in ways & groups.keys() - early}
        entries |= {path: _final(index, path) for path in own}
        parts.append(Part(entries, _source(group, grouping), group.label))
    return parts


def _groups(index: FileIndex, keep: Collection[str], grouping: Grouping) -> dict[str, Group]:
    """The group of each path to write. All names of a file are in one group: the highest."""
    groups: dict[str, Group] = {}
    names: dict[Inode, list[str]] = {}
    for path in sorted(keep):
        if _is_written(index, keep, path):
            entry = index[path]
            groups[path] = grouping.of(entry)
            if entry.kind is not Kind.DIR and (entry.layer, entry.data) in index.linked:
                names.setdefault((entry.layer, entry.data), []).append(path)
    for paths in names.values():
        groups |= dict.fromkeys(paths, max(groups[path] for path in paths))
    return groups


def _source(group: Group, grouping: Grouping) -> int | None:
    """The number of the topmost layer of the base image, so that the history still shows where the
    base image ends."""
    if group is not Group.BASE or grouping.layers[:1] != (group,):
        return None
    above = (n for n, each in enumerate(grouping.layers) if each is not group)
    return next(above, len(grouping.layers)) - 1


def _as_left(
    index: FileIndex, folders: Collection[str], group: Group, grouping: Grouping
) -> dict[str, Entry]:
    """The last entry of each of these folders in the layers up to this group."""
    found: dict[str, Entry] = {}
    for number, layer in enumerate(index.layers) if folders else ():
        if grouping.layers[number] <= group:
            table = layer.table
            for row, path in enumerate(table.paths):
                if path in folders and table.codes[row] == DIR:
                    found[path] = table[row]
    return found


def _is_written(index: FileIndex, keep: Collection[str], path: str) -> bool:
    """Whether a path needs a member: a folder without an entry needs one only if nothing in it is
    kept."""
    if index[path].end:
        return True
    return path != "/" and not any(child in keep for child in index.children(path))


def _final(index: FileIndex, path: str) -> Entry | None:
    entry = index[path]
    return entry if entry.end else None


def write(index: FileIndex, part: Part, layers: Sequence[BinaryIO], output: LayerBlob) -> None:
    """Write a layer, sorted by path. Its headers have nothing that depends on the day or on the tar
    program, because its source may be a new archive of GNU tar."""
    first_of = carriers(index, part.entries.values())
    written: dict[Inode, bytes] = {}
    for path, entry in sorted(part.entries.items()):
        name = member_name(path)
        if entry is None:
            output.add(folder(name + b"/"))
            continue
        tar, inode = layers[entry.layer], (entry.layer, entry.data)
        member = member_at(tar, first_of.get(inode, entry).start)
        first = written.get(inode) if entry.kind is not Kind.DIR else None
        if first is not None:
            output.add(rebuilt(member, name=name, link=first, kind=LINK, drop=VOLATILE))
        else:
            output.rebuilt(tar, member, path, drop=VOLATILE)
            written[inode] = name


def carriers(index: FileIndex, entries: Iterable[Entry | None]) -> dict[Inode, Entry]:
    """The entry whose member has the bytes of each hard link among these."""
    wanted = {
        (entry.layer, entry.data) for entry in entries if entry is not None and entry.hardlink
    }
    return {
        (entry.layer, entry.data): entry
        for number in {layer for layer, _ in wanted}
        for entry in index.layers[number].entries
        if (entry.layer, entry.data) in wanted and not entry.hardlink
    }
