"""The report that is pushed with the image of one platform. Pure.

Everybody who may read the image may read it. So it has the sizes, the limits and the commit, but no
probes, warnings or paths.
"""

from dataclasses import replace

from ci_slim.image.sizes import ImageSizes
from ci_slim.result import ImageReport, PlatformReport, Report

MEDIA_TYPE = "application/vnd.ci-slim.report.v1+json"
VERSION = "org.opencontainers.image.version"
"""The annotation with the tag that the image was pushed under."""


def compact(report: Report, image: str, p: PlatformReport) -> Report:
    """The sizes of one platform, with the time, the commit and the run of the report."""
    told = PlatformReport(
        platform=p.platform,
        outcome=p.outcome,
        emulated=p.emulated,
        fat=_sizes(p.fat),
        slim=_sizes(p.slim),
        update_bytes=p.update_bytes,
        verified=p.verified,
        rounds=p.rounds,
        verdicts=p.verdicts,
    )
    images = (ImageReport(image, (told,)),)
    return Report(report.tool, report.created, images, origin=report.origin)


def _sizes(of: ImageSizes | None) -> ImageSizes | None:
    return None if of is None else replace(of, layers=(), reference="")
