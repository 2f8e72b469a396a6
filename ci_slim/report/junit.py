"""Probes as test cases, for GitLab's test report and other readers of JUnit XML. Pure.

Limits and errors in files are not test cases: GitLab shows these as code quality
(`codequality.py`).

https://docs.gitlab.com/ci/testing/unit_test_reports/#how-to-set-it-up: GitLab reads `classname`,
`name`, `time`, and `failure`, `error` or `skipped` with their text.
"""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as Xml

from ci_slim.report.foreign import visible
from ci_slim.result import PlatformReport, ProbeReport, Report

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def to_junit(report: Report) -> str:
    """A suite for each image on each platform, with a case for the image and for each probe; and a
    suite for errors that ended a run before that."""
    root = Xml.Element("testsuites", name="ci-slim")
    elsewhere = [problem for problem in report.problems if problem.line is None]
    if elsewhere:
        cases = [_case("ci-slim", "run", "error", str(problem)) for problem in elsewhere]
        root.append(_suite("ci-slim", cases))
    for image in report.images:
        for p in image.platforms:
            name = visible(f"{image.name} {p.platform}", 200)
            root.append(_suite(name, list(_cases(name, p))))
    Xml.indent(root)
    return _HEAD + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: Sequence[Xml.Element]) -> Xml.Element:
    ways = [child.tag for case in cases for child in case]
    suite = Xml.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(ways.count("failure")),
        errors=str(ways.count("error")),
        skipped=str(ways.count("skipped")),
    )
    suite.extend(cases)
    return suite


def _cases(suite: str, p: PlatformReport) -> Iterator[Xml.Element]:
    if p.outcome == "failed":
        yield _case(suite, "image", "error", p.reason)
    elif p.outcome == "skipped":
        yield _case(suite, "image", "skipped", p.reason)
    elif p.outcome == "slimmed" and not p.verified:
        yield _case(suite, "image", "failure", "the slim image was not verified")
    else:
        yield _case(suite, "image")
    for probe in p.probes:
        yield _probe(suite, probe)


def _probe(suite: str, probe: ProbeReport) -> Xml.Element:
    name = f"{probe.kind} probe: {probe.name}"
    runs = [(which, run) for which, run in (("fat", probe.fat), ("slim", probe.slim)) if run]
    if not runs:
        return _case(suite, name, "skipped", "it was not sent")
    seconds = sum(run.ms for _, run in runs) / 1000
    for which, run in runs:
        if not run.ok:
            came = "no answer" if run.status is None else f"status {run.status}"
            return _case(suite, name, "failure", f"{came} from the {which} image", seconds)
    return _case(suite, name, seconds=seconds)


def _case(
    suite: str, name: str, way: str = "", message: str = "", seconds: float = 0.0
) -> Xml.Element:
    shown = visible(name, 300)
    case = Xml.Element("testcase", classname=suite, name=shown, time=f"{seconds:.3f}")
    if way:
        text = visible(message, 1000)
        Xml.SubElement(case, way, message=text).text = text
    return case
