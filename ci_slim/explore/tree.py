"""The files of an image as folders with sums, in which a folder's content is made when it is asked
for. Pure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file with its bytes in the fat and in the slim image; None: it is not in that image. In a
    single image, both are the same. `layer` counts from 0. Texts may be hostile."""

    path: str
    fat: int | None
    slim: int | None
    layer: int = 0
    package: str = ""
    reason: str = ""
    """Why the slim image has it; "" if that is not known."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What is looked through: one platform of an image. `both`: it is a fat image with its slim
    one. `left` is how many files are not listed; `layers` says how each layer was made."""

    name: str
    platform: str
    files: tuple[ImageFile, ...]
    layers: tuple[str, ...] = ()
    both: bool = False
    left: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A folder or a file: its bytes and its number of files in both images. `key` names it in the
    tree, and `file` is None for a folder."""

    key: str
    name: str
    fat: int
    slim: int
    files: int
    kept: int
    file: ImageFile | None = None

    @property
    def change(self) -> int:
        """How much larger it is in the slim image, in bytes."""
        return self.slim - self.fat


Order = Callable[[Row], object]
ORDERS: Mapping[str, Order] = {
    "size": lambda row: (-max(row.fat, row.slim), row.name),
    "change": lambda row: (-abs(row.change), row.name),
    "name": lambda row: row.name,
}
"""How the content of a folder is sorted."""

GROUPS: Mapping[str, Callable[[ImageFile], str]] = {
    "folder": lambda _: "",
    "layer": lambda file: f"layer {file.layer + 1}",
    "package": lambda file: file.package or "no package",
}
"""What the outermost folders are; "" for the folders of the image itself."""


class Tree:
    """Files in folders. Only sums are computed at once; it never changes."""

    def __init__(self, files: Iterable[ImageFile], group: str = "folder") -> None:
        self._files: dict[str, list[ImageFile]] = {}
        self._folders: dict[str, set[str]] = {"": set()}
        self._sums: dict[str, list[int]] = {"": [0, 0, 0, 0]}
        group_of = GROUPS[group]
        for file in files:
            above = group_of(file).replace("/", "_")
            folder = (f"/{above}" if above else "") + file.path.rpartition("/")[0]
            if folder not in self._files:
                self._files[folder] = []
                self._add(folder)
            self._files[folder].append(file)
            for place, value in enumerate(_values(file)):
                self._sums[folder][place] += value
        # From the innermost folder outwards, so that each is complete when it is added.
        for folder in sorted(self._sums, key=lambda each: each.count("/"), reverse=True):
            if folder:
                outer = self._sums[folder.rpartition("/")[0]]
                for place, value in enumerate(self._sums[folder]):
                    outer[place] += value

    def _add(self, folder: str) -> None:
        """Make a folder, and those that it is in."""
        while folder and folder not in self._sums:
            self._sums[folder] = [0, 0, 0, 0]
            self._folders.setdefault(folder, set())
            outer = folder.rpartition("/")[0]
            self._folders.setdefault(outer, set()).add(folder)
            folder = outer

    def row(self, folder: str = "") -> Row:
        """A folder with its sums; "" is the whole image."""
        fat, slim, files, kept = self._sums[folder]
        return Row(folder, folder.rpartition("/")[2] + "/", fat, slim, files, kept)

    def rows(self, folder: str = "", order: str = "size") -> Sequence[Row]:
        """What is directly in a folder: folders and files, sorted."""
        inner = [self.row(each) for each in self._folders.get(folder, ())]
        files = [
            Row(f"{folder}/{name}", name, *_values(file), file)
            for file in self._files.get(folder, ())
            for name in (file.path.rpartition("/")[2],)
        ]
        return sorted([*inner, *files], key=ORDERS[order])  # type: ignore[arg-type]

    def folders(self) -> Iterable[str]:
        """All folders but the outermost."""
        return (folder for folder in self._sums if folder)


def _values(file: ImageFile) -> tuple[int, int, int, int]:
    return file.fat or 0, file.slim or 0, int(file.fat is not None), int(file.slim is not None)
