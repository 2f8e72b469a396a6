"""Sizes over time, as text, chart and picture."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

from reports import ARMV6, of, replaced, sample

from ci_slim.judge.baseline import HISTORY_MAX, compared, previous_of
from ci_slim.report.history import Series, chart, series, to_markdown, to_svg, to_text
from ci_slim.report.json import to_json
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
