"""`ci-slim advise` proposes a build stage, and another order of layers: both are proven."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import PROJECT
from daemons import Store

SETTINGS = """
version: 1
images:
  app:
    build: {context: ., platforms: [linux/amd64]}
    run: {ready: none}
    probes:
      - exec: version
        expect: {body: "0."}
"""
DOCKERFILE = """\
FROM debian:trixie-slim
WORKDIR /src
COPY version.c .
RUN apt-get update \\
    && apt-get install -y --no-install-recommends gcc libc6-dev libyaml-dev \\
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system app
RUN gcc -o /usr/local/bin/version version.c -lyaml
USER app
CMD ["sleep", "600"]
"""
SOURCE = """\
#include <yaml.h>
#include <stdio.h>

int main(void)
{
    puts(yaml_get_version_string());
    return 0;
}
"""


def test_a_compiler_stays_in_a_build_stage_and_packages_come_first(
    overlay2: Store, tmp_path: Path
) -> None:
    (tmp_path / ".ci-slim.yml").write_text(SETTINGS)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    for number in range(3):
        (tmp_path / "version.c").write_text(f"/* {number} */\n{SOURCE}")
        _git(tmp_path, "init", "--quiet")
        _git(tmp_path, "add", ".")
        _git(tmp_path, "commit", "--quiet", "--message=change")
    done = _advise(overlay2, tmp_path)
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    outcomes = {(each["rule"], each["outcome"]) for each in advice["findings"]}
    assert outcomes == {("build-stage", "proven"), ("build-order", "proven")}
    stages = [each for each in advice["findings"] if each["rule"] == "build-stage"]
    saved = advice["together"]["platforms"]["linux/amd64"]["disk_bytes"]
    assert saved > 100_000_000
    assert saved == max(e["platforms"]["linux/amd64"]["disk_bytes"] for e in stages)
    order = next(each for each in advice["findings"] if each["rule"] == "build-order")
    assert "updates by the last 3 commits" in order["message"]
    written = (tmp_path / "Dockerfile").read_text()
    assert re.findall(r"--no-install-recommends (.+) \\", written)[1:] == ["libyaml-0-2"]
    assert "\nCOPY --from=build /usr/local/bin /usr/local/bin\n" in written
    assert "useradd --system app\n" in written.rpartition("\nFROM ")[2]


CORPUS = PROJECT / "tests/corpus"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
LANGUAGE = """
version: 1
images:
  app:
    build: {context: ., platforms: [linux/amd64]}
    run: {ready: none, command: sleep 600}
    probes:
      - exec: %s
        expect: {body: '%s'}
"""


@pytest.mark.parametrize(
    ("name", "install", "probe", "body", "run_stage", "least"),
    [
        (
            "python/wheels",
            "PIP_CERT=/run/secrets/ca pip install",
            "python3 /app/escape.py",
            "&lt;a&gt; markupsafe._speedups",
            ("recommends python3 ", "COPY --from=build /usr/local/lib /usr/local/lib\n"),
            200_000_000,
        ),
        pytest.param(
            "node/addon",
            "NODE_EXTRA_CA_CERTS=/run/secrets/ca npm install",
            "node /app/index.js",
            "42",
            ("nodejs", "COPY --from=build /app/node_modules /app/node_modules\n"),
            200_000_000,
            marks=pytest.mark.trial,  # its packages take minutes
        ),
    ],
)
def test_what_pip_and_npm_build_is_copied_out_of_a_build_stage(
    overlay2: Store,
    tmp_path: Path,
    name: str,
    install: str,
    probe: str,
    body: str,
    run_stage: tuple[str, ...],
    least: int,
) -> None:
    shutil.copytree(CORPUS / "context", tmp_path, dirs_exist_ok=True)
    text = (CORPUS / f"{name}.Dockerfile").read_text()
    command = " ".join(install.split()[1:])
    # Only networks with a certificate authority of their own need the secret.
    text = text.replace(f"RUN {command}", f"RUN --mount=type=secret,id=ca {install}")
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / ".ci-slim.yml").write_text(LANGUAGE % (probe, body))
    done = _advise(overlay2, tmp_path, f"--secret=id=ca,src={AUTHORITIES}")
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    stages = [each for each in advice["findings"] if each["rule"] == "build-stage"]
    assert "proven" in {each["outcome"] for each in stages}, advice["findings"]
    assert advice["together"]["platforms"]["linux/amd64"]["disk_bytes"] > least
    written = (tmp_path / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert all(each in written for each in run_stage)
    assert not re.search(r"\b(?:gcc|g\+\+|npm|pip)\b", written)


EMULATED = """
version: 1
images:
  app:
    build: {context: ., platforms: [linux/amd64, linux/arm64]}
    run: {ready: none}
    probes:
      - exec: cat /sum
        expect: {body: "450000015000000"}
"""
SUM = """\
FROM debian:trixie-slim AS sum
RUN perl -e '$x += $_ for 1 .. 3e7; print $x' >/sum
FROM debian:trixie-slim
COPY --from=sum /sum /sum
CMD ["sleep", "600"]
"""
COPIED = "RUN cp /bin/true /usr/local/bin/true && "


@pytest.mark.parametrize(("more", "outcome"), [("", "proven"), (COPIED, "failed-probe")])
def test_a_stage_runs_natively_if_it_makes_the_same_on_all_platforms(
    overlay2: Store, tmp_path: Path, more: str, outcome: str
) -> None:
    text = SUM.replace("RUN ", more or "RUN ")
    if more:
        text = text.replace("COPY ", "COPY --from=sum /usr/local/bin/true /true\nCOPY ")
    (tmp_path / ".ci-slim.yml").write_text(EMULATED)
    (tmp_path / "Dockerfile").write_text(text)
    done = _advise(overlay2, tmp_path)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["rule"], found["outcome"]) == ("native-build", outcome), found
    seconds = found["build_seconds"]
    assert seconds["platform"] == "linux/arm64" and seconds["before"] > 2 * seconds["after"]


def _advise(store: Store, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "ci_slim",
            "advise",
            "--format=json",
            "--all",
            "--quiet",
            "--write",
            *more,
        ],
        cwd=folder,
        env={**os.environ, **store.environment},
        capture_output=True,
        text=True,
        timeout=570,
    )


def _git(folder: Path, *argv: str) -> None:
    who = {f"GIT_{name}_{what}": "test@example.com" for name in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    subprocess.run(
        ["git", *argv], cwd=folder, env={**os.environ, **who}, check=True, capture_output=True
    )
