"""Sizes as OpenMetrics text, for GitLab's metrics report and any Prometheus. Pure.

https://prometheus.io/docs/specs/om/open_metrics_spec/
https://docs.gitlab.com/ci/testing/metrics_reports/
"""

from collections.abc import Callable

from ci_slim.result import PlatformReport, Report

_Reader = Callable[[PlatformReport], int | None]

_FAMILIES: tuple[tuple[str, str, str, _Reader], ...] = (
    ("ci_slim_pull_bytes", "bytes", "Compressed bytes that a device downloads at first",
     lambda p: p.result.pull_bytes if p.result else None),
    ("ci_slim_disk_bytes", "bytes", "Bytes on the device's disk",
     lambda p: p.result.disk_bytes if p.result else None),
    ("ci_slim_update_bytes", "bytes", "Compressed bytes that a device with the baseline downloads",
     lambda p: p.update_bytes),
    ("ci_slim_layers", "", "Layers of the image",
     lambda p: len(p.result.layers) if p.result else None),
    ("ci_slim_fat_pull_bytes", "bytes", "Compressed bytes before slimming",
     lambda p: p.fat.pull_bytes if p.fat else None),
    ("ci_slim_fat_disk_bytes", "bytes", "Bytes on disk before slimming",
     lambda p: p.fat.disk_bytes if p.fat else None),
    ("ci_slim_broken_limits", "", "Limits that are broken",
     lambda p: sum(verdict.status == "fail" for verdict in p.verdicts)),
)  # fmt: skip
"""Name, unit, help and value of each metric. A platform without the value has no sample."""


def to_metrics(report: Report) -> str:
    """A sample for each known value, with image and platform as labels."""
    lines: list[str] = []
    for name, unit, text, value in _FAMILIES:
        samples = [
            f'{name}{{image="{_label(image.name)}",platform="{_label(str(p.platform))}"}} {number}'
            for image in report.images
            for p in image.platforms
            if (number := value(p)) is not None
        ]
        if samples:
            lines.append(f"# TYPE {name} gauge")
            lines += [f"# UNIT {name} {unit}"] if unit else []
            lines += [f"# HELP {name} {text}.", *samples]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _label(text: str) -> str:
    safe = text.encode("utf-8", "replace").decode()
    return safe.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
