"""Tests missing QEMU handlers: they are registered if that is requested and allowed."""

from typing import Any

import pytest

from ci_slim.engine import emulation, handlers
from ci_slim.errors import EngineError
from ci_slim.platforms import Platform, parse

ARM, ARM64 = parse("linux/arm/v6"), parse("linux/arm64")


class Daemon:
    """Starts one container. `ends` is its exit code, or the error of its creation."""

    def __init__(self, ends: int | EngineError = 0) -> None:
        self.ends = ends
        self.calls: list[Any] = []

    def pull_if_missing(self, image: str) -> None:
        self.calls.append(("pull", image))

    def create(self, image: str, command: list[str], host: dict[str, Any]) -> str:
        if isinstance(self.ends, EngineError):
            raise self.ends
        self.calls.append(("create", image, *command, host["privileged"]))
        return "c"

    def start(self, container: str) -> None:
        self.calls.append("start")

    def wait(self, container: str) -> Any:
        return self.ends

    def logs(self, container: str, lines: int) -> bytes:
        return b"::error::no\n"

    def remove(self, container: str) -> None:
        self.calls.append("remove")


def ensured(
    monkeypatch: pytest.MonkeyPatch, daemon: Daemon, runs: list[set[Platform]], image: str | None
) -> tuple[frozenset[str], list[str]]:
    answers = iter(runs)

    def runnable(_: Any, asked: Any) -> frozenset[str]:
        return frozenset(map(str, next(answers) & set(asked)))

    monkeypatch.setattr(emulation, "runnable", runnable)
    said: list[str] = []
    done = handlers.ensure(daemon, {ARM, ARM64}, image, said.append)  # type: ignore[arg-type]
    return done, said


def test_nothing_is_started_where_all_platforms_run(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon()
    done, said = ensured(monkeypatch, daemon, [{ARM, ARM64}], "binfmt")
    assert done == {"linux/arm/v6", "linux/arm64"}
    assert said == daemon.calls == []


def test_nothing_is_started_without_an_image_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon()
    done, said = ensured(monkeypatch, daemon, [{ARM}], None)
    assert done == {"linux/arm/v6"}
    assert said == daemon.calls == []


def test_missing_handlers_are_registered_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon()
    done, said = ensured(monkeypatch, daemon, [set(), {ARM, ARM64}], "binfmt")
    assert done == {"linux/arm/v6", "linux/arm64"}
    assert said == ["registering QEMU handlers for arm,arm64 on the daemon's machine with binfmt"]
    assert daemon.calls == [
        ("pull", "binfmt"),
        ("create", "binfmt", "--install", "arm,arm64", True),
        "start",
        "remove",
    ]


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        (1, "binfmt ended with 1: ::error::no"),
        (EngineError("privileged mode is not allowed", where="binfmt"),
         "binfmt: privileged mode is not allowed"),
    ],
)  # fmt: skip
def test_a_refused_registration_is_reported_and_the_other_platforms_run(
    monkeypatch: pytest.MonkeyPatch, ends: Any, reason: str
) -> None:
    done, said = ensured(monkeypatch, Daemon(ends), [{ARM}], "binfmt")
    assert done == {"linux/arm/v6"}
    assert said[1:] == [f"no handler was registered: {reason}"]
