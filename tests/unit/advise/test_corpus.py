"""The Dockerfiles of tests/corpus: each planted smell is found, and nothing else."""

import re
from pathlib import Path

import pytest

from ci_slim.advise.rules import RULES, findings
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import read_dockerfile

CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(CORPUS.glob("*/*.Dockerfile"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_each_planted_smell_is_found_and_nothing_else(path: Path) -> None:
    text = path.read_text()
    planted = re.search(r"^# smells: (.+)$", text, re.MULTILINE)
    assert planted
    found = {each.rule for each in findings(Subject(read_dockerfile(text)))}
    assert found == set(planted[1].split()) - {"none"}


def test_half_of_at_least_sixty_are_clean() -> None:
    clean = [path for path in FILES if "# smells: none\n" in path.read_text()]
    assert len(FILES) >= 60
    assert 0.4 < len(clean) / len(FILES) < 0.6
    assert all(path.name.startswith("clean") for path in clean)


def test_every_rule_that_reads_the_text_alone_has_a_planted_smell() -> None:
    marks = [re.search(r"^# smells: (.+)$", path.read_text(), re.MULTILINE) for path in FILES]
    planted = {rule for mark in marks if mark for rule in mark[1].split()}
    # These look at the build context or at the built image.
    others = {"build-context", "duplicate-files", "overwritten-files", "pip-leftovers"}
    assert planted - {"none"} == set(RULES) - others
