import io
import tarfile

from ci_slim.image.small_tar import packed


def test_folders_come_first_and_files_have_one_mode() -> None:
    data = packed({"a/b": b"one", "c": b""}, mode=0o755, folders={"a": 0o1777})
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = [(m.name, m.isdir(), m.mode, m.size, m.uid, m.mtime) for m in archive]
    assert members == [
        ("a", True, 0o1777, 0, 0, 0),
        ("a/b", False, 0o755, 3, 0, 0),
        ("c", False, 0o755, 0, 0, 0),
    ]


def test_the_same_files_give_the_same_bytes() -> None:
    files = {"x" * 150: b"long name", "é\udcff": b"odd name"}
    assert packed(files) == packed(dict(files))
    with tarfile.open(fileobj=io.BytesIO(packed(files))) as archive:
        assert [m.name for m in archive] == list(files)
