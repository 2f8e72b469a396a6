"""Limits, proven advice, and errors in files, as issues for GitLab's merge request widget. Pure.

Other failures are in the test report (`junit.py`), so that each cause is shown once.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ci_slim.image.sizes import heaviest_layer
from ci_slim.options import SETTINGS_FILE
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.report.foreign import visible
from ci_slim.result import AdvisedChange, PlatformReport, Problem, Report, Status
from ci_slim.units import size

Severity = Literal["info", "minor", "major", "critical", "blocker"]

_SEVERITIES: Mapping[Status, Severity] = {"fail": "critical", "warn": "minor", "unknown": "info"}


@dataclass(frozen=True, slots=True)
class _Remark:
    check: str
    severity: Severity
    text: str


def to_codequality(
    report: Report,
    dockerfiles: Mapping[str, Dockerfile] | None = None,
    settings: str = SETTINGS_FILE,
) -> str:
    """A JSON array. An issue is shown at the line in the image's Dockerfile that made the largest
    layer, or, without a Dockerfile, at the file `settings`. `dockerfiles` are by the image's name.

    A fingerprint is made of rule, image and platform, and not of sizes: GitLab shows an issue as
    new if its fingerprint is new, and sizes change with every commit.
    """
    known = dockerfiles or {}
    issues = [_mistake(problem, problem.line) for problem in report.problems if problem.line]
    issues += [
        _issue(image.name, p, remark, known.get(image.name), settings)
        for image in report.images
        for p in image.platforms
        for remark in _remarks(p)
    ]
    issues += [
        _advice(advised.dockerfile, change, settings)
        for advised in report.advice
        for change in advised.changes
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(
    image: str, p: PlatformReport, remark: _Remark, dockerfile: Dockerfile | None, settings: str
) -> dict[str, object]:
    path, line = settings, 1
    if dockerfile is not None:
        heaviest = heaviest_layer(p.result)
        path, line = dockerfile.path, dockerfile.line_of(heaviest.created_by if heaviest else "")
    text = f"{image} on {p.platform}: {remark.text}"
    return _entry(remark.check, [image, str(p.platform)], text, remark.severity, (path, line))


def _advice(dockerfile: str, change: AdvisedChange, settings: str) -> dict[str, object]:
    """A proven change. Its path begins at the folder of the settings file."""
    saves = f"{size(change.disk_bytes)} on disk, {size(change.pull_bytes)} to pull"
    path = posixpath.join(posixpath.dirname(settings), dockerfile)
    of = [dockerfile, change.message]
    text = f"{change.message}; this saves {saves}"
    return _entry(f"advice/{change.rule}", of, text, "minor", (path, change.line))


def _mistake(problem: Problem, place: tuple[str, int]) -> dict[str, object]:
    return _entry("ended", [problem.message], str(problem), "blocker", place)


def _entry(
    check: str, of: list[str], text: str, severity: Severity, place: tuple[str, int]
) -> dict[str, object]:
    name, (path, line) = f"ci-slim/{check}", place
    return {
        "description": visible(text, 500),
        "check_name": name,
        "fingerprint": hashlib.sha256(json.dumps([name, *of]).encode()).hexdigest(),
        "severity": severity,
        "location": {"path": posixpath.normpath(path), "lines": {"begin": line}},
    }


def _remarks(p: PlatformReport) -> Iterator[_Remark]:
    if p.result is None:
        return
    for verdict in p.verdicts:
        severity = _SEVERITIES.get(verdict.status)
        if severity is not None:
            yield _Remark(verdict.rule, severity, verdict.message)
