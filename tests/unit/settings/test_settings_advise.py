"""`advise:` adds base images that are tried, and switches others off."""

import re
from pathlib import Path

import pytest

from ci_slim.errors import UsageError
from ci_slim.settings import AdviseSettings, parse

IMAGES = "version: 1\nimages:\n  a:\n    image: a\n"


def read(advise: str) -> AdviseSettings:
    return parse(f"{IMAGES}advise: {advise}\n", "f.yml", {}).advise


def test_bases_and_what_is_switched_off() -> None:
    assert read("{}") == AdviseSettings()
    text = "{bases: {'team/*:1': ['b:{tag}', c], d: [e]}, without_bases: ['*-alpine']}"
    assert read(text) == AdviseSettings({"team/*:1": ("b:{tag}", "c"), "d": ("e",)}, ("*-alpine",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bases: [a]}", "f.yml:5:17: `bases` must be a mapping, not a list"),
        ("{bases: {a: b}}", "f.yml:5:21: `bases` must be a list, not a text"),
        ("{bases: {a: ['--b']}}", "f.yml:5:22: `--b` is not a name for an image"),
        ("{bases: {'a b': [c]}}", "f.yml:5:18: `a b` is not a pattern for images"),
        ("{base: {a: [b]}}", "f.yml:5:10: unknown key `base` in `advise`"),
        ("{without_bases: a}", "f.yml:5:25: `without_bases` must be a list, not a text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(text)
    assert str(raised.value).startswith(message)


def test_the_example_of_the_documents_is_read() -> None:
    page = (Path(__file__).parents[3] / "docs/advice.md").read_text()
    (example,) = re.findall(r"```yaml\n(advise:\n.*?)```", page, re.DOTALL)
    found = parse(IMAGES + example, "f.yml", {}).advise
    assert found.without_bases == ("*-alpine",)
    assert found.bases["registry.example/team/full:*"][0] == "registry.example/team/small:{tag}"
