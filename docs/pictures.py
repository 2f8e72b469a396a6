"""`make pictures`: what reviewers see of a pull request, as pictures in docs/ and gitlab/.

Of the report that `make change` made, of a change that breaks the limit of one platform: the
comment and the job's summary on GitHub, the note and the widgets on GitLab. The Markdown is
rendered with GitHub's rules (markdown-it's commonmark and tables) in the forges' own measures and
colours, and photographed by Chromium. The digest of the texts that a picture shows is written into
it, so that a test can tell whether it still shows what docs/demo/report.json renders to.
"""

import hashlib
import html
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Xml
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from ci_slim.action import results
from ci_slim.report import render
from ci_slim.report.codequality import to_codequality
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.report.json import from_json

HERE = Path(__file__).parent
CHANGE = HERE.parent / "build" / "change"
KEPT = HERE / "demo"
GITLAB_PROJECT = HERE.parent / "gitlab"
KEY = b"ci-slim shows sha256"

GITHUB = """
body { margin: 0; padding: 24px; background: #fff; width: 880px;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif,
    "Noto Color Emoji"; color: #1f2328 }
.box { border: 1px solid #d1d9e0; border-radius: 6px; margin-bottom: 16px }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e;
  border-radius: 6px 6px 0 0 }
.head b { color: #1f2328 }
.body { padding: 16px }
.row { padding: 10px 16px; border-top: 1px solid #d1d9e0 }
.row:first-of-type { border-top: 0 }
.row b { display: block }
.row small { color: #59636e; font-size: 12px; white-space: pre-wrap }
.error::before, .warning::before { float: left; margin-right: 10px; font-weight: bold }
.error::before { content: "⊗"; color: #d1242f }
.warning::before { content: "⚠"; color: #9a6700 }
h3 { font-size: 1.25em; margin: 0 0 16px }
table { border-collapse: collapse; margin-bottom: 16px }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left }
tr:nth-child(2n) { background: #f6f8fa }
code { font: 85% ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f;
  padding: .2em .4em; border-radius: 6px }
sub { color: #59636e }
details { margin: 8px 0 }
"""
GITLAB = (
    GITHUB
    + """
body { color: #28272d; font-family: "GitLab Sans", "Noto Sans", "DejaVu Sans", sans-serif,
  "Noto Color Emoji" }
.box, .head, th, td, .row { border-color: #dcdcde }
.head { background: #fff; border-bottom: 0; color: #626168 }
.body { padding-top: 4px }
tr:nth-child(2n) { background: #fff }
th { background: #fbfafd; border-bottom-width: 2px }
.body.list { padding: 0 }
.badge { border-radius: 10px; padding: 0 8px; font-size: 12px; margin-right: 8px;
  background: #ececef }
.critical { background: #fdd4cd; color: #8d1300 }
.minor { background: #f5d9a8; color: #703800 }
"""
)

Texts = Mapping[str, str]


def texts() -> dict[str, dict[str, str]]:
    """Picture → the texts that it shows, by name, rendered now from docs/demo/report.json."""
    report = from_json((KEPT / "report.json").read_bytes(), "docs/demo/report.json")
    text = (KEPT / "Dockerfile").read_text(encoding="utf-8")
    dockerfiles = {"listener": Dockerfile("Dockerfile", text)}
    notes = results.annotations(report, dockerfiles)
    markdown = render(report, "markdown")
    return {
        "comment": {"markdown": markdown},
        "summary": {
            "markdown": markdown,
            "annotations": json.dumps(
                [[n.level, n.title, n.message, n.file, n.line] for n in notes]
            ),
        },
        "note": {"markdown": markdown},
        "widgets": {
            "codequality": to_codequality(report, dockerfiles),
            "metrics": render(report, "metrics"),
            "junit": render(report, "junit"),
        },
    }


def digest(shown: Texts) -> str:
    """One digest of all texts of a picture."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


# -- pages ----------------------------------------------------------------------------------------


def comment(shown: Texts) -> str:
    """The comment on a pull request."""
    head = "<b>github-actions</b> commented"
    return _page(GITHUB, _box(head, _markdown(shown["markdown"])))


def summary(shown: Texts) -> str:
    """A workflow run: its annotations above its summary."""
    rows = "".join(
        f"<div class='row {level}'><b>{html.escape(title)}</b>"
        f"<small>{html.escape(message)}\n{html.escape(file)}#L{line}</small></div>"
        for level, title, message, file, line in json.loads(shown["annotations"])
    )
    listed = f"<div class=box><div class=head><b>Annotations</b></div>{rows}</div>"
    return _page(GITHUB, listed + _box("<b>image</b> summary", _markdown(shown["markdown"])))


def note(shown: Texts) -> str:
    """The note on a merge request, with what grew unfolded."""
    head = "<b>ci-slim</b> @project_42_bot · <span class=badge>Developer</span>"
    body = _markdown(shown["markdown"]).replace("<details>", "<details open>", 1)
    return _page(GITLAB, _box(head, body))


def widgets(shown: Texts) -> str:
    """The three widgets of a merge request, of the files that the job hands to them."""
    remarks = json.loads(shown["codequality"])
    quality = "".join(
        f"<div class=row><span class='badge {r['severity']}'>{r['severity'].title()}</span>"
        f"{html.escape(r['description'])}<small> in {html.escape(r['location']['path'])}:"
        f"{r['location']['lines']['begin']}</small></div>"
        for r in remarks
    )
    cases = list(Xml.fromstring(shown["junit"]).iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None]
    tests = "".join(
        "<div class=row><span class='badge critical'>Failed</span>"
        f"{html.escape(case.get('name') or '')}"
        f"<small> in {html.escape(case.get('classname') or '')}</small></div>"
        for case in failed
    )
    found = re.findall(r"^(\w+)\{(.*)\} (\S+)$", shown["metrics"], re.MULTILINE)
    pulls = [(name, labels, value) for name, labels, value in found if "_pull_" in name]
    metrics = "".join(
        f"<div class=row><code>{name}</code> <small>{html.escape(labels)}</small> {value}</div>"
        for name, labels, value in pulls
    )
    return _page(
        GITLAB,
        _box(f"<b>Code Quality scans found {len(remarks)} new findings</b>", quality, "list")
        + _box(
            f"<b>Test summary: {len(failed)} failed, {len(cases)} total tests</b>", tests, "list"
        )
        + _box(f"<b>Metrics reports: {len(pulls)} of {len(found)} metrics</b>", metrics, "list"),
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """Where it lies, what draws its page, and how much of that is shown."""

    path: Path
    page: Callable[[Texts], str]
    height: int


PICTURES: Mapping[str, Picture] = {
    "comment": Picture(HERE / "comment.png", comment, 520),
    "summary": Picture(HERE / "summary.png", summary, 560),
    # What is below gitlab/ is published as a project of its own.
    "note": Picture(GITLAB_PROJECT / "note.png", note, 680),
    "widgets": Picture(GITLAB_PROJECT / "widgets.png", widgets, 450),
}


def _markdown(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def _box(head: str, body: str, kind: str = "") -> str:
    return f"<div class=box><div class=head>{head}</div><div class='body {kind}'>{body}</div></div>"


def _page(style: str, body: str) -> str:
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}"


# -- pictures -------------------------------------------------------------------------------------


def photograph(page: str, picture: Path, height: int) -> None:
    """A screenshot of the page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("chromium is not on this machine: apt-get install chromium fonts-noto-color-emoji")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *(f"--user-data-dir={folder}/profile", "--force-device-scale-factor=1.5"),
                *(f"--window-size=940,{height}", f"--screenshot={picture}", source.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


def sign(picture: Path, what: str) -> None:
    """Write the digest into the PNG as a tEXt chunk (PNG specification, 11.3.4.3)."""
    data = picture.read_bytes()
    body = b"tEXt" + KEY + b"\0" + what.encode("ascii")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end = data.rindex(b"IEND") - 4
    picture.write_bytes(data[:end] + chunk + data[end:])


def main() -> None:
    if (CHANGE / "change/report.json").exists():
        KEPT.mkdir(exist_ok=True)
        for name in ("change/report.json", "change/comment.md", "change-source/Dockerfile"):
            shutil.copyfile(CHANGE / name, KEPT / Path(name).name)
    for name, shown in texts().items():
        picture = PICTURES[name]
        photograph(picture.page(shown), picture.path, picture.height)
        sign(picture.path, digest(shown))


if __name__ == "__main__":
    main()
