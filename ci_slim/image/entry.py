"""One name in a layer, and a table of many names in little memory."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, overload

from ci_slim.image.tar import padded


class Kind(StrEnum):
    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"
    CHAR = "char"
    BLOCK = "block"
    FIFO = "fifo"


KINDS = tuple(Kind)
CODES = {kind: code for code, kind in enumerate(KINDS)}
DIR, FILE = CODES[Kind.DIR], CODES[Kind.FILE]


class Entry(NamedTuple):
    """One name in one layer. `mode` has the lower twelve bits, sizes are bytes, `mtime` is seconds.

    `hardlink` is the path that has the bytes in the same layer, or "" for that path itself. Names
    of one inode have the same `layer` and `data`, which together identify the inode. `start` to
    `end` is the whole tar member. Both are 0 if a folder has no entry of its own, or if it comes
    from a listing.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: float
    target: str = ""
    hardlink: str = ""
    layer: int = 0
    start: int = 0
    end: int = 0
    data: int = 0
    capability: bool = False


class EntryTable(Sequence[Entry]):
    """The entries of one layer, stored as columns. An entry object is made only when it is
    requested. So a million entries take 40 MB and their paths, instead of 400 MB."""

    def __init__(self, layer: int = 0) -> None:
        self.layer = layer
        self.paths: list[str] = []
        self.codes = bytearray()
        self.sizes = array("q")
        self.starts = array("q")
        self.heads = array("I")
        """The bytes of the headers of each entry: its data begins after them, and it ends after the
        data and their padding."""
        self.places: dict[int, tuple[int, int, int]] = {}
        """Start, end and data of each entry for which that is not so, such as a hard link."""
        self.mtimes = array("d")
        self.owners = array("I")
        """The position in `known` of the mode, uid and gid of each entry."""
        self.known: list[tuple[int, int, int]] = []
        self.numbers: dict[tuple[int, int, int], int] = {}
        self.targets: dict[int, str] = {}
        self.links: dict[int, str] = {}
        self.capable: set[int] = set()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "EntryTable":
        """A table of these entries, which are all in one layer."""
        table = cls()
        for entry in entries:
            table.layer = entry.layer
            table.append(entry)
        return table

    def numbered(self, layer: int) -> "EntryTable":
        """The same entries with another layer number."""
        other = EntryTable()
        other.__dict__.update(self.__dict__)
        other.layer = layer
        return other

    def append(self, entry: Entry) -> None:
        row = len(self.paths)
        owner = (entry.mode, entry.uid, entry.gid)
        head = 0 if entry.hardlink else entry.data - entry.start
        link = entry.target if entry.target or entry.kind is Kind.SYMLINK else None
        self.add(
            entry.path,
            CODES[entry.kind],
            owner,
            entry.size,
            entry.mtime,
            entry.start,
            head,
            link,
            entry.capability,
        )
        place = (entry.start, entry.end, entry.data)
        if self.place(row) != place:
            self.places[row] = place
        if entry.hardlink:
            self.links[row] = entry.hardlink

    def add(
        self,
        path: str,
        code: int,
        owner: tuple[int, int, int],
        size: int,
        mtime: float,
        start: int,
        head: int,
        target: str | None = None,
        capable: bool = False,
    ) -> None:
        """Append an entry that is not a hard link, without making an object."""
        if target is not None:
            self.targets[len(self.paths)] = target
        if capable:
            self.capable.add(len(self.paths))
        number = self.numbers.get(owner)
        if number is None:
            number = self.numbers[owner] = len(self.known)
            self.known.append(owner)
        self.paths.append(path)
        self.codes.append(code)
        self.sizes.append(size)
        self.starts.append(start)
        self.heads.append(head)
        self.mtimes.append(mtime)
        self.owners.append(number)

    def place(self, row: int) -> tuple[int, int, int]:
        """Where an entry starts and ends, and where its data begins. All are 0 if it comes from a
        listing."""
        if row in self.places:
            return self.places[row]
        start = self.starts[row]
        data = start + self.heads[row]
        return start, data and data + padded(self.sizes[row]), data

    def inode(self, row: int) -> tuple[int, int]:
        """What identifies the bytes of an entry: its layer and their position."""
        return self.layer, self.place(row)[2]

    @property
    def linked(self) -> frozenset[tuple[int, int]]:
        """The inodes that have several names."""
        return frozenset(self.inode(row) for row in self.links)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, row: int) -> Entry: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, row: int | slice) -> Entry | tuple[Entry, ...]:
        if isinstance(row, slice):
            return tuple(self[each] for each in range(*row.indices(len(self))))
        if row < 0:
            row += len(self.paths)
        mode, uid, gid = self.known[self.owners[row]]
        return Entry(
            self.paths[row],
            KINDS[self.codes[row]],
            mode,
            uid,
            gid,
            self.sizes[row],
            self.mtimes[row],
            self.targets.get(row, ""),
            self.links.get(row, ""),
            self.layer,
            *self.place(row),
            row in self.capable,
        )

    def __iter__(self) -> Iterator[Entry]:
        return (self[row] for row in range(len(self.paths)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
