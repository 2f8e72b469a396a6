"""The emulators of Debian sid, instead of those that the machine has."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from daemons import unpacked

_HANDLERS = Path("/proc/sys/fs/binfmt_misc")
_NAMES = ("qemu-arm", "qemu-aarch64")


@contextlib.contextmanager
def qemu11() -> Iterator[None]:
    """Inside the block, the kernel starts programs for arm and arm64 with QEMU 11.

    The handlers are the machine's, so whatever else runs on it gets QEMU 11 too. The kernel opens
    an interpreter when it is registered (flag F), and keeps it open for what already runs.
    """
    folder = unpacked("qemu-11")
    before = {name: _registration(name) for name in _NAMES}
    try:
        for name in _NAMES:
            rule = (folder / f"usr/lib/binfmt.d/{name}.conf").read_bytes().strip()
            _replace(name, re.sub(rb":/usr/", b":" + bytes(folder) + b"/usr/", rule, count=1))
        yield
    finally:
        for name, rule in before.items():
            _replace(name, rule)


def _registration(name: str) -> bytes:
    """The text that registers a handler as it is now (binfmt-misc.rst of the kernel)."""
    rows = (_HANDLERS / name).read_text(encoding="ascii").splitlines()
    shown = dict(row.split(maxsplit=1) for row in rows if " " in row)
    magic, mask = (_escaped(shown[key]) for key in ("magic", "mask"))
    ends = shown["interpreter"].encode(), shown["flags:"].encode()
    return b":".join((b"", name.encode(), b"M", shown["offset"].encode(), magic, mask, *ends))


def _escaped(text: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in bytes.fromhex(text))


def _replace(name: str, rule: bytes) -> None:
    handler = _HANDLERS / name
    if handler.exists():
        handler.write_bytes(b"-1")
    (_HANDLERS / "register").write_bytes(rule)
