"""Read one file of an untrusted zip archive in memory. Pure.

Nothing is extracted to disk, so the names of members are harmless. The unpacked size is limited.
"""

import io
import lzma
import zipfile
import zlib

ARCHIVE_MAX = 32 * 2**20
"""The most bytes of an archive: a report of 32 MiB with its other files compresses to much less."""
MEMBER_MAX = 32 * 2**20
"""The most bytes of the unpacked file; the reader of reports accepts no larger one."""
_MEMBERS_MAX = 10_000


class BadArchive(Exception):
    """Why no file can be read from the archive."""


def member(archive: bytes, name: str, limit: int = MEMBER_MAX) -> bytes:
    """The bytes of the file `name` at the top of a zip archive. Raises BadArchive.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return _read(opened, name, limit)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError):
        raise BadArchive("it is not a zip archive, or it is damaged") from None
    except (NotImplementedError, RuntimeError):  # an unusual method, or a password
        raise BadArchive(f"{name} in it is compressed in a way that is not supported") from None


def _read(opened: zipfile.ZipFile, name: str, limit: int) -> bytes:
    found = [info for info in opened.infolist()[:_MEMBERS_MAX] if info.filename == name]
    if len(found) != 1:
        raise BadArchive(f"{len(found) or 'no'} files in it are called {name}")
    with opened.open(found[0]) as packed:
        # The size in the directory may be wrong, so the unpacked bytes are counted.
        content = packed.read(limit + 1)
    if len(content) > limit:
        raise BadArchive(f"{name} in it is larger than {limit} bytes")
    return content
