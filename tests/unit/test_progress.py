import io
import re
import threading
import time
from typing import TextIO

import pytest
from rich.console import Console

from ci_slim import progress
from ci_slim.engine.background import BackgroundTask
from ci_slim.redact import Redactor


class Screen(io.BytesIO):
    def isatty(self) -> bool:
        return True


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_plain_and_without_secrets_or_commands() -> None:
    out = io.StringIO()
    shown = progress.Lines(Redactor(["hunter22"]), out)
    with shown.stage("app linux/arm/v6", "observe"):
        shown.output("::error::\x1b[31mhunter22")
    shown.note("a note")
    first, second, third, last = out.getvalue().splitlines()
    assert first == "app linux/arm/v6: observe …"
    assert second == "  | ::error::***"
    assert third.startswith("app linux/arm/v6: observe done in 0.")
    assert last == "a note"


@pytest.mark.parametrize(("several", "lines"), [(False, 3), (True, 2)])
def test_empty_lines_of_a_build_are_left_out_where_platforms_take_turns(
    several: bool, lines: int
) -> None:
    plain, terminal = io.StringIO(), Terminal()
    for shown in (
        progress.Lines(Redactor(), plain, several=several),
        progress.Live(Redactor(), Console(file=terminal), several=several),
    ):
        with shown.stage("app", "build"):
            for line in ("#1 begins", "", "#1 done"):
                shown.output(line)
    assert (plain.getvalue().count("  |"), terminal.getvalue().count("  │")) == (lines, lines)


def test_a_stage_that_fails_is_not_called_done() -> None:
    out = io.StringIO()
    shown = progress.Lines(Redactor(), out)
    with pytest.raises(ValueError, match="x"), shown.stage("app", "build"):
        raise ValueError("x")
    assert out.getvalue() == "app: build …\n"


def test_a_terminal_shows_finished_stages_and_no_markup_of_others() -> None:
    out = Terminal()
    shown = progress.Live(Redactor(["hunter22"]), Console(file=out, width=200))
    with shown.stage("app", "build"):
        shown.output("[red]hunter22[/red] [/]")
    text = out.getvalue()
    assert "[red]***[/red] [/]" in text
    assert re.search(r"✓ app: build \d+\.\d s", text)
    assert "hunter22" not in text


@pytest.mark.parametrize(
    ("quiet", "stream", "kind"),
    [
        (True, Terminal(), progress.Silent),
        (False, Terminal(), progress.Live),
        (False, io.StringIO(), progress.Lines),
        (False, io.TextIOWrapper(Screen(), "ascii"), progress.Lines),
        (False, io.TextIOWrapper(Screen(), "utf-8"), progress.Live),
        (False, None, progress.Silent),
    ],
)
def test_the_way_of_telling_follows_the_stream(
    quiet: bool, stream: TextIO | None, kind: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress.choose(Redactor(), quiet=quiet, stream=stream), kind)


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress.choose(Redactor(), quiet=False, stream=Terminal()), progress.Lines)


def test_silence_says_nothing() -> None:
    shown = progress.Silent()
    with shown.stage("app", "build"):
        shown.output("x")
        shown.note("y")


def test_a_long_stage_tells_what_it_is_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EACH", 0.01)
    out = io.StringIO()
    shown = progress.Lines(Redactor(["hunter22"]), out)
    with shown.stage("app", "write", lambda: "12 MB written"):
        while "12 MB written" not in out.getvalue():
            pass
        shown.doing("3 probes answered, GET /hunter22 sent")
        while "3 probes" not in out.getvalue():
            pass
    lines = out.getvalue().splitlines()
    assert lines[1] == "app: write, 0 s: 12 MB written"
    assert lines[-2] == "app: write, 0 s: 3 probes answered, GET /*** sent"


def test_a_terminal_shows_what_a_long_stage_is_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SHOWN_AFTER", 0.04)
    out = Terminal()
    shown = progress.Live(Redactor(), Console(file=out, width=200, force_terminal=True))
    with shown.stage("app", "observe"):
        shown.doing("waiting [red] for it")
        while "app: observe: waiting [red] for it" not in out.getvalue():
            pass


def test_a_stream_that_takes_no_more_does_not_stop_the_run() -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    shown = progress.Lines(Redactor(), Full())
    with shown.stage("app", "build"):
        shown.output("x")
        shown.note("y")


def test_lines_of_platforms_side_by_side_name_their_platform() -> None:
    out = io.StringIO()
    shown = progress.Lines(Redactor(), out, several=True)
    with shown.stage("app linux/amd64", "build"):
        BackgroundTask(lambda: shown.output("step 1"), "test").result()
    shown.output("outside")
    lines = out.getvalue().splitlines()
    assert lines[1] == "  | app linux/amd64: step 1"
    assert lines[-1] == "  | outside"


def test_each_stage_tells_what_it_does_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EACH", 0.01)
    out = io.StringIO()
    shown = progress.Lines(Redactor(), out)
    both = threading.Barrier(2)

    def stage(name: str) -> None:
        with shown.stage(name, "observe"):
            shown.doing(f"what {name} does")
            both.wait(10)
            while f"{name}: observe, 0 s: what {name} does" not in out.getvalue():
                time.sleep(0.005)

    tasks = [BackgroundTask(lambda name=name: stage(name), "test") for name in ("a", "b")]  # type: ignore[misc]
    for task in tasks:
        task.result(20)
    assert "a: observe, 0 s: what b" not in out.getvalue()


def test_several_stages_share_the_one_live_display_of_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    live = progress.Live(Redactor(), console)
    with live.stage("a", "build"), live.stage("b", "observe"):
        live.doing("something")
    with live.stage("c", "build"):
        pass
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(f"✓ {name}" in text for name in ("a: build", "b: observe", "c: build"))
