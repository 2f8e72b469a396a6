"""Finds the platforms that the daemon's machine can run, by running the smallest program of each.

`docker buildx inspect` shows what was true at the builder's first start, and the files of
binfmt_misc are on the daemon's machine, which may be another one. A running program is a proof.
"""

import struct
from collections.abc import Collection

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.image.small_tar import packed
from ci_slim.platforms import Platform

# Machine code that ends the process with exit code 42, through the system call of each
# architecture.
_PROGRAMS: dict[str, tuple[int, int, bytes]] = {
    # architecture: (ELF class, e_machine of elf.h, code)
    "amd64": (64, 62, bytes.fromhex("b83c000000 bf2a000000 0f05")),
    "386": (32, 3, bytes.fromhex("b801000000 bb2a000000 cd80")),
    "arm": (32, 40, struct.pack("<3I", 0xE3A0002A, 0xE3A07001, 0xEF000000)),
    "arm64": (64, 183, struct.pack("<3I", 0xD2800540, 0xD2800BA8, 0xD4000001)),
    "riscv64": (64, 243, struct.pack("<3I", 0x02A00513, 0x05D00893, 0x00000073)),
}
_TRACED = struct.pack(
    "<8I", 0xE3A00000, 0xE3A0701A, 0xEF000000, 0xE3500000, 0x03A0002A, 0x13A0002B, 0xE3A07001,
    0xEF000000,
)  # fmt: skip
"""ARM code that asks to be traced (PTRACE_TRACEME) and ends with 42 where it may: the kernel allows
it, QEMU's user emulation has no ptrace."""
_EXIT_CODE = 42
_BASE = 0x10000
_EF_ARM_EABI_VER5 = 0x05000000


def program(architecture: str) -> bytes | None:
    """A static ELF file (elf(5)) that exits with 42, or None for an unknown architecture."""
    if architecture not in _PROGRAMS:
        return None
    return _elf(architecture, _PROGRAMS[architecture][2])


def _elf(architecture: str, code: bytes) -> bytes:
    bits, machine, _ = _PROGRAMS[architecture]
    flags = _EF_ARM_EABI_VER5 if architecture == "arm" else 0
    head, segment = (64, 56) if bits == 64 else (52, 32)
    start = head + segment
    size = start + len(code)
    ident = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9)
    word = "Q" if bits == 64 else "I"
    header = ident + struct.pack(
        f"<HHI{word}{word}{word}IHHHHHH",
        *(2, machine, 1, _BASE + start, head, 0, flags, head, segment, 1, 0, 0, 0),
    )
    if bits == 64:
        load = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x10000)
    else:
        load = struct.pack("<IIIIIIII", 1, 0, _BASE, _BASE, size, size, 5, 0x10000)
    return header + load + code


def runnable(engine: Engine, platforms: Collection[Platform]) -> frozenset[str]:
    """The platforms that the daemon can run, as texts. A platform whose architecture has no program
    here counts as runnable: the build will show it."""
    wanted = {platform.architecture for platform in platforms}
    programs = {name: made for name in sorted(wanted) if (made := program(name))}
    runs = {name for name in wanted if name not in programs}
    if programs:
        image = engine.import_files(packed(programs, mode=0o755), "platforms")
        runs |= {name for name in programs if _runs(engine, image, name)}
    return frozenset(str(platform) for platform in platforms if platform.architecture in runs)


def is_native(engine: Engine, platform: Platform) -> bool:
    """Whether a daemon of the other word size runs a platform without QEMU, as many 64-bit boards
    run 32-bit ARM. False where it is not known."""
    if platform.architecture != "arm" or engine.platform.architecture != "arm64":
        return False
    image = engine.import_files(packed({"traced": _elf("arm", _TRACED)}, mode=0o755), "native")
    return _runs(engine, image, "traced")


def _runs(engine: Engine, image: str, name: str) -> bool:
    container = engine.create(image, command=[f"/{name}"], host={"network_mode": "none"})
    try:
        engine.start(container)
        return engine.wait(container) == _EXIT_CODE
    except EngineError:  # "exec format error", if no handler is registered
        return False
    finally:
        engine.remove(container)
