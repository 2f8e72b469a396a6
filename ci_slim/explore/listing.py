"""What the explorer shows: the lines of the open folders, their cells, the details of one. Pure.

All names are hostile. They leave this module as one line without control characters.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ci_slim.explore.tree import Explored, ImageFile, Row, Tree
from ci_slim.report.cells import NOTHING
from ci_slim.report.foreign import escaped
from ci_slim.units import count, size

FOLDER_MOST = 1000
"""The most entries of a folder that are shown, the first in its order."""
UNFOLDED_MOST = 300
"""If a filter leaves at most so many files, all folders are open."""
NAME_MOST = 200
_PATH_MOST, _MADE_MOST = 160, 70
"""So that all details fit below the list, which is 80 characters wide."""

VIEWS: Mapping[str, str] = {
    "all": "all files",
    "kept": "in the slim image",
    "gone": "not in the slim image",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is shown of the files, and how."""

    text: str = ""
    """A part of the paths, whatever the case of its letters."""
    view: str = "all"
    group: str = "folder"
    order: str = "size"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list. `more` is how many entries of a folder are not shown; then it has no
    row."""

    depth: int
    row: Row | None
    open: bool = False
    more: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """The chosen files as a tree, and the folders that are open in it."""

    tree: Tree
    choice: Choice
    open: AbstractSet[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, explored: Explored, choice: Choice) -> "Listing":
        """The files that a choice leaves."""
        files = [file for file in explored.files if _chosen(file, choice)]
        tree = Tree(files, choice.group)
        everything = bool(choice.text) and len(files) <= UNFOLDED_MOST
        return cls(tree, choice, frozenset(tree.folders()) if everything else frozenset())

    def toggled(self, folder: str) -> "Listing":
        """The same with this folder opened, or closed."""
        return Listing(self.tree, self.choice, self.open ^ {folder})

    def lines(self) -> list[Line]:
        """The lines of all open folders, from the top."""
        return list(_lines(self))


def _chosen(file: ImageFile, choice: Choice) -> bool:
    if choice.view == "kept" and file.slim is None:
        return False
    if choice.view == "gone" and file.slim is not None:
        return False
    return not choice.text or choice.text.lower() in file.path.lower()


def _lines(listing: Listing) -> Iterator[Line]:
    """Without recursion: a hostile path may have thousands of folders."""
    todo = [(0, "")]
    waiting: list[Iterator[Line]] = []
    while todo or waiting:
        if todo:
            depth, folder = todo.pop()
            waiting.append(_folder(listing, folder, depth))
        line = next(waiting[-1], None)
        if line is None:
            waiting.pop()
            continue
        yield line
        if line.open and line.row is not None:
            todo.append((line.depth + 1, line.row.key))


def _folder(listing: Listing, folder: str, depth: int) -> Iterator[Line]:
    rows = listing.tree.rows(folder, listing.choice.order)
    for row in rows[:FOLDER_MOST]:
        yield Line(depth, row, row.file is None and row.key in listing.open)
    if len(rows) > FOLDER_MOST:
        yield Line(depth, None, more=len(rows) - FOLDER_MOST)


def cells(row: Row, both: bool, whole: int) -> tuple[str, ...]:
    """The numbers of a row: its bytes in the fat and the slim image, and the change; of a single
    image, its bytes and its share of `whole`."""
    if not both:
        return size(row.fat), f"{100 * row.fat / whole:.0f} %" if whole else ""
    fat = size(row.fat) if row.files else NOTHING
    slim = size(row.slim) if row.kept else NOTHING
    if not row.files:
        return fat, slim, "new"
    if not row.kept:
        return fat, slim, "gone"
    return fat, slim, f"{100 * row.change / row.fat:+.0f} %" if row.change and row.fat else "same"


TITLES = {True: ("fat", "slim", "change"), False: ("size", "share")}
"""The titles of these cells, by `both`."""


def name_of(line: Line) -> str:
    """The name of a line, with a mark for a folder."""
    if line.row is None:
        return f"… {count(line.more, 'more entry', 'more entries')}; filter with /"
    mark = "" if line.row.file is not None else "▾ " if line.open else "▸ "
    return mark + escaped(line.row.name, NAME_MOST)


def headline(explored: Explored, choice: Choice, whole: Row) -> str:
    """What is shown, and how much that is."""
    sizes = size(whole.fat)
    if explored.both:
        sizes = f"fat {size(whole.fat)}, slim {size(whole.slim)}"
    shown = [sizes, f"by {choice.group}, {choice.order} first" if choice.order != "name" else
             f"by {choice.group}, by name"]  # fmt: skip
    if choice.view != "all":
        shown.append(VIEWS[choice.view])
    if choice.text:
        shown.append(f"with “{escaped(choice.text, 40)}”")
    if explored.left:
        shown.append(f"{explored.left:,} small files are not listed")
    files = whole.files or whole.kept
    return f"{files:,} {'file' if files == 1 else 'files'}: " + " · ".join(shown)


def details(line: Line, explored: Explored) -> Sequence[str]:
    """What is known of the chosen line, the most important first."""
    row = line.row
    if row is None:
        return ("Only the first entries of a large folder are listed.",)
    if row.file is None:
        kept = f", {row.kept:,} of them in the slim image" if explored.both else ""
        return (escaped(row.key, _PATH_MOST), f"folder with {count(row.files, 'file')}{kept}")
    file = row.file
    made = explored.layers[file.layer] if file.layer < len(explored.layers) else ""
    package = f", package {escaped(file.package, 40)}" if file.package else ""
    layer = f", layer {file.layer + 1}{': ' if made else ''}{escaped(made, _MADE_MOST)}"
    found = (escaped(file.path, _PATH_MOST), f"{row.fat or row.slim:,} bytes{package}{layer}")
    if not explored.both:
        return found
    if file.slim is None:
        return (*found, "not kept")
    return (*found, f"kept: {escaped(file.reason, NAME_MOST)}" if file.reason else "kept")
