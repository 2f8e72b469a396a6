"""Compares the run of a changed application with the report of the run before."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import PROJECT, Done, ci_slim
from daemons import Store

# Debian's own image ends with this CMD, which shows where its layers end. A replacement may lack
# it.
DOCKERFILE = """\
FROM debian:trixie-slim
CMD ["bash"]
COPY app.sh /app.sh
CMD ["/bin/sh", "/app.sh", "wait"]
"""
APP = 'echo "this is {version}"\nif [ "$1" = wait ]; then sleep 600; fi\n'
SETTINGS = """\
version: 1
images:
  app:
    build: {context: .}
    run: {ready: none}
    probes:
      - exec: sh /app.sh
        expect: {body: this is}
    budget: {update: 20 kB, growth: 1 kB}
"""
LIMIT = 60.0


@pytest.fixture(scope="module")
def runs(overlay2: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Done]]:
    """Two releases. The second is compared with the first, and then judged again from its
    report."""
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / ".ci-slim.yml").write_text(SETTINGS)
    done = []
    for version, baseline in (("one", "none"), ("two", str(folder / "one/report.json"))):
        (folder / "app.sh").write_text(APP.format(version=version))
        place = folder / version
        place.mkdir()
        arguments = ["run", f"--config={folder / '.ci-slim.yml'}", f"--baseline={baseline}"]
        done.append(ci_slim(overlay2, [*arguments, "--format=markdown"], place))
    yield done


def platform(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.stderr
    (only,) = done.platforms
    return only


def test_an_update_is_the_application_and_not_its_base(runs: list[Done]) -> None:
    before, after = (platform(done) for done in runs)
    old, new = (each["slim"]["layers"] for each in (before, after))
    # The base, the application, and what was added for scanners.
    assert [layer["base"] for layer in new] == [True, False, False]
    assert [b["digest"] == a["digest"] for b, a in zip(old, new, strict=True)] == [
        True,
        False,
        True,
    ]
    assert after["update_bytes"] == new[1]["pull_bytes"] + after["slim"]["config_bytes"]
    assert after["update_bytes"] * 10 < after["slim"]["pull_bytes"]


def test_the_report_tells_the_baseline(runs: list[Done]) -> None:
    before, after = (platform(done) for done in runs)
    baseline = dict(after["baseline"])
    assert baseline.pop("source").endswith("/one/report.json")
    assert baseline == {
        "reference": "",
        "digest": before["slim"]["digest"],
        "pull_bytes": before["slim"]["pull_bytes"],
        "disk_bytes": before["slim"]["disk_bytes"],
        "base_image": "same",
        "base_growth": 0,
        "grown": {"files": [], "folders": [], "packages": []},  # one byte changed
        "shared_layers": [0, 2],
    }
    assert (before["baseline"], before["update_bytes"], before["no_baseline"]) == (None, None, "")


def test_rules_about_the_baseline_are_unknown_without_one_and_held_with_one(
    runs: list[Done],
) -> None:
    before, after = (
        {verdict["rule"]: verdict["status"] for verdict in platform(done)["verdicts"]}
        for done in runs
    )
    assert before == {"update": "unknown", "growth": "unknown"}
    assert after == {"update": "pass", "growth": "pass"}


def test_the_comment_names_the_baseline_and_no_passing_name_or_time(runs: list[Done]) -> None:
    comment = runs[1].stdout
    digest = platform(runs[0])["slim"]["digest"]
    assert f"{platform(runs[1])['platform']} `{digest[7:19]}`\n" in comment
    assert "Baseline: file " in comment
    assert "| update |" in comment
    for passing in ("ci-slim-fat", "ci-slim-slim", " ms", "Time"):
        assert passing not in comment
    assert sum(done.seconds for done in runs) < LIMIT


def test_a_report_is_judged_again_by_check(runs: list[Done], tmp_path: Path) -> None:
    report = tmp_path / "two.json"
    report.write_text(json.dumps(runs[1].report))
    codes = {
        limit: subprocess.run(
            [sys.executable, "-m", "ci_slim", "check", f"--budget=update: {limit}", str(report)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            check=False,
        ).returncode
        for limit in ("20 kB", "100 B")
    }
    assert codes == {"20 kB": 0, "100 B": 1}
