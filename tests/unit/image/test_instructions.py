"""A Dockerfile is read as BuildKit reads it, and every character keeps its place."""

import platform
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.image.instructions import DockerfileText, read_dockerfile

EXAMPLE = """\
# syntax=docker/dockerfile:1
# escape=\\

FROM --platform=$BUILDPLATFORM golang:1.24 AS Build
RUN --mount=type=cache,target=/root/.cache apt-get update \\
    # a comment within

    && apt-get install -y \\
       git
RUN <<"EOF" cat
one
EOF
COPY ["a b", "/to/"]
FROM Build
COPY --chown=1:2 --from=build /x "/y z"
"""


def test_instructions_flags_and_places() -> None:
    read = read_dockerfile(EXAMPLE)
    assert [(each.keyword, each.line) for each in read.instructions] == [
        ("FROM", 4), ("RUN", 5), ("RUN", 10), ("COPY", 13), ("FROM", 14), ("COPY", 15),
    ]  # fmt: skip
    assert read.directives == {"syntax": "docker/dockerfile:1", "escape": "\\"}
    run = read.instructions[1]
    assert run.flag("mount") == "type=cache,target=/root/.cache"
    assert run.arguments.value == "apt-get update     && apt-get install -y        git"
    git = run.arguments.value.index("git")
    assert EXAMPLE[run.arguments.at(git) : run.arguments.behind(git + 3)] == "git"
    assert EXAMPLE[run.start : run.end].endswith("       git\n")
    (heredoc,) = read.instructions[2].heredocs
    assert (heredoc.word, heredoc.expands, heredoc.body.value) == ("EOF", False, "one\n")
    assert read.instructions[3].words == ("a b", "/to/")
    assert read.instructions[5].paths == ("/x", "/y z")
    assert [flag.name for flag in read.instructions[5].flags] == ["chown", "from"]


def test_stages() -> None:
    read = read_dockerfile(EXAMPLE)
    assert [(each.name, each.base) for each in read.stages] == [
        ("build", "golang:1.24"),
        ("", "Build"),
    ]
    for target, line in ((None, 14), ("BUILD", 4), ("0", 4), ("1", 14), ("unknown", 14)):
        stage = read.target(target)
        assert stage is not None and stage.head.line == line
    assert read_dockerfile("").target() is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RUN a \\\\\nRUN b", ["a \\\\", "b"]),  # an escape that is escaped continues nothing
        ("RUN a \\ \t\n b", ["a  b"]),
        ("# escape=`\nRUN c:\\ `\n b", ["c:\\  b"]),
        ("RUN a\\\r\n b\r\n", ["a b"]),
        ("RUN echo <<EOF\n", ["echo <<EOF"]),
        ("RUN cat <<-E && cat <<F\n\tx\n\tE\ny\nF\nRUN z", ["cat <<-E && cat <<F", "z"]),
        ("  run x", ["x"]),
        ("RUN a \x0c b\u2028c", ["a \x0c b\u2028c"]),  # none of these ends a line
        ("RUN a \\", ["a"]),
    ],
)
def test_continued_lines_and_heredocs(text: str, words: list[str]) -> None:
    read = read_dockerfile(text)
    assert [each.arguments.value for each in read.instructions] == words


# -- against moby's own parser ------------------------------------------------------------------

LINES = st.sampled_from(
    [
        "FROM a", "FROM --platform=linux/amd64 a:1 AS b", "RUN a && b", "RUN a \\", "  && b \\",
        "# comment", "   # escape=`", "", "  ", "\tx", "RUN <<E", "RUN cat <<-'E' >f", "E", "\tE",
        "COPY --chown=1:2 a b", "COPY --from=x --link [\"a\", \"b c\"]", "ENV A=b C=\"d e\"",
        "ENV A b c", "RUN --mount=type=bind,source=\"a\",target=/b x", "CMD [\"a\", \"b\"]",
        "CMD a b", "RUN a \\\\", "RUN 'a \\", "  b'", "EXPOSE 80 \\", "USER  x", "RUN a <<<b",
        "ARG A=1", "LABEL a=b \\", "HEALTHCHECK --interval=5s CMD a", "VOLUME /a", "RUN a \\ ",
        "ONBUILD RUN a", "SHELL [\"/bin/bash\", \"-c\"]", "RUN a # b", "STOPSIGNAL 9",
        "COPY <<E /x", "RUN a <<E <<F", "F", "RUN \\", "run a", "WORKDIR /a b", "RUN a\r",
        "RUN -- x", "RUN a\\\r", "ONBUILD RUN <<E", "RUN --foo=a",
    ]
)  # fmt: skip
HEADS = st.sampled_from(["", "# escape=`\n", "# syntax=x\n# escape=\\\n", "\n# escape=`\n", "#\n"])


def moby(text: str) -> list[tuple[Any, ...]] | None:
    """What moby's parser makes of a text: keyword, lines, flags, words and heredocs; None where it
    refuses it."""
    import dockerfile

    try:
        found = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return None
    return [
        (
            each.cmd.upper(),
            each.start_line,
            tuple(flag.removeprefix("--") for flag in each.flags),
            each.value if each.cmd.upper() in ("RUN", "CMD", "COPY", "ADD") else None,
            tuple((one.name, one.content) for one in each.heredocs),
        )
        for each in found
    ]


def ours(read: DockerfileText) -> list[tuple[Any, ...]]:
    def value(each: Any) -> Any:
        if each.keyword in ("RUN", "CMD"):
            return each.words or ((each.arguments.value,) if each.arguments.value else ())
        if each.keyword in ("COPY", "ADD"):
            return each.words or tuple(each.arguments.value.split())
        return None

    return [
        (
            each.keyword,
            each.line,
            tuple(f"{flag.name}={flag.value}".removesuffix("=") for flag in each.flags),
            value(each),
            # Of an ONBUILD, the wheel does not tell the heredocs.
            tuple((one.word, one.body.value) for one in each.heredocs)
            if each.keyword != "ONBUILD"
            else (),
        )
        for each in read.instructions
    ]


@pytest.mark.parametrize("text", [EXAMPLE])
def test_the_example_is_read_like_moby(text: str) -> None:
    if platform.machine() == "x86_64":  # there is no other wheel
        assert ours(read_dockerfile(text)) == moby(text)


if platform.machine() == "x86_64":

    @given(HEADS, st.lists(LINES, max_size=12))
    def test_any_dockerfile_is_read_like_moby(head: str, lines: list[str]) -> None:
        text = head + "\n".join(lines)
        expected = moby(text)
        if expected is not None:
            assert ours(read_dockerfile(text)) == expected


@given(st.text(alphabet="RUN COPYFM<E\\`'\"#\n\r\t -=ax\ufeff\u2028\x0c", max_size=200))
def test_any_text_keeps_its_places(text: str) -> None:
    read = read_dockerfile(text)
    ends = 0
    for each in read.instructions:
        assert ends <= each.start <= each.end <= len(text)
        ends = each.end
        for piece in (each.arguments, *(heredoc.body for heredoc in each.heredocs)):
            assert len(piece.places) == len(piece.value) + 1
            assert [*piece.places] == sorted(piece.places)
            shown = piece.value.replace("\n", "") if piece is not each.arguments else piece.value
            kept = [text[place] for place in piece.places[: len(piece.value)]]
            assert "".join(kept).replace("\n", "") == shown
