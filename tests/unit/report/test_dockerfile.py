"""Where remarks about an image are shown in its Dockerfile."""

import pytest

from ci_slim.image.dockerfile import layer_line, stage_line
from ci_slim.report.dockerfile import Dockerfile

STAGES = """\
# syntax=docker/dockerfile:1
FROM golang:1.24 AS build
RUN make

FROM debian:trixie-slim
COPY --from=build /out /out
"""


@pytest.mark.parametrize(
    ("text", "target", "line"),
    [
        (STAGES, None, 5),
        (STAGES, "build", 2),
        (STAGES, "Build", 2),
        (STAGES, "0", 2),
        (STAGES, "1", 5),
        (STAGES, "unknown", 5),
        ("", None, 1),
        ("RUN true\n", None, 1),
        ("from scratch\r\nRUN x\r\n", None, 1),
        ("ARG A=1\nFROM \\\n  # a remark\n\n  scratch AS last\n", "last", 2),
        ("FROM a\nRUN echo \\\nFROM b\n", None, 1),
        ("# escape=`\nFROM a\nRUN echo `\nFROM b\nRUN dir c:\\\nFROM c\n", None, 6),
        ("FROM a\nRUN <<EOF cat\nFROM b\nEOF\nFROM c\n", None, 5),
        ("FROM a\nCOPY <<-'A' <<B /x/\nFROM b\n\tA\nFROM c\nB\n", None, 1),
        ("FROM a\nRUN <<EOF\nFROM b\n", None, 1),
        ("FROM a\n# FROM b\n", None, 1),
        ("FROM a\nLABEL x='<<EOF'\nFROM b\n", None, 3),
    ],
)
def test_it_is_the_line_where_the_stage_begins(text: str, target: str | None, line: int) -> None:
    assert stage_line(text, target) == line


# -- the line that made a layer

DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM golang:1.24 AS build
COPY go.mod main.go ./
RUN make

FROM debian:trixie-slim
WORKDIR /srv
RUN --mount=type=cache,target=/x \\
    # why
    apt-get update \\
    && apt-get install -y curl
COPY --from=build --chown=1:1 /out/app /usr/local/bin/
ARG VERSION=1
RUN echo "$VERSION"
"""


@pytest.mark.parametrize(
    ("created_by", "line"),
    [
        ("RUN /bin/sh -c apt-get update     && apt-get install -y curl # buildkit", 8),
        ("COPY /out/app /usr/local/bin/ # buildkit", 12),
        ('RUN |1 VERSION=1 /bin/sh -c echo "$VERSION" # buildkit', 14),
        ("WORKDIR /srv", 7),
        ("COPY go.mod main.go ./ # buildkit", 3),
        ("/bin/sh -c make", 4),
        ("/bin/sh -c #(nop) COPY /out/app /usr/local/bin/ ", 12),
        ("# debian.sh --arch 'amd64' out/ 'trixie'", 6),
        ("", 6),
        ("COPY", 6),
    ],
)
def test_a_layer_is_found_in_the_dockerfile(created_by: str, line: int) -> None:
    assert Dockerfile("Dockerfile", DOCKERFILE).line_of(created_by) == line


def test_what_no_instruction_made_is_of_the_stage_that_was_built() -> None:
    assert layer_line(DOCKERFILE, "# debian.sh") == 0
    assert Dockerfile("Dockerfile", DOCKERFILE, "build").line_of("# debian.sh") == 2


def test_a_text_without_any_stage_is_shown_at_its_beginning() -> None:
    assert Dockerfile("Dockerfile", "\\\n").line_of("RUN make") == 1


def test_lines_of_a_heredoc_are_no_instructions() -> None:
    text = "FROM a\nRUN <<EOF\nCOPY x /x\nEOF\nCOPY x /x\n"
    assert layer_line(text, "COPY x /x # buildkit") == 5


VARIABLES = """\
FROM a
ARG TARGETARCH
COPY app-$TARGETARCH /app
COPY dist/${TARGETARCH}/lib.so ${PREFIX:-/usr}/lib/
COPY app-arm /arm
COPY [x] $TARGETARCH /x
COPY \\$x /y
"""


@pytest.mark.parametrize(
    ("created_by", "line"),
    [
        ("COPY app-arm64 /app # buildkit", 3),
        ("COPY dist/arm/v6/lib.so /usr/lib/ # buildkit", 4),
        ("COPY app-arm /arm # buildkit", 5),
        ("COPY [x] amd64 /x # buildkit", 6),
        ("COPY x amd64 /x # buildkit", 0),  # [x] is no pattern
        ("COPY $x /y # buildkit", 0),
        ("COPY app-arm64 /other # buildkit", 0),
        ("COPY app-arm64 b /app # buildkit", 0),
    ],
)
def test_a_variable_stands_for_any_value(created_by: str, line: int) -> None:
    assert layer_line(VARIABLES, created_by) == line


def test_the_instruction_without_variables_comes_before_one_that_fits_as_well() -> None:
    text = "FROM a\nCOPY x /x\nCOPY $A /x\n"
    assert layer_line(text, "COPY x /x # buildkit") == 2
    assert layer_line(text, "COPY y /x # buildkit") == 3


def test_many_variables_take_no_time() -> None:
    text = "FROM a\nCOPY " + "$a-" * 1000 + "b /x\n"
    assert layer_line(text, "COPY " + "a" * 4000 + " /x # buildkit") == 0


ODD = """\
FROM a
RUN make
RUN cd sub && make
COPY ["a", "/b"]
RUN ["x", "y"]
RUN echo $((1<<N)) && cat <<<word
RUN cat <<EOF >/x
COPY q /q
EOF
COPY q /q
"""


@pytest.mark.parametrize(
    ("created_by", "line"),
    [
        ("RUN /bin/sh -c make # buildkit", 2),
        ("RUN /bin/sh -c cd sub && make # buildkit", 3),
        ("COPY a /b # buildkit", 4),
        ("RUN x y # buildkit", 5),
        ("RUN |1 A=b /bin/bash -euo pipefail -c make # buildkit", 2),
        ("COPY q /q # buildkit", 10),
        ("RUN " + " " * 60_000 + "x", 0),
    ],
)
def test_a_layer_is_of_the_one_instruction_that_made_it(created_by: str, line: int) -> None:
    assert layer_line(ODD, created_by) == line
