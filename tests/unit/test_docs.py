"""What the documents say is what the program does."""

import re
from pathlib import Path

import click
import pytest

from ci_slim import errors, settings
from ci_slim.commands import click_commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", "gitlab/*.md")
    for path in ROOT.glob(pattern)
)
CODES = {
    1: "a budget is broken",
    errors.UsageError.exit_code: "wrong usage or bad input",
    errors.CiSlimError.exit_code: "a bug of ci-slim",
    errors.EngineError.exit_code: "docker or buildx failed",
    errors.ProbeFailed.exit_code: "a probe failed on the fat image",
    errors.NotVerified.exit_code: "the slim image could not be verified",
    errors.Interrupted.exit_code: "interrupted; everything it started is removed",
}


def commands() -> dict[str, click.Command]:
    return dict(click_commands.commands.commands)


def test_every_command_is_in_the_readme_and_no_other() -> None:
    told = set(re.findall(r"^\| `ci-slim (\w+)", README, re.MULTILINE))
    assert told == set(commands())


@pytest.mark.parametrize(("code", "words"), CODES.items())
def test_every_exit_code_is_in_the_readme(code: int, words: str) -> None:
    assert f"| {code} | {words} |" in README


def test_the_settings_of_the_readme_are_sound() -> None:
    (text,) = re.findall(r"^```yaml\n(version: 1\n.*?)^```", README, re.MULTILINE | re.DOTALL)
    read = settings.parse(text, "README.md", {})
    (image,) = read.images
    assert [str(platform) for platform in image.platforms] == [
        "linux/arm/v6",
        "linux/arm64",
        "linux/amd64",
    ]
    assert len(image.probes) == 2


COMMANDS = re.sub(r"(?s)```yaml.*?```|(?m:^docker .*$)", "", README)
FLAGS = sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", COMMANDS)))


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_of_the_readme_exists(flag: str) -> None:
    known = {
        option
        for command in commands().values()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert flag in known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    broken = [link for link in local if not (document.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("target", ["make demo", "make test"])
def test_the_two_commands_are_told_and_are_targets(target: str) -> None:
    assert target in README
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target.split()[1]}:", makefile, re.MULTILINE)


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "room",
    sorted(
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "ci_slim").iterdir()
        if path.is_dir() or path.suffix == ".py"
        if path.name not in ("__init__.py", "__pycache__")
    ),
)
def test_every_room_is_in_the_architecture(room: str) -> None:
    assert f"`{room}`" in ARCHITECTURE


def test_every_room_of_the_architecture_is_there() -> None:
    rooms = ARCHITECTURE.partition("## The rooms")[2].partition("## ")[0]
    first = re.findall(r"^\| (.*?) \|", rooms, re.MULTILINE)
    told = {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}
    assert told
    assert {name for name in told if not (ROOT / "ci_slim" / name).exists()} == set()


def test_the_settings_in_the_page_on_the_gate_protect() -> None:
    page = (ROOT / "docs/gate.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(version: 1\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    read = settings.parse(text, "docs/gate.md", {})
    assert (read.protect, read.approval.label, read.fail_on) == (
        True,
        "size-approved",
        ("budget",),
    )


def test_the_steps_of_a_run_name_code_that_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    steps = text.partition("## What a run does")[2].partition("## The rooms")[0]
    named = re.findall(r"^\| [a-z]+ \| `([^`]+)` \|", steps, re.MULTILINE)
    assert len(named) == 12
    assert [name for name in named if not (ROOT / "ci_slim" / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_has_a_chart_that_the_site_cannot_draw(path: Path) -> None:
    if path.name != "comment.md":  # what a forge shows, and forges draw it
        assert "```mermaid" not in path.read_text(encoding="utf-8")
