"""Moving or removing a tag during a run changes nothing, because the run has its own tag."""

from pathlib import Path

import pytest
from command import Call
from daemons import Store
from recipes import NAMES
from trials import trials

SAYS = "FROM debian:trixie-slim\nRUN echo {0} > /opt/word\nCMD cat /opt/word\n"


@pytest.mark.parametrize(
    ("moved", "phase"),
    [(True, "observe …"), (False, "write …"), *trials((True, "write …"), (False, "observe …"))],
)
def test_a_tag_may_be_moved_or_removed(
    moved: bool, phase: str, overlay2: Store, tmp_path: Path
) -> None:
    tag, other, slim = (f"{NAMES}/{name}" for name in ("moving", "other", "moving-slim"))
    overlay2.build_text(SAYS.format("first"), tag)
    overlay2.build_text(SAYS.format("second"), other)
    try:
        call = Call(overlay2, ["slim", f"--tag={slim}", tag], tmp_path)
        call.wait_for(phase)
        overlay2.docker(*(("tag", other, tag) if moved else ("rmi", tag)))
        done = call.end()
        assert done.code == 0, done.stderr
        assert overlay2.text("run", "--rm", slim) == "first"
    finally:
        overlay2.docker("rmi", "--force", tag, other, slim, check=False)
