"""One layer put on the ones below: the bookkeeping behind FileIndex.of."""

from collections.abc import Iterator, Sequence

from ci_slim.errors import UsageError
from ci_slim.image.entries import LayerFiles
from ci_slim.image.entry import DIR, Entry, EntryTable, Kind

_IMPLIED_MOST = 1 << 26
"""Characters of the paths of folders without an entry: one member may imply two thousand of them,
together a thousand times as long as itself."""

_ROWS = 40
"""Bits of an entry's number that are its row; those above are its layer. A folder that is only
implied by what is in it has no row: its number is -1 less its layer."""


class View:
    """The files of some layers put on each other. `numbers` tells which entry a path is;
    `children` has every folder, with the paths that were ever put into it: some may be gone."""

    def __init__(self, tables: Sequence[EntryTable] = ()) -> None:
        self.tables = list(tables)
        self.numbers: dict[str, int] = {"/": -1}
        self.children: dict[str, list[str]] = {"/": []}
        self.overwritten: list[tuple[Entry, int]] = []
        """What a later layer hid, with the number of that layer."""

    def entry(self, path: str) -> Entry:
        """KeyError when it is not there."""
        number = self.numbers[path]
        if number < 0:
            return Entry(path, Kind.DIR, 0o755, 0, 0, 0, 0.0, layer=-1 - number)
        return self.tables[number >> _ROWS][number & ((1 << _ROWS) - 1)]

    def is_link(self, path: str) -> bool:
        """Whether it is there and a symbolic link."""
        number = self.numbers.get(path, -1)
        row = number & ((1 << _ROWS) - 1)
        return number >= 0 and row in self.tables[number >> _ROWS].targets

    def in_folder(self, folder: str) -> Iterator[str]:
        """The paths that are directly in a folder."""
        return (p for p in dict.fromkeys(self.children.get(folder, ())) if p in self.numbers)


class Overlay(View):
    """A view that is being made."""

    def __init__(self) -> None:
        super().__init__()
        self._implied = 0

    @classmethod
    def copied(cls, view: View) -> "Overlay":
        """A view as another one is."""
        overlay = cls()
        overlay.tables = list(view.tables)
        overlay.numbers = dict(view.numbers)
        overlay.children = {folder: list(paths) for folder, paths in view.children.items()}
        overlay.overwritten = list(view.overwritten)
        return overlay

    def apply(self, layer: LayerFiles) -> None:
        """Whiteouts first: they hide lower layers only, wherever in the tar they stand."""
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
                raise UsageError("the root of the image is no folder", where=f"layer {number}")
            self._remove(path, number)
            self._attach(path, number)
        if is_dir:
            self.children.setdefault(path, [])
        self.numbers[path] = entry

    def _attach(self, path: str, number: int) -> None:
        """Put `path` into its folder, and make the folders on the way that have no entry of their
        own."""
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
                    "its names imply more folders than any image has", where=f"layer {number}"
                )
            self.numbers[folder] = -1 - number
            self.children[folder] = [path]
            path = folder

    def _give_way(self, path: str, number: int) -> None:
        """A link or file of a *lower* layer is replaced by the folder that a member's name
        implies, as on overlay2, where each layer is extracted on its own. One of the same layer
        would send the member elsewhere or nowhere, depending on the engine."""
        present = self.entry(path)
        if present.layer == number:
            raise UsageError(
                f"a member goes through {present.path}, a {present.kind} of the same layer",
                where=f"layer {number}",
                hint="rebuild the image: engines disagree where such a member belongs",
            )
        self._remove(present.path, number)

    def _remove(self, path: str, number: int) -> None:
        """Take a path away, with all below it."""
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
