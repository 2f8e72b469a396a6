import subprocess
import sys

PROGRAM = """
import os, subprocess, sys
from pathlib import Path
from ci_slim.engine.own_environment import forget

forget(["TOKEN", "ÜBER", "NOT_THERE"])
shown = [Path("/proc/self/environ").read_bytes(), os.environb.get(b"TOKEN", b""),
         subprocess.run(["cat", f"/proc/{os.getpid()}/environ", "/proc/self/environ"],
                        capture_output=True, check=True).stdout]
assert b"hunter22" not in b"".join(shown), shown
assert shown[0].count(b"TOKEN_KEPT=yes") == 1
assert b"TOKEN_KEPT=yes" in shown[2]
assert os.getenv("TOKEN_KEPT") == "yes" and os.getenv("LAST") == "z"
"""


def test_a_removed_variable_is_gone_from_proc_too() -> None:
    environment = {
        "FIRST": "a", "TOKEN": "hunter22\nhunter22", "TOKEN_KEPT": "yes", "ÜBER": "hunter22",
        "EMPTY": "", "LAST": "z", "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
