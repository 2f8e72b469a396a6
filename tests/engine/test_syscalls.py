"""Compares the names and numbers of system calls with the kernel's headers on this machine."""

import re
from pathlib import Path

import pytest

from ci_slim.observe.syscalls import TABLES, named

INCLUDE = Path("/usr/include")
HEADERS = {
    "386": ("i386-linux-gnu/asm/unistd_32.h", "x86_64-linux-gnu/asm/unistd_32.h"),
    "amd64": ("x86_64-linux-gnu/asm/unistd_64.h",),
    "arm": ("arm-linux-gnueabihf/asm/unistd-eabi.h", "arm-linux-gnueabihf/asm/unistd.h"),
    "arm64": ("aarch64-linux-gnu/asm/unistd_64.h",),
    "loong64": ("loongarch64-linux-gnu/asm/unistd_64.h",),
    "mips64le": ("mips64el-linux-gnuabi64/asm/unistd_n64.h",),
    "ppc64le": ("powerpc64le-linux-gnu/asm/unistd_64.h",),
    "riscv64": ("riscv64-linux-gnu/asm/unistd_64.h",),
    "s390x": ("s390x-linux-gnu/asm/unistd_64.h",),
}
NEWER = 462
"""The last number in Debian 13. Headers of a later kernel have more."""


def numbers(architecture: str) -> dict[str, int]:
    """Name → number. Empty if the machine's release has headers only for its own architecture."""
    text = "".join(
        path.read_text() for name in HEADERS[architecture] if (path := INCLUDE / name).exists()
    )
    found = re.findall(r"#define __(?:ARM_)?NR_([a-z_]\w*)\s+\(?(?:(__\w+) ?\+ ?)?(\w+)\)?", text)
    start = {"__NR_Linux": 5000, "__ARM_NR_BASE": 0xF0000}
    values: dict[str, int] = {}
    for name, base, value in found:
        if value.startswith("__NR_"):  # one call, two names
            values[name] = values[value.removeprefix("__NR_")]
        elif not name.startswith("reserved"):
            values[name] = int(value, 0) + start.get(base, 0)
    return values


KNOWN = [each for each in HEADERS if numbers(each)]


def test_the_machine_has_headers() -> None:
    assert {"386", "amd64"} <= set(KNOWN) or "arm64" in KNOWN


@pytest.mark.parametrize("architecture", KNOWN)
def test_names_are_the_kernel_s(architecture: str) -> None:
    found = numbers(architecture)
    assert TABLES[architecture] - found.keys() == set()
    more = found.keys() - TABLES[architecture]
    assert {name for name in more if found[name] % 5000 <= NEWER} == set()


@pytest.mark.parametrize("architecture", KNOWN)
def test_numbers_are_the_kernel_s(architecture: str) -> None:
    called = {
        name: number
        for name, number in numbers(architecture).items()
        if named(architecture, number) is not None
    }
    assert {"clone3", "preadv2", "openat2"} <= called.keys()
    wrong = {name: number for name, number in called.items() if named(architecture, number) != name}
    assert wrong in ({}, {"sync_file_range2": 341})  # arm has two names for it
