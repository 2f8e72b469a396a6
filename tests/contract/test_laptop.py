"""ci-slim in its own image, as the README tells it for machines without the tools."""

import json
import re
import subprocess
from pathlib import Path

pytest_plugins = ["action_image"]

README = Path(__file__).parents[2] / "README.md"
SETTINGS = {"version": 1, "images": {"small": {"build": {}}}, "baseline": {"from": []}}


def test_the_command_of_the_readme_slims_what_is_in_the_folder(image: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM debian:trixie-slim\nCMD ["ls", "/"]\n')
    (tmp_path / ".ci-slim.yml").write_text(json.dumps(SETTINGS))
    (command,) = re.findall(r"^docker run .*$", README.read_text("utf-8"), re.MULTILINE)
    words = f"{command} --format json".replace(" ci-slim run ", f" {image} run ")
    done = subprocess.run(
        ["/bin/sh", "-ec", words], cwd=tmp_path, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    (platform,) = json.loads(done.stdout)["images"][0]["platforms"]
    assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
