"""Photographs `ci-slim explore` of a report, for docs/explore.md."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.maps import CHROMIUM
from bench.table import ROOT
from ci_slim.cleanup import Cleanup
from ci_slim.commands.edge import Edge
from ci_slim.commands.explore import load
from ci_slim.explore.app import Explorer
from ci_slim.requests import Asked, ExploreRequest

PICTURE = ROOT / "docs/explore.png"
SIZE = (90, 26)
KEYS = ("enter", "down", "enter", "down", "enter", "down", "down")
_REMOTE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
"""textual names fonts of a CDN."""


def photograph(report: Path, picture: Path = PICTURE) -> None:
    """Write a PNG of the explorer, after some keys."""
    request = ExploreRequest(
        asked=Asked(), target=str(report), slim=None, platform=None, unpack_limit=None
    )
    drawn = asyncio.run(_drawn(Explorer(load(request, Edge({}, held=Cleanup())))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder, "explore.svg")
        page.write_text(_REMOTE.sub("", drawn), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        wide, high = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)[0])
        shown = browser.new_page(viewport={"width": round(wide), "height": round(high)})
        shown.goto(page.as_uri())
        shown.screenshot(path=picture)
        browser.close()


async def _drawn(app: Explorer) -> str:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press(*KEYS)
        await pilot.pause()
        return app.export_screenshot(title="ci-slim explore build/report.json")


if __name__ == "__main__":
    photograph(Path(sys.argv[1]))
