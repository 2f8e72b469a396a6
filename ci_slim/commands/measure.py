"""`ci-slim measure`: images measured wherever they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_slim.measure.measured import to_json
from ci_slim.measure.open import measure
from ci_slim.report.measured_text import to_text


def measure_images(
    images: Sequence[str],
    platform: str | None,
    form: str,
    environment: Mapping[str, str],
    scratch: Path,
    *,
    read: bool = False,
) -> str:
    """The images measured, as "text" or "json"; arguments as those of `measure.open.measure`."""
    found = measure(images, platform, environment, scratch, read=read)
    first = found[0].reference
    return to_json(found, first) if form == "json" else to_text(found, first)
