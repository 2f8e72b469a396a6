"""Sizes, percentages and durations as people write them → numbers. Errors are ValueErrors.

`units.py` does the opposite: numbers → texts for people.
"""

import math
import re
from typing import NamedTuple

_SIZES = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}

_RATES = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9}

_QUANTITY = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?\s*(%|[^\W\d_]*)", re.ASCII)

RATE_PATTERN = r"^([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([kMG]?bit/s)$"
PRICE_PATTERN = r"^([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Z]{3})/(GB|MB)$"
_RATE, _PRICE = re.compile(RATE_PATTERN, re.ASCII), re.compile(PRICE_PATTERN, re.ASCII)
SIZE_PATTERN = r"^(0|[1-9][0-9]*)(\.[0-9]+)? ?(B|[kKMGT]B|[KMGT]iB)$"
PERCENT_PATTERN = r"^(0|[1-9][0-9]*)(\.[0-9]+)? ?%$"
DURATION_PATTERN = r"^(0|[1-9][0-9]*)(\.[0-9]+)? ?(ms|s|m|min|h)$"


def size(text: str) -> int:
    """`12 MB`, `12MB`, `12 MiB`, `500 kB`, `1.5 GB` → bytes. A number without a unit is bytes."""
    whole, fraction, unit = _parts(text, "a size", "12 MB, 12 MiB, 500 kB or a count of bytes")
    if unit == "%":
        raise ValueError(f"`{text}` is a percentage, and only `growth` may be one: write 12 MB")
    if unit not in _SIZES:
        near = _nearest_size_unit(unit)
        raise ValueError(
            f"`{unit}` is no unit of size: "
            + (f"did you mean `{whole}{fraction} {near}`?" if near else "write kB, MB, GB or MiB")
        )
    if not unit and fraction:
        raise ValueError(f"`{text}` needs a unit: write `{text} MB`")
    # Computed with integers, so that 1.1 MB is exactly 1100000 bytes.
    digits = len(fraction[1:])
    count: int = int(whole + fraction[1:]) * _SIZES[unit] // 10**digits
    return count


def percent(text: str) -> float:
    """`2%`, `2 %`, `0.5%` → 2.0, 2.0, 0.5."""
    whole, fraction, unit = _parts(text, "a percentage", "2%")
    if unit != "%":
        raise ValueError(f"`{text}` is no percentage: write `{whole}{fraction}%`")
    return float(whole + fraction)


def duration(text: str) -> float:
    """`30s`, `2m`, `1.5 h`, `500ms` → seconds."""
    whole, fraction, unit = _parts(text, "a duration", "30s, 2m or 500ms")
    if not unit and text.strip() != "0":
        raise ValueError(f"`{text}` needs a unit: write `{text}s` for seconds")
    if unit and unit not in _SECONDS:
        raise ValueError(f"`{unit}` is no unit of time: write ms, s, m or h")
    seconds = float(whole + fraction) * _SECONDS.get(unit, 1.0)
    if not math.isfinite(seconds) or seconds > 24 * 3600:
        raise ValueError(f"`{text}` is longer than a day")
    return seconds


def rate(text: str) -> int:
    """`1 Mbit/s`, `256 kbit/s` → bits a second."""
    found = _RATE.fullmatch(text.strip())
    if found is None or len(text) > 40:
        raise ValueError(f"`{text[:40]}` is not a rate: write 1 Mbit/s or 256 kbit/s")
    count = int(float(found[1]) * _RATES[found[2]])
    if not 0 < count < 10**13:
        raise ValueError(f"`{text}` is not a rate: write 1 Mbit/s or 256 kbit/s")
    return count


class Price(NamedTuple):
    """The price of a GB, in millionths of a currency."""

    millionths: int
    currency: str


def price(text: str) -> Price:
    """`2 EUR/GB`, `0.50 USD/MB` → the price of a GB."""
    found = _PRICE.fullmatch(text.strip())
    if found is None or len(text) > 40:
        raise ValueError(f"`{text[:40]}` is not a price: write 2 EUR/GB or 0.01 USD/MB")
    return Price(round(float(found[1]) * 10**6) * (1000 if found[3] == "MB" else 1), found[2])


def _parts(text: str, what: str, example: str) -> tuple[str, str, str]:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or len(text) > 40:
        raise ValueError(f"`{text[:40]}` is not {what}: write {example}")
    return match[1], match[2] or "", match[3]


def _nearest_size_unit(unit: str) -> str | None:
    """`mb`, `M`, `Mb`, `mib` → the unit that the user probably means."""
    folded = {known.lower(): known for known in _SIZES if known and known != "KB"}
    wanted = unit.lower()
    return folded.get(wanted) or folded.get(f"{wanted}b") or folded.get(f"{wanted[:-1]}b")
