"""What a first run shows: probes that do not work, and budgets from the measured sizes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ci_slim import units
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.report.foreign import visible
from ci_slim.requests import Headroom
from ci_slim.result import Report
from ci_slim.start.proposal import Proposal, ProposedImage

_DIGITS = 3
"""Of a limit: 12.4 MB."""


def failed_probes(names: Iterable[str], details: Iterable[str]) -> tuple[str, ...]:
    """The probes among these names that the lines of an error mention."""
    lines = tuple(details)
    return tuple(name for name in names if any(line.startswith(f"{name}: ") for line in lines))


def without_probes(proposal: Proposal, image: str, numbers: frozenset[int]) -> Proposal:
    """The proposal without these probes of an image, by their place in its list."""
    return Proposal(
        tuple(
            replace(each, probes=tuple(p for n, p in enumerate(each.probes) if n not in numbers))
            if each.name == image
            else each
            for each in proposal.images
        ),
        proposal.notes,
    )


def without_guesses(proposal: Proposal, report: Report | None = None) -> Proposal:
    """The proposal without the probes that only a first run can judge, for the images that no
    platform of the report measured."""
    images = report.images if report is not None else ()
    judged = {each.name for each in images if any(platform.result for platform in each.platforms)}
    return replace(
        proposal,
        images=tuple(
            each
            if each.name in judged
            else replace(each, probes=tuple(probe for probe in each.probes if not probe.is_guess))
            for each in proposal.images
        ),
    )


def skipped(report: Report) -> Iterator[str]:
    """Sentences about the images that the first run could not run at all."""
    for image in report.images:
        for platform in image.platforms:
            if platform.outcome == "skipped":
                where = f"{image.name}: nothing was measured on {platform.platform}"
                yield f"{where}: {visible(platform.reason)}"


def with_budgets(
    proposal: Proposal,
    report: Report,
    headroom: Headroom,
    earlier: Mapping[str, BudgetRules],
) -> Proposal:
    """The proposal with limits for the measured sizes. `earlier` are the budgets of an existing
    settings file. Its limits stay if the sizes are within them, so a second run changes nothing."""
    reports = {image.name: image for image in report.images}

    def budgeted(image: ProposedImage) -> ProposedImage:
        measured = (
            [p for p in reports[image.name].platforms if p.result] if image.name in reports else []
        )
        if not measured:
            return image
        sizes, platform = measured[0].result, measured[0].platform
        assert sizes is not None
        rules = earlier.get(image.name, BudgetRules(Limits()))
        several = len(image.platforms) > 1
        known = rules.platforms.get(platform, Limits()) if several else rules.limits
        limits: dict[str, object] = {}
        for rule, size in (("pull", sizes.pull_bytes), ("disk", sizes.disk_bytes)):
            if size is not None:
                limits[rule] = _limit(size, headroom, known.by_rule.get(rule))
        budget: Mapping[str, object] = {"platforms": {str(platform): limits}} if several else limits
        why = f"What was measured on {platform}, and {headroom} more."
        return replace(image, budget=budget, budget_why=why)

    return replace(proposal, images=tuple(map(budgeted, proposal.images)))


def _limit(size: int, headroom: Headroom, earlier: int | None) -> str:
    if earlier is not None and size <= earlier:
        return units.size(earlier)
    return units.size(_rounded_up(size + headroom.bytes_of(size)))


def _rounded_up(count: int) -> int:
    """A number of three digits and zeros, not smaller."""
    scale: int = 10 ** max(0, len(str(count)) - _DIGITS)
    return -(-count // scale) * scale
