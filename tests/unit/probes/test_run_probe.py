"""Tests the probe kind `run`: how its arguments are read, what is run, how its answer is judged."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from probe_reading import read, sent

from ci_slim import probes
from ci_slim.errors import UsageError
from ci_slim.probes import Expect, OwnContainer, Probe, Ran, Run
from ci_slim.probes.run import RunProbe
from ci_slim.settings.schema import probe_schema

SCHEMA = Draft202012Validator(probe_schema())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"run": []}, RunProbe("run")),
        ({"run": ""}, RunProbe("run")),
        ({"run": ["totals", "a b.csv"]}, RunProbe("run totals a b.csv", ("totals", "a b.csv"))),
        ({"run": "convert 'a b.csv' /tmp/a"}, RunProbe("run convert a b.csv /tmp/a",
                                                       ("convert", "a b.csv", "/tmp/a"))),
        ({"run": ["add", 1, 2.5, True]}, RunProbe("run add 1 2.5 true",
                                                  ("add", "1", "2.5", "true"))),
        ({"run": ["a", "|", ">", ""]}, RunProbe("run a | >", ("a", "|", ">", ""))),
        (
            {
                "run": "totals", "name": "sums", "stdin": "1,2", "timeout": "2m", "repeat": True,
                "compare": "exact", "expect": {"exit": 3, "body": "press"},
            },
            RunProbe("sums", ("totals",), 120.0, Expect(body="press", exit=3), True, "exact",
                     b"1,2"),
        ),
    ],
)  # fmt: skip
def test_the_arguments_are_a_list_or_a_line(given: dict[str, Any], expected: Probe) -> None:
    assert SCHEMA.is_valid(given)
    assert read(given) == expected


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"run": None}, "f:run: `run` has no arguments", "`run: []` runs the image's own CMD"),
        ({"run": "a 'b"}, "f:run: the arguments \"a 'b\": No closing quotation", ""),
        (
            {"run": "totals a.csv | wc"},
            "f:run: the arguments 'totals a.csv | wc': no shell reads them, so the program would "
            "get `|`",
            "write the arguments as a list",
        ),
        ({"run": "a > b"}, "f:run: the arguments 'a > b': no shell reads them, so the program "
         "would get `>`", ""),
        ({"run": ["a"], "shell": True}, "f:shell: unknown key `shell`", ""),
        ({"run": ["a"], "port": 80}, "f:port: unknown key `port`", ""),
        ({"run": ["a"], "expect": {"status": 200}}, "f:expect.status: unknown key `status`", ""),
        ({"run": ["a"], "exec": "b"}, "f:: the probe has several kinds: run, exec", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(given)
    assert str(raised.value).startswith(message)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("ran", "ok", "failures"),
    [
        (Ran(0, b"press 3\n", b"warned", 7), True, ()),
        (Ran(0, b"other"), False, ('the output lacks "press": "other"',)),
        (Ran(2, b"press", b"x\nno such file"), False, ('exited 2 ("no such file"), expected 0',)),
        (Ran(127, b"press", b""), False, ("exited 127: the command was not found, expected 0",)),
        (Ran(error="timed out after 30 s"), False, ("timed out after 30 s",)),
    ],
)
def test_its_exit_code_and_its_output_are_the_answer(
    ran: Ran, ok: bool, failures: tuple[str, ...]
) -> None:
    probe = read({"run": "totals a.csv", "stdin": "1", "expect": {"body": "press"}})
    asked: list[Run] = []

    def run(step: Run) -> Ran:
        asked.append(step)
        return ran

    (answer,) = sent(probe, run)
    assert asked == [OwnContainer(("totals", "a.csv"), 30.0, b"1")]
    assert answer.ok is ok
    assert probes.failures(probe, answer) == failures


def test_it_is_sent_once_by_default_and_needs_no_other_container() -> None:
    probe = read({"run": []})
    assert not probes.repeated(probe)
    assert probes.repeated(read({"run": [], "repeat": True}))
    assert probes.has_own_container(probe)
    assert not any(map(probes.has_own_container, (read({"exec": "a"}), read({"http": "/"}))))
    assert "hidden" not in repr(read({"run": [], "stdin": "hidden"}))
