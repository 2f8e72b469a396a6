"""Tests that only what varies between answers of the fat image may vary."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.prove.learn import difference
from ci_slim.prove.learn_text import common_pattern

HTML = (
    "<html>\n<p>It is {}.</p>\n<p>You are visitor {} of {}</p>\n{}<footer>ours</footer>\n</html>\n"
)


def texts(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


@pytest.mark.parametrize(
    ("samples", "body", "told"),
    [
        (["same"], "same", ""),
        (["same", "same"], "other", 'it lacks "same"; instead it has "other"'),
        (["same"], "same and more", 'the fat image\'s answer ends before "and more"'),
        (["a page"], "", 'it lacks "a page"; instead it has nothing'),
        (["", ""], "x", 'the fat image\'s answer ends before "x"'),
        (["at 10:21:03", "at 10:22:03"], "at 10:21:47", ""),
        (["id 7f3a, ok", "id 99be, ok"], "id 1c2d, ok", ""),
        (["id 7f3a, ok", "id 99be, ok"], "id 1c2d, failed",
         'it lacks ", ok"; instead it has "1c2d, failed"'),
        (["took 12.5 ms", "took 9 ms"], "took 11 ms", ""),
        (["port 43121 open", "port 51877 open"], "port 3 open and more",
         'it lacks "open"; instead it has "3 open and more"'),
        (["x", "x y"], "x z", ""),
        (["y", "x y"], "z y", ""),
        (["x", "y"], "anything", ""),
        (["a\n1\nb\n2\nc\n", "a\n7\nb\n8\n9\nc\n"], "a\nb\nc\n", ""),
        (["a\n1\nb\n2\nc\n", "a\n7\nb\n8\n9\nc\n"], "a\n5\n6\nc\n",
         'it lacks "b"; instead it has "5 6 c"'),
        (["<li>a<li>b<li>c", "<li>a<li>c<li>b"], "<li>c<li>b<li>a", ""),
        (["<li>a<li>b<li>c", "<li>a<li>c<li>b"], "<li>c<li>b<li>d",
         'it lacks "<li>a<li>"; instead it has "<li>c<li>b<li>d"'),
        (["a b c", "a b c"], "b a c", 'it lacks "a b c"; instead it has "b a c"'),
    ],
)  # fmt: skip
def test_text_may_differ_where_the_fat_image_differs(
    samples: list[str], body: str, told: str
) -> None:
    assert difference(texts(*samples), body.encode()) == told


def test_a_page_may_have_another_time_and_counter_but_not_lose_a_part() -> None:
    one = HTML.format("10:00", 1, "2026-11-25", "")
    two = HTML.format("10:01", 2, "2026-11-25", "<b>new</b>\n")
    assert difference(texts(one, two), HTML.format("10:07", 31, "2026-11-25", "").encode()) == ""
    lost = HTML.format("10:07", 31, "2026-11-25", "").replace("<footer>ours</footer>\n", "")
    assert "footer" in difference(texts(one, two), lost.encode())
    assert difference(texts(one, two), HTML.format("10:07", 31, "1970-01-01", "").encode()) != ""


@pytest.mark.parametrize(
    ("samples", "body", "told"),
    [
        ([{"a": 1}, {"a": 1}], {"a": 1}, ""),
        ([{"a": 1}, {"a": 1}], {"a": 2}, "a is 2, in the fat image 1"),
        ([{"a": 1}, {"a": 2}], {"a": 3}, ""),
        ([{"a": 1}, {"a": 2}], {"a": "x"}, 'a is "x", in the fat image 1'),
        ([{"a": 1}, {"a": None}], {"a": "x"}, ""),
        ([{"a": 1, "b": 1}, {"a": 1, "b": 1}], {"a": 1}, "b is missing"),
        ([{"a": 1}, {"a": 1}], {"a": 1, "e": "no module"}, "e exists, but not in the fat image"),
        ([{"a": 1, "x": 1}, {"a": 1, "y": 1}], {"a": 1, "z": 1}, ""),
        ([{"t": "at 10:00 in Rome"}, {"t": "at 10:01 in Rome"}], {"t": "at 11:00 in Rome"}, ""),
        ([{"t": "at 10:00 in Rome"}, {"t": "at 10:01 in Rome"}], {"t": "at 11:00 in Bonn"},
         't is "at 11:00 in Bonn": it lacks "in Rome"; instead it has "11:00 in Bonn"'),
        ([[1, 2, 3], [3, 1, 2]], [2, 1, 3], ""),
        ([[1, 2, 3], [1, 2, 3]], [2, 1, 3], "0 is 2, in the fat image 1"),
        ([[1, 2], [1, 2]], [1], "it has 1 items, in the fat image 2"),
        ([[1], [1, 2]], [5, 6, 7], ""),
        ([[1], [1, 2]], ["x"], '0 is "x", in the fat image 1'),
        ([{"a": {"b": [{"c": True}]}}], {"a": {"b": [{"c": False}]}},
         "a.b.0.c is false, in the fat image true"),
    ],
)  # fmt: skip
def test_json_may_differ_where_the_fat_image_differs(
    samples: list[object], body: object, told: str
) -> None:
    assert difference([json.dumps(s).encode() for s in samples], json.dumps(body).encode()) == told


def test_the_end_of_a_truncated_body_is_not_compared() -> None:
    assert difference(texts("a 1 b", "a 2 b"), b"a 3 b and then", cut=True) == ""
    assert difference(texts("a 1 b", "a 2 b"), b"a 3 c", cut=True) != ""


def test_thousands_of_lines_are_compared_quickly() -> None:
    """Thousands of equal words make an alignment quadratic."""
    one = "".join(f"metric_{n} {n}\n\n" for n in range(3000))
    two = "".join(f"metric_{n} {n + 1}\n\n" for n in range(3000))
    three = "".join(f"metric_{n} {n + 7}\n\n" for n in range(3000))
    assert difference(texts(one, two), three.encode()) == ""
    assert difference(texts(one, two), three.replace("metric_77 ", "lost ").encode()) != ""
    assert difference(texts(one, one + "x " * 9000), two.encode()) != ""


WORDS = st.text(st.sampled_from("ab1. \n,"), max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_every_sample_fits_its_pattern(samples: list[str]) -> None:
    pattern = common_pattern(samples)
    assert [pattern.difference(sample) for sample in samples] == [""] * len(samples)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS)
def test_the_pattern_of_equal_samples_is_their_text(samples: list[str], other: str) -> None:
    pattern = common_pattern([samples[0]] * 3)
    assert (pattern.difference(other) == "") == (other == samples[0])


@given(WORDS, WORDS, st.text("a,", max_size=9), st.text("1.", max_size=9), WORDS)
def test_any_text_may_be_where_two_samples_differ(
    start: str, end: str, one: str, two: str, three: str
) -> None:
    start, end = f"{start} begin\n", f"\nend {end}"
    samples = [f"{start}q{one}{end}", f"{start}r{two}{end}"]
    assert common_pattern(samples).difference(f"{start}s{three}{end}") == ""


@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | WORDS,
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
       max_leaves=8), min_size=1, max_size=3))  # fmt: skip
def test_every_json_sample_fits_the_others(samples: list[object]) -> None:
    bodies = [json.dumps({"v": sample}).encode() for sample in samples]
    last = json.dumps({"v": samples[-1]}, indent=1).encode()
    assert difference(bodies, last) == ""
