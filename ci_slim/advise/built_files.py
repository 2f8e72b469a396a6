"""What the RUNs of a stage made, as folders and files to copy into another stage. Pure."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.advise.origins import Origins
from ci_slim.image.instructions import Instruction

_SYSTEM = ("/usr/", "/etc/", "/var/", "/lib", "/bin", "/sbin", "/root/", "/tmp/", "/run/")
LEFTOVERS = re.compile(
    r"/(?:tmp|run|proc|sys|dev|var/(?:cache|log|tmp|run|lib/(?:apt|dpkg))|usr/share/(?:man|doc|info)"
    r"|(?:root|home/[^/]+)/\.\w+|etc/ld\.so\.cache)(?:/.*)?|.*/__pycache__/.*"
)
"""What commands leave behind, and no program needs."""
_INSTALLED = frozenset({"node_modules", "site-packages", "dist-packages"})
"""Folders of installed packages, which may have built parts of their own."""
_LOADED = re.compile(r"(?!.*/obj\.target/).*\.(?:so(?:\.\d+)*|node)")
"""Libraries that a program loads by their place. node-gyp has a second copy in obj.target."""
_MANY = 6
"""So many parts of a folder are copied one by one; of more, the whole folder is."""


@dataclass(frozen=True, slots=True)
class BuiltFiles:
    """The files of an image by the instruction that made them: `made` has those that a RUN made in
    folders that are no package manager's, `system` those that it wrote elsewhere."""

    made: Mapping[str, Instruction]
    system: Mapping[str, Instruction]
    foreign: frozenset[str]
    """Folders that hold other files too."""
    sources: frozenset[str]
    """Folders that hold files of the build context."""

    @classmethod
    def of(cls, origins: Origins, base: int, filling: Sequence[Instruction]) -> "BuiltFiles":
        """`filling` are the instructions that made the layers above the lowest `base` ones."""
        made: dict[str, Instruction] = {}
        system: dict[str, Instruction] = {}
        foreign, sources = set[str](), set[str]()
        for path, layer in origins.files.items():
            by = filling[layer - base] if layer >= base else None
            if by is not None and by.keyword == "RUN" and path not in origins.packages:
                if path.startswith("/usr/local/") or not path.startswith(_SYSTEM):
                    made[path] = by
                    continue
                if not LEFTOVERS.fullmatch(path):
                    system[path] = by
            foreign.update(above(path))
            if by is not None and by.keyword in ("COPY", "ADD"):
                sources.update(above(path))
        return cls(made, system, frozenset(foreign), frozenset(sources))

    def copied(self, program: str) -> dict[int, list[str]]:
        """What to copy, by the start of the RUN that made it: whole folders where everything in
        them was built, or else files. `program` is what the image starts."""
        tops: dict[str, list[str]] = {}
        for path in self.made:
            tops.setdefault(self._top(path), []).append(path)
        chosen = {
            each: max(self.made[path].start for path in paths)
            for top, paths in tops.items()
            for each in self._chosen(top, paths, program)
        }
        parts: dict[str, list[str]] = {}
        for path in chosen:
            parts.setdefault(posixpath.dirname(path), []).append(path)
        found: dict[int, list[str]] = {}
        for folder, paths in parts.items():
            whole = len(paths) > _MANY and folder not in self.sources | {"/"}
            for each in [folder] if whole else paths:
                found.setdefault(max(chosen[path] for path in paths), []).append(each)
        return found

    def _top(self, path: str) -> str:
        """The highest folder above a path that holds nothing foreign; else the path."""
        top = path
        for folder in above(path):
            if folder in self.foreign:
                break
            top = folder
        return top

    def _chosen(self, top: str, paths: list[str], program: str) -> list[str]:
        """A folder; or the program and the libraries that it loads, where the rest are a compiler's
        intermediate files or lie among the sources."""
        if top in paths:
            among = posixpath.dirname(top) in self.sources
            return [] if among and top != program else [top]
        if posixpath.basename(top) in ("__pycache__", ".cache", ".npm"):
            return []
        whole = not _INSTALLED.isdisjoint(top.split("/"))
        if not whole and any(path.endswith((".o", ".obj")) for path in paths):
            return [path for path in paths if path == program or _LOADED.fullmatch(path)]
        return [top]


def above(path: str) -> Iterator[str]:
    """The folders above a path, without the root."""
    while (path := posixpath.dirname(path)) not in ("/", ""):
        yield path


def is_within(path: str, kept: set[str]) -> bool:
    """Whether a path or a folder above it is among these."""
    return path in kept or not kept.isdisjoint(above(path))
