"""The map of the files of an image: nested boxes, with areas that show their bytes. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from squarify import normalize_sizes, squarify

WIDTH, HEIGHT = 1600, 900
"""The size of the map, in units of the drawing."""
_LEAST = 70.0
"""Boxes with a smaller area are drawn as one box with their neighbours."""
_HEADS, _PAD = ((180.0, 28.0), (60.0, 14.0), (0.0, 4.0)), 2.0
"""The heights of the titles of folders, for boxes of at least the first height, and the space
around the content. A title of 28 can be read in the whole map, a smaller one after a zoom."""


class File(NamedTuple):
    """A file of the table."""

    path: str
    size: int
    layer: int
    package: int
    reason: int


class Box(NamedTuple):
    """A box of the map. `name` is the path from the root of the map; `kept` is how much of `size`
    is kept. `file` is the number of the file in the table, -1 for a folder, -2 for several small
    files."""

    x: float
    y: float
    width: float
    height: float
    name: str
    size: int
    kept: int
    file: int


FOLDER, SMALL = -1, -2


@dataclass(slots=True)
class _Node:
    size: int = 0
    kept: int = 0
    file: int = FOLDER
    inner: dict[str, "_Node"] = field(default_factory=dict)


def boxes(files: Sequence[File], group: Callable[[File], str]) -> list[Box]:
    """The boxes of a map, outer boxes first. Files are grouped by `group` and then by folder; with
    "" only by folder."""
    root = _Node()
    for number, file in enumerate(files):
        top = group(file)
        parts = ([top] if top else []) + file.path.split("/")[1:]
        _add(root, parts, number, file)
    found: list[Box] = []
    _lay(root, "", (0.0, 0.0, float(WIDTH), float(HEIGHT)), found)
    return found


def _add(root: _Node, parts: Iterable[str], number: int, file: File) -> None:
    kept = file.size if file.reason >= 0 else 0
    node = root
    node.size, node.kept = node.size + file.size, node.kept + kept
    for part in parts:
        node = node.inner.setdefault(part, _Node())
        node.size, node.kept = node.size + file.size, node.kept + kept
    node.file = number


_Place = tuple[float, float, float, float]


def _lay(node: _Node, name: str, place: _Place, found: list[Box]) -> None:
    x, y, width, height = place
    size = node.size
    found.append(_box(place, name, node))
    if name and not _holds_one_folder(node):
        head = next(head for least, head in _HEADS if height >= least)
        x, y, width, height = x + _PAD, y + head, width - 2 * _PAD, height - head - _PAD
    if not node.inner or not size or min(width, height) < 2 * _PAD:
        return
    scale = width * height / size
    shown = {key: each for key, each in node.inner.items() if each.size * scale >= _LEAST}
    small = [each for key, each in node.inner.items() if key not in shown and each.size]
    rest = _Node(sum(each.size for each in small), sum(each.kept for each in small), SMALL)
    items = sorted(shown.items(), key=lambda item: (-item[1].size, item[0]))
    if rest.size:
        items = sorted([*items, ("…", rest)], key=lambda item: (-item[1].size, item[0]))
    areas = normalize_sizes([each.size for _, each in items], width, height)
    for (key, each), rect in zip(items, squarify(areas, x, y, width, height), strict=True):
        at = rect["x"], rect["y"], rect["dx"], rect["dy"]
        if each.file == SMALL or (not each.inner and each.file >= 0):
            found.append(_box(at, f"{name}/{key}", each))
        else:
            _lay(each, f"{name}/{key}", at, found)


def _holds_one_folder(node: _Node) -> bool:
    """Such a folder needs no title of its own: the map writes `usr/lib` on the inner one."""
    return len(node.inner) == 1 and all(each.inner for each in node.inner.values())


def _box(place: _Place, name: str, node: _Node) -> Box:
    x, y, width, height = (round(number, 1) for number in place)
    return Box(x, y, width, height, name, node.size, node.kept, node.file)
