"""Small tars made from bytes: files for containers, and new files of an image."""

import io
import tarfile
from collections.abc import Iterable, Mapping
from typing import Protocol


def packed(
    files: Mapping[str, bytes], *, mode: int = 0o644, folders: Mapping[str, int] | None = None
) -> bytes:
    """A tar of files with one mode, after folders (name → mode), owned by root, dated 1970.

    Names are relative. The same arguments give the same tar.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, folder_mode in (folders or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, folder_mode
            archive.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def fifo(path: str) -> bytes:
    """A tar of one FIFO that everybody may use, in a folder that only root may write to. In such a
    folder Linux lets other users open it (fs.protected_fifos)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo(path.lstrip("/"))
        member.type, member.mode = tarfile.FIFOTYPE, 0o666
        archive.addfile(member)
    return stream.getvalue()


class Put(Protocol):
    """A file to put somewhere: its absolute path, bytes and mode."""

    @property
    def path(self) -> str: ...

    @property
    def content(self) -> bytes: ...

    @property
    def mode(self) -> int: ...


def put_files(files: Iterable[Put]) -> bytes:
    """A tar of files for the root of a container. It has no folders, so existing folders keep their
    owners and modes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for each in files:
            member = tarfile.TarInfo(each.path.lstrip("/"))
            member.mode, member.size = each.mode, len(each.content)
            archive.addfile(member, io.BytesIO(each.content))
    return stream.getvalue()


def below(archive: bytes, folder: str) -> bytes:
    """The members of a tar that are below a folder, with names relative to it."""
    prefix = folder.strip("/") + "/"
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as target,
    ):
        for member in source:
            if member.name.startswith(prefix):
                content = source.extractfile(member)
                target.addfile(member.replace(name=member.name.removeprefix(prefix)), content)
    return stream.getvalue()
