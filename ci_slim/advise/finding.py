"""What a rule finds: a place in the Dockerfile, why it matters, and what to change. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.advise.origins import Origins
from ci_slim.image.instructions import Instruction


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters from `start` to `end` of the Dockerfile are replaced by `text`."""

    start: int
    end: int
    text: str
    is_flag: bool = False
    """Whether it inserts flags of the instruction, which come before everything else there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the Dockerfile, and what is wrong there. Without `edits` and `ignores` it is only
    reported, because it cannot be changed safely."""

    rule: str
    line: int
    message: str
    edits: tuple[Edit, ...] = ()
    ignores: tuple[str, ...] = ()
    """Lines for the .dockerignore."""
    takes: tuple[str, ...] = ()
    """Folders and files of the image that the change removes, for an estimate."""

    saves_time: bool = False
    """Whether it saves build time but no bytes, so that there is nothing to measure."""

    saves_updates: bool = False
    """Whether it saves bytes of updates, and none of the image."""

    same_files: bool = False
    """The image must hold the same files with the same owners and modes as before."""

    instead_of: tuple[str, ...] = ()
    """Rules whose changes are pointless together with this one."""

    unchanged: str = "it cannot be changed safely"
    """Why there is no change, if there is none."""

    aliases: tuple[str, ...] = ()
    """What other linters call it: `hadolint DL3009`."""

    def concerns(self, instruction: Instruction) -> bool:
        """Whether it is on an instruction, or changes it."""
        return self.line == instruction.line or any(
            instruction.start <= edit.start <= instruction.end for edit in self.edits
        )

    @property
    def changes(self) -> bool:
        """Whether there is something to try."""
        return bool(self.edits or self.ignores)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A file of a layer that a later layer deletes or overwrites. `made_in` and `hidden_in` are the
    numbers of the two layers, from 0."""

    path: str
    bytes: int
    made_in: int
    hidden_in: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The content of the built image: each file with its bytes, hidden files, and its sizes."""

    files: Mapping[str, int]
    hidden: tuple[Hidden, ...] = ()
    disk_bytes: int = 0
    pull_bytes: int = 0
    origins: Origins | None = None

    def below(self, folders: tuple[str, ...]) -> int:
        """Bytes of the files at or below these paths, hidden ones included."""
        own = sum(size for path, size in self.files.items() if _is_below(path, folders))
        return own + sum(each.bytes for each in self.hidden if _is_below(each.path, folders))


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in folders)


@dataclass(frozen=True, slots=True)
class Context:
    """The build context: each file with its bytes, and the files that `.dockerignore` already
    leaves out."""

    files: Mapping[str, int] = field(default_factory=dict)
    ignored: Callable[[str], bool] = lambda path: False

    def sent(self) -> Iterator[tuple[str, int]]:
        """The files that the build sees, with their bytes."""
        return ((path, size) for path, size in self.files.items() if not self.ignored(path))
