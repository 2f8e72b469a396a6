"""Tests the reader of Java's class files. Its files are foreign, so anything must be survived."""

import pytest
from small_class import class_file, jar_file

from ci_slim.image.java_class import classes, strings


def test_only_string_literals_are_strings() -> None:
    made = class_file("java/lang/ProcessBuilder", "start", literals=("sort", "gzip -9"))
    assert strings(made) == ("sort", "gzip -9")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xca\xfe\xba\xbe", b"text", class_file("a", literals=("b",))[:-4], b"PK\x03\x04"],
)
def test_what_is_no_whole_class_has_no_strings(data: bytes) -> None:
    assert strings(data) == ()
    assert [each for found in classes(data) for each in strings(found)] == []


def test_what_comes_after_an_unknown_constant_is_left_out() -> None:
    made = class_file("a", literals=("first",))
    number = int.from_bytes(made[8:10])
    longer = made[:8] + (number + 2).to_bytes(2) + made[10:] + b"\x63\0\0\0\0\0"
    assert strings(longer) == ("first",)


def test_a_long_number_takes_two_places() -> None:
    made = class_file("a", literals=("late",), long=True)
    assert strings(made) == ("late",)


def test_the_classes_of_a_jar_are_read() -> None:
    made = class_file("a", literals=("b",))
    jar = jar_file({"x/A.class": made, "x/large.class": bytes(2 << 20), "x/a.txt": b"text"})
    assert list(classes(jar)) == [made]
    assert list(classes(jar[:60])) == []
