"""`ci-slim advise` tries base images of the settings file; the probes show whether one is enough.

The bases are made from Debian's packages: a large Debian, one with BusyBox, one with musl.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Store
from recipes import NAMES

FULL, BUSYBOX, MUSL = (f"{NAMES}/{name}:1" for name in ("full", "busybox", "musl"))
BASES = """\
FROM debian:trixie-slim AS packages
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static musl
RUN mkdir -p /small/bin /small/tmp && cp /bin/busybox /small/bin/ \\
    && for each in sh cat sleep test; do ln -s busybox /small/bin/$each; done
RUN cp -r /small /musl && mkdir -p /musl/lib && cp /lib/ld-musl-*.so.1 /musl/lib/
FROM debian:trixie-slim AS full
RUN dd if=/dev/urandom of=/usr/share/more bs=1M count=5
FROM scratch AS busybox
COPY --from=packages /small /
FROM scratch AS musl
COPY --from=packages /musl /
"""
SETTINGS = """
version: 1
images:
  app:
    build: {context: .}
    run: {ready: none}
    probes:
      - exec: sh /app/run.sh
        expect: {body: "3"}
advise:
  bases:
    "*/full": ["%s", "%s"]
    other: ["nowhere.invalid/image:1"]
"""
DOCKERFILE = f"""\
FROM debian:trixie-slim AS made
FROM {FULL}
COPY --from=made /usr/bin/expr /app/
COPY run.sh /app/
CMD ["sleep", "600"]
"""


@pytest.fixture(scope="module")
def bases(overlay2: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("bases")
    (folder / "Dockerfile").write_text(BASES)
    for name in (FULL, BUSYBOX, MUSL):
        target = name.rpartition("/")[2].partition(":")[0]
        overlay2.docker("buildx", "build", "--load", "--provenance=false", "--target", target,
                        "--tag", name, str(folder))  # fmt: skip
    yield
    overlay2.docker("rmi", "--force", FULL, BUSYBOX, MUSL, check=False)


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("echo $((1 + 2))", "proven"),
        ("/app/expr 1 + 2", "failed-probe"),  # it is linked with glibc, which only Debian has
    ],
)
def test_a_base_of_the_settings_is_proven_or_refused_by_its_probes(
    overlay2: Store, bases: None, tmp_path: Path, script: str, outcome: str
) -> None:
    (tmp_path / ".ci-slim.yml").write_text(SETTINGS % (BUSYBOX, MUSL))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "run.sh").write_text(f"{script}\n")
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "advise", "--format=json", "--all", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, **overlay2.environment},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    found = {each["diff"].split("+FROM ")[1].split("\n")[0]: each for each in advice["findings"]}
    assert {name: each["outcome"] for name, each in found.items()} == {
        BUSYBOX: outcome,
        MUSL: outcome,
    }
    if outcome == "proven":
        (saved,) = advice["together"]["platforms"].values()
        assert saved["disk_bytes"] > 50_000_000
    else:
        assert advice["together"] is None
        assert all("sh /app/run.sh" in each["message"] for each in found.values())
