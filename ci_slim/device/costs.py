"""What an update costs: time on the link, and money. Pure."""

from ci_slim.result import Device, UpdateCost
from ci_slim.units import count, size

_GB = 10**9


def download(cost: UpdateCost, device: Device) -> int | None:
    """The bytes that one device downloads, in the way in which devices are updated."""
    if device.updates == "delta" and cost.delta_bytes is not None:
        return cost.delta_bytes
    return cost.pull_bytes


def told(downloaded: int, device: Device) -> str:
    """The costs as a text: `500 devices: 1.2 GB, 19 s each, 2.40 EUR`. What is not set is
    left out."""
    whole = downloaded * device.devices
    parts = [size(whole)]
    if device.link is not None:
        each = " each" if device.devices > 1 else ""
        parts.append(seconds(downloaded, device.link) + each)
    if device.price is not None:
        parts.append(money(whole, device.price, device.currency))
    return f"{count(device.devices, 'device')}: {', '.join(parts)}"


def seconds(downloaded: int, link: int) -> str:
    """How long a link with so many bits per second takes: `0.2 s`, `19 s`, `12 min`, `3.5 h`."""
    tenths = -(-downloaded * 80 // link)
    if tenths < 100:
        return f"{tenths / 10:g} s"
    if tenths < 1200:
        return f"{round(tenths / 10)} s"
    if tenths < 72_000:
        return f"{round(tenths / 600)} min"
    return f"{tenths / 36_000:.1f} h"


def money(downloaded: int, price: int, currency: str) -> str:
    """The price of so many bytes: `2.40 EUR`. A price below a hundredth is shown as `less than 0.01
    EUR`."""
    hundredths = round(downloaded * price / _GB / 10_000)
    if hundredths == 0 and downloaded and price:
        return f"less than 0.01 {currency}"
    return f"{hundredths // 100}.{hundredths % 100:02d} {currency}"
