import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.action.workflow_commands import (
    ANNOTATIONS_MAX,
    SUMMARY_MAX,
    Annotation,
    annotations,
    command,
    escape_data,
    escape_property,
    foreign_output,
    mask,
    output,
    summary,
)

DELIMITER = "ci_slim_0123456789abcdef"


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (command("group", "linux/arm/v6"), "::group::linux/arm/v6\n"),
        (command("endgroup"), "::endgroup::\n"),
        (
            command("error", "100% full\r\nnow", file="a,b:c%.txt", line=3, title=""),
            "::error file=a%2Cb%3Ac%25.txt,line=3::100%25 full%0D%0Anow\n",
        ),
        (mask("one\n\ntwo"), "::add-mask::one\n::add-mask::two\n"),
        (mask(""), ""),
    ],
)
def test_commands_are_written_as_the_runner_reads_them(made: str, line: str) -> None:
    assert made == line


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """As ActionCommand.TryParseV2 of the runner does."""
    head, _, data = line.removeprefix("::").partition("::")
    name, _, given_properties = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in given_properties.split(",") if pair)

    def plain(text: str) -> str:
        for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            text = text.replace(code, char)
        return text

    return name, {key: plain(value) for key, value in properties.items()}, plain(data)


@given(st.text(), st.text(min_size=1))
def test_no_text_becomes_a_command_or_a_property(message: str, file: str) -> None:
    line = command("warning", message, file=file)
    assert line.count("\n") == 1
    assert "\r" not in line
    assert read_command(line[:-1]) == ("warning", {"file": file}, message)


@given(st.text())
def test_escaped_text_has_no_line_ends(text: str) -> None:
    assert not re.search("[\r\n]", escape_data(text))
    assert not re.search("[\r\n:,]", escape_property(text))


def read_outputs(text: str) -> dict[str, str]:
    """As FileCommandManager of the runner reads GITHUB_OUTPUT."""
    found, lines = {}, text.split("\n")
    while lines and lines[0]:
        name, _, delimiter = lines.pop(0).partition("<<")
        value = []
        while (line := lines.pop(0)) != delimiter:
            value.append(line)
        found[name] = "\n".join(value)
    return found


@given(st.text(st.characters(exclude_characters="\0")))
def test_an_output_is_read_back_as_it_was(value: str) -> None:
    written = output("report", value, DELIMITER) + output("other", "x", DELIMITER)
    assert read_outputs(written) == {"report": value, "other": "x"}


def test_a_value_cannot_set_another_output() -> None:
    value = "x\nEOF\noutcome=passed\noutcome<<EOF\npassed"
    assert read_outputs(output("report", value, DELIMITER)) == {"report": value}


@pytest.mark.parametrize(
    ("name", "value", "delimiter", "message"),
    [
        ("a b", "x", DELIMITER, "'a b' is not a name for an output"),
        ("a\nb", "x", DELIMITER, "is not a name"),
        ("", "x", DELIMITER, "is not a name"),
        ("a", f"x\n{DELIMITER}\n", DELIMITER, "is part of the value"),
        ("a", "x", "EOF", "16 random letters"),
        ("a", "x", "has a space in it", "16 random letters"),
    ],
)
def test_an_output_that_could_be_forged_is_refused(
    name: str, value: str, delimiter: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        output(name, value, delimiter)


def test_commands_are_stopped_around_foreign_output() -> None:
    assert foreign_output("::set-env name=PATH::/tmp", DELIMITER) == (
        f"::stop-commands::{DELIMITER}\n::set-env name=PATH::/tmp\n::{DELIMITER}::\n"
    )


def test_foreign_output_that_knows_how_to_start_commands_again_is_refused() -> None:
    with pytest.raises(ValueError, match="is part of the value"):
        foreign_output(f"::{DELIMITER}::\n::error::x", DELIMITER)


def test_annotations_name_the_line_and_come_gravest_first() -> None:
    shown = annotations(
        [
            Annotation("notice", "no baseline"),
            Annotation("error", "12.1 MB of 12 MB", "pull", ".ci-slim.yml", 14),
            Annotation("warning", "near", file="Dockerfile"),
        ]
    )
    assert shown == (
        "::error title=pull,file=.ci-slim.yml,line=14::12.1 MB of 12 MB\n"
        "::warning file=Dockerfile::near\n"
        "::notice::no baseline\n"
    )


def test_more_annotations_than_are_shown_end_with_how_many_are_left() -> None:
    ten = [Annotation("error", str(number)) for number in range(ANNOTATIONS_MAX)]
    assert annotations(ten).count("::error::") == 10
    lines = annotations([*ten, Annotation("warning", "w"), Annotation("error", "e")]).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=ci-slim::3 more remarks are in the job summary"


def test_a_long_annotation_is_cut_where_the_runner_would() -> None:
    name, _, message = read_command(annotations([Annotation("error", "x" * 5000)]).rstrip())
    assert (name, len(message), message[-2:]) == ("error", 4096, "x…")


def test_a_summary_that_fits_is_whole() -> None:
    assert summary("hello") == "hello\n"
    assert summary("x" * (SUMMARY_MAX - 1)) == "x" * (SUMMARY_MAX - 1) + "\n"


@pytest.mark.parametrize("already", [0, 500_000, SUMMARY_MAX - 2000])
def test_a_long_summary_is_cut_after_a_line_with_its_folds_closed(already: int) -> None:
    fold = "<details><summary>paths</summary>\n\n" + "- `/usr/lib/ÿ`\n" * 100_000
    short = summary(f"# title\n\n{fold}</details>\n", already)
    assert len(short.encode()) + already <= SUMMARY_MAX
    assert short.startswith("# title\n\n<details>")
    assert short.endswith(
        "- `/usr/lib/ÿ`\n\n</details>\n\n\n"
        "The rest does not fit: a job summary holds 1 MiB. The report has everything.\n"
    )


def test_a_fence_that_is_cut_is_closed() -> None:
    short = summary("```\n" + "x\n" * SUMMARY_MAX)
    assert short.count("```") == 2


def test_nothing_is_added_to_a_summary_that_is_full() -> None:
    assert summary("hello", SUMMARY_MAX) == ""
    assert summary("hello", 2 * SUMMARY_MAX) == ""


@given(st.text(max_size=3000), st.integers(SUMMARY_MAX - 2000, SUMMARY_MAX + 10))
def test_a_summary_never_passes_the_limit(text: str, already: int) -> None:
    made = summary(text, already)
    assert not made or len(made.encode()) + already <= SUMMARY_MAX
