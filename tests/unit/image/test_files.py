"""Tests the entries of layers, and layers on top of each other."""

import io
import tarfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tarballs import MTIME, index_of, tarball

from ci_slim.errors import UsageError
from ci_slim.image.files import FileIndex, Kind, LayerContents, Resolved, Slice, read_layer
from ci_slim.image.tar import member_at, scan
from ci_slim.image.tar_headers import rebuilt

BASE = """
    d 0755 0:0 /etc
    f 0644 0:0 /etc/motd hello
    d 0700 7:8 /etc/ssl
    f 0600 7:8 /etc/ssl/key secret
    l /bin -> usr/bin
    d 0755 0:0 /usr
    d 0755 0:0 /usr/bin
    f 4755 0:0 /usr/bin/su su
    h /usr/bin/sudo => /usr/bin/su
    c 0666 /dev/null 1:3
    p 0644 /run/fifo
"""

relaxed = settings(derandomize=True, deadline=None, max_examples=150)


def test_entries_carry_what_the_tar_says() -> None:
    index = index_of(BASE)
    su = index["/usr/bin/su"]
    assert (su.kind, su.mode, su.uid, su.size, su.mtime) == (Kind.FILE, 0o4755, 0, 2, MTIME)
    key = index["/etc/ssl/key"]
    assert (key.mode, key.uid, key.gid, key.size) == (0o600, 7, 8, 6)
    assert index["/bin"].target == "usr/bin"
    assert index["/dev/null"].kind is Kind.CHAR
    assert index["/run/fifo"].kind is Kind.FIFO


def test_a_hard_link_shares_the_inode_of_the_name_that_carries_the_bytes() -> None:
    index = index_of(BASE)
    sudo = index["/usr/bin/sudo"]
    assert (sudo.hardlink, sudo.size, sudo.mode) == ("/usr/bin/su", 2, 0o4755)
    assert index.names("/usr/bin/su") == index.names("/usr/bin/sudo")
    assert index.names("/usr/bin/su") == ("/usr/bin/su", "/usr/bin/sudo")
    assert index.names("/etc/motd") == ("/etc/motd",)


def test_a_link_to_a_link_leads_to_the_first_name() -> None:
    index = index_of("f 0644 0:0 /a text\nh /b => /a\nh /c => /b")
    assert index["/c"].hardlink == "/a"
    assert index.names("/b") == ("/a", "/b", "/c")


def test_names_hidden_by_an_upper_layer_leave_the_inode() -> None:
    index = index_of("f 0644 0:0 /a text\nh /b => /a", "f 0644 0:0 /a other")
    assert index.names("/b") == ("/b",)
    assert index.names("/a") == ("/a",)


def test_folders_without_an_entry_are_implied() -> None:
    index = index_of("f 0644 0:0 /opt/app/run x")
    assert list(index) == ["/", "/opt", "/opt/app", "/opt/app/run"]
    assert (index["/opt/app"].kind, index["/opt/app"].mode) == (Kind.DIR, 0o755)
    assert (index["/opt/app"].start, index["/opt/app"].end) == (0, 0)


@pytest.mark.parametrize(
    ("upper", "gone", "left"),
    [
        ("w /etc/motd", {"/etc/motd"}, {"/etc", "/etc/ssl/key"}),
        ("w /etc/ssl", {"/etc/ssl", "/etc/ssl/key"}, {"/etc/motd"}),
        ("o /etc", {"/etc/motd", "/etc/ssl", "/etc/ssl/key"}, {"/etc"}),
        ("w /nowhere/at/all", set(), {"/etc/motd"}),
        ("f 0644 0:0 /etc/ssl file", {"/etc/ssl/key"}, {"/etc/ssl"}),
        ("f 0644 0:0 /bin/tool x", set(), {"/bin/tool", "/bin", "/usr/bin/su"}),
        ("f 0644 0:0 /etc/new x\nw /etc/new", set(), {"/etc/new"}),
        ("f 0644 0:0 /etc/new x\no /etc", {"/etc/motd"}, {"/etc/new"}),
        ("f 0644 0:0 /.wh..wh.aufs x", {"/.wh..wh.aufs"}, {"/etc/motd"}),
        ("f 0644 0:0 /.wh..wh.plnk/12 x", {"/.wh..wh.plnk"}, {"/etc/motd"}),
    ],
)
def test_an_upper_layer_hides_lower_files(upper: str, gone: set[str], left: set[str]) -> None:
    index = index_of(BASE, upper)
    assert {path for path in gone if path in index} == set()
    assert {path for path in left if path not in index} == set()


def test_a_folder_over_a_folder_keeps_the_children_and_takes_the_attributes() -> None:
    index = index_of(BASE, "d 0750 1:2 /etc")
    assert (index["/etc"].mode, index["/etc"].layer) == (0o750, 1)
    assert index.children("/etc") == ("/etc/motd", "/etc/ssl")


def test_what_is_hidden_is_reported_with_the_layer_that_hid_it() -> None:
    index = index_of(BASE, "f 0644 0:0 /etc/motd new", "w /etc/ssl")
    hidden = [(entry.path, entry.layer, by) for entry, by in index.overwritten]
    assert hidden == [("/etc/motd", 0, 1), ("/etc/ssl", 0, 2), ("/etc/ssl/key", 0, 2)]


def test_children_and_descendants_are_sorted() -> None:
    index = index_of("f 0644 0:0 /b/z x\nf 0644 0:0 /b/a/y x\nf 0644 0:0 /b-c x")
    assert index.children("/") == ("/b", "/b-c")
    assert list(index.descendants("/")) == ["/b", "/b/a", "/b/a/y", "/b/z", "/b-c"]
    assert index.children("/b/z") == ()


LINKS = """
    d 0755 0:0 /usr/lib
    f 0644 0:0 /usr/lib/libc.so.6 x
    l /lib -> usr/lib
    l /usr/lib/libc.so -> libc.so.6
    l /opt/c -> ../lib/libc.so
    l /abs -> /lib/../lib/libc.so
    l /loop -> loop
    l /gone -> /lib/none
"""


@pytest.mark.parametrize(
    ("path", "follow", "resolved"),
    [
        ("/usr/lib/libc.so.6", True, Resolved("/usr/lib/libc.so.6")),
        ("/lib/libc.so.6", True, Resolved("/usr/lib/libc.so.6", ("/lib",))),
        (
            "/opt/c",
            True,
            Resolved("/usr/lib/libc.so.6", ("/opt/c", "/lib", "/usr/lib/libc.so"), left=("/opt",)),
        ),
        ("/opt/c", False, Resolved("/opt/c")),
        ("/lib/libc.so", False, Resolved("/usr/lib/libc.so", ("/lib",))),
        (
            "/abs",
            True,
            Resolved(
                "/usr/lib/libc.so.6", ("/abs", "/lib", "/usr/lib/libc.so"), left=("/usr/lib",)
            ),
        ),
        ("/usr/lib/../lib/../../opt/.", True, Resolved("/opt", left=("/usr/lib", "/usr"))),
        ("/gone", True, Resolved(None, ("/gone", "/lib"), "missing")),
        ("/lib/libc.so.6/x", True, Resolved(None, ("/lib",), "not a directory")),
        ("/nothing", True, Resolved(None, (), "missing")),
        ("/../..//usr/./lib/", True, Resolved("/usr/lib")),
    ],
)
def test_paths_resolve_as_the_kernel_does(path: str, follow: bool, resolved: Resolved) -> None:
    index = index_of(LINKS)
    assert index.resolve(path, follow_last=follow) == resolved


def test_a_loop_of_links_ends() -> None:
    resolved = index_of(LINKS).resolve("/loop")
    assert (resolved.path, resolved.reason) == (None, "loop")


def test_contents_are_read_from_the_owner_layer() -> None:
    tars = [tarball(BASE), tarball("f 0644 0:0 /etc/motd changed")]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    contents = LayerContents(index, tars)
    assert contents.read("/etc/motd") == b"changed"
    assert contents.read("/etc/motd", 2, 3) == b"ang"
    assert contents.read("/etc/motd", 100) == b""
    assert contents.read("/usr/bin/sudo") == b"su"
    with pytest.raises(UsageError, match="/etc is not a file"):
        contents.read("/etc")


def test_capabilities_are_seen() -> None:
    index = index_of("f 0755 0:0 {SCHILY.xattr.security.capability=x} /ping p\nh /p2 => /ping")
    assert index["/ping"].capability and index["/p2"].capability


@pytest.mark.parametrize("tar_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_undecodable_names_are_kept(tar_format: int) -> None:
    long = "/" + "d" * 90 + "/" + "n" * 180
    odd = "/caf\udce9"
    text = f"f 0644 0:0 {long} a\nh /h => {long}\nf 0644 0:0 {odd} b"
    layer = read_layer(tarball(text, tar_format=tar_format), 0)
    assert [entry.path for entry in layer.entries] == [long, "/h", odd]
    assert layer.entries[1].hardlink == long


@pytest.mark.parametrize("tar_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_files_of_more_than_8_gib_are_read_and_renamed(
    tar_format: Literal[1, 2], tmp_path: Path
) -> None:
    """That is the limit of eleven octal digits. Beyond it, GNU tar uses base 256, and PAX a
    record."""
    size = (8 << 30) + 3
    info = tarfile.TarInfo("big")
    info.size, info.mode, info.mtime = size, 0o640, MTIME
    with (tmp_path / "layer.tar").open("w+b") as tar:
        tar.write(info.tobuf(tar_format))
        tar.seek(size - 3, io.SEEK_CUR)  # a hole
        tar.write(b"end")
        tar.truncate(-(-tar.tell() // 512) * 512 + 1024)
        layer = read_layer(tar, 0)
        (entry,) = layer.entries
        assert (entry.path, entry.size, entry.mode) == ("/big", size, 0o640)
        contents = LayerContents(FileIndex.of([layer]), [tar])
        assert contents.read("/big", size - 3) == b"end"
        head = rebuilt(member_at(tar, entry.start), name=b"n" * 200)
    with (tmp_path / "renamed.tar").open("w+b") as tar:
        tar.write(head)
        tar.truncate(len(head) + -(-size // 512) * 512 + 1024)
        (entry,) = read_layer(tar, 0).entries
        assert (entry.path, entry.size) == ("/" + "n" * 200, size)


def corrupted(at: int, value: bytes) -> io.BytesIO:
    data = bytearray(tarball("f 0644 0:0 /a text").getvalue())
    data[at : at + len(value)] = value
    checksum = b"%06o\0 " % (sum(data[:148]) + 256 + sum(data[156:512]))
    data[148:156] = checksum
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("tar", "message"),
    [
        (tarball("f 0644 0:0 /a/../../b x"), r"leads out of its folder"),
        (tarball("h /a => /b"), r"/a is a hard link to /b, which is not a file of the same layer"),
        (tarball("d 0755 0:0 /b\nh /a => /b"), r"hard link to /b"),
        (tarball("h /a => /a"), r"hard link to /a"),
        (tarball("f 0644 0:0 /etc/.wh.. x"), r"a whiteout without a name"),
        (tarball("f 0644 0:0 /" + "a/" * 3000 + "b x"), r"no system accepts more than 4096"),
        (tarball("l /a -> " + "b" * 4097), r"/a is a link of 4097 bytes"),
        (corrupted(156, b"S"), r"sparse file"),
        (corrupted(156, b"V"), r"member of type 'V'"),
        (corrupted(124, b"77777777777\0"), r"ends in the middle of b'a'"),
        (corrupted(124, b"\xff" * 12), r"not valid"),
        (corrupted(124, b"0000000000x\0"), r"not a number"),
        (corrupted(156, b"x"), r"PAX record|extended header"),
        (io.BytesIO(b"what is this? " * 200), r"checksum is wrong"),
        (io.BytesIO(tarball("f 0644 0:0 /a x").getvalue()[:700]), r"in the middle of"),
        (io.BytesIO(tarball("f 0644 0:0 /a x").getvalue()[:300]), r"middle of a header"),
    ],
)
def test_broken_layers_are_refused_with_the_layer_and_the_reason(
    tar: io.BytesIO, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_layer(tar, 3)
    assert caught.value.where == "layer 3"


@pytest.mark.parametrize(
    "text", ["l /a -> b\nf 0644 0:0 /a/x y", "f 0644 0:0 /a z\nd 0755 0:0 /a/x"]
)
def test_members_through_a_link_or_file_of_their_layer_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a member's name goes through /a"):
        index_of(text)


def test_a_very_deep_tree_is_read() -> None:
    index = index_of("f 0644 0:0 /" + "a/" * 2000 + "b x", "w /a")
    assert list(index) == ["/"]
    assert len(index.overwritten) == 1


def test_names_that_need_too_many_folders_are_refused() -> None:
    """Otherwise a few compressed bytes would need gigabytes of memory."""
    names = (f"f 0644 0:0 /{number}/{'x/' * 2000}f x" for number in range(40))
    with pytest.raises(UsageError, match="need more folders"):
        index_of("\n".join(names))


def test_a_slice_is_a_window_that_tarfile_can_read() -> None:
    inner = tarball(BASE).getvalue()
    window = Slice(io.BytesIO(b"before" + inner + b"after"), 6, len(inner))
    with tarfile.open(fileobj=window) as tar:
        assert tar.getnames()[:2] == ["etc", "etc/motd"]
    assert window.seek(-5, io.SEEK_END) == len(inner) - 5
    assert len(window.read()) == 5
    assert window.read(3) == b""
    buffer = bytearray(4)
    window.seek(0)
    assert window.readinto(buffer) == 4
    assert bytes(buffer) == inner[:4]


# Property tests: the index against a naive model, the scanner against tarfile.

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@st.composite
def layers(draw: st.DrawFn) -> str:
    """A valid layer: no member goes through a file of the same layer."""
    lines: list[str] = []
    folders: set[str] = set()
    others: set[str] = set()
    files: list[str] = []
    for path in draw(st.lists(PATHS, max_size=8, unique=True)):
        parts = path.split("/")[1:-1]
        above = {"/" + "/".join(parts[: n + 1]) for n in range(len(parts))}
        if above & others or path in folders:
            continue
        folders |= above
        kind = draw(st.sampled_from(["d", "f", "l", "h", "w", "o"]))
        if kind in "wo":
            lines.append(f"{kind} {path}")
            if kind == "o":
                folders.add(path)
            continue
        if kind == "d":
            folders.add(path)
        else:
            others.add(path)
        mode = draw(st.sampled_from(["0755", "0700"]))
        if kind == "d":
            lines.append(f"d {mode} 0:0 {path}")
        elif kind == "h" and files:
            lines.append(f"h {path} => {draw(st.sampled_from(files))}")
        elif kind == "l":
            lines.append(f"l {path} -> {draw(NAMES)}")
        else:
            files.append(path)
            lines.append(f"f {mode} 0:0 {path} {draw(NAMES)}")
    return "\n".join(lines)


def naive(texts: list[str]) -> dict[str, tuple[str, int]]:
    """path → (kind letter, layer): a simple model, directly from the specification."""
    view: dict[str, tuple[str, int]] = {}
    for number, text in enumerate(texts):
        lines = [line.split() for line in text.splitlines()]
        for words in lines:
            if words[0] == "o":
                view = {p: v for p, v in view.items() if not p.startswith(words[1] + "/")}
            if words[0] == "w":
                below = words[1] + "/"
                view = {p: v for p, v in view.items() if p != words[1] and not p.startswith(below)}
        for words in lines:
            if words[0] in "wo":
                continue
            path = words[3] if words[0] in "df" else words[1]
            parts = path.split("/")[1:]
            for depth in range(1, len(parts)):
                above = "/" + "/".join(parts[:depth])
                if view.get(above, ("d", 0))[0] != "d":
                    del view[above]
                view.setdefault(above, ("d", number))
            if words[0] != "d" or view.get(path, ("d", 0))[0] != "d":
                view = {p: v for p, v in view.items() if p != path and not p.startswith(path + "/")}
            view[path] = ("f" if words[0] == "h" else words[0], number)
    return view


@relaxed
@given(st.lists(layers(), min_size=1, max_size=4))
def test_layers_apply_as_the_specification_says(texts: list[str]) -> None:
    index = index_of(*texts)
    letters = {Kind.DIR: "d", Kind.FILE: "f", Kind.SYMLINK: "l"}
    seen = {path: (letters[index[path].kind], index[path].layer) for path in index if path != "/"}
    assert seen == naive(texts)
    assert set(index.descendants("/")) == set(seen)
    for path in seen:
        assert path in index.names(path)


@relaxed
@given(
    st.lists(
        st.tuples(
            st.text(
                st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=150
            ),
            st.binary(max_size=1500),
            st.integers(0, 0o7777),
            st.sampled_from([0, 1000, 0o7777777, 0o7777777 + 1, 2**31]),
            st.sampled_from([0.0, 1.5, 1_700_000_000.25, 2.0**36]),
        ),
        max_size=6,
    ),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_the_scanner_sees_what_tarfile_sees(
    files: list[tuple[str, bytes, int, int, float]], tar_format: int
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tar_format) as tar:
        for name, data, mode, uid, mtime in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.mtime = len(data), mode, uid, mtime
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        expected = [(i.name, i.mode, i.uid, i.size, i.mtime, i.offset, i.offset_data) for i in tar]
    seen = [
        (m.name.decode("utf-8", "surrogateescape"), m.mode, m.uid, m.size, m.mtime, m.start, m.data)
        for m in scan(out)
    ]
    assert seen == expected
    ends = [m.end for m in scan(out)]
    assert [m.start for m in scan(out)] == [0, *ends[:-1]][: len(ends)]


@relaxed
@given(st.binary(max_size=600), st.integers(0, 1600))
def test_garbage_in_a_layer_is_a_usage_error_or_readable(garbage: bytes, at: int) -> None:
    data = bytearray(tarball("f 0644 0:0 {comment=xyz} /a text\nl /b -> a").getvalue())
    data[at : at + len(garbage)] = garbage
    try:
        layer = read_layer(io.BytesIO(bytes(data)), 0)
    except UsageError as error:
        assert error.where == "layer 0"
    else:
        assert layer.size == len(data)
