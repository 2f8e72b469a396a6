"""Layer tars written as text, one member a line:

    d 0755 0:0 /usr                     folder
    f 4755 0:0 /usr/bin/su some text    file and its content
    l /usr/bin/sh -> dash               symbolic link
    h /usr/bin/sudo => /usr/bin/su      hard link
    c 0666 /dev/null 1:3                character device (b: block device)
    p 0644 /run/fifo                    FIFO
    w /etc/motd                         whiteout
    o /etc                              opaque folder

A file line may carry PAX records before its path: `f 0755 0:0 {SCHILY.xattr.user.a=b} /x text`.
In a file's text, `\\n` is a line break.
"""

import io
import re
import tarfile

from ci_slim.image.files import FileIndex, read_layer

MTIME = 1_700_000_000
_OWNED = re.compile(r"([df]) (\d+) (\d+):(\d+) (?:\{(.*?)\} )?(\S+) ?(.*)")


def tarball(text: str, *, tar_format: int = tarfile.PAX_FORMAT) -> io.BytesIO:
    """The layer tar that the text describes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tar_format) as tar:
        for line in text.strip().splitlines():
            info, data = _member(line.strip())
            info.mtime = MTIME
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def index_of(*texts: str) -> FileIndex:
    """The index of layers given as text, lowest first."""
    return FileIndex.of([read_layer(tarball(text), n) for n, text in enumerate(texts)])


def listing_of(tar: io.BytesIO) -> str:
    """A tar as text, one member on each line, in the order of the tar, with all metadata."""
    lines = []
    tar.seek(0)
    with tarfile.open(fileobj=tar) as archive:
        for info in archive:
            what = {
                tarfile.DIRTYPE: "d",
                tarfile.REGTYPE: "f",
                tarfile.SYMTYPE: "l",
                tarfile.LNKTYPE: "h",
                tarfile.CHRTYPE: "c",
                tarfile.BLKTYPE: "b",
                tarfile.FIFOTYPE: "p",
            }[info.type]
            line = f"{what} {info.mode:04o} {info.uid}:{info.gid} {info.name}"
            if info.issym() or info.islnk():
                line += f" -> {info.linkname}"
            if info.isreg():
                data = archive.extractfile(info)
                assert data is not None
                line += f" {data.read().decode('latin-1')}"
            lines.append(line.rstrip())
    return "\n".join(lines)


def _member(line: str) -> tuple[tarfile.TarInfo, bytes]:
    kind, _, rest = line.partition(" ")
    if kind in "df":
        match = _OWNED.fullmatch(line)
        assert match, line
        info = tarfile.TarInfo(match[6].lstrip("/") or ".")
        info.mode, info.uid, info.gid = int(match[2], 8), int(match[3]), int(match[4])
        if match[5]:
            info.pax_headers = dict(item.split("=", 1) for item in match[5].split(","))
        info.type = tarfile.DIRTYPE if kind == "d" else tarfile.REGTYPE
        data = (
            match[7].replace("\\n", "\n").encode("utf-8", "surrogateescape") if kind == "f" else b""
        )
        info.size = len(data)
        return info, data
    if kind in "lh":
        name, link = re.split(" [-=]> ", rest)
        info = tarfile.TarInfo(name.lstrip("/"))
        info.type = tarfile.SYMTYPE if kind == "l" else tarfile.LNKTYPE
        info.linkname = link if kind == "l" else link.lstrip("/")
        info.mode = 0o777 if kind == "l" else 0o644
        return info, b""
    if kind in "cbp":
        mode, name, *numbers = rest.split()
        info = tarfile.TarInfo(name.lstrip("/"))
        info.mode = int(mode, 8)
        info.type = {"c": tarfile.CHRTYPE, "b": tarfile.BLKTYPE, "p": tarfile.FIFOTYPE}[kind]
        if numbers:
            info.devmajor, info.devminor = map(int, numbers[0].split(":"))
        return info, b""
    assert kind in "wo", line
    folder, _, name = rest.strip("/").rpartition("/")
    if kind == "o":
        folder, name = rest.strip("/"), ".wh..opq"
    info = tarfile.TarInfo("/".join(part for part in (folder, f".wh.{name}") if part))
    return info, b""
