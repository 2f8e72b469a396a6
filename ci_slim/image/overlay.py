"""One layer put on the ones below: the bookkeeping behind FileIndex.of."""

from collections.abc import Iterable, Iterator, Mapping

from ci_slim.errors import UsageError
from ci_slim.image.entries import Entry, Kind, LayerFiles

_IMPLIED_MOST = 1 << 26
"""Characters of the paths of folders without an entry: one member may imply two thousand of them,
together a thousand times as long as itself."""


class Overlay:
    """The view so far. `children` maps a folder to the names in it; `overwritten` holds what a
    later layer hid, with the number of that layer."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {"/": _implied("/", 0)}
        self.children: dict[str, dict[str, None]] = {"/": {}}
        self.overwritten: list[tuple[Entry, int]] = []
        self._implied = 0

    @classmethod
    def copied(
        cls,
        entries: Mapping[str, Entry],
        children: Mapping[str, Mapping[str, None]],
        overwritten: Iterable[tuple[Entry, int]],
    ) -> "Overlay":
        """A view as another one was."""
        overlay = cls()
        overlay.entries = dict(entries)
        overlay.children = {folder: dict(names) for folder, names in children.items()}
        overlay.overwritten = list(overwritten)
        return overlay

    def apply(self, layer: LayerFiles, number: int) -> None:
        """Whiteouts first: they hide lower layers only, wherever in the tar they stand."""
        for folder in layer.opaque:
            for name in tuple(self.children.get(folder, ())):
                self._remove(_join(folder, name), number)
        for path in layer.whiteouts:
            self._remove(path, number)
        for entry in layer.entries:
            self._add(entry, number)

    def _add(self, entry: Entry, number: int) -> None:
        path = entry.path
        present = self.entries.get(path)
        is_dir = entry.kind is Kind.DIR
        if present is None:
            self._attach(path, number)
        elif not (is_dir and present.kind is Kind.DIR):
            if path == "/":
                raise UsageError("the root of the image is no folder", where=f"layer {number}")
            self._remove(path, number)
            self._attach(path, number)
        if is_dir:
            self.children.setdefault(path, {})
        self.entries[path] = entry

    def _attach(self, path: str, number: int) -> None:
        """Put the name of `path` into its folder, and make the folders on the way that have no
        entry of their own."""
        while True:
            folder, _, name = path.rpartition("/")
            folder = folder or "/"
            parent = self.entries.get(folder)
            if parent is not None and parent.kind is Kind.DIR:
                self.children[folder][name] = None
                return
            if parent is not None:
                self._give_way(parent, number)
            self._implied += len(folder)
            if self._implied > _IMPLIED_MOST:
                raise UsageError(
                    "its names imply more folders than any image has", where=f"layer {number}"
                )
            self.entries[folder] = _implied(folder, number)
            self.children[folder] = {name: None}
            path = folder

    def _give_way(self, present: Entry, number: int) -> None:
        """A link or file of a *lower* layer is replaced by the folder that a member's name
        implies, as on overlay2, where each layer is extracted on its own. One of the same layer
        would send the member elsewhere or nowhere, depending on the engine."""
        if present.layer == number:
            raise UsageError(
                f"a member goes through {present.path}, a {present.kind} of the same layer",
                where=f"layer {number}",
                hint="rebuild the image: engines disagree where such a member belongs",
            )
        self._remove(present.path, number)

    def _remove(self, path: str, number: int) -> None:
        if path == "/" or path not in self.entries:
            return
        folder, _, name = path.rpartition("/")
        self.children[folder or "/"].pop(name, None)
        for hidden in (path, *self._below(path)):
            entry = self.entries.pop(hidden)
            if entry.end:
                self.overwritten.append((entry, number))
        # after the walk: it reads the map of children
        self._forget(path)

    def _below(self, path: str) -> Iterator[str]:
        todo = [path]
        while todo:
            folder = todo.pop()
            for name in self.children.get(folder, ()):
                child = _join(folder, name)
                yield child
                todo.append(child)

    def _forget(self, path: str) -> None:
        todo = [path]
        while todo:
            folder = todo.pop()
            todo += [_join(folder, name) for name in self.children.pop(folder, ())]


def _join(folder: str, name: str) -> str:
    return f"/{name}" if folder == "/" else f"{folder}/{name}"


def _implied(path: str, layer: int) -> Entry:
    return Entry(path, Kind.DIR, 0o755, 0, 0, 0, 0.0, layer=layer)
