"""Tests which steps of the history belong to the base image."""

from collections.abc import Mapping

import pytest

from ci_slim.closure.steps import steps

DEBIAN: tuple[Mapping[str, object], ...] = (
    {"created_by": "ADD rootfs.tar /"},
    {"created_by": 'CMD ["bash"]', "empty_layer": True},
)
TOOLS = {"created_by": "RUN /bin/sh -c apt-get install -y gcc git mercurial # buildkit"}
OWN = {"created_by": "RUN /bin/sh -c apt-get update && apt-get install -y tzdata # buildkit"}
DOCKERFILE = "FROM golang:1.24\nRUN apt-get update && apt-get install -y tzdata\nCOPY . /src\n"
COPY = {"created_by": "COPY . /src # buildkit"}


@pytest.mark.parametrize(
    ("history", "dockerfile", "own"),
    [
        ((*DEBIAN, TOOLS, OWN, COPY), DOCKERFILE, ["apt-get update && apt-get install -y tzdata"]),
        ((*DEBIAN, TOOLS, OWN, COPY), "", ["apt-get update && apt-get install -y tzdata"]),
        ((*DEBIAN, OWN, COPY), "", ["apt-get update && apt-get install -y tzdata"]),
        ((*DEBIAN, TOOLS, COPY), "FROM debian\nRUN apt-get install -y gcc git mercurial\n",
         ["apt-get install -y gcc git mercurial"]),
        ((*DEBIAN, TOOLS, COPY), "", []),
    ],
    ids=[
        "a base without a CMD, its Dockerfile known",
        "a base without a CMD that installs a compiler",
        "a base with a CMD",
        "a compiler that the Dockerfile itself installs",
        "a compiler, and no Dockerfile to tell who installed it",
    ],
)  # fmt: skip
def test_packages_of_the_base_image_are_not_the_applications(
    history: tuple[Mapping[str, object], ...], dockerfile: str, own: list[str]
) -> None:
    found = steps(history, 1, dockerfile)
    assert [step.text for step in found if step.kind == "RUN" and not step.base] == own


@pytest.mark.parametrize(
    ("when", "own"),
    [
        ("2026-12-02T19:57:35.123456789Z", True),
        ("2026-12-02T19:57:35", True),
        ("2026-11-02T19:57:35Z", False),
        ("yesterday", False),
        (None, False),
        ("0001-01-01T00:00:00+23:59", False),
    ],
)
def test_a_compiler_that_was_installed_just_before_the_last_step_is_not_of_the_base(
    when: object, own: bool
) -> None:
    """And `RUN apt-get install gcc redis` in one step of one's own keeps redis."""
    history = (*DEBIAN, {**TOOLS, "created": when}, {**COPY, "created": "2026-12-02T20:00:57Z"})
    found = steps(history, 1)
    assert [not step.base for step in found if step.kind == "RUN"] == [own]
