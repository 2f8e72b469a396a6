"""What a report says of its baselines: which were used, why none was, and what grew."""

from dataclasses import dataclass

from ci_slim.result import Baseline, Report
from ci_slim.units import change, signed


def growth(before: int | None, after: int | None) -> str:
    """`+100 kB (+3.7 %) vs baseline`; "" when one of them is not known."""
    if before is None or after is None:
        return ""
    relative = f" ({change(before, after)})" if before > 0 and before != after else ""
    return f"{signed(after - before)}{relative} vs baseline"


def base_change(baseline: Baseline) -> str:
    """A change that is not the pull request's, told apart."""
    text = "the base image is another one than the baseline's"
    if baseline.base_growth is not None:
        text += f": {signed(baseline.base_growth)} of the growth in pull size is in its layers"
    return text


@dataclass(frozen=True, slots=True)
class Compared:
    """A baseline: where it was found, its name there, and the digest of each platform's image."""

    source: str
    reference: str
    digests: tuple[tuple[str, str], ...]


def baselines(report: Report) -> tuple[Compared, ...]:
    """Every baseline that was used, in the order of the report."""
    grouped: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for image in report.images:
        for p in image.platforms:
            if p.baseline is not None:
                named = grouped.setdefault((p.baseline.source, p.baseline.reference), [])
                named.append((str(p.platform), p.baseline.digest))
    return tuple(Compared(*named, tuple(digests)) for named, digests in grouped.items())


def missing_baselines(report: Report) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Why there was no baseline, and the platforms where; no platforms where it was all."""
    platforms = [p for image in report.images for p in image.platforms]
    grouped: dict[str, dict[str, None]] = {}
    for p in platforms:
        if p.no_baseline:
            grouped.setdefault(p.no_baseline, {})[str(p.platform)] = None
    everywhere = len(grouped) == 1 and all(p.no_baseline for p in platforms)
    return tuple((why, () if everywhere else tuple(where)) for why, where in grouped.items())
