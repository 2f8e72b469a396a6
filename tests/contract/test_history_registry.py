"""The history of an image from what `ci-slim push` put beside it in Debian's registry."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from registries import Served, served
from reports import AMD64, ARMV6, of, sample, sizes, slimmed
from stored_images import APP, BASE, Stored, folder_of

from ci_slim.attest.provenance import Origin as Place
from ci_slim.attest.referrer import Statement, referrer
from ci_slim.commands.push import Extras, push_images
from ci_slim.commands.push_targets import PushTarget
from ci_slim.engine.referrers import attach
from ci_slim.engine.registry import Registry
from ci_slim.image.manifest import MANIFEST, Descriptor, parse_index
from ci_slim.image.reference import ImageName
from ci_slim.platforms import Platform
from ci_slim.report.compact import MEDIA_TYPE, VERSION
from ci_slim.report.json import to_json
from ci_slim.result import Artifacts, Origin, PlatformReport

SECRET = "hunter2hunter2"


@dataclass(frozen=True)
class Project:
    """A project that pushes two platforms of an image to a registry."""

    folder: Path
    registry: Served

    def push(self, day: int, version: str, *, attest: bool = True) -> list[str]:
        """Push what a run of this day made; the lines of the log."""
        folder = self.folder / version
        platforms = [self._platform(folder, each, day) for each in (AMD64, ARMV6)]
        run = replace(
            of(*platforms, name="app"),
            created=f"2026-11-{day:02}T10:00:00Z",
            origin=Origin(f"{day:02}" * 20, "", day, f"https://x:{SECRET}@ci.example/{day}"),
        )
        names = [f"{self.registry.host}/team/app:{tag}" for tag in (version, "latest")]
        target = PushTarget("app", names[0], tags=(names[1],))
        lines: list[str] = []
        self.folder.joinpath("scratch").mkdir(exist_ok=True)
        extras = Extras(
            self.folder / "scratch",
            Place() if attest else None,
            hide=lambda text: text.replace(SECRET, "***"),
        )
        push_images([(run, folder)], [target], {}, lines.append, extras)
        return lines

    def _platform(self, folder: Path, platform: Platform, day: int) -> PlatformReport:
        layout = folder / platform.slug
        folder_of(layout, Stored(platform, layers=(BASE, APP, f"f 0644 0:0 /day {day}")))
        digest = parse_index((layout / "index.json").read_bytes(), "x").manifests[0].digest
        slim = replace(sizes("b", day * 1_000_000, 6_000_000), digest=digest)
        made = slimmed(platform, sizes("a", 90_000_000, 90_000_000), slim)
        return replace(made, artifacts=Artifacts(oci_layout=platform.slug))

    def history(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        name = f"docker://{self.registry.host}/team/app"
        command = [sys.executable, "-m", "ci_slim", "history", name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    def images(self, tag: str) -> list[str]:
        """The digests of the platforms of a tag."""
        return [each["digest"] for each in self.registry.index("team/app", tag)["manifests"]]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with served(tmp_path / "registry") as registry:
        yield Project(tmp_path, registry)


def test_the_history_of_a_registry_has_the_releases_with_their_tags(project: Project) -> None:
    (said,) = {line.partition(" to ")[0] for line in project.push(2, "1.10") if "attached" in line}
    assert said == "attached sbom.cdx.json, provenance.json, report.json"
    project.push(1, "1.9")
    project.push(3, "1.11", attest=False)
    done = project.history()
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"{project.registry.host}/team/app: 1 release without a report\n"
    head, _, rows = done.stdout.partition("\n\n")
    assert head == "app linux/amd64, limit 12 MB to pull"
    told = [line.split() for line in rows.splitlines()[2:4]]
    assert [(row[0], row[-1]) for row in told] == [
        ("2026-11-01T10:00:00Z", "1.9"),
        ("2026-11-02T10:00:00Z", "1.10"),
    ]
    assert "\n\napp linux/arm/v6, limit 12 MB to pull\n\n" in done.stdout
    picture = project.history("--format=svg").stdout
    assert ">1.9<" in picture
    assert ">1.10<" in picture


def test_the_report_beside_an_image_names_no_secret(project: Project) -> None:
    project.push(1, "1.9")
    (_, image) = project.images("1.9")
    (entry,) = (
        each
        for each in project.registry.referrers("team/app", image)
        if each["artifactType"] == MEDIA_TYPE
    )
    (layer,) = project.registry.index("team/app", entry["digest"])["layers"]
    raw = project.registry.blob("team/app", layer["digest"])
    assert SECRET.encode() not in raw
    assert json.loads(raw)["origin"]["run_url"] == "https://x:***@ci.example/1"


def test_without_attest_there_is_no_report(project: Project) -> None:
    project.push(1, "1.9", attest=False)
    done = project.history()
    assert done.returncode == 2
    assert "no image there has a report of ci-slim" in done.stderr
    assert "without --no-attest" in done.stderr


HOSTILE = {
    "no JSON": b"\x00",
    "deep": b"[" * 1_000_000,
    "a bomb of numbers": b"[" + b"9" * 1_000_000 + b"]",
    "a report of another image": to_json(sample()).encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_artifact_is_named_and_the_others_are_shown(
    project: Project, content: bytes
) -> None:
    project.push(1, "1.9")
    project.push(2, "1.10")
    name = ImageName(project.registry.host, "team/app", "1.10")
    images = project.images("1.10")
    with Registry.of(name.host, {}, "pull,push") as registry:
        for image in images:
            made = referrer(
                Statement(MEDIA_TYPE, content, "report.json", {VERSION: "1.10"}),
                Descriptor(MANIFEST, image, 1),
                "2026-12-01T10:00:00Z",
            )
            attach(registry, name, image, [made])
    done = project.history()
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert [
        line.startswith(f"no report of {image}") for line, image in zip(lines, images, strict=True)
    ]
    assert " 1.9\n" in done.stdout
    assert " 1.10\n" in done.stdout  # the report of the push itself
