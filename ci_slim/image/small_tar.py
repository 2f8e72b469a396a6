"""Small tars made from bytes: what is put into containers, and files that an image gets anew."""

import io
import tarfile
from collections.abc import Mapping


def packed(
    files: Mapping[str, bytes], *, mode: int = 0o644, folders: Mapping[str, int] | None = None
) -> bytes:
    """A tar of files, all of one mode, after folders (name → mode); owned by root, of 1970.

    Names are relative. The same for the same arguments.
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
    """A tar of one FIFO that everybody may use, in a folder that only root may write: there Linux
    lets other users open it (fs.protected_fifos)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo(path.lstrip("/"))
        member.type, member.mode = tarfile.FIFOTYPE, 0o666
        archive.addfile(member)
    return stream.getvalue()
