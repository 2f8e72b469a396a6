"""The report `ci-slim/report/v1` as one value. JSON, Markdown and text are renderings of it.

Sizes are bytes, times are seconds (`ms` of a probe: milliseconds). Names, paths, reasons and
`created_by` come from images and are foreign text: every rendering escapes them.
"""

from ci_slim.result.advice import AdvisedChange, AdvisedDockerfile, Suggestion
from ci_slim.result.gate import Gate, Loosened
from ci_slim.result.origin import PARTS_MAX, Origin, Part
from ci_slim.result.packed import NotPacked, Packed, PackedFile
from ci_slim.result.platform import (
    STAGES,
    Artifacts,
    BaseImage,
    Baseline,
    HeldOut,
    Kept,
    LeftOut,
    PlatformOutcome,
    PlatformReport,
    Point,
    ProbeReport,
    ProbeRun,
    Seconds,
)
from ci_slim.result.problem import Problem
from ci_slim.result.report import (
    SCHEMA,
    DockerfileLines,
    ImageReport,
    Outcome,
    Report,
    Tool,
    outcome_of,
)
from ci_slim.result.updates import Device, UpdateCost, Updates
from ci_slim.result.verdict import Status, Verdict, status_of

__all__ = [
    "PARTS_MAX",
    "SCHEMA",
    "STAGES",
    "AdvisedChange",
    "AdvisedDockerfile",
    "Artifacts",
    "BaseImage",
    "Baseline",
    "Device",
    "DockerfileLines",
    "Gate",
    "HeldOut",
    "ImageReport",
    "Kept",
    "LeftOut",
    "Loosened",
    "NotPacked",
    "Origin",
    "Outcome",
    "Packed",
    "PackedFile",
    "Part",
    "PlatformOutcome",
    "PlatformReport",
    "Point",
    "ProbeReport",
    "ProbeRun",
    "Problem",
    "Report",
    "Seconds",
    "Status",
    "Suggestion",
    "Tool",
    "UpdateCost",
    "Updates",
    "Verdict",
    "outcome_of",
    "status_of",
]
