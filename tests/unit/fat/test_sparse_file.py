"""Tests a long file of which only small parts are kept while it arrives."""

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_slim.fat.sparse_file import GAP, NotKept, SparseFile

WHOLE = bytes(number * 7 % 251 for number in range(100_000))


def excerpt(size: int = 1000) -> SparseFile:
    chunks = (WHOLE[at : at + size] for at in range(0, len(WHOLE), size))
    return SparseFile(io.BytesIO(), chunks)


def read(file: SparseFile, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def test_read_bytes_are_kept_and_skipped_bytes_are_dropped() -> None:
    file = excerpt()
    assert read(file, 0, 100) == WHOLE[:100]
    assert read(file, 50_000, 100) == WHOLE[50_000:50_100]
    assert read(file, 10, 50) == WHOLE[10:60]
    assert list(file.gaps(0, 60_000)) == [(100, 50_000 - 512), (50_100, 60_000)]
    with pytest.raises(NotKept, match="bytes 100 to 150"):
        read(file, 50, 100)


def test_a_short_skipped_part_is_kept() -> None:
    file = excerpt()
    read(file, 0, 100)
    read(file, 100 + GAP, 10)
    assert read(file, 0, 110 + GAP) == WHOLE[: 110 + GAP]


def test_the_block_before_what_is_read_is_kept() -> None:
    file = excerpt()
    read(file, 40_000, 1)
    assert read(file, 39_488, 512) == WHOLE[39_488:40_000]


def test_wanted_ranges_are_kept_in_whatever_order_they_were_asked_for() -> None:
    file = excerpt()
    file.want(60_000, 60_010)
    file.want(10_000, 30_000)
    file.want(20_000, 20_100)
    file.want(5_000, 5_001)
    read(file, 90_000, 1)
    gaps = [(0, 5_000), (5_001, 10_000), (30_000, 60_000), (60_010, 89_488), (90_001, 99_999)]
    assert list(file.gaps(0, 99_999)) == gaps
    assert read(file, 10_000, 20_000) == WHOLE[10_000:30_000]


def test_a_wanted_range_across_what_is_read() -> None:
    file = excerpt()
    file.want(10_000, 40_000)
    read(file, 20_000, 100)
    read(file, 70_000, 100)
    assert read(file, 10_000, 30_000) == WHOLE[10_000:40_000]
    assert list(file.gaps(9_000, 42_000)) == [(9_000, 10_000), (40_000, 42_000)]


def read_around(file: SparseFile, position: int, least: int) -> bytes:
    data, start = file.read_around(position, least)
    assert start <= position
    assert data == WHOLE[start : start + len(data)]
    return data[position - start :]


def test_bytes_around_a_position_are_dropped_unless_they_are_wanted() -> None:
    file = excerpt()
    assert len(read_around(file, 100, 512)) >= 512
    assert read_around(file, 50_200, 2000)[:2000] == WHOLE[50_200:52_200]
    file.want(50_300, 50_400)
    file.want(52_000, 52_001)
    assert read_around(file, 60_000, 1)
    file.finish()
    assert list(file.gaps(0, 99_000)) == [
        (0, 50_300),
        (52_001, 99_000),
    ]  # a small gap is not worth dropping
    assert read_around(file, 50_300, 4096) == WHOLE[50_300:52_001]
    with pytest.raises(NotKept):
        read_around(file, 51_800, 4096)  # less than a block is known


def test_ranges_may_be_wanted_after_a_gap() -> None:
    file = excerpt()
    file.want(0, 100)
    read_around(file, 200, 512)
    file.want(300, 400)  # close to the range before, which is already decided
    read_around(file, 5000, 512)
    file.finish()
    assert list(file.gaps(0, 5000)) == [(100, 300), (400, 5000)]


def test_near_the_end_fewer_bytes_are_returned() -> None:
    file = excerpt()
    assert read_around(file, 99_900, 512) == WHOLE[99_900:]
    assert read_around(file, len(WHOLE), 512) == b""
    assert read_around(file, 200_000, 512) == b""


def test_filled_gaps_are_known() -> None:
    file = excerpt()
    read(file, 0, 1000)
    read(file, 50_000, 1000)
    file.finish()
    assert file.seek(0, io.SEEK_END) == len(WHOLE)
    file.fill(20_000, WHOLE[20_000:30_000])
    file.fill(1000, WHOLE[1000:20_000])
    assert read(file, 500, 29_000) == WHOLE[500:29_500]
    assert list(file.gaps(0, 50_000)) == [(30_000, 50_000 - 512)]


def test_the_same_parts_through_another_file() -> None:
    parts = io.BytesIO()
    file = SparseFile(parts, [WHOLE])
    read(file, 30_000, 5000)
    file.finish()
    again = file.again(io.BytesIO(parts.getvalue()))
    assert read(again, 30_000, 5000) == WHOLE[30_000:35_000]
    assert again.seek(0, io.SEEK_END) == len(WHOLE)


def test_a_large_range_that_is_kept_is_never_in_memory(tmp_path: Path) -> None:
    with (tmp_path / "parts").open("w+b") as parts:
        file = SparseFile(parts, (bytes(1 << 20) for _ in range(64)))
        file.want(0, 60 << 20)
        tracemalloc.start()
        read(file, 61 << 20, 1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert not list(file.gaps(0, 60 << 20))
    assert peak < 4 << 20


def test_a_failed_read_changes_nothing() -> None:
    file = excerpt()
    read(file, 0, 1000)
    read(file, 50_000, 1000)
    with pytest.raises(NotKept):
        read(file, 500, 10_000)
    read(file, 60_000, 1000)
    for start in (0, 50_000, 60_000):
        assert read(file, start, 1000) == WHOLE[start : start + 1000]


def test_the_end_of_the_file() -> None:
    file = excerpt()
    assert read(file, 99_990, 100) == WHOLE[99_990:]
    assert file.read(10) == b""
    assert read(excerpt(), 200_000, 10) == b""
    assert read(excerpt(), 0, len(WHOLE)) == WHOLE


RANGES = st.lists(st.tuples(st.integers(0, 100_500), st.integers(0, 9_000)), max_size=20)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 100_500), st.integers(0, 9_000), st.sampled_from(["read", "look", "want"])
    ),
    max_size=30,
)


@settings(derandomize=True, deadline=None)
@given(steps=STEPS, wanted=RANGES, size=st.sampled_from([1, 100, 4096, 65_536, 200_000]))
def test_known_bytes_are_correct(
    steps: list[tuple[int, int, str]], wanted: list[tuple[int, int]], size: int
) -> None:
    file = excerpt(size)
    for start, length in wanted:
        file.want(start, start + length)
    reads = []
    passed = 0
    for start, length, step in sorted(steps):
        if step == "read":
            assert read(file, start, length) == WHOLE[start : start + length]
            reads.append((start, length))
            passed = max(passed, start + length)
        elif start < passed:
            continue
        elif step == "want":
            file.want(start, start + length)
            wanted = [*wanted, (start, length)]
        else:
            least = min(length, max(0, len(WHOLE) - start))
            assert len(read_around(file, start, length)) >= least
            passed = start
    file.finish()
    for start, length in wanted:
        assert not list(file.gaps(start, min(start + length, len(WHOLE)))) or start >= len(WHOLE)
    for start, length in reads + wanted:
        assert read(file, start, length) == WHOLE[start : start + length]
    known = bytearray(len(WHOLE))
    for start, end in file.gaps(0, len(WHOLE)):
        known[start:end] = b"\1" * (end - start)
        with pytest.raises(NotKept):
            read(file, start, 1)
    for start in range(0, len(WHOLE), 997):
        if not known[start]:
            assert read(file, start, 1) == WHOLE[start : start + 1]
