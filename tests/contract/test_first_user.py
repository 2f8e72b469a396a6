"""A new user: the README's two complete files in a new repository, a first run on main, then a
pull request that makes the image larger. Nothing else is given, not even settings."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import first_user
import pytest
import release
import runner
from action_jobs import packed
from github_api import HOME, GitHubApi, started
from github_jobs import pull_request

pytestmark = pytest.mark.timeout(1800)  # whoever comes first makes the release

MAIN = """\
package main

import "net/http"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("21.5")) })
	panic(http.ListenAndServe(":8080", nil))
}
"""
FILES = {
    "main.go": MAIN,
    "go.mod": "module sensor\n\ngo 1.24\n",
    "Dockerfile": """\
FROM --platform=$BUILDPLATFORM golang:1.24 AS build
WORKDIR /src
COPY . .
ARG TARGETOS TARGETARCH TARGETVARIANT
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} \\
    go build -o /out/sensor .

FROM debian:trixie-slim
COPY --from=build /out/sensor /usr/local/bin/sensor
EXPOSE 8080
CMD ["sensor"]
""",
}
LARGER = MAIN.replace('import "net/http"', 'import (\n\t"net/http"\n\t_ "go/types"\n)')
PLATFORMS = ["linux/arm/v6", "linux/arm64", "linux/amd64"]


@dataclass(frozen=True)
class Runs:
    """What the runs on main and for the pull request left."""

    main_log: str
    change_log: str
    artifact: Path
    comment: str
    api: GitHubApi


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    work = tmp_path_factory.mktemp("new")
    repository = first_user.made(work, FILES)
    first_user.commit(repository, "first")
    image = release.made().image
    for api in started(host=runner.bridge()):
        run = api.run()["id"]
        main = first_user.under_act(
            repository, work, image, api, "push", {}, GITHUB_RUN_ID=str(run)
        )
        assert main.returncode == 0, main.stdout
        assert api.bodies() == []
        (kept,) = (work / "artifacts").iterdir()
        api.artifact(run, packed((kept / "report.json").read_bytes()), name=kept.name)

        (repository / "main.go").write_text(LARGER)
        first_user.commit(repository, "larger")
        event = pull_request()
        change = first_user.under_act(repository, work, image, api, "pull_request", event)
        assert change.returncode == 0, change.stdout
        (comment,) = api.bodies()
        yield Runs(main.stdout, change.stdout, kept, comment, api)


def test_the_run_on_main_leaves_its_report_for_the_next_one(runs: Runs) -> None:
    assert {path.name for path in runs.artifact.iterdir()} == {"report.json", "report.html"}
    (image,) = json.loads((runs.artifact / "report.json").read_bytes())["images"]
    assert image["name"] == HOME.rpartition("/")[2]
    assert [(p["platform"], p["outcome"], p["verified"]) for p in image["platforms"]] == [
        (platform, "slimmed", True) for platform in PLATFORMS
    ]


def test_the_log_of_the_first_run_says_what_is_next_and_nothing_twice(runs: Runs) -> None:
    assert "No baseline yet. This run on main creates it." in runs.main_log
    assert "say under `probes` what it is asked in use" in runs.main_log
    stages = re.findall(r"(linux/\S+: \w+) …", runs.main_log)
    assert {f"{platform}: baseline" for platform in PLATFORMS} <= {*stages}
    assert len(stages) == len(set(stages))
    assert "WARNING" not in runs.main_log


def test_the_comment_says_what_the_change_did(runs: Runs) -> None:
    (headline,) = re.findall(r"(?m)^### .*$", runs.comment)
    assert re.search(r"; pull \+[0-9.]+ [kM]B \(\+[0-9.]+ %\) on ", headline)
    rows = [line for line in runs.comment.splitlines() if line.startswith("| ")]
    assert [platform for platform in PLATFORMS if any(f"`{platform}`" in row for row in rows)]
    assert "<b>What grew</b>: <code>/usr/local/bin/sensor</code> +" in runs.comment
    assert "No baseline" not in runs.comment
