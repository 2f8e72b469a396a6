"""What a run leaves in its output folder.

The folder may be one that somebody else filled, as in the checkout of a pull request: links in it
are not followed, neither to write through them nor to remove what they lead to.
"""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from ci_slim.errors import UsageError
from ci_slim.image.image import Image
from ci_slim.image.layout import layout_members


def write_layout(image: Image, output: Path, below: str) -> None:
    """An OCI layout as a folder of the output folder, in place of what was there. UsageError when
    that cannot be."""
    folder = output / below
    try:
        _refuse_links(output, below)
        if folder.exists():
            shutil.rmtree(folder)
        for name, content, _ in layout_members([image]):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                if isinstance(content, bytes):
                    out.write(content)
                else:
                    shutil.copyfileobj(content, out)
    except OSError as error:
        raise _unwritable(folder, error) from None


def write_file(text: str | None, output: Path, below: str) -> None:
    """A file of the output folder, in place of what was there; None: nothing is there any more.
    UsageError when that cannot be."""
    path = output / below
    try:
        _refuse_links(output, str(Path(below).parent))
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None
    if text is not None:
        write_text(path, text)


def _refuse_links(output: Path, below: str) -> None:
    for part in (*reversed(Path(below).parents), Path(below)):
        if (output / part).is_symlink():
            raise OSError(errno.ELOOP, "it is a link")


def write_text(path: Path, text: str) -> None:
    """A file with this text, in place of what was there: whole, or not at all. UsageError when
    that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def write_through(path: Path, text: str) -> None:
    """Write where the user says, which may be a link or /dev/stdout. UsageError when that cannot
    be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def _umask() -> int:
    """There is no way to ask for it but to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write: {error.strerror}", where=str(path), hint="name another place")
