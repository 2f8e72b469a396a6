"""The generated pages are what the code says; `make reference` writes them."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from ci_slim import settings
from ci_slim.settings.declared import file_tree

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs/reference.py"))


@pytest.mark.parametrize("name", ["settings", "messages"])
def test_a_generated_page_is_fresh(name: str, reference: dict[str, Any]) -> None:
    page = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert page == reference[f"{name}_page"](), "run `make reference`"


def test_every_section_of_the_settings_is_on_their_page() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for key in file_tree().keys:
        assert f"`{key}`" in page or f"`{key}." in page, key


def test_messages_have_the_errors_of_every_kind(reference: dict[str, Any]) -> None:
    found = reference["messages"]()
    assert {each.code for each in found} == {2, 4, 5, 6}
    texts = {each.text for each in found}
    assert "the version of the settings file is missing" in texts
    assert any("no Docker daemon answers" in text for text in texts)


def test_the_settings_of_the_quick_start_are_sound() -> None:
    page = (ROOT / "docs/quick-start.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(version: 1\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    (image,) = settings.parse(text, "quick-start.md", {}).images
    assert len(image.probes) == 2


def test_flags_that_dockerslim_s_users_are_told_exist() -> None:
    from ci_slim.options import OPTIONS

    page = (ROOT / "docs/from-dockerslim.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("| `")]
    told = {flag for cell in rows for flag in re.findall(r"--[a-z][a-z-]+", cell)}
    known = {part for each in OPTIONS if each.flag for part in each.flag.split("/")}
    assert told <= known
