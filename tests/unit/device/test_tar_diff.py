"""The tar-diff format: what is written is read, and what is broken is refused."""

import io
import random
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.device.tar_diff import (
    MAGIC,
    Operation,
    Stream,
    Writer,
    apply,
    apply_patch,
    make_patch,
    operations,
    varint,
)
from ci_slim.errors import UsageError

OLD = b"the quick brown fox jumps over the lazy dog " * 20


def read(path: str, offset: int, size: int) -> bytes:
    return OLD[offset : offset + size]


def size(path: str) -> int:
    return len(OLD) if path == "fox" else -1


def delta(raw: bytes, magic: bytes = MAGIC[2]) -> io.BytesIO:
    return io.BytesIO(magic + zstandard.ZstdCompressor().compress(raw))


def applied(file: io.BytesIO) -> bytes:
    return b"".join(apply(file, read, size))


def written(write: Callable[[Writer], None]) -> io.BytesIO:
    out = io.BytesIO()
    stream = Stream(out, 2)
    writer = Writer(stream.write)
    write(writer)
    writer.flush()
    stream.close()
    out.seek(0)
    return out


def test_the_operations_are_those_of_the_format() -> None:
    def write(writer: Writer) -> None:
        writer.data(b"head")
        writer.data(b"er")
        writer.copy("fox", 4, 5)
        writer.copy("fox", 9, 6)
        writer.add("fox", 0, b"\1\0\0")
        writer.data(b"end")

    assert list(operations(written(write))) == [
        Operation(0, 6, b"header"),
        Operation(1, 3, b"fox"),
        Operation(4, 4),
        Operation(2, 5),
        Operation(2, 6),
        Operation(4, 0),
        Operation(3, 3, b"\1\0\0"),
        Operation(0, 3, b"end"),
    ]
    assert applied(written(write)) == b"header" + b"quick" + b" brown" + b"uhe" + b"end"


def test_a_stream_of_nothing_is_an_empty_delta() -> None:
    assert list(operations(written(lambda _: None))) == []


def test_data_that_cannot_be_packed_is_in_a_frame_of_its_own() -> None:
    noise = random.Random(1).randbytes(3 << 20)

    def write(writer: Writer) -> None:
        writer.data(OLD)
        writer.copy("fox", 0, 5)
        writer.data(noise)
        writer.copy("fox", 0, 5)

    file = written(write)
    assert file.getvalue().count(b"\x28\xb5\x2f\xfd") == 3
    assert applied(file) == OLD + OLD[:5] + noise + OLD[:5]


@pytest.mark.parametrize(
    ("number", "data"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")]
)
def test_sizes_are_leb128(number: int, data: bytes) -> None:
    assert varint(number) == data


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_a_patch_makes_the_new_file_of_the_old_one(old: bytes, new: bytes) -> None:
    assert apply_patch(old, make_patch(old, new, 3)) == new


def test_a_patch_of_a_long_file_is_short() -> None:
    assert len(make_patch(OLD, OLD + b"!", 19)) < 40


OPEN_FOX = b"\1\3fox"


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (io.BytesIO(b"tardf9\n\0"), "it does not start like a delta"),
        (io.BytesIO(MAGIC[2] + b"no zstd"), "its stream is broken"),
        (delta(b"\x09\0"), "there is no operation 9"),
        (delta(b"\0\5abc"), "it ends too early"),
        (delta(b"\0" + b"\xff" * 11), "a size is too long"),
        (delta(b"\2\4"), "the old image's file is too short"),
        (delta(b"\1\4none"), "the old image has no file none"),
        (delta(b"\1\6../fox"), "the path '../fox' leads out of the image"),
        (delta(b"\1\4/fox"), "the path '/fox' leads out of the image"),
        (delta(b"\1\1\xff"), "a path is not UTF-8"),
        (delta(OPEN_FOX + b"\4\xe8\7\2\1"), "the old image's fox is too short"),
        (delta(OPEN_FOX + b"\5\3abc"), "a patch is broken"),
        (delta(b"\1\x90\x4e" + b"a" * 10_000), "an operation has 10000 bytes, more than 4096"),
    ],
)
def test_a_broken_delta_is_refused(file: io.BytesIO, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        applied(file)


def test_a_patch_that_would_fill_the_memory_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(bytes(100 << 20))
    with pytest.raises(UsageError, match="a patch would make 104857600 bytes"):
        apply_patch(OLD, frame)
