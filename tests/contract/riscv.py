"""A handler that the kernel lacks, and an image that registers it: riscv64's, which nothing else
uses here. The image stands in for tonistiigi/binfmt, with its arguments and Debian's QEMU."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from binfmt import KERNEL, disabled, unregister

NAME = "ci-slim-riscv64"
# Machine 243 of a 64-bit little-endian ELF file, executable or shared.
MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00"
MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
SCRIPT = rf"""#!/bin/sh
set -eu
[ "$1 $2" = "--install riscv64" ]
mount -t binfmt_misc binfmt_misc {KERNEL}
printf '%s' ':{NAME}:M::{MAGIC}:{MASK}:/qemu:F' > {KERNEL}/register
"""


@contextlib.contextmanager
def unregistered() -> Iterator[Path]:
    """Disable the kernel's handlers for riscv64, and enable them at the end. Yields the file of the
    new handler."""
    with disabled(KERNEL.glob("*riscv64*")):
        try:
            yield KERNEL / NAME
        finally:
            unregister(KERNEL / NAME)


@contextlib.contextmanager
def emulators(folder: Path, name: str) -> Iterator[str]:
    """The image that registers it, in the daemon under this name."""
    found = shutil.which("qemu-riscv64-static") or shutil.which("qemu-riscv64")
    assert found, "apt-get install qemu-user-static"
    folder.mkdir(exist_ok=True)
    shutil.copy(Path(found).resolve(), folder / "qemu")
    (folder / "install").write_text(SCRIPT)
    (folder / "install").chmod(0o755)
    (folder / "Dockerfile").write_text(
        'FROM debian:trixie-slim\nCOPY qemu install /\nENTRYPOINT ["/install"]\n'
    )
    build = ["docker", "buildx", "build", "--load", "--quiet", "--tag", name, str(folder)]
    subprocess.run(build, check=True, capture_output=True)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rmi", name], check=True, capture_output=True)
