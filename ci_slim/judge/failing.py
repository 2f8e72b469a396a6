"""Which verdicts make a run fail."""

from collections.abc import Collection

from ci_slim.result import Report, Status

WORDS: dict[str, Status] = {"budget": "fail", "warning": "warn", "unknown": "unknown"}
"""What `fail_on` may say of verdicts, and the verdict that is meant."""
SKIPPED = "skipped"
"""What `fail_on` says of a platform that was not built."""


def broken(report: Report, fail_on: Collection[str]) -> bool:
    """Whether a report fails the run, by the words of `fail_on`. For a skipped platform everything
    is unknown, even without limits. A failed gate always fails the run."""
    statuses = {WORDS[word] for word in fail_on if word in WORDS}
    platforms = [p for image in report.images for p in image.platforms]
    skipped = "unknown" in statuses or SKIPPED in fail_on
    if skipped and any(p.outcome == "skipped" for p in platforms):
        return True
    if report.gate is not None and report.gate.failed:
        return True
    return any(verdict.status in statuses for p in platforms for verdict in p.verdicts)
