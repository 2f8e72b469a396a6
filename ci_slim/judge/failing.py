"""Which verdicts make a run fail."""

from ci_slim.errors import UsageError
from ci_slim.result import Report, Status

NEVER = "never"
WORDS: dict[str, Status] = {"budget": "fail", "warning": "warn", "unknown": "unknown"}
"""What `fail_on` may say, besides `never`, and the verdict that is meant."""


def fail_on(text: str, where: str) -> frozenset[str]:
    """The words of a text such as `budget,unknown`; none for `never`. UsageError for others."""
    wanted = {word.strip() for word in text.split(",")} - {""}
    for word in sorted(wanted - {*WORDS, NEVER}):
        raise UsageError(
            f"`{word}` is none of {', '.join([*WORDS, NEVER])}",
            where=where,
            hint="several go with commas: budget,unknown",
        )
    return frozenset(wanted - {NEVER})


def broken(report: Report, wanted: frozenset[str]) -> bool:
    """Whether the verdicts of a report fail a run that fails on these words. Of a platform that
    was skipped everything is unknown, limits or not."""
    statuses = {WORDS[word] for word in wanted}
    platforms = [p for image in report.images for p in image.platforms]
    if "unknown" in statuses and any(p.outcome == "skipped" for p in platforms):
        return True
    return any(verdict.status in statuses for p in platforms for verdict in p.verdicts)
