"""Starts an action's image as GitHub's runner does.

After `ContainerActionHandler.cs` and `DockerCommandManager.cs` of actions/runner 2.336: the mounts,
HOME, the environment, the socket, nothing else. The API is reached over the default bridge.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOCKET = "/var/run/docker.sock"
RUNNER_TOKENS = {
    "ACTIONS_RUNTIME_TOKEN": "eyJhbGciOiJSUzI1NiJ9.runtime-token-of-the-job",
    "ACTIONS_RUNTIME_URL": "https://pipelines.actions.githubusercontent.com/x/",
}


@dataclass(frozen=True)
class Ended:
    """A step that ended: exit code, log, and the files that it wrote for the runner."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


def bridge() -> str:
    """The address of this machine for containers on the default bridge."""
    found = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return str(json.loads(found.stdout)[0]["Gateway"])


def step(
    image: str,
    work: Path,
    event: Any,
    environment: Mapping[str, str],
    inputs: Mapping[str, str],
    *,
    socket: bool = True,
) -> Ended:
    """Run the image as one step of a job whose workspace is `work/workspace`."""
    folders = {
        "workspace": work / "workspace",
        "home": work / "_temp/_github_home",
        "workflow": work / "_temp/_github_workflow",
        "file_commands": work / "_temp/_runner_file_commands",
        "runner_temp": work / "_temp",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    (folders["workflow"] / "event.json").write_text(json.dumps(event))
    for name in ("set_output", "step_summary", "set_env", "add_path", "save_state"):
        (folders["file_commands"] / name).write_text("")
    variables = {
        **environment,
        **{f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in inputs.items()},
        **RUNNER_TOKENS,
        "HOME": "/github/home",
        "GITHUB_WORKSPACE": "/github/workspace",
        "GITHUB_EVENT_PATH": "/github/workflow/event.json",
        "GITHUB_OUTPUT": "/github/file_commands/set_output",
        "GITHUB_STEP_SUMMARY": "/github/file_commands/step_summary",
        "GITHUB_ENV": "/github/file_commands/set_env",
        "GITHUB_PATH": "/github/file_commands/add_path",
        "GITHUB_STATE": "/github/file_commands/save_state",
        "RUNNER_TEMP": "/github/runner_temp",
        "RUNNER_OS": "Linux",
        "CI": "true",
    }
    command = ["docker", "run", "--rm", "--workdir", "/github/workspace"]
    for name in variables:
        command += ["-e", name]
    if socket:
        command += ["-v", f"{SOCKET}:{SOCKET}"]
    for name, folder in folders.items():
        command += ["-v", f"{folder}:/github/{name}"]
    done = subprocess.run(
        [*command, image], env={**os.environ, **variables}, timeout=540, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    written = (folders["file_commands"] / "set_output").read_text()
    summary = (folders["file_commands"] / "step_summary").read_text()
    return Ended(done.returncode, done.stdout, outputs(written), summary)


def outputs(text: str) -> dict[str, str]:
    """The outputs of `name<<DELIMITER` blocks, as FileCommandManager.cs reads them."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        head = re.fullmatch(r"([^=]+?)<<(.+)", line)
        assert head, f"{line!r} starts no output"
        value = []
        for part in lines:
            if part == head[2]:
                break
            value.append(part)
        found[head[1]] = "\n".join(value)
    return found
