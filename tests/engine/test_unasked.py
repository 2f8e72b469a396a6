"""Images without any probe: what they do by themselves must be observed too."""

from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import NAMES

# It listens nowhere, and ends at once after its signal. It opens one file a second after its start,
# and one shortly after a probe. What it polls all the time delays nobody.
WORKER = """
FROM debian:trixie-slim
RUN echo 'a late word' > /opt/late; echo 'a woken word' > /opt/woken
EXPOSE 8080
CMD ["sh", "-c", "trap 'exit 0' TERM; \\
trap 'sleep 0.2; read w < /opt/woken || exit 8; echo read $w' USR1; echo up; \\
[ -z $WAKES ] && sleep 1 && { read w < /opt/late || exit 9; echo read $w; }; \\
while :; do read w < /proc/self/stat; sleep 0.05 & wait; done"]
"""
NO_PROBE = (
    "no probe was sent: what it uses later than at its start is not known and may be lost; "
    "say under `probes` what it is asked in use"
)


@pytest.mark.parametrize(
    ("flags", "warnings", "word"),
    [
        (("--ready=none",), [NO_PROBE], "late"),
        (("--ready=log:up", "--env=WAKES=1", "--exec-probe=sh -c 'kill -USR1 1'"), [], "woken"),
    ],
)
def test_files_that_a_worker_opens_late_are_kept(
    flags: tuple[str, ...], warnings: list[str], word: str, overlay2: Store, tmp_path: Path
) -> None:
    image, slim = f"{NAMES}/worker", f"{NAMES}/worker-slim"
    overlay2.build_text(WORKER, image)
    try:
        done = ci_slim(overlay2, ["slim", *flags, f"--tag={slim}", image], tmp_path)
        assert done.code == 0, done.stderr
        (platform,) = done.platforms
        assert (platform["outcome"], platform["healed"]) == ("slimmed", [])
        assert platform["warnings"] == warnings
        script = f"trap 'exit 0' TERM; read w < /opt/{word}; echo read $w"
        said = overlay2.text("run", "--rm", "--entrypoint=sh", slim, "-c", script)
        assert f"read a {word} word" in said
    finally:
        overlay2.docker("rmi", "--force", image, slim, check=False)
