"""`make packing`: what strip and UPX save on the listener, into docs/results.md."""

import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LISTENER = ROOT / "examples" / "listener"
RESULTS = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- packing: begin -->\n", "<!-- packing: end -->\n"
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
COLUMNS = (
    "disk: slim", "disk: stripped", "disk: UPX", "pull: slim", "pull: stripped", "pull: UPX",
    "start: slim", "start: UPX",
)  # fmt: skip
HEADER = f"| platform | {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * len(COLUMNS)}\n"


def main() -> int:
    """Measure each platform, write the table, show it."""
    rows = [_row(each) for each in PLATFORMS]
    text = f"{_said()}\n\n{HEADER}{''.join(rows)}"
    before, _, rest = RESULTS.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    RESULTS.write_text(f"{before}{BEGIN}{text}{END}{after}", encoding="utf-8")
    print(text)
    return 0


def _said() -> str:
    versions = ", ".join(
        subprocess.run(
            [name, "--version"], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
        for name in ("strip", "upx")
    )
    day = datetime.now(UTC)
    return (
        f"Measured on {day.day} {day:%B %Y} on {platform.machine()}, which others used as well; "
        f"{versions}."
    )


def _row(target: str) -> str:
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
    cells = [f"{size / 1e6:.2f} MB" for size in sizes]
    cells += [f"{both['start_before_ms']} ms", f"{both['start_after_ms']} ms"]
    return f"| {target} | {' | '.join(cells)} |\n"


def _packed(tag: str, target: str, *flags: str) -> dict[str, Any]:
    """What the report says of packing."""
    probe = ["--env=MY_NODE_NAME=node", "--env=MONGO_CONN=mongodb://mongo:80", "--http-probe=GET /"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(sys.executable, "-m", "ci_slim", "slim", "--quiet", f"--platform={target}"),
                *(*probe, *flags, f"--output={folder}/out", f"--report={report}", tag),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
        (image,) = json.loads(report.read_text(encoding="utf-8"))["images"]
        packed: dict[str, Any] = image["platforms"][0]["packed"]
    assert packed["files"], packed
    return packed


if __name__ == "__main__":
    sys.exit(main())
