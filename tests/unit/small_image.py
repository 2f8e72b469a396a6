"""Small images for tests that need an index."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ci_slim.closure.close import KeepOptions, KeepSet, close
from ci_slim.closure.safety import Safety
from ci_slim.image.files import Entry, FileIndex, Kind, LayerFiles
from ci_slim.observe.observation import How, Observation


@dataclass(frozen=True, slots=True)
class SmallImage:
    """Files by path: bytes or text are a file, None is a folder, "-> x" is a symbolic link."""

    files: Mapping[str, bytes | str | None]
    config: Mapping[str, object] = field(default_factory=dict)
    hardlinks: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """Mode, user and group, if they are not 0755, 0, 0."""
    history: tuple[Mapping[str, object], ...] = ()
    """The history of the image. Its only layer belongs to the last entry that is not empty."""

    def index(self) -> FileIndex:
        entries = []
        for number, (path, content) in enumerate(self.files.items()):
            kind, size, target = Kind.FILE, 0, ""
            if content is None:
                kind = Kind.DIR
            elif isinstance(content, str) and content.startswith("-> "):
                kind, target = Kind.SYMLINK, content[3:]
            else:
                size = len(content)
            entries.append(
                Entry(
                    path,
                    kind,
                    *self.owners.get(path, (0o755, 0, 0)),
                    size,
                    0.0,
                    target=target,
                    data=512 * (number + 1),
                )
            )
        data = {entry.path: entry for entry in entries}
        for path, other in self.hardlinks.items():
            first = data[other]
            entries.append(
                Entry(
                    path, Kind.FILE, 0o755, 0, 0, first.size, 0.0, hardlink=other, data=first.data
                )
            )
        return FileIndex.of([LayerFiles(tuple(entries))])

    def expect(self, paths: Iterable[str]) -> None:
        """Nothing to prepare."""

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        content = self.files[self.hardlinks.get(path, path)]
        assert content is not None
        data = content.encode() if isinstance(content, str) else content
        return data[offset:] if size < 0 else data[offset : offset + size]

    def keep(
        self,
        *used: str,
        how: How = How.OPEN,
        keep: tuple[str, ...] = (),
        drop: tuple[str, ...] = (),
        packages: bool = False,
        healed: frozenset[str] = frozenset(),
        safety: Safety = "tight",
        without: tuple[str, ...] = (),
        dockerfile: str = "",
    ) -> KeepSet:
        """What the closure keeps if the run used these paths."""
        observation = Observation(dict.fromkeys(used, how))
        options = KeepOptions(keep, drop, packages, safety, without, dockerfile)
        return close(self.index(), observation, self, self, options, healed)

    def kept(self, *used: str, how: How = How.OPEN, **more: Any) -> set[str]:
        """The kept paths without folders."""
        index, keep = self.index(), self.keep(*used, how=how, **more)
        return {path for path in keep.paths if index[path].kind != Kind.DIR}


def program() -> bytes:
    """This machine's `ls`: dynamic, of this machine's architecture."""
    return Path("/bin/ls").read_bytes()
