"""The emulators of Debian sid, instead of those that the machine has."""

import contextlib
from collections.abc import Iterator

from binfmt import KERNEL, disabled, unregister
from daemons import unpacked

_NAMES = ("qemu-arm", "qemu-aarch64")


@contextlib.contextmanager
def qemu11() -> Iterator[None]:
    """Inside the block, the kernel starts programs for arm and arm64 with QEMU 11.

    The handlers are the machine's, so whatever else runs on it gets QEMU 11 too. The kernel opens
    an interpreter when it is registered (flag F), and keeps it open for what already runs.
    """
    folder = unpacked("qemu-11")
    own = [KERNEL / f"ci-slim-{name}" for name in _NAMES]
    with disabled(KERNEL / name for name in _NAMES):
        try:
            for name, handler in zip(_NAMES, own, strict=True):
                unregister(handler)  # left by a killed run
                rule = (folder / f"usr/lib/binfmt.d/{name}.conf").read_text().strip()
                rule = rule.replace(f":{name}:", f":{handler.name}:", 1)
                (KERNEL / "register").write_text(rule.replace(":/usr/", f":{folder}/usr/", 1))
            yield
        finally:
            for handler in own:
                unregister(handler)
