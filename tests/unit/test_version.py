"""One version: whatever names a release of ci-slim names one that will exist."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ci_slim import __version__

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for pattern in (
        "*.md", "action.yml", "docs/**/*.md", "docs/**/*.yml", "examples/**/*.md",
        "examples/**/*.yml", "gitlab/**/*.md", "gitlab/**/*.yml", ".github/workflows/*.yml",
    )
    for path in ROOT.glob(pattern)
)  # fmt: skip
MAJOR, MINOR, _ = __version__.split(".")
ACTION = {f"v{MAJOR}", f"v{__version__}"}
COMPONENT = {MAJOR, f"{MAJOR}.{MINOR}", __version__}
IMAGE = {__version__}
REFERENCES = {
    "the action": (
        r"(?<![\w/])ci-slim/ci-slim(?:/\.github/workflows/[\w-]+\.yml)?@([\w.-]+)", ACTION,
    ),
    "the component": (r"ci-slim/ci-slim/(?:ci-slim|note)@([\w.~-]+)", COMPONENT),
    "the image": (r"ghcr\.io/ci-slim/ci-slim:([\w.-]+)", IMAGE),
}  # fmt: skip
"""What a release makes: tags of the repository, versions of the catalogue (which resolves `1` to
the newest 1.x.y), tags of the image."""


@pytest.mark.parametrize("kind", REFERENCES)
def test_every_documented_reference_is_one_that_the_release_makes(kind: str) -> None:
    pattern, made = REFERENCES[kind]
    named = {
        f"{path.relative_to(ROOT)}: {found}"
        for path in TEXTS
        for found in re.findall(pattern, path.read_text(encoding="utf-8"))
    }
    assert named, "nothing names it"
    assert {name for name in named if name.rpartition(" ")[2] not in made} == set()


def test_the_version_is_written_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert project["version"] == __version__
    assert re.findall(r"^ARG VERSION=(.*)$", dockerfile, re.MULTILINE) == [__version__]


def test_the_image_has_every_dependency_locked_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE))
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    for text in project["dependencies"]:
        wanted = Requirement(text)
        version = locked.get(canonicalize_name(wanted.name), "none")
        assert wanted.specifier.contains(version), f"{text}: {version} is locked; run make lock"
