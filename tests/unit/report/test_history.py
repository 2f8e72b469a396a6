"""Sizes over time, as text, chart and picture."""

import re
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from reports import ARMV6, of, replaced, sample

from ci_slim.commands.png import to_png
from ci_slim.errors import UsageError
from ci_slim.judge.baseline import HISTORY_MAX, compared, previous_of
from ci_slim.report.history import Series, chart, series, to_markdown, to_text
from ci_slim.report.history_picture import height, to_svg
from ci_slim.report.json import from_json, to_json
from ci_slim.report.markdown import to_markdown as comment
from ci_slim.report.page.render import to_html
from ci_slim.result import Origin, Point, Report

GOOD = sample().images[0].platforms[0]


def run(day: int, pull: int, base: Report | None = None) -> Report:
    """The report of a run of the base branch on this day of November."""
    assert GOOD.slim is not None
    p = replaced(GOOD, slim=replace(GOOD.slim, pull_bytes=pull))
    if base is not None:
        (known,) = previous_of(base, "artifact")
        p = compared(p, known)
    origin = Origin(f"{day:02}" * 20, "", day, "", "", False)
    return replace(of(p), created=f"2026-11-{day:02}T10:00:00Z", origin=origin)


FIRST = run(1, 2_000_000)
SECOND = run(2, 2_500_000, FIRST)
THIRD = run(3, 2_300_000, SECOND)


def test_each_run_hands_on_what_it_knows_of_those_before_it() -> None:
    (found,) = series([THIRD])
    assert (found.image, found.platform, found.limit) == ("listener", str(ARMV6), 12_000_000)
    assert [point.pull_bytes for point in found.points] == [2_000_000, 2_500_000, 2_300_000]
    assert found.points[0].commit == "01" * 20


def test_a_run_that_several_reports_know_of_counts_once() -> None:
    assert series([THIRD, FIRST, SECOND]) == series([THIRD])


def test_no_report_knows_more_than_the_newest() -> None:
    report = FIRST
    for day in range(2, HISTORY_MAX + 5):
        report = run(day % 28 + 1, 2_000_000 + day, report)
    assert len(report.images[0].platforms[0].history) == HISTORY_MAX


def test_the_table() -> None:
    assert to_text(series([SECOND])) == (
        "listener linux/arm/v6, limit 12 MB to pull\n"
        "\n"
        "time                  commit          pull    disk\n"
        "--------------------  ------------  ------  ------\n"
        "2026-11-01T10:00:00Z  010101010101    2 MB  6.7 MB\n"
        "2026-11-02T10:00:00Z  020202020202  2.5 MB  6.7 MB\n"
    )
    assert to_text(()) == "No run has measured anything.\n"


def test_the_chart_has_the_newest_runs_and_the_limit_where_it_is_near() -> None:
    points = tuple(Point(f"2026-11-{n:02}T10:00:00Z", "", n * 100_000, None) for n in range(10, 26))
    assert chart(Series("a", "linux/amd64", points, 2_600_000)) == (
        "```mermaid\n"
        "xychart-beta\n"
        '  x-axis ["2026-11-14", "2026-11-15", "2026-11-16", "2026-11-17", "2026-11-18", '
        '"2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", '
        '"2026-11-25"]\n'
        '  y-axis "pull in MB" 1.330 --> 2.730\n'
        "  line [1.400, 1.500, 1.600, 1.700, 1.800, 1.900, 2.000, 2.100, 2.200, 2.300, 2.400, "
        "2.500]\n"
        "  line [2.600, 2.600, 2.600, 2.600, 2.600, 2.600, 2.600, 2.600, 2.600, 2.600, 2.600, "
        "2.600]\n"
        "```\n"
    )
    far = chart(Series("a", "linux/amd64", points, 26_000_000))
    assert far.count("  line [") == 1


def test_too_few_runs_make_no_chart() -> None:
    assert to_markdown(series([SECOND])) == "There are too few runs for a chart.\n"
    assert "```mermaid" not in comment(SECOND)


def test_comment_and_page_show_the_history() -> None:
    text = comment(THIRD)
    assert text.count("```mermaid") == 1
    assert 'x-axis ["0101010", "0202020", "0303030"]' in text
    assert "<h2>History</h2>" in to_html(THIRD)
    assert "<h2>History</h2>" not in to_html(FIRST)


def test_the_picture_is_drawn_and_names_are_text() -> None:
    hostile = replace(THIRD, images=(replace(THIRD.images[0], name="<script>&\x1b"),))
    root = Xml.fromstring(to_svg(series([hostile])))
    assert root.find(".//{*}polyline") is not None
    assert len(root.findall(".//{*}circle")) == 3
    assert not root.findall(".//{*}script")
    assert "<script>&\\x1b on linux/arm/v6" in [each.text for each in root.iter()]
    assert Xml.fromstring(to_svg(())).tag.endswith("svg")


def test_a_run_of_a_tag_marks_the_run_of_the_branch_of_the_same_commit() -> None:
    assert SECOND.origin is not None
    tagged = replace(
        SECOND, created="2026-11-02T12:00:00Z", origin=replace(SECOND.origin, tag="v1.2.0")
    )
    (found,) = series([THIRD, tagged])
    assert [point.release for point in found.points] == ["", "v1.2.0", ""]
    assert [line.split()[-1] for line in to_text([found]).splitlines()[2:]] == [
        "release", "---------", "MB", "v1.2.0", "MB",
    ]  # fmt: skip
    assert 'x-axis ["0101010", "v1.2.0", "0303030"]' in chart(found)
    names = [each.text for each in Xml.fromstring(to_svg([found])).iter()]
    assert "v1.2.0" in names


def test_a_release_whose_commit_no_run_of_the_branch_had_is_a_run_of_its_own() -> None:
    assert THIRD.origin is not None
    tagged = replace(THIRD, origin=replace(THIRD.origin, tag="v2<b>"))
    (found,) = series([tagged])
    assert [point.release for point in found.points] == ["", "", "v2<b>"]
    assert '"0303030"]' in chart(found)
    assert "v2<b>" in [each.text for each in Xml.fromstring(to_svg([found])).iter()]


def test_the_tag_survives_the_report_and_goes_on_with_the_baseline() -> None:
    assert FIRST.origin is not None
    tagged = replace(FIRST, origin=replace(FIRST.origin, tag="v1"))
    assert from_json(to_json(tagged)) == tagged
    following = run(2, 2_500_000, tagged)
    assert from_json(to_json(following)) == following
    assert following.images[0].platforms[0].history[0].release == "v1"


def test_a_png_has_twice_the_size_of_the_svg_and_shows_lines_and_text(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(to_json(THIRD))
    picture = tmp_path / "sizes.png"
    done = ci_slim("history", str(report), "--output", str(picture))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wide, high, pixels = decoded(picture.read_bytes())
    assert (wide, high) == (1440, 2 * height(series([THIRD])))
    colours = {bytes(pixels[at : at + 3]) for at in range(0, len(pixels), 4)}
    assert {b"\x09\x69\xda", b"\xd1\x24\x2f", b"\xff\xff\xff"} <= colours
    # The title, in the first 40 rows, is nothing but text.
    assert any(pixels[at] < 200 for at in range(0, 40 * wide * 4, 4))


def test_without_the_extra_a_png_is_refused_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError) as refused:
        to_png("<svg/>")
    assert refused.value.message == (
        "a PNG needs the Python package resvg_py, which is not installed"
    )
    assert "pip install 'ci-slim[png]'" in refused.value.hint


@pytest.mark.parametrize(
    ("flags", "start"),
    [
        (("--output", "a.md"), "There are too few"),
        (("--output", "a.svg"), "<svg "),
        (("--output", "a.any", "--format=text"), "listener linux"),
    ],
)
def test_the_name_of_the_file_says_the_form(
    flags: tuple[str, ...], start: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    report.write_text(to_json(SECOND))
    file = tmp_path / flags[1]
    assert ci_slim("history", str(report), "--output", str(file), *flags[2:]).returncode == 0
    assert file.read_text().startswith(start)


def test_a_name_that_says_no_form_is_refused(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(to_json(SECOND))
    done = ci_slim("history", str(report), "--output", str(tmp_path / "sizes"))
    assert done.returncode == 2
    assert "the name of this file does not say what to write" in done.stderr


def decoded(png: bytes) -> tuple[int, int, bytearray]:
    """Width, height and RGBA of a PNG without interlacing (PNG specification, 9.2)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (8, 6)
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, line, found = zlib.decompress(data), 4 * wide, bytearray()
    above = bytearray(line)
    for row in range(high):
        start = row * (line + 1)
        kind, now = raw[start], bytearray(raw[start + 1 : start + 1 + line])
        for n in range(line):
            a, b = (now[n - 4] if n > 3 else 0), above[n]
            c = above[n - 4] if n > 3 else 0
            near = min((a, b, c), key=lambda each: abs(a + b - c - each))
            now[n] = (now[n] + (0, a, b, (a + b) // 2, near)[kind]) & 0xFF
        found += now
        above = now
    return wide, high, found


def test_the_command_reads_reports_and_folders(tmp_path: Path) -> None:
    for name, report in (("a", FIRST), ("b", SECOND)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(to_json(report))
    done = ci_slim("history", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search("2 MB.*\n.*2.5 MB", done.stdout)
    assert ci_slim("history", str(tmp_path), "--format=svg").stdout.startswith("<svg ")
    (tmp_path / "empty").mkdir()
    none = ci_slim("history", str(tmp_path / "empty"))
    assert none.returncode == 2
    assert "there is no report.json in this folder" in none.stderr


def ci_slim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ci_slim", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
