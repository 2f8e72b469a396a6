"""Tests the listing of a container's files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ci_slim.errors import UsageError
from ci_slim.fat.listing import FIND_FORMAT, listing
from ci_slim.image.files import FileIndex, Kind


def record(
    kind: str, path: str, *, mode: str = "644", size: int = 4, inode: int = 1, target: str = ""
) -> bytes:
    fields = [kind, mode, "7", "8", str(size), "1700000000.5", "1", f"5:{inode}", path, target]
    return "".join(f"{field}\0" for field in fields).encode("utf-8", "surrogateescape")


def test_a_listing_becomes_an_index() -> None:
    text = (
        record("d", "/", mode="755", inode=2)
        + record("f", "/b", mode="4755", inode=3)
        + record("f", "/a", mode="4755", inode=3)
        + record("l", "/caf\udce9\n", target="b", inode=4)
        + record("s", "/socket", inode=5)
        + record("d", "/.ci-slim", inode=6)
        + record("f", "/.ci-slim/strace", inode=7)
        + record("f", "/.ci-slimmer", inode=8)
    )
    index = FileIndex.of([listing(text, without=("/.ci-slim",))])
    assert list(index) == ["/", "/.ci-slimmer", "/a", "/b", "/caf\udce9\n"]
    a, b = index["/a"], index["/b"]
    assert (a.mode, a.uid, a.gid, a.size, a.mtime) == (0o4755, 7, 8, 4, 1_700_000_000.5)
    assert (a.hardlink, b.hardlink) == ("", "/a")
    assert index.names("/b") == ("/a", "/b")
    assert index["/caf\udce9\n"].target == "b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (record("f", "/a")[:-4], "was cut off"),
        (record("f", "/a") + b"f\x00644\x00", "was cut off"),
        (record("f", "/a", mode="9"), "cannot be read"),
    ],
)
def test_a_broken_listing_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        listing(text)


def test_the_format_is_what_find_understands(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "file").chmod(0o4711)
    (tmp_path / "other").hardlink_to(tmp_path / "file")
    (tmp_path / "link").symlink_to("file")
    find = shutil.which("find")
    assert find
    done = subprocess.run(
        [find, str(tmp_path), "-xdev", "-printf", FIND_FORMAT], capture_output=True, check=True
    )
    index = FileIndex.of([listing(done.stdout)])
    file = index[f"{tmp_path}/file"]
    assert (file.kind, file.mode, file.size) == (Kind.FILE, 0o4711, 4)
    assert file.mtime == pytest.approx((tmp_path / "file").stat().st_mtime)
    assert index.names(f"{tmp_path}/other") == (f"{tmp_path}/file", f"{tmp_path}/other")
    assert index[f"{tmp_path}/link"].target == "file"
