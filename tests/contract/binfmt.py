"""The handlers of the kernel for programs of other architectures."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

KERNEL = Path("/proc/sys/fs/binfmt_misc")


@contextlib.contextmanager
def disabled(handlers: Iterable[Path]) -> Iterator[None]:
    """Disable these handlers, and enable at the end those that were enabled."""
    others = [path for path in handlers if "enabled" in path.read_text()]
    for path in others:
        path.write_text("0")
    try:
        yield
    finally:
        for path in others:
            path.write_text("1")


def unregister(handler: Path) -> None:
    """Remove a handler, if there is one."""
    if handler.exists():
        handler.write_text("-1")
