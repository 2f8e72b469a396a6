"""Advice as SARIF: places, levels, and fixes that make the same text as the change itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from ci_slim.advise.advice import Advice, Bytes, Tried
from ci_slim.advise.finding import Context, Edit, Finding
from ci_slim.advise.patch import SourceFile, Sources, patched
from ci_slim.advise.rules import RULES, findings
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import read_dockerfile
from ci_slim.platforms import Platform
from ci_slim.report.sarif import to_sarif

AMD64 = Platform("linux", "amd64")
CORPUS = Path(__file__).parents[2] / "corpus"
SMELLY = sorted(path for path in CORPUS.glob("*/*.Dockerfile") if "clean" not in path.name)
TEXT = "FROM a\r\n  RUN b\n"
SOURCES = Sources(
    SourceFile("app/Docker file", TEXT), SourceFile("app/.dockerignore", "x", exists=True)
)


def made(*tried: Tried, every: bool = True, folder: str = ".") -> dict[str, Any]:
    advice = Advice("app/Docker file", "a", tried, sources=SOURCES, folder=folder)
    (run,) = json.loads(to_sarif(advice, every=every))["runs"]
    return dict(run)


def of(finding: Finding, outcome: Any = "proven", why: str = "") -> Tried:
    diff = patched(SOURCES, [finding]).diff
    return Tried(finding, diff, outcome, {AMD64: Bytes(10**6, 2 * 10**6)}, why)


def test_a_proven_change_has_its_place_its_bytes_and_its_fix() -> None:
    run = made(of(Finding("pip-cache", 2, "[it](x) stays", (Edit(13, 15, "c\nd"),))))
    (result,) = run["results"]
    assert result["ruleId"] == "pip-cache"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "pip-cache"
    assert (result["level"], result["kind"]) == ("warning", "fail")
    # Brackets would be a link.
    assert result["message"]["text"] == (
        "\\[it\\](x) stays. linux/amd64: saves 1 MB to pull, 2 MB on disk"
    )
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/Docker%20file", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 8}
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 8},
            "insertedContent": {"text": "c\nd"},
        }
    ]
    saved = result["properties"]["platforms"]
    assert saved == {"linux/amd64": {"pull_bytes": 1_000_000, "disk_bytes": 2_000_000}}
    assert result["properties"]["diff"].startswith("--- a/app/Docker file\n")


def test_the_level_says_what_was_proven() -> None:
    outcomes = ("proven", "estimated", "too-small", "failed-probe", "failed-to-build")
    tried = [of(Finding("told", 1, "a"), each, "why not") for each in outcomes]
    levels = {
        each["properties"]["outcome"]: (each["level"], each["kind"])
        for each in made(*tried)["results"]
    }
    informational = ("none", "informational")
    assert levels == {
        "proven": ("warning", "fail"),
        "estimated": ("note", "fail"),
        "too-small": informational,
        "failed-probe": informational,
        "failed-to-build": informational,
    }
    assert len(made(*tried, every=False)["results"]) == 2
    text = made(of(Finding("told", 1, "a"), "estimated", "why not"))["results"][0]["message"]
    assert text["text"] == "a. linux/amd64: saves ≈1 MB to pull, ≈2 MB on disk. why not"


def test_paths_begin_at_the_working_folder() -> None:
    run = made(of(Finding("build-context", 1, "a", ignores=(".git",))), folder="sub/one")
    assert run["automationDetails"]["id"] == "ci-slim-advise/sub/one/app/Docker%20file/"
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "sub/one/app/.dockerignore"
    (replaced,) = change["replacements"]
    assert replaced["insertedContent"] == {"text": "\n.git\n"}
    assert replaced["deletedRegion"] == {
        "startLine": 1, "startColumn": 2, "endLine": 1, "endColumn": 2,
    }  # fmt: skip


def test_a_finding_moves_with_its_line_and_a_line_that_is_not_there_is_no_error() -> None:
    one = made(of(Finding("a", 2, "x")))["results"][0]
    assert (
        one["partialFingerprints"]
        == made(of(Finding("a", 2, "y")))["results"][0]["partialFingerprints"]
    )
    (beyond,) = made(of(Finding("unknown-rule", 99, "x")))["results"]
    assert beyond["locations"][0]["physicalLocation"]["region"] == {"startLine": 99}
    assert "ruleIndex" not in beyond and "fixes" not in beyond


def test_every_rule_is_described() -> None:
    rules = made()["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == [*RULES]
    assert all(each["shortDescription"]["text"].endswith(".") for each in rules)


@pytest.mark.parametrize("path", SMELLY, ids=lambda path: str(path.relative_to(CORPUS)))
def test_a_fix_makes_what_the_change_makes(path: Path) -> None:
    text = path.read_text()
    sources = Sources(SourceFile("Dockerfile", text), SourceFile(".dockerignore", "", exists=False))
    subject = Subject(read_dockerfile(text), context=Context({".git/a": 10**6}))
    found = findings(subject)
    tried = tuple(Tried(each, patched(sources, [each]).diff, "proven") for each in found)
    advice = Advice("Dockerfile", "a", tried, sources=sources)
    (run,) = json.loads(to_sarif(advice))["runs"]
    assert len(run["results"]) == len(found) > 0
    for each, result in zip(advice.shown(every=False), run["results"], strict=True):
        texts = {"Dockerfile": text, ".dockerignore": ""}
        for fix in result.get("fixes", ()):
            for change in fix["artifactChanges"]:
                uri = change["artifactLocation"]["uri"]
                texts[uri] = fixed(texts[uri], change["replacements"])
        wanted = {"Dockerfile": text, ".dockerignore": ""}
        assert texts == wanted | dict(patched(sources, [each.finding]).texts)


def fixed(text: str, replacements: list[dict[str, Any]]) -> str:
    """A text after the replacements, as an editor applies them."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for each in reversed(replacements):
        region = each["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text
