"""report.html in a real browser: it loads, finds, zooms, explains; hostile names do
nothing, nothing is fetched, axe-core finds no serious fault."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, sync_playwright
from reports import digest, of, replaced, sample
from small_image import SmallImage

from ci_slim.image.inventory import Growth, SizeChange
from ci_slim.image.sizes import ImageSizes
from ci_slim.report.page.files import file_table
from ci_slim.report.page.render import to_html
from ci_slim.result import Baseline, Kept, PlatformReport, Point, ProbeReport, ProbeRun, Problem

HOSTILE = '/opt/</script><script>document.title="pwned"</script>'
IMAGE_TAG = '/usr/<img src=x onerror=document.title="pwned">'
APP = "/usr/bin/app"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-default-browser-check",
]
SIZES = [(1280, 900, "light"), (1280, 900, "dark"), (390, 844, "light"), (390, 844, "dark")]


def image(count: int) -> SmallImage:
    """Folders and files as in a real image: many small files and few large ones."""
    chance = random.Random(1)
    files: dict[str, bytes | str | None] = {
        f"/usr/lib/{chance.randint(1, 60)}/{chance.randint(1, 40)}/module_{n}.py": bytes(
            min(int(chance.paretovariate(0.9) * 60), 3_000_000)
        )
        for n in range(count)
    }
    files |= {HOSTILE: bytes(900_000), IMAGE_TAG: bytes(900_000), APP: bytes(2_000_000)}
    return SmallImage(files)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an image of 30,000 files."""
    whole = image(30_000)
    kept = dict.fromkeys(list(whole.files)[::9], ("python: of a module",))
    kept |= {APP: ("exec",), HOSTILE: ("stat",)}
    table = file_table(whole.index(), whole, kept)
    page = to_html(sample(), {("listener", "linux/arm/v6"): table.to_bytes()})
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


WORD = "word_without_a_break" * 8
LONG = f"/usr/lib/{WORD}/module.so"


def crowded(p: PlatformReport) -> PlatformReport:
    """The platform with long words wherever foreign text may be."""

    def layered(sizes: ImageSizes | None) -> ImageSizes | None:
        return sizes and replace(
            sizes, layers=tuple(replace(each, created_by=f"RUN {WORD}") for each in sizes.layers)
        )

    changes = tuple(SizeChange(f"{LONG}{n}", 1, 20_000_000 * n, 0) for n in (1, 2))
    days = range(1, 9)
    return replaced(
        p,
        fat=layered(p.fat),
        slim=layered(p.slim),
        baseline=Baseline("registry", f"registry.example/{WORD}:main", digest("9"), 2, 5,
                          grown=Growth(packages=changes, folders=changes, files=changes)),
        probes=(ProbeReport(f"GET /{WORD}", "http", ProbeRun(True, 200, 9), None),),
        kept=Kept(4, {f"named in {LONG}": 4}),
        healed=(LONG,),
        explained=(f"it is kept for {LONG}",),
        warnings=(f"a warning about {LONG}",),
        history=tuple(Point(f"2026-11-{d:02}T10:00:00Z", "", d * 10**6, 5, "v1") for d in days),
    )  # fmt: skip


@pytest.fixture(scope="module")
def crowded_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a long word in each place."""
    arm, arm64, amd64 = sample().images[0].platforms
    report = of(crowded(arm), crowded(arm64), replaced(amd64, reason=WORD), name=f"app-{WORD}"[:80])
    problem = Problem(f"no {LONG}", WORD, (f"| {WORD}",), f"see {LONG}")
    whole = image(300)
    table = file_table(whole.index(), whole, {APP: (f"named in {LONG}",)})
    lists = {(report.images[0].name, "linux/arm/v6"): table.to_bytes()}
    path = tmp_path_factory.mktemp("crowded") / "report.html"
    path.write_text(to_html(replace(report, problems=(problem,)), lists), encoding="utf-8")
    return path


@pytest.fixture
def page(chromium: Any, written: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, drawn; after the test, nothing went wrong and nothing else was asked for."""
    width, height, scheme = getattr(request, "param", SIZES[0])
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    wrong: list[str] = []
    asked: list[str] = []

    def route(each: Route) -> None:
        asked.append(each.request.url)
        each.continue_()

    context.route("**/*", route)
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(written.as_uri())
    opened.wait_for_selector("[data-ready]", timeout=120_000)
    yield opened
    assert (wrong, asked) == ([], [written.as_uri()])
    assert opened.title() == "ci-slim: listener"
    context.close()


def test_the_page_of_30000_files_is_smaller_than_2_mb(written: Path) -> None:
    assert written.stat().st_size < 2_000_000


def test_search_finds_a_file_and_a_click_says_why_it_is_kept(page: Page) -> None:
    page.get_by_label("Search").fill("bin/APP")
    assert page.locator(".list tbody tr").count() == 1
    page.locator(".list tbody button").click()
    why = page.locator(".why")
    assert why.locator("code").inner_text() == APP
    assert "kept: exec" in why.inner_text()


def test_a_file_that_went_has_its_line_for_the_settings(page: Page) -> None:
    page.get_by_label("Search").fill("<img")
    page.locator(".list tbody button").click()
    assert page.locator(".why pre").inner_text().startswith('keep:\n  - "/usr/<img src=x')


def test_a_folder_is_opened_by_mouse_and_by_keyboard_and_left_again(page: Page) -> None:
    whole = page.locator(".map svg").get_attribute("viewBox")
    folder = page.locator(".list tbody button", has_text="usr/")
    folder.focus()
    page.keyboard.press("Enter")
    assert page.locator(".path").inner_text() == "/usr"
    assert page.locator(".map svg").get_attribute("viewBox") != whole
    page.locator('.map svg rect[data-name="/usr/lib"]').dispatch_event("click")
    assert page.locator(".path").inner_text() == "/usr/lib"
    for _ in range(2):
        page.get_by_role("button", name="Up").click()
    assert page.locator(".map svg").get_attribute("viewBox") == whole


def test_no_title_of_the_map_covers_another_one(page: Page) -> None:
    shown = [text.bounding_box() for text in page.locator(".map svg text").all()]
    places = [place for place in shown if place is not None]
    assert len(places) > 10
    # The lines of a font are higher than its letters.
    covered = [
        (a, b)
        for a, b in itertools.combinations(places, 2)
        if abs(a["y"] - b["y"]) < 0.6 * a["height"]
        and max(a["x"], b["x"]) < min(a["x"] + a["width"], b["x"] + b["width"])
    ]
    assert covered == []


@pytest.mark.parametrize("group", ["layer", "package"])
def test_files_are_grouped_by_layer_and_package(page: Page, group: str) -> None:
    page.get_by_label("Group by").select_option(group)
    named = page.locator(".list tbody button").all_inner_texts()
    assert named == [{"layer": "layer 0/", "package": "no package/"}[group]]


def test_hostile_names_are_shown_as_they_are(page: Page) -> None:
    page.get_by_label("Search").fill("</script>")
    assert page.locator(".list tbody button").inner_text() == HOSTILE
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("page", SIZES, indirect=True, ids=lambda size: f"{size[0]}-{size[2]}")
def test_it_fits_the_screen_and_axe_finds_no_serious_fault(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # axe is run in the page by the test, around the policy that lets nothing else run there.
    found = Axe().run(page)
    serious = [
        (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"])
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_words_and_wide_tables_never_widen_the_page(
    chromium: Any, crowded_page: Path, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    opened = context.new_page()
    opened.goto(crowded_page.as_uri())
    opened.wait_for_selector("[data-ready]", timeout=120_000)
    opened.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    opened.get_by_label("Search").fill("bin/app")
    opened.locator(".list tbody button").click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = "[...document.querySelectorAll('.wide')].map(e => [e.clientWidth, e.scrollWidth])"
    widths = opened.evaluate(boxes)
    assert max(shown for shown, _ in widths) <= 390
    assert any(whole > shown for shown, whole in widths), "no table is wide enough for this test"
    numbers = (
        "[...document.querySelectorAll('td.number')].map(e => e.innerText.split('\\n').length)"
    )
    assert set(opened.evaluate(numbers)) == {1}
    found = Axe().run(opened)
    assert [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ] == []
    context.close()
