"""Makes new tar headers: the same metadata under another name or as another type."""

from collections.abc import Mapping

from ci_slim.image.tar import BLOCK, FOLDER, HEADER_ONLY, Member, padded

_ZERO = b"00000000000\0"


def rebuilt(
    member: Member,
    *,
    name: bytes,
    link: bytes = b"",
    kind: int | None = None,
    drop: frozenset[bytes] = frozenset(),
    size: int | None = None,
) -> bytes:
    """The extended header (if needed) and the header of `member` under another name, or for
    another `size` of its data.

    All metadata stays byte for byte, except the PAX records in `drop`. The extended header has a
    fixed name, without the process number that GNU tar puts there.
    """
    kind = (member.type or 0x30) if kind is None else kind
    records = {key: value for key, value in member.records.items() if key not in drop}
    for key, value in ((b"path", name), (b"linkpath", link)):
        records.pop(key, None)
        if len(value) > 100:
            records[key] = value
    numbers = member.header[100:148]
    if kind in HEADER_ONLY:
        records.pop(b"size", None)
        numbers = numbers[:24] + _ZERO + numbers[36:]
    elif size is not None:
        records.pop(b"size", None)
        numbers = numbers[:24] + b"%011o\0" % size + numbers[36:]
    owners = member.header[265:345] if member.header[257:262] == b"ustar" else bytes(80)
    return _extended(records) + _sealed(name, numbers, kind, link, owners)


def folder(name: bytes) -> bytes:
    """The member for a folder that has no entry: 0755, 0:0, as Docker creates such folders (moby
    pkg/archive, ImpliedDirectoryMode), with the time 0."""
    records = {b"path": name} if len(name) > 100 else {}
    header = _sealed(name, b"0000755\0" + b"0000000\0" * 2 + _ZERO * 2, FOLDER, b"", bytes(80))
    return _extended(records) + header


def _extended(records: Mapping[bytes, bytes]) -> bytes:
    if not records:
        return b""
    body = b"".join(_record(key, value) for key, value in records.items())
    numbers = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % len(body) + _ZERO
    header = _sealed(b"././@PaxHeader", numbers, 0x78, b"", bytes(80))
    return header + body + bytes(padded(len(body)) - len(body))


def _sealed(name: bytes, numbers: bytes, kind: int, link: bytes, owners: bytes) -> bytes:
    head = name[:100].ljust(100, b"\0") + numbers
    tail = (bytes((kind,)) + link[:100].ljust(100, b"\0") + b"ustar\x0000" + owners).ljust(
        BLOCK - 156, b"\0"
    )
    return head + b"%06o\0 " % (sum(head) + sum(tail) + 256) + tail


def _record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest
