"""Which images of a report are hardened, and how they are run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reports import AMD64, ARM64, sizes, slimmed

from ci_slim.commands.edge import Edge
from ci_slim.commands.harden import Wanted, harden, of_report
from ci_slim.errors import UsageError
from ci_slim.options import HARDEN, option_of
from ci_slim.report import render
from ci_slim.requests import Asked, Given, HardenRequest
from ci_slim.result import Artifacts, ImageReport, PlatformReport, Report, Tool
from ci_slim.settings import make

SETTINGS = """\
version: 1
images:
  listener:
    build: {}
    run: {env: {A: b}}
    probes: [{http: /health}]
"""
FAT, SLIM = sizes("a", 50, 100), replace(sizes("b", 5, 10), reference="")


def platform(**more: Any) -> PlatformReport:
    made = slimmed(AMD64, FAT, SLIM)
    layout = Artifacts(oci_layout="listener/linux-amd64")
    return replace(made, **{"artifacts": layout, **more})


def wanted(folder: Path, *platforms: PlatformReport, **flags: str) -> list[Wanted]:
    report = Report(Tool("1"), "2026-01-01T00:00:00Z", (ImageReport("listener", platforms),))
    (folder / "report.json").write_text(render(report, "json"))
    given = [Given(option_of(HARDEN, name), (text,), f"--{name}") for name, text in flags.items()]
    request = make(HardenRequest, Asked(tuple(given)), target=str(folder / "report.json"))
    return list(of_report(request, Edge()))


def test_the_slim_image_is_in_the_layout_beside_the_report(tmp_path: Path) -> None:
    (only,) = wanted(tmp_path, platform(), config=_settings(tmp_path))
    (image,) = only.settings.images
    assert image.source == f"oci:{tmp_path}/listener/linux-amd64"
    assert (image.build, image.platforms) == (None, (AMD64,))
    assert image.run.env == {"A": "b"}
    assert [probe.name for probe in image.probes] == ["GET /health"]
    assert only.profile is None


def test_a_report_that_is_not_there_is_no_image(tmp_path: Path) -> None:
    request = make(HardenRequest, Asked(()), target=str(tmp_path / "report.json"))
    with pytest.raises(UsageError, match="cannot be read"):
        harden(request, Edge())


def test_a_profile_of_the_report_is_used(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("{}")
    artifacts = Artifacts(oci_layout="listener/linux-amd64", seccomp="profile.json")
    (only,) = wanted(tmp_path, platform(artifacts=artifacts), config=_settings(tmp_path))
    assert only.profile == (str(tmp_path / "profile.json"), "{}")


def _settings(folder: Path) -> str:
    (folder / "settings.yml").write_text(SETTINGS)
    return str(folder / "settings.yml")


def test_an_image_that_slimming_left_alone_is_the_fat_one(tmp_path: Path) -> None:
    alone = platform(outcome="unchanged", reason="x", slim=None, artifacts=Artifacts())
    (only,) = wanted(tmp_path, alone, config=_settings(tmp_path))
    assert only.settings.images[0].source == only.called == "listener:a"


@pytest.mark.parametrize(
    ("found", "flags", "message"),
    [
        (
            platform(outcome="failed", reason="x", slim=None),
            {},
            "the report has no image that can be hardened",
        ),
        (platform(), {"platform": str(ARM64)}, "the report has no image that can be hardened"),
        (platform(), {"images": "other"}, "the report has no image `other`"),
        (platform(artifacts=Artifacts()), {}, "is neither beside the report nor in the daemon"),
    ],
)
def test_a_report_without_the_image_is_refused(
    found: PlatformReport, flags: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        wanted(tmp_path, found, config=_settings(tmp_path), **flags)
