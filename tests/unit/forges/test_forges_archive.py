import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.forges.archive import BadArchive, member


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, content in files:
            opened.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
def test_the_named_file_is_read(method: int) -> None:
    archive = packed(("a/report.json", b"1"), ("report.json", b"2"), method=method)
    assert member(archive, "report.json") == b"2"


def test_a_file_as_large_as_allowed_is_read() -> None:
    assert member(packed(("x", b"12345")), "x", 5) == b"12345"
    with pytest.raises(BadArchive, match=r"^x in it is larger than 4 bytes$"):
        member(packed(("x", b"12345")), "x", 4)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadArchive, match=r"^2 files in it are called x$"):
        member(packed(("x", b"1"), ("x", b"2")), "x")


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadArchive, match=r"^no files in it are called y$"):
        member(packed(("x", b"1"), ("../y", b"2"), ("/y", b"3")), "y")


@given(st.data())
def test_whatever_the_bytes_are_there_is_a_value_or_a_reason(data: st.DataObject) -> None:
    whole = bytearray(packed(("x", b"hello " * 20), ("y", b"12")))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for archive in (bytes(whole), bytes(whole[:cut])):
        try:
            assert len(member(archive, "x", 1000)) <= 1000
        except BadArchive as bad:
            assert "in it" in str(bad) or "zip" in str(bad)
