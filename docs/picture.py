"""`make picture`: the comment of the last demo as GitHub shows it, as docs/comment.png.

The Markdown is rendered with GitHub's rules (markdown-it's commonmark and tables) in GitHub's own
measures and colours, and photographed by Chromium. The digest of the Markdown is written into the
picture, so that a test can tell whether it is still the picture of docs/demo/comment.md.
"""

import hashlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from markdown_it import MarkdownIt

HERE = Path(__file__).parent
DEMO = HERE.parent / "build" / "demo"
KEPT = HERE / "demo"
PICTURE = HERE / "comment.png"
KEY = b"comment.md sha256"

STYLE = """
body { margin: 0; padding: 24px; background: #fff; width: 880px;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif,
    "Noto Color Emoji"; color: #1f2328 }
.comment { border: 1px solid #d1d9e0; border-radius: 6px }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e;
  border-radius: 6px 6px 0 0 }
.head b { color: #1f2328 }
.body { padding: 16px }
h3 { font-size: 1.25em; margin: 0 0 16px }
table { border-collapse: collapse; margin-bottom: 16px }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left }
tr:nth-child(2n) { background: #f6f8fa }
code { font: 85% ui-monospace, "DejaVu Sans Mono", monospace; background: #818b981f;
  padding: .2em .4em; border-radius: 6px }
sub { color: #59636e }
details { margin: 8px 0 }
"""


def page(markdown: str) -> str:
    """The comment as a page of its own."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return (
        f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>"
        "<div class=comment><div class=head><b>github-actions</b> commented</div>"
        f"<div class=body>{body}</div></div>"
    )


def photograph(html: str, picture: Path) -> None:
    """A screenshot of the page, cut to its height."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("chromium is not on this machine: apt-get install chromium fonts-noto-color-emoji")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "comment.html"
        source.write_text(html, encoding="utf-8")
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *(f"--user-data-dir={folder}/profile", "--force-device-scale-factor=1.5"),
                *("--window-size=940,530", f"--screenshot={picture}", source.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


def sign(picture: Path, digest: str) -> None:
    """Write the digest into the PNG as a tEXt chunk (PNG specification, 11.3.4.3)."""
    data = picture.read_bytes()
    body = b"tEXt" + KEY + b"\0" + digest.encode("ascii")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end = data.rindex(b"IEND") - 4
    picture.write_bytes(data[:end] + chunk + data[end:])


def main() -> None:
    KEPT.mkdir(exist_ok=True)
    for name in ("report.json", "comment.md"):
        shutil.copyfile(DEMO / name, KEPT / name)
    markdown = (KEPT / "comment.md").read_text(encoding="utf-8")
    photograph(page(markdown), PICTURE)
    sign(PICTURE, hashlib.sha256(markdown.encode("utf-8")).hexdigest())


if __name__ == "__main__":
    main()
