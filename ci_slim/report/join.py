"""Merge several reports into one, such as those of a matrix with one job for each platform."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ci_slim.errors import UsageError
from ci_slim.result import DockerfileLines, Gate, ImageReport, Problem, Report


def merge(reports: Sequence[Report]) -> Report:
    """One report of all images. Images with the same name become one, with all their platforms.

    The images are in the order of the reports, the platforms are sorted. Tool and time are those of
    the newest report. A job of a matrix without a report becomes a problem. Raises UsageError if an
    image has the same platform in two reports.
    """
    if not reports:
        raise UsageError("there is no report to merge", hint="Name at least one report.json.")
    joined: dict[str, ImageReport] = {}
    for report in reports:
        for image in report.images:
            known = joined.get(image.name)
            joined[image.name] = image if known is None else _join(known, image)
    newest = max(reports, key=lambda report: report.created)
    problems = tuple(problem for report in reports for problem in report.problems)
    problems += tuple(_missing(reports))
    return Report(
        newest.tool,
        newest.created,
        tuple(joined.values()),
        problems,
        origin=newest.origin,
        gate=_gate([report.gate for report in reports if report.gate is not None]),
        advice=tuple(dict.fromkeys(each for report in reports for each in report.advice)),
    )


def _gate(gates: Sequence[Gate]) -> Gate | None:
    """What any of the jobs found loosened. It is approved if each job that needs an approval has
    one."""
    if not gates:
        return None
    wanting = [gate for gate in gates if gate.loosened or gate.unknown]
    return Gate(
        gates[0].branch,
        tuple(dict.fromkeys(each for gate in gates for each in gate.loosened)),
        any(gate.protected for gate in gates),
        wanting[0].approved if wanting and all(gate.approved for gate in wanting) else "",
        next((gate.needs for gate in wanting if not gate.approved), ""),
        next((gate.unknown for gate in gates if gate.unknown), ""),
    )


def _missing(reports: Sequence[Report]) -> Iterator[Problem]:
    """A problem for each job of a matrix that left no report. Otherwise nobody would notice that
    its platforms are missing."""
    seen: dict[tuple[str, int], set[int]] = {}
    for report in reports:
        if (part := report.part) is not None:
            seen.setdefault((part.job, part.total), set()).add(part.number)
    for (job, total), numbers in seen.items():
        for number in sorted({*range(1, total + 1)} - numbers):
            yield Problem(
                f"job {number} of {total} left no report",
                where=job,
                hint="read its log and run it again: it may have been cancelled, or its runner was "
                "lost. If some jobs of the matrix never write a report, set CI_SLIM_PART=1/1 in "
                "the others, or `part: 0/1` for the action",
            )


def _join(one: ImageReport, other: ImageReport) -> ImageReport:
    twice = {p.platform for p in one.platforms} & {p.platform for p in other.platforms}
    if twice:
        raise UsageError(
            f"two reports have {min(twice)} of the image {one.name!a}",
            hint="Give only one report for each platform.",
        )
    platforms = sorted(one.platforms + other.platforms, key=lambda p: p.platform)
    return ImageReport(one.name, tuple(platforms), _lines(one.dockerfile, other.dockerfile))


def _lines(one: DockerfileLines | None, other: DockerfileLines | None) -> DockerfileLines | None:
    if one is None or other is None:
        return one or other
    return replace(one, lines={**other.lines, **one.lines})
