import os
import stat
import subprocess
from pathlib import Path

import pytest

from ci_slim.engine import emulation
from ci_slim.image import elf


@pytest.mark.parametrize(
    ("architecture", "machine", "bits"),
    [
        ("amd64", "EM_X86_64", 64),
        ("arm64", "EM_AARCH64", 64),
        ("arm", "EM_ARM", 32),
        ("386", "EM_386", 32),
        ("riscv64", "EM_RISCV", 64),
    ],
)
def test_each_program_is_an_executable_of_its_architecture(
    architecture: str, machine: str, bits: int
) -> None:
    made = emulation.program(architecture)
    assert made is not None
    described = elf.read(made)
    assert described is not None
    assert (described.machine, described.bits, described.kind) == (machine, bits, "ET_EXEC")


def test_the_program_of_this_machine_exits_with_42(tmp_path: Path) -> None:
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    path = tmp_path / "program"
    path.write_bytes(emulation.program(architecture) or b"")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert subprocess.run([path], check=False).returncode == 42


def test_an_unknown_architecture_has_no_program() -> None:
    assert emulation.program("s390x") is None
