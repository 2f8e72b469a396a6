"""Handlers that the daemon's kernel lacks, registered for real: riscv64's, which nothing else uses
here. The image stands in for tonistiigi/binfmt, with its arguments and Debian's QEMU."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_slim.engine import handlers
from ci_slim.engine.docker import Engine
from ci_slim.platforms import parse

KERNEL = Path("/proc/sys/fs/binfmt_misc")
NAME = "ci-slim-riscv64"
IMAGE = "ci-slim-contract-binfmt:riscv64"
PLATFORM = parse("linux/riscv64")
# Machine 243 of a 64-bit little-endian ELF file, executable or shared.
MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00"
MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
SCRIPT = rf"""#!/bin/sh
set -eu
[ "$1 $2" = "--install riscv64" ]
mount -t binfmt_misc binfmt_misc {KERNEL}
printf '%s' ':{NAME}:M::{MAGIC}:{MASK}:/qemu:F' > {KERNEL}/register
"""


@pytest.fixture
def kernel() -> Iterator[None]:
    """The kernel without a handler for riscv64, as it was afterwards."""
    others = [path for path in KERNEL.glob("*riscv64*") if "enabled" in path.read_text()]
    for path in others:
        path.write_text("0")
    yield
    for path in others:
        path.write_text("1")
    if (KERNEL / NAME).exists():
        (KERNEL / NAME).write_text("-1")


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    found = shutil.which("qemu-riscv64-static") or shutil.which("qemu-riscv64")
    assert found, "apt-get install qemu-user-static"
    shutil.copy(Path(found).resolve(), tmp_path / "qemu")
    (tmp_path / "install").write_text(SCRIPT)
    (tmp_path / "install").chmod(0o755)
    (tmp_path / "Dockerfile").write_text(
        'FROM debian:trixie-slim\nCOPY qemu install /\nENTRYPOINT ["/install"]\n'
    )
    build = ["docker", "buildx", "build", "--load", "--quiet", "--tag", IMAGE, str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True)
    yield IMAGE
    subprocess.run(["docker", "rmi", IMAGE], check=True, capture_output=True)


def test_a_missing_handler_is_registered_through_the_daemon(kernel: None, image: str) -> None:
    said: list[str] = []
    with Engine.connect(os.environ, "emulators") as engine:
        assert handlers.ensure(engine, {PLATFORM}, None, said.append) == frozenset()
        assert handlers.ensure(engine, {PLATFORM}, image, said.append) == {"linux/riscv64"}
        assert handlers.ensure(engine, {PLATFORM}, "none/there", said.append) == {"linux/riscv64"}
    assert said == [f"registering QEMU handlers for riscv64 on the daemon's machine with {image}"]
    assert "enabled" in (KERNEL / NAME).read_text()


def test_an_image_that_registers_nothing_leaves_the_platform_out(kernel: None) -> None:
    said: list[str] = []
    with Engine.connect(os.environ, "emulators") as engine:
        assert handlers.ensure(engine, {PLATFORM}, "debian:trixie-slim", said.append) == frozenset()
    assert said[1].startswith("no handler was registered: ")
