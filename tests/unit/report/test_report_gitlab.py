"""The renderings that GitLab reads: code quality, metrics, test cases, variables."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from reports import AMD64, ARM64, ARMV6, RULES, of, replaced, sample, sizes, slimmed

from ci_slim.build.dockerfiles import read_dockerfiles
from ci_slim.errors import UsageError
from ci_slim.forges.gitlab import reports
from ci_slim.judge.budget import judge
from ci_slim.report import RENDERINGS, render
from ci_slim.report.codequality import to_codequality
from ci_slim.report.dockerfile import Dockerfile, in_repository
from ci_slim.report.dotenv import to_dotenv
from ci_slim.report.junit import to_junit
from ci_slim.report.metrics import to_metrics
from ci_slim.result import (
    AdvisedChange,
    AdvisedDockerfile,
    PlatformReport,
    ProbeReport,
    ProbeRun,
    Report,
)
from ci_slim.settings.plans import BuildPlan

HOSTILE = 'a"b\\c\n\x1b[31m<d>&\N{RIGHT-TO-LEFT OVERRIDE}'


def failed(reason: str = "a probe failed") -> PlatformReport:
    return PlatformReport(
        ARMV6, "failed", reason=reason, verdicts=judge(None, RULES, ARMV6, why_unknown="it failed")
    )


# -- code quality ----------------------------------------------------------------------------------

CODEQUALITY = """\
[
  {
    "description": "listener on linux/arm64: pull 3.1 MB is over 3 MB by 100 kB (+3.3 %)",
    "check_name": "ci-slim/pull",
    "fingerprint": "083b3d5a0432f5df0b88f13a50e6a916482e1d7a90cf4a4cf94446001283505a",
    "severity": "critical",
    "location": {
      "path": "examples/listener/Dockerfile",
      "lines": {
        "begin": 5
      }
    }
  }
]
"""


def test_code_quality_names_the_line_of_the_dockerfile() -> None:
    # The heaviest layer of the slim image is of `COPY part0 /`; one that was skipped has none.
    text = "FROM a AS fat\n\nFROM b\nCOPY part1 /\nCOPY part0 /\n"
    files = {"listener": Dockerfile("./examples/listener/../listener/Dockerfile", text)}
    assert to_codequality(sample(), files) == CODEQUALITY


def test_proven_advice_is_shown_at_its_line() -> None:
    change = AdvisedChange("apt-lists", 4, "lists stay", 10, 2000)
    made = replace(sample(), advice=(AdvisedDockerfile("app/Dockerfile", (change,)),))
    issue = json.loads(to_codequality(made, {}, "./ci/slim.yml"))[-1]
    assert (issue["check_name"], issue["severity"]) == ("ci-slim/advice/apt-lists", "minor")
    assert issue["location"] == {"path": "ci/app/Dockerfile", "lines": {"begin": 4}}
    assert issue["description"] == "lists stay; this saves 2 kB on disk, 10 B to pull"
    moved = replace(change, line=9, disk_bytes=2100)
    again = replace(sample(), advice=(AdvisedDockerfile("app/Dockerfile", (moved,)),))
    assert json.loads(to_codequality(again))[-1]["fingerprint"] == issue["fingerprint"]


def test_without_a_dockerfile_remarks_are_shown_at_the_settings_file() -> None:
    for issues in (to_codequality(sample()), to_codequality(sample(), {}, "./ci/slim.yml")):
        places = [issue["location"] for issue in json.loads(issues)]
        name = "ci/slim.yml" if "ci/slim" in issues else ".ci-slim.yml"
        assert places == len(places) * [{"path": name, "lines": {"begin": 1}}]


def test_a_fingerprint_does_not_change_with_the_sizes() -> None:
    def prints(pull: int) -> list[str]:
        fat, slim = sizes("a", 90_000_000, 90_000_000), sizes("b", pull, 6_000_000)
        return [i["fingerprint"] for i in json.loads(to_codequality(of(slimmed(ARM64, fat, slim))))]

    assert prints(3_100_000) == prints(3_200_001)
    assert len(prints(3_100_000)) == 1


def test_fingerprints_tell_images_platforms_and_rules_apart() -> None:
    def broken(*platforms: PlatformReport, name: str) -> list[str]:
        issues = json.loads(to_codequality(of(*platforms, name=name)))
        return [issue["fingerprint"] for issue in issues]

    fat, slim = sizes("a", 90_000_000, 90_000_000), sizes("b", 20_000_000, 40_000_000)
    both = (slimmed(ARMV6, fat, slim), slimmed(AMD64, fat, slim))
    seen = broken(*both, name="one") + broken(*both, name="two")
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize(
    ("platform", "check", "severity"),
    [
        (slimmed(AMD64, sizes("a", 9_000, 9_000), sizes("b", None, 900)), "ci-slim/pull", "info"),
        (
            slimmed(AMD64, sizes("a", 90_000_000, 9_000), sizes("b", 11_900_000, 900)),
            "ci-slim/pull",
            "minor",
        ),
    ],
)
def test_each_limit_has_its_severity(platform: PlatformReport, check: str, severity: str) -> None:
    (issue,) = json.loads(to_codequality(of(platform)))
    assert (issue["check_name"], issue["severity"]) == (check, severity)


WELL = slimmed(AMD64, sizes("a", 9_000, 9_000), sizes("b", 900, 900))


@pytest.mark.parametrize(
    "platform",
    [WELL, failed(), replaced(WELL, verified=False), PlatformReport(AMD64, "skipped", reason="x")],
)
def test_what_breaks_no_limit_is_no_remark(platform: PlatformReport) -> None:
    assert to_codequality(of(platform)) == "[]\n"


def test_one_cause_is_one_alarm() -> None:
    broken = ProbeReport("GET /", "http", ProbeRun(True, 200, 10), ProbeRun(False, 502, 20))
    over = slimmed(ARM64, sizes("a", 90_000_000, 90_000_000), sizes("b", 3_100_000, 6_000_000))
    report = of(replaced(over, probes=(broken,)), failed())
    remarks = [issue["check_name"] for issue in json.loads(to_codequality(report))]
    root = Xml.fromstring(to_junit(report))
    alarms = [case.get("name") for case in root.iter("testcase") if list(case)]
    assert (remarks, alarms) == (["ci-slim/pull"], ["http probe: GET /", "image"])


# -- metrics ---------------------------------------------------------------------------------------

METRICS = """\
# TYPE ci_slim_pull_bytes gauge
# UNIT ci_slim_pull_bytes bytes
# HELP ci_slim_pull_bytes Compressed bytes that a device downloads at first.
ci_slim_pull_bytes{image="listener",platform="linux/arm/v6"} 2800000
ci_slim_pull_bytes{image="listener",platform="linux/arm64"} 3100000
# TYPE ci_slim_disk_bytes gauge
# UNIT ci_slim_disk_bytes bytes
# HELP ci_slim_disk_bytes Bytes on the device's disk.
ci_slim_disk_bytes{image="listener",platform="linux/arm/v6"} 6700000
ci_slim_disk_bytes{image="listener",platform="linux/arm64"} 6900000
# TYPE ci_slim_update_bytes gauge
# UNIT ci_slim_update_bytes bytes
# HELP ci_slim_update_bytes Compressed bytes that a device with the baseline downloads.
ci_slim_update_bytes{image="listener",platform="linux/arm/v6"} 0
# TYPE ci_slim_layers gauge
# HELP ci_slim_layers Layers of the image.
ci_slim_layers{image="listener",platform="linux/arm/v6"} 2
ci_slim_layers{image="listener",platform="linux/arm64"} 2
# TYPE ci_slim_fat_pull_bytes gauge
# UNIT ci_slim_fat_pull_bytes bytes
# HELP ci_slim_fat_pull_bytes Compressed bytes before slimming.
ci_slim_fat_pull_bytes{image="listener",platform="linux/arm/v6"} 302700000
ci_slim_fat_pull_bytes{image="listener",platform="linux/arm64"} 341200000
# TYPE ci_slim_fat_disk_bytes gauge
# UNIT ci_slim_fat_disk_bytes bytes
# HELP ci_slim_fat_disk_bytes Bytes on disk before slimming.
ci_slim_fat_disk_bytes{image="listener",platform="linux/arm/v6"} 871000001
ci_slim_fat_disk_bytes{image="listener",platform="linux/arm64"} 912345678
# TYPE ci_slim_broken_limits gauge
# HELP ci_slim_broken_limits Limits that are broken.
ci_slim_broken_limits{image="listener",platform="linux/arm/v6"} 0
ci_slim_broken_limits{image="listener",platform="linux/arm64"} 1
ci_slim_broken_limits{image="listener",platform="linux/amd64"} 0
# EOF
"""


def test_metrics_have_a_sample_for_each_value_that_is_known() -> None:
    (image,) = sample().images
    first = replaced(image.platforms[0], update_bytes=0)
    assert to_metrics(of(first, *image.platforms[1:])) == METRICS


@pytest.mark.parametrize("name", ["listener", HOSTILE, "a\r\u2028 # {} b", ""])
def test_metrics_are_read_by_prometheus_own_parser(name: str) -> None:
    text = to_metrics(of(*sample().images[0].platforms, name=name))
    read: Any = text_string_to_metric_families
    families = {family.name: family.samples for family in read(text)}
    assert len(families["ci_slim_broken_limits"]) == len(sample().images[0].platforms)
    assert {sample.labels["image"] for samples in families.values() for sample in samples} == {name}


def test_labels_are_escaped() -> None:
    shown = to_metrics(of(failed(), name='a"b\\c\nd'))
    assert 'ci_slim_broken_limits{image="a\\"b\\\\c\\nd",platform="linux/arm/v6"} 0\n' in shown


# -- test cases ------------------------------------------------------------------------------------

JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ci-slim">
  <testsuite name="listener linux/arm64" tests="3" failures="1" errors="0" skipped="0">
    <testcase classname="listener linux/arm64" name="image" time="0.000" />
    <testcase classname="listener linux/arm64" name="http probe: GET /" time="0.030">
      <failure message="status 502 from the slim image">status 502 from the slim image</failure>
    </testcase>
    <testcase classname="listener linux/arm64" name="exec probe: listener --version" time="0.061" />
  </testsuite>
  <testsuite name="listener linux/arm/v6" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="listener linux/arm/v6" name="image" time="0.000">
      <error message="a probe failed">a probe failed</error>
    </testcase>
  </testsuite>
</testsuites>
"""


def test_images_and_probes_are_test_cases() -> None:
    arm64 = sample().images[0].platforms[1]
    broken = ProbeReport("GET /", "http", ProbeRun(True, 200, 10), ProbeRun(False, 502, 20))
    arm64 = replaced(arm64, probes=(broken, arm64.probes[1]))
    assert to_junit(of(arm64, failed())) == JUNIT


@pytest.mark.parametrize(
    ("probe", "way", "message"),
    [
        (ProbeReport("x", "http"), "skipped", "it was not sent"),
        (
            ProbeReport("x", "http", ProbeRun(False, None, 5)),
            "failure",
            "no answer from the fat image",
        ),
    ],
)
def test_a_probe_that_was_not_answered_says_so(probe: ProbeReport, way: str, message: str) -> None:
    root = Xml.fromstring(to_junit(of(replaced(failed(), probes=(probe,)))))
    case = root.findall(".//testcase")[1]
    assert [(child.tag, child.text) for child in case] == [(way, message)]


def test_foreign_text_stays_text() -> None:
    report = of(failed(HOSTILE), name=HOSTILE)
    error = Xml.fromstring(to_junit(report)).find(".//error")
    assert error is not None
    assert error.text == 'a"b\\c <d>&\\u{202e}'
    over = slimmed(ARM64, sizes("a", 90_000_000, 90_000_000), sizes("b", 3_100_000, 6_000_000))
    (issue,) = json.loads(to_codequality(of(over, name=HOSTILE)))
    assert issue["description"].isprintable()
    assert to_dotenv(report).isascii()


# -- variables -------------------------------------------------------------------------------------

DOTENV = f"""\
CI_SLIM_OUTCOME=over-budget
CI_SLIM_LEFT_OUT=0
CI_SLIM_LISTENER_LINUX_ARM_V6_PULL_BYTES=2800000
CI_SLIM_LISTENER_LINUX_ARM_V6_DIGEST=sha256:{"b" * 64}
CI_SLIM_LISTENER_LINUX_ARM64_PULL_BYTES=3100000
CI_SLIM_LISTENER_LINUX_ARM64_DIGEST=sha256:{"d" * 64}
"""


def test_later_jobs_get_outcome_sizes_and_digests() -> None:
    assert to_dotenv(sample()) == DOTENV


def test_no_more_variables_are_given_than_gitlab_takes() -> None:
    one = slimmed(AMD64, sizes("a", 9_000, 9_000), sizes("b", 900, 900))
    images = tuple(
        replace(of(one).images[0], name=f"image-{number}-{'x' * 300}") for number in range(12)
    )
    lines = to_dotenv(replace(sample(), images=images)).splitlines()
    assert lines[1] == f"CI_SLIM_LEFT_OUT={12 - (len(lines) - 2) // 2}"
    assert 2 < len(lines) <= 20
    assert sum(len(line) + 1 for line in lines) <= 5 * 1024


def test_images_whose_names_are_one_in_capitals_do_not_pass_for_each_other() -> None:
    one = slimmed(AMD64, sizes("a", 9_000, 9_000), sizes("b", 900, 900))
    other = slimmed(AMD64, sizes("a", 9_000, 9_000), sizes("c", 800, 800))
    images = (of(one, name="app-1").images[0], of(other, name="app.1").images[0])
    shown = to_dotenv(replace(sample(), images=images))
    assert "CI_SLIM_LEFT_OUT=1\nCI_SLIM_APP_1_LINUX_AMD64_PULL_BYTES=900\n" in shown


# -- the files -------------------------------------------------------------------------------------


def test_every_rendering_is_known_by_its_name() -> None:
    assert {"codequality", "metrics", "junit", "dotenv"} <= set(RENDERINGS)
    assert render(sample(), "dotenv") == DOTENV
    assert render(sample(), "codequality") == to_codequality(sample())
    assert render(sample(), "junit") == to_junit(sample())
    assert render(sample(), "metrics") == to_metrics(sample())


def test_the_files_for_gitlab_name_the_place_of_a_remark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM a AS one\nFROM b\n")
    wanted = {"image0": BuildPlan(".", "./Dockerfile", target="one")}
    over = slimmed(ARM64, sizes("a", 90_000_000, 90_000_000), sizes("b", 3_100_000, 6_000_000))
    report = of(over, name="image0")
    reports.write(report, in_repository(wanted, read_dockerfiles(wanted)), Path("out"))
    texts = {path.name: path.read_text() for path in Path("out").iterdir()}
    assert set(texts) == {"codequality.json", "metrics.txt", "junit.xml", "outputs.env"}
    (issue,) = json.loads(texts["codequality.json"])
    assert issue["location"] == {"path": "Dockerfile", "lines": {"begin": 1}}
    assert issue["description"].endswith("over 3 MB by 100 kB (+3.3 %)")


def test_images_without_a_dockerfile_here_have_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    absolute = tmp_path / "Dockerfile"
    absolute.write_text("FROM a\n")
    remote = BuildPlan("https://git.example/x.git", "Dockerfile")
    builds = (None, remote, BuildPlan(".", "gone"), BuildPlan(".", str(absolute)))
    wanted = {str(number): build for number, build in enumerate(builds)}
    assert in_repository(wanted, read_dockerfiles(wanted)) == {}


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    report: Report = sample()
    with pytest.raises(UsageError, match="cannot write"):
        reports.write(report, {}, tmp_path / "out")
