"""The keep set, and the state it grows in while the rules run."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal, Protocol

from ci_slim.closure.application import Application
from ci_slim.closure.owners import Owners
from ci_slim.closure.safety import Safety, at_least
from ci_slim.closure.steps import Step, steps
from ci_slim.image import elf
from ci_slim.image.ancestry import base_layers
from ci_slim.image.elf import Elf
from ci_slim.image.files import Contents, Entry, FileIndex, Kind
from ci_slim.observe.observation import How, Observation

HEAD = 256
"""Bytes read of each kept file to tell what it is: enough for a `#!` line (BINPRM_BUF_SIZE)."""

_REASONS = 4  # a C library is needed by everything: the first few say enough
_PARENT = "folders: of kept files"
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Config(Protocol):
    """What the closure reads of an image's configuration."""

    @property
    def config(self) -> Mapping[str, object]:
        """The runtime part: Env, Cmd, Entrypoint, User, WorkingDir, Volumes, Healthcheck, Shell."""

    @property
    def history(self) -> tuple[Mapping[str, object], ...]:
        """What made the image, first step first: objects with `created_by` and `empty_layer`."""


@dataclass(frozen=True, slots=True)
class KeepOptions:
    """The user's own patterns (see ci_slim.closure.patterns), whether the slim image tells
    scanners which packages its files come from, how much more than what was seen it keeps, and the
    names of rules that are switched off. `dockerfile` is the text of the Dockerfile that the image
    was built from, "" if it is not known."""

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    packages: bool = True
    safety: Safety = "balanced"
    without: tuple[str, ...] = ()
    dockerfile: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a rule would have kept and did not, since it is too much: `what` is a folder,
    a file or a package; `kind` is the list of the report that it stands in."""

    kind: Literal["dropped_nearby", "named_unused", "literal_dropped"]
    what: str
    bytes: int
    keep: tuple[str, ...]
    """The patterns that bring it in."""


@dataclass(frozen=True, slots=True)
class KeepSet:
    """What the slim image holds.

    `reasons`: each path of the index that is kept, with why ("exec", "elf: needed by /bin/x").
    `added`: new small files, path -> content, that are not in the fat image or replace one of it.
    `dropped`: paths that would have been kept, with the user's pattern that drops them.
    `sizes`: bytes of each kept file, of a file with several names at the first of them.
    `left_out`: what was too much to be kept on a mere suspicion.
    """

    reasons: Mapping[str, tuple[str, ...]]
    added: Mapping[str, bytes] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The kept paths, sorted."""
        return tuple(sorted(self.reasons))

    def __contains__(self, path: object) -> bool:
        return path in self.reasons

    def __len__(self) -> int:
        return len(self.reasons)

    def by_reason(self) -> dict[str, int]:
        """How many paths each rule keeps; a path counts for the first rule that kept it."""
        return self._totals(dict.fromkeys(self.reasons, 1))

    def bytes_by_reason(self) -> dict[str, int]:
        """Bytes of the files that each rule keeps; a file counts for the first that kept it."""
        return self._totals(self.sizes)

    def _totals(self, of: Mapping[str, int]) -> dict[str, int]:
        totals: dict[str, int] = {}
        for path, number in of.items():
            rule = self.reasons[path][0].partition(":")[0]
            totals[rule] = totals.get(rule, 0) + number
        return dict(sorted(totals.items()))

    def explain(self, path: str) -> str:
        """One sentence: why a path is kept, or that it is not."""
        if path in self.added:
            return f"{path} is written anew: the filtered package database"
        if path in self.reasons:
            return f"{path} is kept: {'; '.join(self.reasons[path])}"
        if path in self.dropped:
            return f"{path} is not kept: dropped by the pattern {self.dropped[path]!r}"
        return f"{path} is not kept"


class KeepSetBuilder:
    """What is kept so far. Rules look at `fresh()` paths and `add` others."""

    def __init__(
        self,
        index: FileIndex,
        contents: Contents,
        observation: Observation,
        config: Config,
        safety: Safety = "tight",
        dockerfile: str = "",
    ) -> None:
        self.index = index
        self.contents = contents
        self.observation = observation
        self.config = config.config or {}
        self.env = _environment(self.config.get("Env"))
        self.reasons: dict[str, list[str]] = {}
        self._fresh: list[str] = []
        self._heads: dict[str, bytes] = {}
        self._elves: dict[str, Elf | None] = {}
        self.done: set[str] = set()
        self.tables: dict[str, dict[str, list[str]]] = {}  # what a rule computes once a folder
        self.left_out: dict[str, LeftOut] = {}
        self._safety = safety
        self._history = config.history
        self._dockerfile = dockerfile

    def __contains__(self, path: object) -> bool:
        return path in self.reasons

    def at_least(self, safety: Safety) -> bool:
        """Whether what starts at a level of safety applies."""
        return at_least(self._safety, safety)

    @cached_property
    def owners(self) -> Owners:
        """Which package each file belongs to."""
        return Owners.of(self.index, self.contents)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What made the image, first step first."""
        return steps(self._history, base_layers(self._history), self._dockerfile)

    @cached_property
    def application(self) -> Application:
        """What in the image is the user's own."""
        workdir = str(self.config.get("WorkingDir") or "/")
        uses = self.observation.uses
        used = [path for path, how in uses.items() if how & (How.OPEN | How.LIST | How.EXEC)]
        return Application.of(self.index, self.steps, self.owners, workdir, self.started, used)

    @cached_property
    def started(self) -> tuple[str, ...]:
        """The real paths of the programs that the image starts, of files that its command names,
        and of the programs that the run executed."""
        words: list[str] = []
        for key in ("Entrypoint", "Cmd"):
            value = self.config.get(key)
            words += map(str, value) if isinstance(value, (list, tuple)) else ()
        named = [path for word in words if word and (path := self.program(word))]
        named += [path for path, how in self.observation.uses.items() if how & How.EXEC]
        real = (self.index.resolve(path).path for path in named)
        return tuple(dict.fromkeys(path for path in real if path is not None))

    def leave_out(self, left: LeftOut) -> None:
        """Tell that something was too much to be kept."""
        self.left_out[f"{left.kind} {left.what}"] = left

    def kept_bytes(self) -> int:
        """Bytes of the files that are kept so far."""
        return sum(sizes(self.index, self.reasons).values())

    def take_fresh(self) -> list[str]:
        """The paths added since the last call."""
        fresh, self._fresh = self._fresh, []
        self.contents.expect(fresh)
        return fresh

    def add(self, path: str, reason: str, *, follow: bool = True) -> str | None:
        """Keeps a path with its folders and all links on the way; the real path, None when the
        image has nothing there (links that lead nowhere are kept all the same)."""
        found = self.index.resolve(path, follow_last=follow)
        if found.path is None and "/../" in path:
            found = self.index.resolve(posixpath.normpath(path), follow_last=follow)
        for link in found.links:
            self._keep(link, f"links: on the way to {path}" if link != path else reason)
        for folder in found.left:
            if folder not in self.reasons:
                self._keep(folder, f"folders: on the way to {path}")
        if found.path is not None:
            self._keep(found.path, reason)
        return found.path

    def add_tree(self, path: str, reason: str) -> None:
        """Keeps a path and everything below it."""
        real = self.add(path, reason)
        if real is not None and self.index[real].kind is Kind.DIR:
            for below in self.index.descendants(real):
                if self.index[below].kind is Kind.SYMLINK:
                    self.add(below, reason)
                self._keep(below, reason)

    def add_folder_of(self, path: str, reason: str) -> None:
        """Keeps the deepest folder on the way to `path` that the image has."""
        folder = path
        while folder != "/":
            folder = posixpath.dirname(folder)
            if self.index.resolve(folder).path is not None:
                self.add(folder, reason)
                return

    def once(self, task: str) -> bool:
        """True the first time it is asked about a task."""
        first = task not in self.done
        self.done.add(task)
        return first

    def exists(self, path: str) -> bool:
        """Whether the image has something there, links followed."""
        return self.index.resolve(path).path is not None

    def entry(self, path: str) -> Entry | None:
        """What a path leads to, links followed."""
        real = self.index.resolve(path).path
        return None if real is None else self.index.get(real)

    def head(self, path: str) -> bytes:
        """The first bytes of a file; b"" for anything else."""
        head = self._heads.get(path)
        if head is None:
            entry = self.index.get(path)
            readable = entry is not None and entry.kind is Kind.FILE and entry.size > 0
            head = self._heads[path] = self.contents.read(path, 0, HEAD) if readable else b""
        return head

    def elf(self, path: str) -> Elf | None:
        """The ELF file at a real path; None when there is none."""
        if path not in self._elves:
            sound = elf.target(self.head(path)) is not None
            self._elves[path] = elf.read(partial(self.contents.read, path)) if sound else None
        return self._elves[path]

    def text(self, path: str, limit: int = 1 << 22) -> str:
        """A file's text, links followed; "" when it is missing or no file."""
        entry = self.entry(path)
        if entry is None or entry.kind is not Kind.FILE:
            return ""
        return self.contents.read(entry.path, 0, limit).decode("utf-8", "surrogateescape")

    def children(self, folder: str) -> Iterator[str]:
        """The paths in a folder that may be named through links."""
        real = self.index.resolve(folder).path
        return iter(()) if real is None else iter(self.index.children(real))

    def program(self, name: str) -> str | None:
        """Where a program's name leads: itself when it is a path, else looked for in PATH."""
        if "/" in name:
            if not name.startswith("/"):
                name = posixpath.join(str(self.config.get("WorkingDir") or "/"), name)
            return name if self.exists(name) else None
        for folder in self.env.get("PATH", DEFAULT_PATH).split(":"):
            path = posixpath.join(folder, name)
            if folder.startswith("/") and self.exists(path):
                return path
        return None

    def used(self, path: str, how: How) -> bool:
        """Whether the run used a path in one of these ways."""
        return bool(self.observation.uses.get(path, How(0)) & how)

    def files(self, paths: Iterable[str]) -> Iterator[str]:
        """Those of the paths that are regular files."""
        for path in paths:
            if self.index[path].kind is Kind.FILE:
                yield path

    def _keep(self, path: str, reason: str) -> None:
        reasons = self.reasons.get(path)
        if reasons == [_PARENT]:
            reasons[:] = [reason]
        elif reasons is not None and len(reasons) < _REASONS and reason not in reasons:
            reasons.append(reason)
        while path not in self.reasons:
            self.reasons[path] = [reason]
            self._fresh.append(path)
            path, reason = posixpath.dirname(path), _PARENT


def sizes(index: FileIndex, paths: Iterable[str]) -> dict[str, int]:
    """Bytes of the regular files among these paths, of a file with several names once."""
    found: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for path in paths:
        entry = index[path]
        if entry.kind is Kind.FILE and (entry.layer, entry.data) not in seen:
            seen.add((entry.layer, entry.data))
            found[path] = entry.size
    return found


def _environment(value: object) -> dict[str, str]:
    if not isinstance(value, (list, tuple)):
        return {}
    pairs = (str(item).partition("=") for item in value)
    return {name: text for name, _, text in pairs}
