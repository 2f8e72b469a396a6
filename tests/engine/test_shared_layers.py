"""Three Python services on one base, slimmed together: what a device stores with common layers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import PROJECT, Done, ci_slim
from content import members
from daemons import Store
from recipes import AMD64, NAMES
from ruamel.yaml import YAML

SHARE = 0.6
"""The most that the three images may take together, of their sum."""
SERVER = """\
import http.server
import time


class Clock(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = time.strftime("It is %Y.\\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


http.server.ThreadingHTTPServer(("", 8000), Clock).serve_forever()
"""
IMAGES = ("hello", "weather", "clock")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The services of examples/hello and examples/weather, and a third one on the same layers."""
    folder = tmp_path_factory.mktemp("fleet")
    images: dict[str, Any] = {}
    for name in ("hello", "weather"):
        written = YAML(typ="safe").load(PROJECT / f"examples/{name}/.ci-slim.yml")
        images[name] = written["images"][name]
        images[name]["build"]["context"] = str(PROJECT / "examples" / name)
    dockerfile = (PROJECT / "examples/hello/Dockerfile").read_text()
    (folder / "Dockerfile").write_text(dockerfile.replace("hello.py", "clock.py"))
    (folder / "clock.py").write_text(SERVER)
    images["clock"] = {
        "build": {"context": str(folder), "platforms": [AMD64]},
        "probes": [{"http": "GET /", "expect": {"body": "It is"}}],
    }
    for name in IMAGES:
        images[name].pop("budget", None)
        images[name]["tag"] = f"{NAMES}/{name}:{{version}}"
    (folder / ".ci-slim.yml").write_text(json.dumps({"version": 1, "images": images}))
    return folder


def run(store: Store, folder: Path, layers: str) -> tuple[Done, dict[str, Any]]:
    """Slim the services, and say what they share."""
    output = folder / layers
    config = f"--config={folder / '.ci-slim.yml'}"
    flags = [f"--layers={layers}", f"--image-version={layers}", f"--output={output}"]
    done = ci_slim(store, ["run", config, *flags, "--baseline=none"], folder / f"run-{layers}")
    assert done.code == 0, done.stderr
    fleet = subprocess.run(
        [sys.executable, "-m", "ci_slim", "fleet", "--format=json", str(output / "report.json")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    (found,) = json.loads(fleet.stdout)["fleets"]
    return done, found


def test_images_slimmed_together_share_most_and_are_proved_each(
    overlay2: Store, folder: Path
) -> None:
    try:
        apart, alone = run(overlay2, folder, "preserve")
        together, shared = run(overlay2, folder, "shared")
        for done in (apart, together):
            assert [(each["outcome"], each["verified"]) for each in done.platforms] == [
                ("slimmed", True)
            ] * 3
        assert [each["warnings"] for each in together.platforms] == [[], [], []]
        layers = [[layer["digest"] for layer in p["slim"]["layers"]] for p in together.platforms]
        assert layers[0][0] == layers[1][0] == layers[2][0]
        fat = {
            layer["diff_id"]: layer["disk_bytes"]
            for each in apart.platforms
            for layer in each["fat"]["layers"]
        }
        print(
            f"fat: {sum(each['fat']['disk_bytes'] for each in apart.platforms)} apart, "
            f"{sum(fat.values())} with shared base; slim, preserve: {totals(alone)}; "
            f"slim, shared: {totals(shared)}; equal files {shared['same']}"
        )
        assert shared["disk_together_bytes"] <= SHARE * shared["disk_apart_bytes"]
        assert shared["pull_together_bytes"] <= SHARE * shared["pull_apart_bytes"]
        assert shared["disk_together_bytes"] <= SHARE * alone["disk_apart_bytes"]
        for name in IMAGES:
            was, now = (
                members(overlay2, f"{NAMES}/{name}:{kind}", AMD64)
                for kind in ("preserve", "shared")
            )
            assert {path for path in was if was[path] != now.get(path)} == set()
            assert was.keys() ^ now.keys() == set()
    finally:
        names = [f"{NAMES}/{name}:{kind}" for name in IMAGES for kind in ("preserve", "shared")]
        overlay2.docker("rmi", "--force", *names, check=False)


def totals(fleet: dict[str, Any]) -> str:
    return ", ".join(
        f"{what} {fleet[f'{what}_apart_bytes']} apart {fleet[f'{what}_together_bytes']} together"
        for what in ("disk", "pull")
    )
