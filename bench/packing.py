"""What strip and UPX save on the listener."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.table import ROOT, Table, ci_slim, measured_on

LISTENER = ROOT / "examples" / "listener"
PLATFORMS = ("linux/arm/v6", "linux/arm64", "linux/amd64")
PROGRAM = "/usr/local/bin/listener"
SYMBOLS = """FROM --platform=$BUILDPLATFORM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
ARG TARGETOS TARGETARCH TARGETVARIANT
RUN CGO_ENABLED=0 GOOS="$TARGETOS" GOARCH="$TARGETARCH" GOARM="${TARGETVARIANT#v}" \\
    go build -trimpath -o /out/listener .
FROM scratch
COPY --from=build /out/listener /usr/local/bin/listener
EXPOSE 5000
ENTRYPOINT ["/usr/local/bin/listener"]
"""
KEYS = PLATFORMS
HEAD = (
    "platform", "disk: slim", "disk: stripped", "disk: UPX", "pull: slim", "pull: stripped",
    "pull: UPX", "start: slim", "start: UPX",
)  # fmt: skip


def measure() -> Table:
    """Measure each platform."""
    said = measured_on(["strip", "--version"], ["upx", "--version"])
    return Table(said, HEAD, tuple(map(_row, PLATFORMS)))


def _row(target: str) -> tuple[str, ...]:
    tag = f"ci-slim-packing:{target.replace('/', '-')}"
    build = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
    try:
        subprocess.run(
            [*build, "--platform", target, "--tag", tag, "--file", "-", str(LISTENER)],
            input=SYMBOLS, text=True, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        stripped = _packed(tag, target, "--strip")
        both = _packed(tag, target, "--strip", f"--upx={PROGRAM}")
    finally:
        subprocess.run(["docker", "rmi", "--force", tag], stdout=subprocess.DEVNULL, check=False)
    sizes = (
        stripped["disk_before"], stripped["disk_after"], both["disk_after"],
        stripped["pull_before"], stripped["pull_after"], both["pull_after"],
    )  # fmt: skip
    times = (both["start_before_ms"], both["start_after_ms"])
    return target, *(f"{size / 1e6:.2f} MB" for size in sizes), *(f"{ms} ms" for ms in times)


def _packed(tag: str, target: str, *flags: str) -> dict[str, Any]:
    """What the report says of packing."""
    probe = ["--env=MY_NODE_NAME=node", "--env=MONGO_CONN=mongodb://mongo:80", "--http-probe=GET /"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        out = (f"--output={folder}/out", f"--report={report}")
        ci_slim("slim", "--quiet", f"--platform={target}", *probe, *flags, *out, tag)
        (image,) = json.loads(report.read_text(encoding="utf-8"))["images"]
        packed: dict[str, Any] = image["platforms"][0]["packed"]
    assert packed["files"], packed
    return packed
