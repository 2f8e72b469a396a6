"""Which verdicts make a run fail."""

from collections.abc import Collection

from ci_slim.result import Report, Status

WORDS: dict[str, Status] = {"budget": "fail", "warning": "warn", "unknown": "unknown"}
"""What `fail_on` may say, besides `never`, and the verdict that is meant."""


def broken(report: Report, fail_on: Collection[str]) -> bool:
    """Whether the verdicts of a report fail a run that fails on these words. Of a platform that
    was skipped everything is unknown, limits or not."""
    statuses = {WORDS[word] for word in fail_on if word in WORDS}
    platforms = [p for image in report.images for p in image.platforms]
    if "unknown" in statuses and any(p.outcome == "skipped" for p in platforms):
        return True
    return any(verdict.status in statuses for p in platforms for verdict in p.verdicts)
