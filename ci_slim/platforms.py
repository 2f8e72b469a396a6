"""OCI platforms: parse, normalise and compare them; tell native from emulated ones.

The variant is part of a platform: `linux/arm/v6` is not `linux/arm/v7`. Names are normalised as in
containerd (github.com/containerd/platforms, `database.go`): `aarch64`, `arm64` and `arm64/v8` are
one platform.
"""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from ci_slim.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system, an architecture and its variant ("" if there is none).

    The values are kept as given. `normalised` makes two spellings of one platform equal.
    """

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def slug(self) -> str:
        """The platform as a part of a file name: `linux-arm-v6`."""
        return str(self).replace("/", "-")


_SPELLINGS = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv8l": ("arm", "v8"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "armv5tel": ("arm", "v5"),
    "armv5tejl": ("arm", "v5"),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
    "mips64el": ("mips64le", ""),
    "mipsel": ("mipsle", ""),
    "loongarch64": ("loong64", ""),
}
"""Names of uname, Debian and containerd → architecture and variant."""

_PLAIN_VARIANTS = {("amd64", "v1"), ("arm64", "v8"), ("arm64", "8")}
"""Variants that mean the same as the architecture alone; containerd leaves them out."""

_QEMU_NAMES = {
    "386": "i386",
    "amd64": "x86_64",
    "arm": "arm",
    "arm64": "aarch64",
    "loong64": "loongarch64",
    "mips64": "mips64",
    "mips64le": "mips64el",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""Architecture → its name in QEMU, which is also in the names of binfmt_misc handlers."""

_VARIANTS = {
    "arm": ("v5", "v6", "v7", "v8"),
    "arm64": ("", "v9"),
    "amd64": ("", "v2", "v3", "v4"),
}
"""The variants of an architecture, lowest first; the other architectures have none."""

_EXAMPLES = "write it as os/architecture[/variant], for example linux/arm/v6, linux/arm64"


def normalised(platform: Platform) -> Platform:
    """The standard spelling of a platform. An unknown name only becomes lower case.

    As in containerd, `arm` without variant is `arm/v7`, and `arm64/v8` is `arm64`.
    """
    os = {"macos": "darwin"}.get(platform.os.lower(), platform.os.lower())
    architecture = platform.architecture.lower()
    variant = platform.variant.lower()
    architecture, implied = _SPELLINGS.get(architecture, (architecture, ""))
    variant = variant or implied
    if variant.isdigit() and architecture in _VARIANTS:
        variant = f"v{variant}"
    if architecture == "arm" and not variant:
        variant = "v7"
    if (architecture, variant) in _PLAIN_VARIANTS:
        variant = ""
    return Platform(os, architecture, variant)


def parse(text: str) -> Platform:
    """The normalised platform that a text names: `linux/arm/v6`, `arm64`, `linux/aarch64`.

    Raises UsageError for what is not Linux, and for architectures that QEMU or Docker do not know.
    """
    parts = text.strip().split("/")
    if len(parts) == 1 or parts[0].lower() in _SPELLINGS or parts[0].lower() in _QEMU_NAMES:
        parts = ["linux", *parts]
    if len(parts) > 3 or not all(parts):
        raise UsageError(f"`{text}` is not a platform", hint=_EXAMPLES)
    platform = normalised(Platform(*parts))
    if platform.os != "linux":
        raise UsageError(
            f"`{text}` is not a Linux platform", hint=f"ci-slim slims Linux images: {_EXAMPLES}"
        )
    if platform.architecture not in _QEMU_NAMES:
        near = difflib.get_close_matches(platform.architecture, [*_QEMU_NAMES, *_SPELLINGS], 1)
        hint = f"did you mean `{parse(near[0])}`?" if near else _EXAMPLES
        raise UsageError(f"`{text}` names no known architecture", hint=hint)
    variants = _VARIANTS.get(platform.architecture, ("",))
    if platform.variant not in variants:
        known = ", ".join(
            str(Platform("linux", platform.architecture, variant)) for variant in variants
        )
        raise UsageError(f"`{text}` names no known variant", hint=f"there is {known}")
    return platform


def same(a: Platform, b: Platform) -> bool:
    """Whether two platforms are the same, in any spelling."""
    return normalised(a) == normalised(b)


def emulated(platform: Platform, daemon: Platform, native: Collection[Platform] = ()) -> bool:
    """Whether a daemon of platform `daemon` runs `platform` through QEMU.

    Native are the daemon's own architecture with variants up to its own, 386 on amd64, and the
    platforms in `native`. The caller must find these out on the machine: some arm64 machines run
    32-bit code, others do not.
    """
    wanted, own = normalised(platform), normalised(daemon)
    if any(same(wanted, other) for other in native):
        return False
    if (wanted.architecture, own.architecture) == ("386", "amd64"):
        return False
    if wanted.architecture != own.architecture:
        return True
    # Daemons report variants only for arm. They do not say whether an amd64 processor has v3.
    return own.architecture == "arm" and wanted.variant > own.variant


def handler_name(platform: Platform) -> str | None:
    """The binfmt_misc handler that runs a platform (`qemu-arm`); None if there is none."""
    name = _QEMU_NAMES.get(normalised(platform).architecture)
    return f"qemu-{name}" if name else None


def refuse_other(own: Platform, asked: Platform, where: str, *, stated: bool) -> None:
    """Raise UsageError for an image of another platform than the one that was asked for. An image
    whose variant is not `stated` may have any variant."""
    if own != asked if stated else own.architecture != asked.architecture:
        raise UsageError(
            f"the image is for {own}, not for {asked}",
            where=where,
            hint=f"name its platform: --platform {own}",
        )
