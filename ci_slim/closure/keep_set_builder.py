"""The state in which the keep set grows while the rules run."""

import posixpath
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import takewhile
from typing import Any, Protocol

from ci_slim.closure.application import TEXTS, Application
from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.left_out import LeftOutItems
from ci_slim.closure.owners import Owners
from ci_slim.closure.safety import Safety, at_least
from ci_slim.closure.steps import Step, steps
from ci_slim.image import elf
from ci_slim.image.ancestry import base_layers
from ci_slim.image.elf import Elf
from ci_slim.image.files import Contents, Entry, FileIndex, Kind, ancestors
from ci_slim.observe.observation import How, Observation

HEAD = 256
"""Bytes read of each kept file to find its kind: enough for a `#!` line (BINPRM_BUF_SIZE)."""

_REASONS = 4  # everything needs a C library: the first few reasons are enough
_TEXT_MOST = 1 << 18  # bytes of an own file that is searched for names
_QUOTED = re.compile(r"""["'](?:[\w.-]+/)*+([A-Za-z][\w.-]{1,80})["']""")
_PARENT = "folders: of kept files"
_STARTED_LATER = ("children:", "commands:", "companions:", "literals:", "named packages:")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Config(Protocol):
    """The part of an image's configuration that the closure reads."""

    @property
    def config(self) -> Mapping[str, object]:
        """The runtime part: Env, Cmd, Entrypoint, User, WorkingDir, Volumes, Healthcheck, Shell."""

    @property
    def history(self) -> tuple[Mapping[str, object], ...]:
        """The steps that made the image, in order: objects with `created_by` and `empty_layer`."""


class KeepSetBuilder:
    """The keep set while it grows. Rules read the new paths of `take_fresh()` and add others."""

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
        self._kept_bytes = 0
        self._spent: dict[str, int] = {}
        self._inodes: set[tuple[int, int]] = set()
        self._sorted: dict[str, tuple[str, ...]] = {}
        self._heads: dict[str, bytes] = {}
        self._elves: dict[str, Elf | None] = {}
        self.done: set[str] = set()
        self.tables: dict[str, dict[str, list[str]]] = {}  # what a rule computes once per folder
        self.documents: dict[str, Mapping[str, Any]] = {}  # files of JSON that a rule has read
        self.left_out = LeftOutItems(index, self.reasons)
        self._safety = safety
        self._history = config.history
        self._dockerfile = dockerfile

    def __contains__(self, path: object) -> bool:
        return path in self.reasons

    def at_least(self, safety: Safety) -> bool:
        """Whether a rule that starts at this level of safety applies."""
        return at_least(self._safety, safety)

    @cached_property
    def owners(self) -> Owners:
        """The packages that files belong to."""
        return Owners.of(self.index, self.contents)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that made the image, in order."""
        return steps(self._history, base_layers(self._history), self._dockerfile)

    @cached_property
    def application(self) -> Application:
        """The user's own files."""
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

    def is_own_or_started(self, path: str) -> bool:
        """Whether a file is the user's, or the image starts it, or the run executed it."""
        return path in self.application or path in self.started

    def is_script(self, path: str, language: bytes) -> bool:
        """Whether a kept file is a script of a language, by its first line, that the image starts,
        that belongs to the application, or that people or programs start later."""
        return (
            self.is_own_or_started(path)
            or any(reason.startswith(_STARTED_LATER) for reason in self.reasons[path])
        ) and self._is_in(path, language)

    def _is_in(self, path: str, language: bytes) -> bool:
        head = self.head(path)
        return head.startswith(b"#!") and language in head.partition(b"\n")[0]

    def own_texts(self) -> Iterator[tuple[str, str]]:
        """The application's own scripts and settings, each with its text, without large ones."""
        texts = [
            path
            for path in sorted(self.application.files)
            if path.endswith(TEXTS) and self.index[path].size <= _TEXT_MOST
        ]
        self.contents.expect(texts)
        return ((path, self.text(path)) for path in texts)

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The words in quotes in the application's own files, and the last words of paths."""
        return frozenset(word for _, text in self.own_texts() for word in _QUOTED.findall(text))

    def kept_bytes(self) -> int:
        """Bytes of the files that are kept so far. A file with several names counts once."""
        return self._kept_bytes

    def holds(self, entry: Entry) -> bool:
        """Whether the content of a file is kept already, under this or another name of it."""
        return (entry.layer, entry.data) in self._inodes

    def take_fresh(self) -> list[str]:
        """The paths added since the last call. Forgets them."""
        fresh, self._fresh = self._fresh, []
        self.contents.expect(fresh)
        return fresh

    def add(self, path: str, reason: str, *, follow: bool = True) -> str | None:
        """Keep a path with its folders and all links on the way.

        Returns the real path, or None if the image has nothing there. Links that lead nowhere are
        kept too.
        """
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
        """Keep a path and everything below it."""
        real = self.add(path, reason)
        if real is not None and self.index[real].kind is Kind.DIR:
            for below in self.index.descendants(real):
                if self.index[below].kind is Kind.SYMLINK:
                    self.add(below, reason)
                self._keep(below, reason)

    def add_small(
        self, paths: Iterable[str], most: int, reason: str, first: Collection[str] = ()
    ) -> list[str]:
        """Keep files, small ones first, up to a number of bytes, and record the others as left out.
        What is kept already counts nothing, and a link as much as the file that it leads to.
        Before all others come files of which an own file has the name, or the name without its
        ending such as a language, as a word in quotes, and then those in `first`. Returns the kept
        ones."""

        def order(path: str) -> tuple[int, int, str]:
            name = posixpath.basename(path)
            named = not self.own_words.isdisjoint((name, name.partition(".")[0]))
            return 0 if named else 1 if path in first else 2, self.index[path].size, path

        fits, too_much, left = list[str](), dict[str, int](), most
        for path in sorted(paths, key=order):
            entry = self.entry(path)
            new = entry is not None and entry.path not in self.reasons
            size = entry.size if entry is not None and new else 0
            if size <= left:
                left -= size
                fits.append(path)
                self.add(path, reason)
            else:
                too_much[path] = size
        self.left_out.add_files("dropped_nearby", too_much)
        return fits

    def add_whole(self, folder: str, files: Sequence[str], most: int, reason: str) -> None:
        """Keep these files of a folder if they have no more than `most` bytes. If they have more,
        record the folder as left out."""
        weight = sum(self.index[path].size for path in files)
        if weight <= most:
            for path in files:
                self.add(path, reason)
        else:
            self.left_out.add(LeftOut("dropped_nearby", folder, weight, (f"{folder}/**",)))

    def add_folder_of(self, path: str, reason: str) -> None:
        """Keep the deepest existing folder on the way to `path`."""
        for folder in ancestors(path):
            if self.index.resolve(folder).path is not None:
                self.add(folder, reason)
                return

    def once(self, task: str) -> bool:
        """Whether this is the first call for a task."""
        first = task not in self.done
        self.done.add(task)
        return first

    def spend(self, rule: str, weight: int, most: int) -> bool:
        """Count bytes for a rule, unless it would then have spent more than `most` in all."""
        spent = self._spent.get(rule, 0) + weight
        if spent <= most:
            self._spent[rule] = spent
        return spent <= most

    def exists(self, path: str) -> bool:
        """Whether the image has something at a path. Follows links."""
        return self.index.resolve(path).path is not None

    def entry(self, path: str) -> Entry | None:
        """The entry that a path leads to. Follows links."""
        real = self.index.resolve(path).path
        return None if real is None else self.index.get(real)

    def head(self, path: str) -> bytes:
        """The first bytes of a file, or b"" for anything that is not a file."""
        head = self._heads.get(path)
        if head is None:
            entry = self.index.get(path)
            readable = entry is not None and entry.kind is Kind.FILE and entry.size > 0
            head = self._heads[path] = self.contents.read(path, 0, HEAD) if readable else b""
        return head

    def elf(self, path: str) -> Elf | None:
        """The ELF file at a real path, or None if it is not an ELF file."""
        if path not in self._elves:
            sound = elf.target(self.head(path)) is not None
            self._elves[path] = elf.read(partial(self.contents.read, path)) if sound else None
        return self._elves[path]

    def text(self, path: str, limit: int = 1 << 22) -> str:
        """The text of a file, or "" if it is missing or not a file. Follows links."""
        entry = self.entry(path)
        if entry is None or entry.kind is not Kind.FILE:
            return ""
        return self.contents.read(entry.path, 0, limit).decode("utf-8", "surrogateescape")

    def children(self, folder: str) -> Iterator[str]:
        """The paths in a folder. The folder may be named through links."""
        real = self.index.resolve(folder).path
        return iter(()) if real is None else iter(self.index.children(real))

    def starting(self, start: str) -> Iterator[str]:
        """The paths in the folder of `start` that start like it, sorted."""
        folder = posixpath.dirname(start)
        if folder not in self._sorted:
            self._sorted[folder] = self.index.children(folder)
        paths = self._sorted[folder]
        from_here = map(paths.__getitem__, range(bisect_left(paths, start), len(paths)))
        return takewhile(lambda path: path.startswith(start), from_here)

    def program(self, name: str) -> str | None:
        """Where the name of a program leads: the path itself if it is a path, else a path found in
        PATH."""
        if "/" in name:
            if not name.startswith("/"):
                name = posixpath.join(str(self.config.get("WorkingDir") or "/"), name)
            return name if self.exists(name) else None
        return self.programs.get(name)

    @cached_property
    def path_folders(self) -> tuple[str, ...]:
        """The folders of PATH, as the image names them."""
        named = self.env.get("PATH", DEFAULT_PATH).split(":")
        return tuple(dict.fromkeys(folder for folder in named if folder.startswith("/")))

    @cached_property
    def programs(self) -> Mapping[str, str]:
        """The names in the folders of PATH, each with the first path that it means."""
        found: dict[str, str] = {}
        for folder in self.path_folders:
            for each in self.children(folder):
                name = posixpath.basename(each)
                if name not in found and self.exists(path := posixpath.join(folder, name)):
                    found[name] = path
        return found

    def used(self, path: str, how: How) -> bool:
        """Whether the run used a path in one of these ways."""
        return bool(self.observation.uses.get(path, How(0)) & how)

    def files(self, paths: Iterable[str]) -> Iterator[str]:
        """The paths among these that are regular files."""
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
            entry = self.index[path]
            if entry.kind is Kind.FILE and not self.holds(entry):
                self._inodes.add((entry.layer, entry.data))
                self._kept_bytes += entry.size
            path, reason = posixpath.dirname(path), _PARENT


def _environment(value: object) -> dict[str, str]:
    if not isinstance(value, (list, tuple)):
        return {}
    pairs = (str(item).partition("=") for item in value)
    return {name: text for name, _, text in pairs}
