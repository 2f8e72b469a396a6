"""A command loads what it needs to begin, and the rest when it comes to it."""

import subprocess
import sys

import pytest

LATER = (
    "ci_slim.start", "ci_slim.explore", "ci_slim.advise.rules", "ci_slim.report.page.render",
    "ci_slim.device.measure_updates", "github", "gitlab",
)  # fmt: skip
"""Hundreds of modules that most runs do not need, or not before the image is being read."""


@pytest.mark.parametrize("command", ["run", "slim", "build"])
def test_a_command_does_not_load_what_it_needs_later_or_not_at_all(command: str) -> None:
    shown = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, ci_slim.cli, ci_slim.commands.{command}\n"
            f"print({{*{LATER!r}}} & {{*sys.modules}})",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "set()\n"
