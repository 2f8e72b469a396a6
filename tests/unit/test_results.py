"""Each table of docs/results.md has the rows that `make results` measures, and says when and on
what."""

import re

import pytest

from bench import corpus, pulseaudio
from bench.results import TABLES
from bench.table import RESULTS, rows_of, section, written

DOCUMENT = RESULTS.read_text("utf-8")
MEASURED = [name for name in TABLES if section(DOCUMENT, name) != "Not measured yet.\n"]


@pytest.mark.parametrize("name", MEASURED)
def test_a_table_has_the_columns_that_are_measured(name: str) -> None:
    lines = [line for line in section(DOCUMENT, name).splitlines() if line.startswith("|")]
    assert lines[0] == f"| {' | '.join(TABLES[name].HEAD)} |"
    assert {len(row) for row in rows_of(DOCUMENT, name)} == {len(TABLES[name].HEAD)}


@pytest.mark.parametrize("name", sorted(set(MEASURED) - {"corpus", "pulseaudio"}))
def test_a_table_has_a_row_for_all_that_is_measured(name: str) -> None:
    assert tuple(row[0] for row in rows_of(DOCUMENT, name)) == TABLES[name].KEYS


def test_a_platform_of_pulseaudio_has_all_its_steps() -> None:
    rows = [row[:2] for row in rows_of(DOCUMENT, "pulseaudio")]
    there = [platform for platform in pulseaudio.PLATFORMS if (platform,) in {r[:1] for r in rows}]
    assert rows == [(platform, step) for platform in there for step in pulseaudio.STEPS]


def test_the_rows_of_the_corpus_are_the_files_that_can_be_built() -> None:
    names = [row[0] for row in rows_of(DOCUMENT, "corpus")]
    assert names == [*corpus.buildable()]


@pytest.mark.parametrize("name", MEASURED)
def test_a_table_says_when_and_on_what_it_was_measured(name: str) -> None:
    said = section(DOCUMENT, name).partition("|")[0]
    assert re.match(r"Measured on \d{1,2} [A-Z][a-z]+ 20\d\d on \S+", said)


@pytest.mark.parametrize("name", ["pulseaudio", "listener"])
def test_the_article_is_cited_as_the_program_knows_it(name: str) -> None:
    cited = [row[-1] for row in rows_of(DOCUMENT, name)]
    figures = [*TABLES[name].STEPS.values()]
    assert cited == figures * (len(cited) // len(figures))


def test_writing_a_table_changes_nothing_else() -> None:
    changed = written(DOCUMENT, "packing", "new\n")
    assert section(changed, "packing") == "new\n"
    assert written(changed, "packing", section(DOCUMENT, "packing")) == DOCUMENT
