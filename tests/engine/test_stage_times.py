"""The stages of a report add up to the time that the call took, on every way out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import Done, ci_slim
from daemons import Store
from recipes import images_of_texts

UNEXPLAINED = 0.08
"""The share of the call that no stage may hold. On a calm machine it is 1 to 3 %."""
ENDING = 0.5
"""Seconds that a busy machine may take to end the process, which no stage holds either."""

SERVES = """
FROM debian:trixie-slim
CMD ["sh", "-c", "cat /etc/debian_version; ls /usr/share > /dev/null"]
"""
CRASHES = """
FROM debian:trixie-slim
EXPOSE 8080
CMD ["sh", "-c", "sleep 1; exit 3"]
"""
LOOKS = """
FROM debian:trixie-slim
CMD ["sh", "-c", "test -e /etc/debian_version"]
"""


@pytest.fixture(scope="module")
def made(overlay2: Store) -> Iterator[Callable[[str, str], str]]:
    """Builds an image of a Dockerfile's text."""
    with images_of_texts(overlay2) as build:
        yield build


@pytest.mark.parametrize(
    ("name", "text", "arguments", "code"),
    [
        ("times-proved", SERVES, (), 0),
        ("times-crashes", CRASHES, ("--http-probe=GET /",), 5),
        ("times-differs", LOOKS, ("--drop=/etc/debian_version",), 6),
    ],
)
def test_the_stages_are_the_time_of_the_call(
    overlay2: Store,
    made: Callable[[str, str], str],
    tmp_path: Path,
    name: str,
    text: str,
    arguments: tuple[str, ...],
    code: int,
) -> None:
    done = ci_slim(overlay2, ["slim", *arguments, made(name, text)], tmp_path)
    assert done.code == code, done.stderr
    explained(done)


def test_the_stages_of_a_build_that_fails(overlay2: Store, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim\nRUN sleep 2; exit 7\n")
    settings = tmp_path / ".ci-slim.yml"
    settings.write_text(
        "version: 1\nimages: {times: {build: {context: ., platforms: [linux/amd64]}}}\n"
    )
    done = ci_slim(overlay2, ["run", f"--config={settings}", "--no-load"], tmp_path)
    assert done.code == 4, done.stderr
    explained(done)


def explained(done: Done) -> None:
    (platform,) = done.platforms
    stages = sum(seconds or 0 for seconds in platform["seconds"].values())
    least = done.seconds * (1 - UNEXPLAINED) - ENDING
    assert least <= stages <= done.seconds, platform["seconds"]
