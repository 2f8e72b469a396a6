"""`ci-slim run`: from a settings file and a Dockerfile to slim images, on both stores."""

from pathlib import Path

import content
from command import ci_slim
from daemons import Store
from recipes import FOLDER, NAMES, PLATFORMS

SETTINGS = """
version: 1
images:
  shop:
    build:
      context: {context}
      args: {{RELEASE: "7"}}
      contexts: {{programs: {programs}}}
      platforms: [linux/arm/v6, linux/arm64, linux/amd64, linux/riscv64]
    tag: {names}/shop:{{version}}
    run: {{ready: {{http: /, within: 60s}}}}
    probes:
      - http: GET /lazy
        expect: {{status: 200, body: release 7}}
      - crawl: /
      - exec: [/opt/server/whoami]
        expect: {{body: euid 0}}
    budget: {{pull: 4 MB, disk: 8 MB, platforms: {{linux/arm64: {{disk: 1 MB}}}}}}
"""


def test_builds_slims_and_judges_every_platform(
    store: Store, programs: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(SETTINGS.format(names=NAMES, context=FOLDER / "server", programs=programs))
    arguments = ["run", "--config", str(settings), "--image-version=7", "--format=markdown"]
    try:
        done = ci_slim(store, [*arguments, f"--output={tmp_path}/out"], tmp_path)
        outcomes = {each["platform"]: each["outcome"] for each in done.platforms}
        assert outcomes == dict.fromkeys(PLATFORMS, "slimmed") | {"linux/riscv64": "skipped"}, (
            done.stderr
        )
        assert done.code == 1, "linux/arm64 is over its budget"
        broken = [
            (each["platform"], verdict["rule"])
            for each in done.platforms
            for verdict in each["verdicts"]
            if verdict["status"] == "fail"
        ]
        assert broken == [("linux/arm64", "disk")]
        assert (tmp_path / "out/comment.md").read_text() == done.stdout
        for platform in done.platforms[:3]:
            layout = tmp_path / "out" / platform["artifacts"]["oci_layout"]
            _, config = content.documents(layout)
            assert f"linux/{config['architecture']}" in platform["platform"]
        assert _tags(store) == {"7-armv6", "7-arm64", "7-amd64"}
    finally:
        for tag in _tags(store):
            store.docker("rmi", "--force", f"{NAMES}/shop:{tag}", check=False)


def _tags(store: Store) -> set[str]:
    return set(store.text("images", "--format", "{{.Tag}}", f"{NAMES}/shop").split())
