"""What the rules found and did not keep because it is too large."""

import posixpath
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ci_slim.closure.keep_set import LeftOut, LeftOutKind, sizes
from ci_slim.closure.patterns import escaped
from ci_slim.image.files import FileIndex, Kind, ancestors
from ci_slim.units import count

_TOLD = 10  # more files that were too large are reported by their folder
_PATTERNS = 50  # more patterns of one item are told as one folder


class LeftOutItems:
    """The left-out items while the keep set grows. `kept` holds the paths that are kept so far; it
    grows meanwhile."""

    def __init__(self, index: FileIndex, kept: Container[str]) -> None:
        self._index = index
        self._kept = kept
        self._found: list[LeftOut | tuple[LeftOutKind, Mapping[str, int]]] = []

    def add(self, item: LeftOut) -> None:
        """Record that something was too large to keep."""
        self._found.append(item)

    def add_files(self, kind: LeftOutKind, weights: Mapping[str, int]) -> None:
        """Record files that were too large to keep, with the bytes that each would bring."""
        self._found.append((kind, dict(weights)))

    def _items_of(self, kind: LeftOutKind, weights: Mapping[str, int]) -> Iterator[LeftOut]:
        """Many files are named by the folders that hold only such files; the lightest are one item,
        and if they are very many, this is the folder that holds all of them. The names of one file
        are one item, and count once."""
        weights = {path: size for path, size in weights.items() if path not in self._kept}
        tops = self.tops(weights) if len(weights) > _TOLD else {path: [path] for path in weights}
        items = dict[object, list[str]]()
        for top in tops:
            items.setdefault(self._data(top), []).append(top)
        sums = {data: self._sum(tops, names, weights) for data, names in items.items()}
        heavy = sorted(items, key=lambda data: (-sums[data], items[data]))
        for data in heavy[:_TOLD]:
            names = items[data]
            more = f" and {count(len(names) - 1, 'other name')}" if len(names) > 1 else ""
            what = f"{names[0].removesuffix('/**')}{more}"
            yield LeftOut(kind, what, sums[data], tuple(names))
        rest = [name for data in heavy[_TOLD:] for name in items[data]]
        if len(rest) > _PATTERNS and (folder := common_folder(rest)):
            yield LeftOut(kind, folder, self._below(folder), (f"{folder}/**",))
        elif rest:
            what = f"{len(rest)} more beside {posixpath.dirname(rest[0])}"
            yield LeftOut(kind, what, self._sum(tops, rest, weights), tuple(rest))

    def _in_folders(self, item: LeftOut) -> LeftOut:
        """An item of many files with the patterns of the folders that hold only these."""
        if len(item.keep) <= _TOLD or any(path not in self._index for path in item.keep):
            return item
        return replace(item, keep=tuple(self.tops(item.keep)))

    def _sum(
        self, tops: Mapping[str, list[str]], of: Iterable[str], weights: Mapping[str, int]
    ) -> int:
        files = (path for top in of for path in tops[top])
        return sum({self._data(path): weights[path] for path in files}.values())

    def _below(self, folder: str) -> int:
        """The bytes of the files below a folder that are not kept."""
        files = (path for path in self._index.descendants(folder) if path not in self._kept)
        return sum(sizes(self._index, files).values())

    def _data(self, path: str) -> object:
        """What the names of one file have in common."""
        real = self._index.resolve(path).path
        entry = self._index.get(real) if real is not None else None
        if entry is None or entry.kind is not Kind.FILE:
            return path
        return entry.layer, entry.data

    def tops(self, files: Iterable[str]) -> dict[str, list[str]]:
        """A few patterns that keep these files and no others, each with its files: `FOLDER/**` for
        a folder that holds nothing else that is not kept, else the file."""
        mine, alone, found = frozenset(files), dict[str, bool](), dict[str, list[str]]()
        if not mine:
            return found
        top_of: dict[str, str] = {}  # the highest such folder, or ""
        highest = posixpath.dirname(posixpath.commonpath(set(map(posixpath.dirname, mine))))
        for path in sorted(mine):
            folder, below = posixpath.dirname(path), list[str]()
            while folder not in top_of:
                if folder == highest or not self._holds_only(folder, mine, alone):
                    top_of[folder] = ""
                else:
                    below.append(folder)
                    folder = posixpath.dirname(folder)
            top = top_of[folder] or (below[-1] if below else "")
            top_of.update(dict.fromkeys(below, top))
            found.setdefault(f"{top}/**" if top else path, []).append(path)
        return found

    def remaining(self) -> tuple[LeftOut, ...]:
        """The items, without what a rule kept later, and without files of a folder that is an item
        itself. A package of which a program was kept is not unused."""
        items = dict[str, LeftOut]()
        for found in self._found:
            if isinstance(found, LeftOut):
                named: Iterable[LeftOut] = (self._in_folders(found),)
            else:
                named = self._items_of(*found)
            items.update((f"{item.kind} {item.what}", item) for item in named)
        lines = {each for item in items.values() for each in item.keep}
        patterns = {each for each in lines if each not in self._index}
        return tuple(
            replace(item, keep=tuple(map(self._pattern, item.keep)))
            for item in items.values()
            if (item.kind != "named_unused" or not any(each in self._kept for each in item.keep))
            and any(
                path not in self._kept and (path != pattern or patterns.isdisjoint(_wider(path)))
                for pattern in item.keep
                for path in self._matching(pattern)
            )
        )

    def _holds_only(self, folder: str, mine: frozenset[str], known: dict[str, bool]) -> bool:
        if folder not in known:
            inside = list[str]()
            known[folder] = self._are_mine(folder, mine, known, inside)
            if known[folder]:
                known.update(dict.fromkeys(inside, True))
        return known[folder]

    def _are_mine(
        self, folder: str, mine: frozenset[str], known: Mapping[str, bool], inside: list[str]
    ) -> bool:
        """Whether all files below a folder are among `mine` or kept. Puts the folders that it looks
        into in `inside`; those of which this is known are not looked into again."""
        todo = [folder]
        while todo:
            inside.append(todo.pop())
            for each in self._index.children(inside[-1]):
                if self._index[each].kind is Kind.DIR:
                    if not known.get(each, True):
                        return False
                    todo += () if each in known else (each,)
                elif each not in mine and each not in self._kept:
                    return False
        return True

    def _pattern(self, line: str) -> str:
        """The pattern for a path, or for everything in a folder. A file may be called `**`, too."""
        ending = "/**" if line.endswith("/**") and line not in self._index else ""
        return escaped(line.removesuffix(ending)) + ending

    def _matching(self, pattern: str) -> Iterator[str]:
        """The files that a line of an item keeps: one path, or those of a folder."""
        folder, ending = posixpath.split(pattern)
        if ending != "**" or pattern in self._index:
            yield pattern
            return
        for path in self._index.descendants(folder):
            if self._index[path].kind is Kind.FILE:
                yield path


def common_folder(paths: Sequence[str]) -> str:
    """The deepest folder that holds all of these, or "" if many packages share it."""
    folder = posixpath.commonpath(paths)
    return folder if folder.count("/") > 2 else ""


def _wider(path: str) -> Iterator[str]:
    """The patterns of the folders that a path is in."""
    return (f"{folder}/**" for folder in ancestors(path))
