"""Photographs the map of an image in report.html, for the gallery of the examples."""

from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 900


def photograph(page: Path, picture: Path) -> None:
    """Write the first map of a report.html as a PNG, with its legend and its list of folders."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        shown.goto(page.as_uri())
        shown.wait_for_selector("[data-ready]")
        shown.locator("[data-map]").first.screenshot(path=picture)
        browser.close()
