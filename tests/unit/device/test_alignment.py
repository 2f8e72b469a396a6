"""Regions of a new file that resemble an old one are found, also where few bytes are equal."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_slim.device.alignment import Span, add, align, common_parts, subtract

CHANCE = random.Random(5)
OLD = CHANCE.randbytes(60_000)


def changed(data: bytes, step: int) -> bytes:
    """Every `step`th byte is another one, as where addresses are."""
    new = bytearray(data)
    new[::step] = bytes(byte ^ 0x55 for byte in data[::step])
    return bytes(new)


def covered(spans: list[Span]) -> int:
    return sum(span.size for span in spans)


CASES = {
    "the same file": (OLD, [Span(0, 0, 60_000)]),
    "every 20th byte changed": (changed(OLD, 20), [Span(0, 0, 60_000)]),
    "something inserted": (
        OLD[:20_000] + b"\1" * 999 + OLD[20_000:],
        [Span(0, 0, 20_000), Span(20_999, 20_000, 40_000)],
    ),
    "something removed": (
        OLD[:20_000] + OLD[30_000:],
        [Span(0, 0, 20_000), Span(20_000, 30_000, 30_000)],
    ),
    "two regions changed places": (
        OLD[40_000:] + OLD[:40_000],
        [Span(0, 40_000, 20_000), Span(20_000, 0, 40_000)],
    ),
}


@pytest.mark.parametrize(("new", "wanted"), CASES.values(), ids=CASES)
def test_the_regions_are_those_of_the_old_file(new: bytes, wanted: list[Span]) -> None:
    assert list(align(OLD, new)) == wanted


def test_a_region_that_moved_and_changed_is_found() -> None:
    new = OLD[:10_000] + CHANCE.randbytes(5_000) + changed(OLD[10_000:], 16)
    spans = list(align(OLD, new))
    assert covered(spans) == pytest.approx(60_000, abs=100)
    assert spans[-1].source - spans[-1].offset == -5_000


def test_small_moves_need_no_look_at_the_whole_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_slim.device.alignment._places", None)
    new = b"".join(OLD[at : at + 6000] + bytes(7) for at in range(0, 60_000, 6000))
    assert covered(list(align(OLD, new))) == pytest.approx(60_000, abs=100)


def test_a_region_that_moved_far_is_found_after_small_moves() -> None:
    new = OLD[:9000] + bytes(9) + OLD[9000:20_000] + OLD[50_000:] + OLD[20_000:50_000]
    assert covered(list(align(OLD, new))) == pytest.approx(60_000, abs=200)


def test_nothing_is_found_in_a_file_of_other_content() -> None:
    assert covered(list(align(OLD, CHANCE.randbytes(60_000)))) < 600


def test_the_first_byte_may_be_expected_elsewhere() -> None:
    assert list(align(OLD, OLD[30_000:30_100], 30_000)) == [Span(0, 30_000, 100)]


@pytest.mark.parametrize("name", ["something inserted", "something removed"])
def test_the_common_parts_are_those_of_the_old_file(name: str) -> None:
    new, wanted = CASES[name]
    parts = list(common_parts(OLD, new))
    assert covered(parts) == pytest.approx(covered(wanted), abs=64)
    assert all(new[at : at + size] == OLD[place : place + size] for at, place, size in parts)


def test_what_a_text_has_far_away_is_a_common_part() -> None:
    new = CHANCE.randbytes(9000) + OLD[40_000:42_000] + CHANCE.randbytes(99) + OLD[:3000]
    (far, near) = common_parts(OLD, new)
    assert far.source == pytest.approx(40_000, abs=3)
    assert far.size == pytest.approx(2000, abs=3)
    assert near == Span(len(new) - 3000, 0, 3000)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.tuples(st.integers(0, 59_000), st.integers(0, 900)).map(
            lambda at: OLD[at[0] : at[0] + at[1]]
        ),
    ),
    max_size=6,
).map(b"".join)


@settings(max_examples=200)
@given(old=PIECES, new=PIECES, shift=st.integers(-500, 500))
def test_regions_are_in_order_and_within_both_files(old: bytes, new: bytes, shift: int) -> None:
    spans = list(align(old, new, shift))
    for span in spans:
        assert 0 <= span.source <= span.source + span.size <= len(old)
        assert 0 <= span.offset < span.offset + span.size <= len(new)
    assert all(a.offset + a.size <= b.offset for a, b in pairwise(spans))


@settings(max_examples=200)
@given(old=PIECES, new=PIECES)
def test_common_parts_are_equal_and_in_order(old: bytes, new: bytes) -> None:
    parts = list(common_parts(old, new))
    assert all(new[at : at + size] == old[place : place + size] for at, place, size in parts)
    assert all(part.size >= 24 and part.offset + part.size <= len(new) for part in parts)
    assert all(a.offset + a.size <= b.offset for a, b in pairwise(parts))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_difference_is_taken_byte_by_byte(new: bytes, old: bytes) -> None:
    size = min(len(new), len(old))
    wanted = bytes((a - b) & 0xFF for a, b in zip(new, old, strict=False))
    assert subtract(new[:size], old[:size]) == wanted


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_difference_is_added_byte_by_byte(old: bytes, new: bytes) -> None:
    size = min(len(new), len(old))
    assert add(old[:size], subtract(new[:size], old[:size])) == new[:size]


def test_a_table_whose_rows_moved_is_found_again() -> None:
    """A row has an address that changed and an end that all rows share."""
    rows = [CHANCE.randbytes(8) + bytes(8) + CHANCE.randbytes(8) for _ in range(500)]
    new = b"".join(rows[:250]) + CHANCE.randbytes(48) + changed(b"".join(rows[250:]), 24)
    last = [*align(b"".join(rows), new)][-1]
    assert last.source - last.offset == -48
    assert last.size == pytest.approx(6000, abs=24)


def test_words_that_the_old_file_has_twice_lead_to_the_nearest_place() -> None:
    twice = OLD[:20_000]
    old = twice + OLD[20_000:30_000] + twice
    new = old[:35_000] + CHANCE.randbytes(48) + old[35_000:]
    assert list(align(old, new)) == [Span(0, 0, 35_000), Span(35_048, 35_000, 15_000)]
