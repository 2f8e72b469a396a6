"""What updates from earlier releases cost, and the devices that they are for."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Device:
    """What the settings say about the devices that run the images."""

    link: int | None = None
    """Bits per second."""
    price: int | None = None
    """The price of a downloaded GB, in millionths of `currency`."""
    currency: str = ""
    devices: int = 1
    updates: Literal["pull", "delta"] = "pull"
    """How devices get a new release."""
    storage: int | None = None
    """The size of the disk with the images, in bytes."""
    reserved: int = 0
    """The bytes of this disk that images may not use."""
    keep: int = 1
    """How many earlier releases stay on the device for a rollback."""
    images: tuple[str, ...] = ()
    """The images that one device runs together; empty: all of the settings."""


@dataclass(frozen=True, slots=True)
class UpdateCost:
    """What a device with an earlier release downloads to get the new image. Sizes on disk are of
    unpacked layers, and are known only if the release was downloaded."""

    release: str
    """The tag of the release; the first digits of its digest if it no longer has a tag."""
    digest: str
    pull_bytes: int | None
    pull_exact: bool = True
    delta_bytes: int | None = None
    """Bytes of the verified delta; None if there is none: `no_delta` may say why."""
    no_delta: str = ""
    new_disk: int | None = None
    """Bytes of the layers that the release does not have."""
    old_disk: int | None = None
    """Bytes of the release itself."""
    old_only_disk: int | None = None
    """Bytes of its layers that the new image does not have."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What updates from earlier releases cost, the newest release first, and for which devices.
    `unknown` says why there are none, if that is known."""

    costs: tuple[UpdateCost, ...] = ()
    device: Device = Device()
    unknown: str = ""
