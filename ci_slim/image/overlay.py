"""Puts one layer on the layers below it, for FileIndex.of."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ci_slim.errors import UsageError
from ci_slim.image.entries import LayerFiles
from ci_slim.image.entry import DIR, FILE, Entry, EntryTable, Kind

_IMPLIED_MOST = 1 << 26
"""The most characters of the paths of folders without an entry. One member may imply two thousand
folders, whose names together are a thousand times as long as its own."""

_ROWS = 40
"""The bits of an entry's number that are its row. The higher bits are its layer. A folder without
an entry has no row: its number is -1 minus its layer."""
_ROW = (1 << _ROWS) - 1


class View:
    """The files of several layers on top of each other. `numbers` maps a path to its entry.
    `children` maps each folder to the paths that were ever in it. Some may be gone."""

    def __init__(self, tables: Sequence[EntryTable] = ()) -> None:
        self.tables = list(tables)
        self.numbers: dict[str, int] = {"/": -1}
        self.children: dict[str, list[str]] = {"/": []}
        self.overwritten: list[tuple[Entry, int]] = []
        """What a later layer hid, with the number of that layer."""

    def entry(self, path: str) -> Entry:
        """The entry of a path. Raises KeyError if there is none."""
        number = self.numbers[path]
        if number < 0:
            return Entry(path, Kind.DIR, 0o755, 0, 0, 0, 0.0, layer=-1 - number)
        return self.tables[number >> _ROWS][number & _ROW]

    def is_link(self, path: str) -> bool:
        """Whether the path exists and is a symbolic link."""
        number = self.numbers.get(path, -1)
        return number >= 0 and number & _ROW in self.tables[number >> _ROWS].targets

    def sizes(
        self, paths: Iterable[str], linked: Collection[tuple[int, int]]
    ) -> Iterator[tuple[str, int]]:
        """The files among these paths with their bytes. Each of the `linked` inodes, which have
        several names, comes once, under its first name. No entries are made."""
        seen = set[tuple[int, int]]()
        for path in paths:
            number = self.numbers[path]
            table, row = self.tables[number >> _ROWS], number & _ROW
            if number < 0 or table.codes[row] != FILE:
                continue
            if linked and (inode := table.inode(row)) in linked:
                if inode in seen:
                    continue
                seen.add(inode)
            yield path, table.sizes[row]

    def in_folder(self, folder: str) -> Iterator[str]:
        """The paths directly in a folder."""
        return (p for p in dict.fromkeys(self.children.get(folder, ())) if p in self.numbers)


class Overlay(View):
    """A view that is being made."""

    def __init__(self) -> None:
        super().__init__()
        self._implied = 0

    @classmethod
    def copied(cls, view: View) -> "Overlay":
        """A copy of another view."""
        overlay = cls()
        overlay.tables = list(view.tables)
        overlay.numbers = dict(view.numbers)
        overlay.children = {folder: list(paths) for folder, paths in view.children.items()}
        overlay.overwritten = list(view.overwritten)
        return overlay

    def apply(self, layer: LayerFiles) -> None:
        """Apply a layer. Whiteouts come first: they hide only lower layers, wherever they are in
        the tar."""
        number = len(self.tables)
        for folder in layer.opaque:
            for path in tuple(self.in_folder(folder)):
                self._remove(path, number)
        for path in layer.whiteouts:
            self._remove(path, number)
        table = layer.table
        self.tables.append(table)
        first = number << _ROWS
        for row, path in enumerate(table.paths):
            self._add(path, first + row, table.codes[row] == DIR, number)

    def _add(self, path: str, entry: int, is_dir: bool, number: int) -> None:
        if path not in self.numbers:
            self._attach(path, number)
        elif not (is_dir and path in self.children):
            if path == "/":
                raise UsageError("the root of the image is not a folder", where=f"layer {number}")
            self._remove(path, number)
            self._attach(path, number)
        if is_dir:
            self.children.setdefault(path, [])
        self.numbers[path] = entry

    def _attach(self, path: str, number: int) -> None:
        """Put `path` into its folder, and create the folders on the way that have no entry."""
        while True:
            folder = path.rpartition("/")[0] or "/"
            inside = self.children.get(folder)
            if inside is not None:
                inside.append(path)
                return
            if folder in self.numbers:
                self._give_way(folder, number)
            self._implied += len(folder)
            if self._implied > _IMPLIED_MOST:
                raise UsageError(
                    "its names need more folders than any real image has", where=f"layer {number}"
                )
            self.numbers[folder] = -1 - number
            self.children[folder] = [path]
            path = folder

    def _give_way(self, path: str, number: int) -> None:
        """Replace a link or file of a lower layer by the folder that a member's name needs.

        overlay2 does the same, because it extracts each layer separately. If the link or file is in
        the same layer, engines disagree about the place of the member, so that is refused.
        """
        present = self.entry(path)
        if present.layer == number:
            raise UsageError(
                f"a member's name goes through {present.path}, a {present.kind} in the same layer",
                where=f"layer {number}",
                hint="rebuild the image: engines disagree about the place of such a member",
            )
        self._remove(present.path, number)

    def _remove(self, path: str, number: int) -> None:
        """Remove a path with everything below it."""
        if path == "/" or path not in self.numbers:
            return
        todo = [path]
        while todo:
            hidden = todo.pop()
            todo += self.in_folder(hidden)
            entry = self.entry(hidden)
            if entry.end:
                self.overwritten.append((entry, number))
            del self.numbers[hidden]
            self.children.pop(hidden, None)
