"""Lists the files of a running container with the toolkit's `find`, as a layer without bytes.

`find / -xdev -printf FORMAT` lists 34,000 files in 0.6 s. Saving the image would take seconds.
"""

from collections.abc import Collection

from ci_slim.errors import UsageError
from ci_slim.image.entries import LayerFiles
from ci_slim.image.entry import Entry, Kind

FIND_FORMAT = r"%y\0%m\0%U\0%G\0%s\0%T@\0%n\0%D:%i\0%p\0%l\0"
"""The -printf format: type, octal mode, uid, gid, bytes, mtime, links, device:inode, path, target.
No field can contain a NUL, so nothing is escaped."""

_FIELDS = 10
_KINDS = {
    b"f": Kind.FILE,
    b"d": Kind.DIR,
    b"l": Kind.SYMLINK,
    b"c": Kind.CHAR,
    b"b": Kind.BLOCK,
    b"p": Kind.FIFO,
}


def listing(text: bytes, *, without: Collection[str] = ()) -> LayerFiles:
    """The entries of a listing, sorted by path, as layer 0.

    Sockets are left out, as tar does. `without` names folders that do not belong to the image (the
    toolkit). They are left out with everything in them. `start` and `end` are 0. `data` numbers the
    inodes, so that the names of one inode have the same number. `capability` is not known and stays
    False. Raises UsageError if the listing was cut off.
    """
    fields = text.split(b"\0")
    if fields.pop() or len(fields) % _FIELDS:
        raise UsageError(
            "the listing of the container's files was cut off",
            hint="check whether the container was stopped or killed, and run again",
        )
    records = [fields[at : at + _FIELDS] for at in range(0, len(fields), _FIELDS)]
    try:
        entries = [_entry(record, number) for number, record in enumerate(records, 1)]
    except ValueError as error:
        raise UsageError(f"the listing of the container's files cannot be read: {error}") from None
    listed = [
        (entry, record[7])
        for entry, record in zip(entries, records, strict=True)
        if entry is not None and not _below(entry.path, without)
    ]
    listed.sort(key=lambda item: item[0].path)
    carriers: dict[bytes, Entry] = {}
    result = []
    for entry, inode in listed:
        carrier = carriers.setdefault(inode, entry)
        if carrier is not entry and entry.kind is not Kind.DIR:
            entry = entry._replace(hardlink=carrier.path, data=carrier.data)
        result.append(entry)
    return LayerFiles(tuple(result))


def _entry(record: list[bytes], number: int) -> Entry | None:
    kind = _KINDS.get(record[0])
    if kind is None:
        return None
    return Entry(
        record[8].decode("utf-8", "surrogateescape"),
        kind,
        int(record[1], 8),
        int(record[2]),
        int(record[3]),
        int(record[4]) if kind is Kind.FILE else 0,
        float(record[5]),
        record[9].decode("utf-8", "surrogateescape"),
        data=number,
    )


def _below(path: str, folders: Collection[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
