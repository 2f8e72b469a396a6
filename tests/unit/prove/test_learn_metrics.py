"""Tests which differences between pages of measurements matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.prove.learn import differences
from ci_slim.prove.learn_metrics import read_metrics

PAGE = """\
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines {goroutines}
# TYPE up gauge
up{{job="tea {{a}}",path="/b"}} {up}
# TYPE requests_total counter
requests_total{{code="200"}} {requests} 1733172097000
# TYPE seconds histogram
seconds_bucket{{le="+Inf"}} 17 # {{trace_id="a 1"}} 0.67
seconds_sum NaN
process_start 1.7331720977e+09
"""


def page(up: str = "1", requests: str = "0", **more: str) -> bytes:
    return PAGE.format(**{"goroutines": "7", "up": up, "requests": requests, **more}).encode()


def told(samples: list[bytes], body: bytes, *, cut: bool = False) -> list[str]:
    return [each.told for each in differences(samples, body, cut=cut)]


def test_numbers_that_are_measured_may_differ() -> None:
    same = [page(), page()]
    assert told(same, page(requests="1", goroutines="8")) == []
    assert told(same, page() + b"# TYPE errors_total counter\nerrors_total 3\n") == []


def test_a_sample_that_is_always_there_must_be_there() -> None:
    less = page().replace(b"seconds_sum NaN\n", b"")
    assert told([page(), page()], less) == ["seconds_sum is missing"]
    assert told([page(), less], less) == []


def test_what_is_on_must_be_on() -> None:
    """A collector that fails tells so: `success{collector="disk"} 0`."""
    (found,) = differences([page(), page()], page(up="0"))
    assert found.told == 'up{job="tea {a}",path="/b"} is 0, in the fat image 1'
    assert found.number, "it is asked for again"
    assert told([page(), page(up="0")], page(up="0")) == []
    assert told([page(up="2"), page(up="2")], page(up="1")) == []


def test_the_beginning_of_a_long_page() -> None:
    text = page().decode() + "".join(f"more_{n} {n}\n" for n in range(100))
    cut = text[:-100].encode()
    assert told([cut, cut], text[:-130].encode(), cut=True) == []
    assert told([cut, cut], cut.replace(b"more_3 3\n", b""), cut=True) == ["more_3 is missing"]


@pytest.mark.parametrize(
    "text",
    ["", "up 1\n", "# TYPE up gauge\n", "# TYPE up gauge\nup 1.2.3\n", "# TYPE up gauge\nhello\n",
     "# TYPE up gauge\nup one\n", '# TYPE up gauge\nup{a="b} 1 \n', "# TYPE a b\n<html>\n"],
)  # fmt: skip
def test_other_texts_are_compared_as_texts(text: str) -> None:
    assert read_metrics(text) is None


@given(st.text('# TYPE up{}"=1.e+-Naf\n \t', max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    read_metrics(f"# TYPE up gauge\n{text}")


def test_long_lines_take_linear_time() -> None:
    assert read_metrics("# TYPE up gauge\nup{" + "} " * 100_000 + "x\n") is None
    assert read_metrics("# TYPE up gauge\nup{}" + " " * 100_000 + "x\n") is None
