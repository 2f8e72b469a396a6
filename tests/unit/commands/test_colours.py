"""Tests the colours of a result at a terminal."""

import io
import re

import pytest
from reports import sample

from ci_slim.commands.colours import coloured
from ci_slim.report import render

RESULT = """\
ci-slim: over budget on arm64; pull 5.00 MB

platform     pull     verdict
-----------  -------  -------------
linux/amd64  2.0 MB   within budget
linux/arm64  5.00 MB  over budget

warning: linux/amd64: a file is missing: [red]/etc/over budget[/red]

time: linux/amd64: start 671 ms, observe 2.3 s, read 3.6 s,
  replay 1.0 s

≈ is an estimate
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_terminal_gets_colours_and_the_same_text(terminal: Terminal) -> None:
    shown = coloured(RESULT, terminal)
    assert without_colours(shown) == RESULT
    lines = shown.splitlines()
    assert lines[0] == "\x1b[1mci-slim: over budget on arm64; pull 5.00 MB\x1b[0m"
    assert lines[4].endswith("\x1b[32mwithin budget\x1b[0m")
    assert lines[5].endswith("\x1b[31mover budget\x1b[0m")
    assert lines[7] == f"\x1b[33mwarning: \x1b[0m{RESULT.splitlines()[7].removeprefix('warning: ')}"
    assert lines[9].startswith("\x1b[2mtime: ")
    assert lines[12] == "≈ is an estimate"


def test_every_report_stays_the_same_text(terminal: Terminal) -> None:
    text = render(sample(), "text")
    assert without_colours(coloured(text, terminal)) == text


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_colours_can_be_switched_off(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "dumb")
    assert coloured(RESULT, terminal) == RESULT


def test_a_file_gets_no_colours() -> None:
    assert coloured(RESULT, io.StringIO()) == RESULT
