"""Write the results of a run into its output folder: completely, or not at all.

Each file is written under a temporary name next to its place, synced and then renamed. So the file
of an earlier run stays until the new one is complete. The folder may contain files of others, as in
the checkout of a pull request. So links in it are not followed, neither to write nor to remove.
"""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from ci_slim.errors import CiSlimError, EngineError, UsageError
from ci_slim.image.image import Image
from ci_slim.image.layout import layout_members
from ci_slim.units import size

_CHUNK = 1 << 20
_MASK = Lock()
_SPARE = 1 << 20
"""Bytes for a report and for the file system itself."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_REPLACEABLE = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS, errno.EXDEV)
"""Errors for a file that is writable in a folder that is not, such as a single mounted file."""


@dataclass
class Staging:
    """Layouts and files on their way into an output folder."""

    output: Path
    _ready: list[tuple[Path | None, Path]] = field(default_factory=list)
    """The temporary name and the place of each; the name is None for what must be removed."""

    def layout(self, image: Image, below: str) -> None:
        """Write an OCI layout as a folder. Raises EngineError if the disk is full, UsageError if
        the folder cannot be written for another reason."""
        place = self.output / below
        members = list(layout_members([image]))
        with _told(place, sum(length for _, _, length in members)):
            _refuse_links(self.output, below)
            place.parent.mkdir(parents=True, exist_ok=True)
            refuse_full_disk(place, sum(length for _, _, length in members) + _SPARE)
            new = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
            self._ready.append((new, place))
            for name, content, length in members:
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as out:
                    if isinstance(content, bytes):
                        out.write(content)
                    else:
                        _copy(content, out, length, name)
                    _sync(out)
            new.chmod(0o777 & ~_umask())

    def file(self, text: str | bytes | None, below: str) -> None:
        """Write a file, or remove it if `text` is None. Raises the errors of `layout`."""
        place = self.output / below
        with _told(place, len(text or "")):
            _refuse_links(self.output, str(Path(below).parent))
            self._ready.append((None if text is None else _written(place, text), place))

    def commit(self) -> None:
        """Move everything to its place. Raises the errors of `layout`."""
        while self._ready:
            new, place = self._ready[0]
            with _told(place, 0):
                _replace(new, place)
            self._ready.pop(0)

    def discard(self) -> None:
        """Remove what was not moved to its place."""
        for new, _ in self._ready:
            if new is not None:
                _remove(new)
        self._ready.clear()


@contextlib.contextmanager
def staged(output: Path | None) -> Iterator[Staging | None]:
    """At the end of the block, move what was staged to its place; remove it after an error."""
    if output is None:
        yield None
        return
    staging = Staging(output)
    try:
        yield staging
        staging.commit()
    finally:
        staging.discard()


def refuse_full_disk(place: Path, needed: int) -> None:
    """Raise EngineError if the disk of `place`, which may not exist yet, has fewer free bytes."""
    folder = next(up for up in (place, *place.parents) if up.is_dir())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EngineError(
            f"the disk is full: {size(needed)} are needed, {size(free)} are free",
            where=str(place),
            hint="free some space, or choose another place",
        )


def write_text(path: Path, text: str) -> None:
    """Write a file completely, or keep the one that is there. Raises EngineError if the disk is
    full, UsageError if the file cannot be written for another reason."""
    with _told(path, len(text)):
        _replace(_written(path, text), path)


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_text`, for a file that is not text."""
    with _told(path, len(content)):
        _replace(_written(path, content), path)


def write_through(path: Path, text: str) -> None:
    """Write to the path that the user gives, which may be a link or /dev/stdout. A plain file stays
    unchanged until the new one is complete. Raises the errors of `write_text`."""
    with _told(path, len(text)):
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = path.resolve()
        if plain.is_file() or not plain.exists():
            try:
                _replace(_written(plain, text), plain)
                return
            except OSError as error:
                if error.errno not in _NOT_REPLACEABLE or not plain.exists():
                    raise
        path.write_text(text, encoding="utf-8")


def _written(path: Path, text: str | bytes) -> Path:
    """Write a temporary file next to its place. Returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)
            _sync(out)
        Path(name).chmod(0o666 & ~_umask())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _replace(new: Path | None, place: Path) -> None:
    """Move a file or folder to its place, then remove what was there before."""
    old = None
    try:
        if place.is_dir() and not place.is_symlink() and (new is None or new.is_dir()):
            old = Path(tempfile.mkdtemp(prefix=f".{place.name}.old.", dir=place.parent))
            place.rename(old)
        if new is not None:
            new.replace(place)
        elif old is None:
            place.unlink(missing_ok=True)
    except OSError:
        if old is not None and old.is_dir() and not place.exists():
            old.rename(place)
        if new is not None:
            _remove(new)
        raise
    if old is not None:
        _remove(old)
    if place.parent.is_dir():
        _sync_folder(place.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _copy(content: BinaryIO, out: BinaryIO, length: int, name: str) -> None:
    """Copy exactly `length` bytes."""
    while length:
        chunk = content.read(min(_CHUNK, length))
        if not chunk:
            raise UsageError(f"{name} is {length} bytes too short")
        out.write(chunk)
        length -= len(chunk)


def _sync(out: BinaryIO) -> None:
    """Write the file to disk. Some file systems report a full disk only now."""
    out.flush()
    os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot do this
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_links(output: Path, below: str) -> None:
    for part in (*reversed(Path(below).parents), Path(below)):
        if (output / part).is_symlink():
            raise OSError(errno.ELOOP, "it is a link")


def _umask() -> int:
    """The umask of this process. It can be read only by setting it."""
    with _MASK:
        mask = os.umask(0o022)
        os.umask(mask)
        return mask


@contextlib.contextmanager
def _told(place: Path, needed: int) -> Iterator[None]:
    """Turn errors of the file system into CiSlimErrors."""
    try:
        yield
    except OSError as error:
        raise _unwritable(place, error, needed) from None


def _unwritable(place: Path, error: OSError, needed: int) -> CiSlimError:
    if error.errno in _FULL:
        return EngineError(
            f"the disk is full: {size(needed + _SPARE)} are needed",
            where=str(place),
            hint="free some space, or choose another place; the earlier files are unchanged",
        )
    return UsageError(
        f"cannot write: {error.strerror}", where=str(place), hint="choose another place"
    )
