"""Handlers that the daemon's kernel lacks, registered for real."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import riscv

from ci_slim.engine import handlers
from ci_slim.engine.docker import Engine
from ci_slim.platforms import parse

PLATFORM = parse("linux/riscv64")


@pytest.fixture
def kernel() -> Iterator[Path]:
    with riscv.unregistered() as handler:
        yield handler


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    with riscv.emulators(tmp_path, "ci-slim-contract-binfmt:riscv64") as name:
        yield name


def test_a_missing_handler_is_registered_through_the_daemon(kernel: Path, image: str) -> None:
    said: list[str] = []
    with Engine.connect(os.environ, "emulators") as engine:
        assert handlers.ensure(engine, {PLATFORM}, None, said.append) == frozenset()
        assert handlers.ensure(engine, {PLATFORM}, image, said.append) == {"linux/riscv64"}
        assert handlers.ensure(engine, {PLATFORM}, "none/there", said.append) == {"linux/riscv64"}
    assert said == [f"registering QEMU handlers for riscv64 on the daemon's machine with {image}"]
    assert "enabled" in kernel.read_text()


def test_an_image_that_registers_nothing_leaves_the_platform_out(kernel: Path) -> None:
    said: list[str] = []
    with Engine.connect(os.environ, "emulators") as engine:
        assert handlers.ensure(engine, {PLATFORM}, "debian:trixie-slim", said.append) == frozenset()
    assert said[1].startswith("no handler was registered: ")
