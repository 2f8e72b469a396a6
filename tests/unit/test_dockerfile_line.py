"""Where remarks about an image are shown in its Dockerfile."""

import pytest

from ci_slim.report.dockerfile_line import stage_line

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
