"""Random layers as text, and everything that an image of layers has."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from ci_slim.image.files import FileIndex, Kind, read_layer
from ci_slim.image.layer import Layer
from ci_slim.image.tar import member_at


def tree(layers: Sequence[Layer]) -> dict[str, tuple[Any, ...]]:
    """Everything that an image of these layers has, by path."""
    tars = [layer.open() for layer in layers]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    carriers = {
        (each.layer, each.data): each
        for layer in index.layers
        for each in layer.entries
        if not each.hardlink
    }
    found = {}
    for path in index:
        entry = index[path]
        owner = (entry.kind, entry.mode, entry.uid, entry.gid, entry.mtime, entry.target)
        data, more = b"", {}
        if entry.end:
            first = carriers.get((entry.layer, entry.data), entry)
            member = member_at(tars[entry.layer], first.start)
            more = {k: v for k, v in member.records.items() if k not in (b"path", b"linkpath")}
        if entry.kind is Kind.FILE:
            tars[entry.layer].seek(entry.data)
            data = tars[entry.layer].read(entry.size)
        if entry.end or path == "/":  # a folder without an entry has no time either
            found[path] = (owner, data, index.names(path), more)
    assert all(entry.kind is Kind.DIR for entry, _ in index.overwritten)
    return found


FOLDERS = ["/a", "/a/b", "/a/b/c", "/d"]
NAMES = [f"{folder}/{name}" for folder in FOLDERS for name in ("x", "y")] + ["/" + "l" * 101]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A layer with folders, files, links, hard links, FIFOs and whiteouts."""
    lines: list[str] = []
    for folder in FOLDERS:
        if draw(st.integers(0, 2)):
            lines.append(f"d {draw(st.sampled_from(['0700 1:2', '2755 3:4']))} {folder}")
        elif draw(st.integers(0, 3)) == 0:
            lines.append(f"{draw(st.sampled_from('wo'))} {folder}")
    files: list[str] = []
    for path in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=8)):
        kind = draw(st.sampled_from("ffffhhlpw"))
        if kind == "h" and files:
            lines.append(f"h {path} => {draw(st.sampled_from(files))}")
        elif kind == "l":
            lines.append(f"l {path} -> ../{draw(st.sampled_from('xyz'))}")
        elif kind == "p":
            lines.append(f"p 0644 {path}")
        elif kind == "w":
            lines.append(f"w {path}")
        else:
            more = draw(st.sampled_from(["", "{SCHILY.xattr.user.a=b} "]))
            lines.append(f"f 4711 1:2 {more}{path} {draw(st.sampled_from(['x', 'y' * 600]))}")
            files.append(path)
    return "\n".join(lines)
