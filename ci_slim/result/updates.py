"""What updates from earlier releases cost, and the devices that they are for."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Device:
    """What the settings say of the devices that run the images."""

    link: int | None = None
    """Bits a second."""
    price: int | None = None
    """Of a GB that a device downloads, in millionths of `currency`."""
    currency: str = ""
    devices: int = 1
    updates: Literal["pull", "delta"] = "pull"
    """How devices get a new release."""
    storage: int | None = None
    """Bytes of the disk that holds the images."""
    reserved: int = 0
    """Bytes of it that are for other things."""
    keep: int = 1
    """Earlier releases that stay on the device, to go back to."""
    images: tuple[str, ...] = ()
    """The images that one device runs together; empty: all of the settings."""


@dataclass(frozen=True, slots=True)
class UpdateCost:
    """What a device that runs an earlier release downloads to have the new image. Sizes on disk are
    of unpacked layers, and known only where the release was downloaded."""

    release: str
    """Its tag; the first digits of its digest where it has none any more."""
    digest: str
    pull_bytes: int | None
    pull_exact: bool = True
    delta_bytes: int | None = None
    """The verified delta; None where there is none, and `no_delta` may say why."""
    no_delta: str = ""
    new_disk: int | None = None
    """Layers that the release does not have."""
    old_disk: int | None = None
    """The release itself."""
    old_only_disk: int | None = None
    """Its layers that the new image does not have."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What updates from earlier releases cost, the newest release first, and the devices they are
    for. `unknown` says why there are none, where that is known."""

    costs: tuple[UpdateCost, ...] = ()
    device: Device = Device()
    unknown: str = ""
