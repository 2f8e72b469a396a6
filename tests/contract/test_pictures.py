"""The pictures in the documents show what ci-slim renders today: `make demo pictures`."""

import runpy
from pathlib import Path

import pytest

from ci_slim.report import render
from ci_slim.report.json import from_json

ROOT = Path(__file__).parents[2]


def test_the_comment_in_the_docs_is_what_the_report_of_the_demo_renders_to() -> None:
    report = from_json((ROOT / "docs/demo/report.json").read_bytes(), "docs/demo/report.json")
    shown = (ROOT / "docs/demo/comment.md").read_text(encoding="utf-8")
    assert render(report, "markdown") == shown
    assert report.outcome == "over-budget"


@pytest.mark.parametrize("name", ["comment", "summary", "note", "widgets"])
def test_a_picture_shows_what_the_report_of_the_demo_renders_to_now(name: str) -> None:
    # `make demo pictures` draws them anew.
    pictures = runpy.run_path(str(ROOT / "docs/pictures.py"))
    digest = pictures["digest"](pictures["texts"]()[name])
    assert set(pictures["PICTURES"]) == set(pictures["texts"]())
    path = pictures["PICTURES"][name].path
    assert pictures["KEY"] + b"\0" + digest.encode() in path.read_bytes()
    shown = (ROOT / "gitlab/README.md", ROOT / "README.md", ROOT / "docs/github.md")
    assert any(f"{path.name})" in each.read_text(encoding="utf-8") for each in shown)
