"""What a report says about its baselines: which were used, why there is none, and what grew."""

from dataclasses import dataclass

from ci_slim.result import Baseline, PlatformReport, Report
from ci_slim.units import signed


def base_change(baseline: Baseline) -> str:
    """A sentence about a change of the base image, which the pull request did not make."""
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


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no baseline, and on which platforms; an empty list means all. `sentence` says
    what will create it, or is "". `rules` are the budget rules that need it."""

    why: str
    sentence: str
    rules: tuple[str, ...]
    platforms: tuple[str, ...]

    @property
    def text(self) -> str:
        """A sentence for the reader: what will create the baseline, else why there is none."""
        unknown = f" Until then the limit on {' and '.join(self.rules)} is unknown."
        return (self.sentence or f"No baseline: {self.why}.") + (unknown if self.rules else "")


def missing_baselines(report: Report) -> tuple[Missing, ...]:
    """Each reason why there is no baseline, once."""
    platforms = [p for image in report.images for p in image.platforms]
    grouped: dict[tuple[str, str], list[PlatformReport]] = {}
    for p in platforms:
        if p.no_baseline:
            grouped.setdefault((p.no_baseline, p.next_baseline), []).append(p)
    everywhere = len(grouped) == 1 and all(p.no_baseline for p in platforms)
    return tuple(
        Missing(
            why,
            sentence,
            tuple(dict.fromkeys(rule for p in where for rule in unknown_rules(p))),
            () if everywhere else tuple(dict.fromkeys(str(p.platform) for p in where)),
        )
        for (why, sentence), where in grouped.items()
    )


def unknown_rules(p: PlatformReport) -> tuple[str, ...]:
    """The rules that are unknown because there is no baseline."""
    if p.baseline is not None or not p.no_baseline or p.result is None:
        return ()
    return tuple(
        verdict.rule
        for verdict in p.verdicts
        if verdict.rule in {"update", "growth"} and verdict.status == "unknown"
    )
