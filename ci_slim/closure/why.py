"""Explains what takes most space in a slim image, why it is kept, and how to remove it."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.closure.keep_set import KeepSet
from ci_slim.closure.patterns import escaped
from ci_slim.closure.rules import listings
from ci_slim.image.files import ancestors
from ci_slim.options import RULE_NAMES
from ci_slim.units import count, size

SHOWN = 12
"""The number of groups that are shown, largest first."""

LISTED_BYTES, LISTED_SHARE = 10_000_000, 0.2
"""From so many bytes on, and so large a share of the slim image, a listed folder is heavy."""
_LARGE = 3  # files that are named in each group
_NO_QUOTES = re.compile(r"[\w/.+@*~-]+")
_BY = re.compile(
    r"(?:elf: (?:needed by|starts)|[\w. ]+: (?:imported by|named in|called by|source of"
    r"|named in the first line of)) (/.*)"
)


@dataclass(frozen=True, slots=True)
class Weight:
    """The files that are in the slim image for the same cause. `first` is the first of them, or the
    folder that they share; `reason` says why it is kept."""

    first: str
    reason: str
    bytes: int
    files: tuple[str, ...]
    """The files of the group, largest first."""


def weights(keep: KeepSet) -> tuple[Weight, ...]:
    """All kept files by cause, heaviest first. A file that is kept because of another file counts
    for the cause of that file."""
    groups: dict[tuple[str, str], list[str]] = {}
    known: dict[str, str] = {}
    for path in keep.sizes:
        groups.setdefault(_cause(keep.reasons, path, known), []).append(path)
    found = [
        Weight(
            first,
            reason,
            sum(keep.sizes[path] for path in paths),
            tuple(sorted(paths, key=lambda path: (-keep.sizes[path], path))),
        )
        for (first, reason), paths in groups.items()
    ]
    return tuple(sorted(found, key=lambda weight: (-weight.bytes, weight.first)))


def heaviest(keep: KeepSet) -> tuple[str, ...]:
    """One line for each of the heaviest causes: bytes, what, why, and how to remove it."""
    found = weights(keep)
    files: dict[str, int] = {}
    for path in keep.sizes:
        for folder in ancestors(path):
            files[folder] = files.get(folder, 0) + 1
    return tuple(_line(keep, weight, files) for weight in found[:SHOWN])


def heavy_listings(keep: KeepSet) -> tuple[str, ...]:
    """A sentence for each folder whose files weigh much, and are kept only because the run read
    their names: at least LISTED_BYTES and LISTED_SHARE of the slim image, with what they need."""
    total = sum(keep.sizes.values())
    groups: dict[str, list[str]] = {}
    for weight in weights(keep):
        if weight.reason.startswith(listings.REASON):
            groups.setdefault(weight.reason.removeprefix(listings.REASON), []).extend(weight.files)
    said = []
    for folder, files in groups.items():
        bytes_ = sum(keep.sizes[path] for path in files)
        if bytes_ >= max(LISTED_BYTES, LISTED_SHARE * total):
            files.sort(key=lambda path: (-keep.sizes[path], path))
            said.append(
                f"{size(bytes_)} of the slim image's {size(total)} are kept only because the run "
                f"read the names in {folder} ({count(len(files), 'file')}, the largest: "
                f"{', '.join(files[:_LARGE])}); name under `drop:` what is not needed"
            )
    return tuple(said)


def _cause(
    reasons: Mapping[str, Sequence[str]], path: str, known: dict[str, str]
) -> tuple[str, str]:
    """The first cause of a file: a path that no rule derived, or a folder that files share. `known`
    maps paths to the path that they are kept for."""
    seen = {path: None}
    first = path
    while first not in known:
        by = _BY.fullmatch(reasons[first][0])
        if by is None or by[1] not in reasons or by[1] in seen:
            known[first] = first
        else:
            first = by[1]
            seen[first] = None
    first = known[first]
    known.update(dict.fromkeys(seen, first))
    reason = reasons[first][0]
    rule = reason.partition(":")[0]
    if first != path or rule in ("exec", "listed"):
        return first, reason
    return posixpath.dirname(path), f"{rule}: {_PLAIN_REASONS.get(rule, reason.partition(': ')[2])}"


_PLAIN_REASONS = {"opened": "read by the run", "stat": "looked at by the run"}


def _line(keep: KeepSet, weight: Weight, folders: Mapping[str, int]) -> str:
    large = ", ".join(f"{path} {size(keep.sizes[path])}" for path in weight.files[:_LARGE])
    more = count(len(weight.files), "file")
    loss = "; ".join(_losses(weight, folders))
    return (
        f"{size(weight.bytes)}: {weight.first} ({more}: {large}). Kept because of "
        f"{weight.reason}. To remove it: {loss}"
    )


def _losses(weight: Weight, folders: Mapping[str, int]) -> Iterator[str]:
    """What to write into the settings. A folder is named if all its files have this cause."""
    rule, _, rest = weight.reason.partition(": ")
    if rule == "keep":
        yield f"remove `keep: {rest}`"
    elif rule in RULE_NAMES:
        yield f"`slim: {{without: [{rule}]}}`"
    if len(weight.files) > _LARGE and len(weight.files) == folders.get(weight.first):
        patterns = [f"{escaped(weight.first)}/**"]
    else:
        first = (weight.first,) if weight.first in weight.files else ()
        patterns = [*map(escaped, dict.fromkeys((*first, *weight.files[:_LARGE])))]
    yield f"`drop: [{', '.join(map(_in_yaml, patterns))}]`"


def _in_yaml(pattern: str) -> str:
    """A pattern for a list of YAML, in quotes if it needs them."""
    return pattern if _NO_QUOTES.fullmatch(pattern) else json.dumps(pattern)
