"""The content of a slim image, as lists of paths that people can read and change. Pure.

There is one list for each layer, so that updates are as small as those of the slim image. A folder
that is kept completely is one line, which ends with a slash.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ci_slim.errors import UsageError
from ci_slim.image.files import Entry, FileIndex, Kind

_FEWEST = 3
"""A folder needs at least this many files to become one line."""
_RECORDS = "/var/lib/dpkg/status.d/"
_FOLDERS, _LINKS = "folders in which nothing is kept", "links"


@dataclass(frozen=True, slots=True)
class FatFiles:
    """The files of the fat image: why each is kept, "" for one that is not. `complete` says whether
    all of them are here."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One path, with the rule that keeps it. A complete folder ends with a slash."""

    path: str
    rule: str
    why: str = ""


def layer_lists(index: FileIndex, fat: FatFiles, where: str) -> tuple[tuple[Line, ...], ...]:
    """The lines of each layer of a slim image, lowest first. Raises UsageError for a file that a
    list, or the commands that read it, cannot express."""
    entries = [
        entry
        for entry in index.entries()
        if entry.end and entry.path != "/" and not _is_written(entry, fat)
    ]
    for entry in entries:
        _refuse_unsayable(entry, where)
    whole = _whole_folders(entries, fat) if fat.complete else {}
    lists: list[tuple[Line, ...]] = []
    for number in range(len(index.layers)):
        own = [entry for entry in entries if entry.layer == number]
        lists.append(tuple(_lines(own, whole, fat)))
    return tuple(lists)


def _lines(entries: Sequence[Entry], whole: Mapping[str, str], fat: FatFiles) -> Iterator[Line]:
    told: set[str] = set()
    needed = {up for entry in entries if entry.kind is not Kind.DIR for up in _above(entry.path)}
    for entry in sorted(entries, key=lambda entry: entry.path):
        top = next((up for up in (*_above(entry.path), entry.path) if up in whole), None)
        if top is not None:
            if top not in told and entry.kind is not Kind.DIR:
                told.add(top)
                yield _line(f"{top}/", whole[top])
        elif entry.kind is not Kind.DIR or entry.path not in needed:
            other = _FOLDERS if entry.kind is Kind.DIR else _LINKS
            yield _line(entry.path, fat.reasons.get(entry.path, "") or other)


def _line(path: str, reason: str) -> Line:
    rule, _, why = reason.partition(";")[0].partition(":")
    return Line(path, rule.strip(), why.strip())


def _whole_folders(entries: Iterable[Entry], fat: FatFiles) -> dict[str, str]:
    """The topmost folders of which the slim image keeps every file, all in one layer; with the
    reason of the first file in them."""
    kept: dict[str, set[int]] = {}
    counts: dict[str, int] = {}
    for entry in entries:
        if entry.kind is Kind.DIR:
            continue
        for up in _above(entry.path):
            kept.setdefault(up, set()).add(entry.layer)
            counts[up] = counts.get(up, 0) + 1
    partial = {up for path, reason in fat.reasons.items() if not reason for up in _above(path)}
    named = set(fat.reasons)
    files = [entry.path for entry in entries if entry.kind is Kind.FILE and not entry.hardlink]
    unknown = {up for path in files if path not in named for up in _above(path)}
    good = {
        up
        for up, layers in kept.items()
        if len(layers) == 1 and counts[up] >= _FEWEST and up not in partial and up not in unknown
    }
    good -= {"/"}
    tops = {up for up in good if not any(above in good for above in _above(up))}
    found: dict[str, str] = {}
    for path, reason in sorted(fat.reasons.items()):
        for up in _above(path):
            if up in tops and reason:
                found.setdefault(up, reason)
    return found


def _is_written(entry: Entry, fat: FatFiles) -> bool:
    """Whether ci-slim wrote this entry: a record of a package, for scanners, which the fat image
    does not have."""
    below = f"{entry.path}/".startswith(_RECORDS)
    return below and not any(path.startswith(_RECORDS) for path in fat.reasons)


def _above(path: str) -> list[str]:
    """The folders that a path lies in, topmost first, without the root."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]


def _refuse_unsayable(entry: Entry, where: str) -> None:
    problem = ""
    if entry.kind in (Kind.CHAR, Kind.BLOCK):
        problem = "it is a device, and a build cannot copy one"
    elif any(0xD800 <= ord(char) < 0xE000 for char in entry.path):
        problem = "its name is not UTF-8"
    elif any(ord(char) < 32 for char in entry.path):
        problem = "its name has a control character"
    if problem:
        raise UsageError(
            f"a Dockerfile cannot say it: {entry.path!r}: {problem}",
            where=where,
            hint="drop it with `drop:`, or build the image with ci-slim",
        )
