"""The documents as a site: `make site` builds it without a network, and each of its links leads
somewhere."""

import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
PAGES = ("index.html", "docs/settings/index.html", "docs/results/index.html",
         "docs/peers/index.html", "gitlab/index.html")  # fmt: skip


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs/site.py"))


@pytest.fixture(scope="module")
def site(tool: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    tool["stage"](folder / "source")
    tool["build"](folder / "source", folder / "site")
    return folder / "site"


def test_every_link_leads_somewhere_and_no_page_loads_anything_from_elsewhere(
    site: Path, tool: dict[str, Any]
) -> None:
    assert len(list(site.rglob("*.html"))) > 40
    assert list(tool["faults"](site)) == []


def test_every_document_is_in_the_navigation() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert {name for name in documents if f": {name}\n" not in listed} == set()


def test_a_bar_in_the_code_of_a_table_is_shown_as_a_bar(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "<code>ci-slim harden REPORT&#124;IMAGE</code>" in page


@pytest.mark.parametrize(
    "link", ["docs/nowhere.md", "docs/quick-start.md#no-such-heading", "docs/nowhere.png"]
)
def test_a_link_that_leads_nowhere_fails_the_build(
    link: str, tool: dict[str, Any], tmp_path: Path
) -> None:
    tool["stage"](tmp_path / "source")
    readme = tmp_path / "source/README.md"
    readme.write_text(f"{readme.read_text(encoding='utf-8')}\n[x]({link})\n", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        tool["build"](tmp_path / "source", tmp_path / "site")


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        ('<a href="b.html#x">', "links b.html#x, which has no such heading"),
        ('<a href="c.html">', "links c.html, which is not there"),
        ('<a href="#here">', "links #here, which has no such heading"),
        ('<img src="c.png">', "links c.png, which is not there"),
        ('<script src="https://cdn.example/a.js">', "loads https://cdn.example/a.js"),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', "loads //fonts.example/a.css"),
        ('<a href="https://example.com">', ""),
        ('<a href="b.html#there">', ""),
    ],
)
def test_the_check_finds_each_fault(
    element: str, fault: str, tool: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text(element)
    (tmp_path / "b.html").write_text('<h2 id="there">')
    assert list(tool["faults"](tmp_path)) == ([f"a.html {fault}"] if fault else [])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_not_wider_than_the_screen(
    page: str, width: int, site: Path, browser: Browser
) -> None:
    shown = browser.new_page(viewport={"width": width, "height": 844})
    faults: list[object] = []
    shown.on("pageerror", lambda error: faults.append(error))
    shown.goto((site / page).as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []
    shown.close()
