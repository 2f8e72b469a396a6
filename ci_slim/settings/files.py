"""The files that settings name: their paths, and their bytes from a reader of the caller."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.document import Node, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Files:
    """Reads files that settings name. A path in the settings file is relative to `folder`, the
    folder of the settings file; a path in a flag is relative to the working folder.

    `read` reads a path relative to the working folder, and may raise OSError.
    """

    folder: str
    read: Callable[[str], bytes]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Fills the variables of Compose files."""

    def path(self, text: str, node: Node | None) -> str:
        """A path relative to the working folder, or a URL; `node` is where it was given."""
        return text if is_flag(node) else join(self.folder, text)

    def relative(self, folder: str) -> Callable[[str], bytes]:
        """A function that reads paths relative to `folder`."""
        return lambda path: self.read(join(folder, path))

    def below(self, folder: str) -> Callable[[str], bytes]:
        """A function that reads paths relative to the working folder, but only files below
        `folder`: it raises OSError for a symbolic link that leads out of it."""

        def read(path: str) -> bytes:
            if not Path(path).resolve().is_relative_to(Path(folder).resolve()):
                raise OSError(f"it is a link out of the folder {folder}")
            return self.read(path)

        return read

    def content(self, node: Node, what: str) -> bytes:
        """The bytes of the file that a node names. Raises UsageError."""
        path = self.path(shapes.text(node), node)
        try:
            return self.read(path)
        except OSError as error:
            raise UsageError(
                f"{what} `{path}` cannot be read: {told(error)}", where=node.where
            ) from None

    def text(self, node: Node, what: str) -> tuple[str, str]:
        """The path that a node names, and the text of that file. Raises UsageError."""
        path = self.path(shapes.text(node), node)
        try:
            return path, self.read(path).decode("utf-8-sig")
        except OSError as error:
            problem = told(error)
        except UnicodeDecodeError:
            problem = "it is not UTF-8 text"
        raise UsageError(
            f"{what} `{path}` cannot be read: {problem}",
            where=node.where,
            hint="" if is_flag(node) else f"the path is relative to the folder `{self.folder}`",
        )


def told(error: OSError) -> str:
    """The error message of the system, as a part of a sentence."""
    problem = error.strerror or str(error)
    return problem[:1].lower() + problem[1:]


def is_flag(node: Node | None) -> bool:
    """Whether a value, or every item of a list, comes from the command line."""
    if isinstance(node, Sequence):
        return bool(node.items) and all(is_flag(item) for item in node.items)
    return isinstance(node, Scalar) and node.origin == "flag"


def is_remote(path: str) -> bool:
    """Whether a build context is not a folder but a URL, a repository, an image or a stage."""
    return "://" in path or re.match(r"git@|target:", path) is not None


def join(folder: str, path: str) -> str:
    """The path below the folder; URLs and absolute paths are unchanged."""
    return path if is_remote(path) else str(PurePosixPath(folder, path))
