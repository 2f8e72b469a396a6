"""`ci-slim explore` in a terminal: textual's pilot at 80x24, and the process on a real terminal."""

import asyncio
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from reports import of, replaced, sample
from small_image import SmallImage
from stored_images import AMD64, ARMV6, Stored, folder_of
from textual.pilot import Pilot
from textual.widgets import Input

from ci_slim.cleanup import Cleanup
from ci_slim.commands.edge import Edge
from ci_slim.commands.explore import load
from ci_slim.errors import UsageError
from ci_slim.explore.app import Explorer, FileList
from ci_slim.explore.tree import Explored, ImageFile
from ci_slim.report.json import from_json, to_json
from ci_slim.report.page.files import file_table
from ci_slim.report.page.render import to_html
from ci_slim.requests import Asked, ExploreRequest
from ci_slim.result import Artifacts

HOSTILE = "[bold red]\x1b]0;pwned\x07 \u202eevil[red]"
SHOP = Explored(
    "shop",
    "linux/arm/v6",
    (
        ImageFile("/usr/bin/app", 600_000, 600_000, 1, "app", "exec: /usr/bin/app"),
        ImageFile("/usr/bin/cc", 300_000, None, 0, "gcc"),
        ImageFile(f"/usr/{HOSTILE}", 10_000, None, 0),
        ImageFile("/etc/app.conf", 20_000, 20_000, 1, "", "named in /usr/bin/app"),
    ),
    ("FROM debian", "COPY app /"),
    both=True,
)
OTHER = Explored("shop", "linux/amd64", (ImageFile("/init", 5, 5),), ("COPY",))


def screen(app: Explorer) -> list[str]:
    """The lines of the screen, as a terminal would show them."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    assert all(line.cell_length == width for line in lines)
    return [line.text.rstrip() for line in lines]


def explored(*images: Explored, do: Callable[[Explorer, Pilot[Any]], Awaitable[None]]) -> Explorer:
    """Run the explorer at 80x24 with these keys."""
    app = Explorer(images)

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await do(app, pilot)

    asyncio.run(run())
    return app


def test_the_whole_screen() -> None:
    async def do(app: Explorer, pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "down", "right", "down")
        await pilot.pause()
        assert screen(app) == [
            " shop  linux/arm/v6",
            " 4 files: fat 930 kB, slim 620 kB · by folder, size first",
            "      fat     slim   change  name",
            "   910 kB   600 kB    -34 %  ▾ usr/",
            "   900 kB   600 kB    -33 %    ▾ bin/",
            "   600 kB   600 kB     same      app",
            "   300 kB        –     gone      cc",  # noqa: RUF001
            "    10 kB        –     gone    "  # noqa: RUF001
            r"[bold red]\x1b]0;pwned\x07 \u{202e}evil[red]",
            "    20 kB    20 kB     same  ▸ etc/",
            *[""] * 9,
            " /usr/bin/app",
            " 600,000 bytes, package app, layer 2: COPY app /",
            " kept: exec: /usr/bin/app",
            "",
            "",
            " q Quit  / Filter  g Group  o Order  v Kept/gone",
        ]

    explored(SHOP, do=do)


def test_the_filter_leaves_what_has_the_text_and_escape_brings_all_back() -> None:
    async def do(app: Explorer, pilot: Pilot[Any]) -> None:
        await pilot.press("slash", *"CONF")
        await pilot.pause(0.5)
        assert " 1 file: fat 20 kB, slim 20 kB · by folder, size first · with “CONF”" in screen(app)
        await pilot.press("enter", "down")
        await pilot.pause()
        assert isinstance(app.focused, FileList)
        assert " kept: named in /usr/bin/app" in screen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert not app.query_one(Input).has_class("shown")
        assert screen(app)[1].startswith(" 4 files")

    explored(SHOP, do=do)


def test_keys_change_group_order_view_and_image() -> None:
    async def do(app: Explorer, pilot: Pilot[Any]) -> None:
        await pilot.press("g")
        assert "   620 kB   620 kB     same  ▸ layer 2/" in screen(app)
        await pilot.press("o", "v", "v")
        assert screen(app)[1].startswith(
            " 2 files: fat 310 kB, slim 0 B · by layer, change first · not"
        )
        await pilot.press("n")
        assert screen(app)[0] == " shop  linux/amd64  (2 of 2)"
        assert screen(app)[3] == "      5 B    100 %  ▸ layer 1/"
        assert "Kept/gone" not in screen(app)[-1]

    explored(SHOP, OTHER, do=do)


def test_left_closes_a_folder_or_goes_to_it_and_ends_are_ends() -> None:
    async def do(app: Explorer, pilot: Pilot[Any]) -> None:
        shown = app.query_one(FileList)
        await pilot.press("right", "down", "left")
        assert shown.cursor == 0
        await pilot.press("left", "up", "left")
        assert (shown.cursor, len(shown.lines)) == (0, 2)
        await pilot.press("end", "down", "pagedown")
        assert shown.cursor == 1
        await pilot.press("home")
        assert shown.cursor == 0

    explored(SHOP, do=do)


def test_a_large_image_opens_fast_and_filters_fast() -> None:
    files = tuple(
        ImageFile(f"/usr/lib/{n % 700}/{n % 13}/file_{n}.py", n, n if n % 3 else None, n % 9)
        for n in range(100_000)
    )
    flat = tuple(ImageFile(f"/flat/{n}", n, n) for n in range(100_000))
    image = Explored("large", "linux/amd64", (*files, *flat), both=True)
    tracemalloc.start()

    async def do(app: Explorer, pilot: Pilot[Any]) -> None:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert len(app.query_one(FileList).lines) < 1100
        await pilot.press("slash", *"file_777")
        await pilot.pause(1)
        assert "with “file_777”" in screen(app)[1]

    started = time.monotonic()
    explored(image, do=do)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - started < 60  # tracemalloc makes it several times slower
    assert peak < 150_000_000, peak


# -- where the files come from ---------------------------------------------------------------------


def asked(target: str, slim: str | None = None, platform: str | None = None) -> ExploreRequest:
    return ExploreRequest(
        asked=Asked(), target=target, slim=slim, platform=platform, unpack_limit=None
    )


def test_an_image_alone_and_with_its_slim_one(tmp_path: Path) -> None:
    folder_of(tmp_path / "fat", Stored(ARMV6), Stored(AMD64))
    slim = ("d 0755 0:0 /usr\nf 0755 0:0 /usr/app app", "f 0644 0:0 /new four")
    folder_of(tmp_path / "slim", Stored(AMD64, layers=slim))
    fat = f"oci:{tmp_path}/fat"
    both = load(asked(fat), Edge({}, held=Cleanup()))
    assert [(each.platform, each.both) for each in both] == [
        ("linux/arm/v6", False),
        ("linux/amd64", False),
    ]
    assert both[0].files == (
        ImageFile("/etc/os-release", 4, 4, 1),
        ImageFile("/usr/app", 3, 3, 1),
    )
    assert both[0].layers == ("COPY 0", "COPY 1")
    (pair,) = load(asked(fat, f"oci:{tmp_path}/slim"), Edge({}, held=Cleanup()))
    assert (pair.platform, pair.both) == ("linux/amd64", True)
    assert [(file.path, file.fat, file.slim) for file in pair.files] == [
        ("/etc/os-release", 4, None),
        ("/usr/app", 3, 3),
        ("/new", None, 4),
    ]


def report_in(folder: Path) -> Path:
    """A report with the list of files of its first platform."""
    image = SmallImage({"/usr/bin/app": "x" * 40, f"/{HOSTILE}": "y"})
    table = file_table(image.index(), image, {"/usr/bin/app": ("exec",)})
    (folder / "listener.files.json.gz").write_bytes(table.to_bytes())
    good = sample().images[0].platforms[0]
    listed = replaced(good, artifacts=Artifacts(files="listener.files.json.gz"))
    report = folder / "report.json"
    report.write_text(to_json(of(listed, *sample().images[0].platforms[1:])))
    return report


def test_a_report_shows_what_became_of_each_file_and_why(tmp_path: Path) -> None:
    (found,) = load(asked(str(report_in(tmp_path))), Edge({}, held=Cleanup()))
    assert (found.name, found.platform, found.both) == ("listener", "linux/arm/v6", True)
    files = {file.path: file for file in found.files}
    assert files["/usr/bin/app"] == ImageFile("/usr/bin/app", 40, 40, 0, "", "exec")
    assert [file.slim for path, file in files.items() if path != "/usr/bin/app"] == [None]
    assert found.layers == ("COPY part0 /", "COPY part1 /")


def test_the_page_of_a_run_shows_the_same_as_its_report(tmp_path: Path) -> None:
    report = report_in(tmp_path)
    lists = {("listener", "linux/arm/v6"): (tmp_path / "listener.files.json.gz").read_bytes()}
    page = tmp_path / "downloaded"
    page.write_text(to_html(from_json(report.read_bytes()), lists))
    edge = Edge({}, held=Cleanup())
    assert load(asked(str(page)), edge) == load(asked(str(report)), edge)
    with pytest.raises(UsageError, match="nothing to look"):
        load(asked(str(page), platform="linux/riscv64"), edge)


def test_a_page_without_a_map_is_refused_with_what_to_give(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(to_html(sample()))
    with pytest.raises(UsageError, match="has no list of files") as refused:
        load(asked(str(page)), Edge({}, held=Cleanup()))
    assert "--output" in refused.value.hint


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.write_bytes(b"\x1f\x8b no"), "the list of files cannot be read"),
        (lambda file: file.write_bytes(b""), "the list of files cannot be read"),
    ],
)
def test_a_damaged_list_is_refused(
    damage: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    report = report_in(tmp_path)
    damage(tmp_path / "listener.files.json.gz")
    with pytest.raises(UsageError, match=message):
        load(asked(str(report)), Edge({}, held=Cleanup()))


def test_a_report_alone_says_where_its_list_would_be(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(to_json(sample()))
    with pytest.raises(UsageError, match="has no list of files") as refused:
        load(asked(str(report)), Edge({}, held=Cleanup()))
    assert "--output" in refused.value.hint


@pytest.mark.parametrize(
    ("slim", "platform", "message"),
    [("oci:x", None, "names its slim images itself"), (None, "linux/riscv64", "nothing to look")],
)
def test_what_does_not_fit_a_report_is_refused(
    slim: str | None, platform: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        load(asked(str(report_in(tmp_path)), slim, platform), Edge({}, held=Cleanup()))


# -- the process -----------------------------------------------------------------------------------


def started(*arguments: str) -> tuple[int, int]:
    """Start ci-slim on a new terminal of 80x24. Returns its process and the terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-m", "ci_slim", *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return process, terminal


def until(terminal: int, wanted: bytes | None, seconds: float = 60) -> bytes:
    """What the process writes up to these bytes; None: up to its end."""
    text, end = b"", time.monotonic() + seconds
    while (wanted is None or wanted not in text) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # Linux says this when the last process closed the terminal
                return text
            if not chunk:
                return text
            text += chunk
    assert wanted is None or wanted in text, text[-2000:]
    return text


def code_of(process: int, seconds: float = 60) -> int:
    """The exit code of a process that is about to end. One that does not end is killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gone, status = os.waitpid(process, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    pytest.fail(f"the process did not end in {seconds} seconds")


@pytest.mark.parametrize("key", [b"q", b"\x03"], ids=["q", "ctrl-c"])
def test_it_quits_and_gives_the_terminal_back(key: bytes, tmp_path: Path) -> None:
    process, terminal = started("explore", str(report_in(tmp_path)))
    before = termios.tcgetattr(terminal)
    shown = until(terminal, b"Quit")
    assert b"\x1b]0;pwned" not in shown
    assert termios.tcgetattr(terminal)[3] != before[3]  # it reads single keys
    os.write(terminal, key)
    ended = until(terminal, None)
    assert code_of(process) == 0
    for off in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):  # screen, cursor, mouse
        assert off in ended
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("wait", [0, 0.3])
def test_a_signal_ends_it_and_gives_the_terminal_back(
    wait: float, number: signal.Signals, tmp_path: Path
) -> None:
    process, terminal = started("explore", str(report_in(tmp_path)))
    until(terminal, b"Quit")
    time.sleep(wait)  # it still draws when the first line with the keys appears
    os.kill(process, number)
    ended = until(terminal, None)
    assert code_of(process) == 130
    assert b"\x1b[?1049l" in ended
    assert f"stopped by {number.name}".encode() in ended
    os.close(terminal)


def test_it_ends_with_its_terminal(tmp_path: Path) -> None:
    process, terminal = started("explore", str(report_in(tmp_path)))
    until(terminal, b"Quit")
    os.close(terminal)
    assert code_of(process) == 130


def test_without_a_terminal_it_says_what_prints_instead(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "explore", str(report_in(tmp_path))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "the explorer needs a terminal" in done.stderr
    assert "ci-slim measure" in done.stderr


def test_without_textual_it_says_how_to_install_it(tmp_path: Path) -> None:
    code = "import sys; sys.modules['textual'] = None; from ci_slim.cli import main; main()"
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-c", code, "explore", str(report_in(tmp_path))])
    told = until(terminal, None)
    assert code_of(process) == 2
    assert b"pip install 'ci-slim[explore]'" in told
    os.close(terminal)
