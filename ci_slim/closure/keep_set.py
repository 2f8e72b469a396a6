"""The keep set: the paths that a slim image holds, each with the reason why it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ci_slim.closure.safety import Safety
from ci_slim.image.files import FileIndex, Kind
from ci_slim.image.grouping import Grouping


@dataclass(frozen=True, slots=True)
class KeepOptions:
    """The user's options for the keep set.

    `keep` and `drop` are path patterns (see ci_slim.closure.patterns). `packages` says whether the
    slim image keeps a package database for scanners. `safety` says how much more than the used
    files is kept. `without` names the rules that are switched off. `dockerfile` is the text of the
    Dockerfile of the image, or "" if it is not known. `split` says whether the kept files are
    divided into groups that change together.
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    packages: bool = True
    safety: Safety = "balanced"
    without: tuple[str, ...] = ()
    dockerfile: str = ""
    split: bool = False


LeftOutKind = Literal["dropped_nearby", "named_unused", "literal_dropped"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a rule did not keep because it is too large. `what` is a folder, a file or a
    package. `kind` is the list of the report that shows it."""

    kind: LeftOutKind
    what: str
    bytes: int
    keep: tuple[str, ...]
    """The patterns that keep it."""


@dataclass(frozen=True, slots=True)
class KeepSet:
    """The paths that the slim image holds.

    `reasons`: each path of the index that is kept, with its reasons ("exec", "elf: needed by
    /bin/x").
    `added`: new small files, path -> content, that are not in the fat image or replace one of its
    files.
    `dropped`: paths that would have been kept, with the user's pattern that drops them.
    `sizes`: bytes of each kept file. A file with several names counts only at the first of them.
    `left_out`: unused files that rules found but that are too large to keep.
    `grouping`: the groups of the paths, if that was an option.
    """

    reasons: Mapping[str, tuple[str, ...]]
    added: Mapping[str, bytes] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    grouping: Grouping | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The kept paths, sorted."""
        return tuple(sorted(self.reasons))

    def __contains__(self, path: object) -> bool:
        return path in self.reasons

    def __len__(self) -> int:
        return len(self.reasons)

    def by_reason(self) -> dict[str, int]:
        """Number of paths that each rule keeps. A path counts for the first rule that kept it."""
        return self._totals(dict.fromkeys(self.reasons, 1))

    def bytes_by_reason(self) -> dict[str, int]:
        """The bytes of the files that each rule keeps. A file counts for the first rule that kept
        it."""
        return self._totals(self.sizes)

    def _totals(self, of: Mapping[str, int]) -> dict[str, int]:
        totals: dict[str, int] = {}
        for path, number in of.items():
            rule = self.reasons[path][0].partition(":")[0]
            totals[rule] = totals.get(rule, 0) + number
        return dict(sorted(totals.items()))

    def explain(self, path: str) -> str:
        """Say in one sentence why a path is kept, or that it is not."""
        if path in self.added:
            return f"{path} is a new file: the filtered package database"
        if path in self.reasons:
            return f"{path} is kept: {'; '.join(self.reasons[path])}"
        if path in self.dropped:
            return f"{path} is not kept: dropped by the pattern {self.dropped[path]!r}"
        return f"{path} is not kept"


def sizes(index: FileIndex, paths: Iterable[str]) -> dict[str, int]:
    """Bytes of the regular files among these paths. A file with several names counts once."""
    found: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for path in paths:
        entry = index[path]
        if entry.kind is Kind.FILE and (entry.layer, entry.data) not in seen:
            seen.add((entry.layer, entry.data))
            found[path] = entry.size
    return found
