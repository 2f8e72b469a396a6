"""Images that no request is sent to: what they do of themselves must be seen all the same."""

from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import NAMES

# It listens nowhere, opens its file a second after its start, and ends at once when told to.
WORKER = """
FROM debian:trixie-slim
RUN echo 'a late word' > /opt/late
EXPOSE 8080
CMD ["sh", "-c", "trap 'exit 0' TERM; sleep 1; read w < /opt/late || exit 9; echo read $w; \\
sleep 600 & wait"]
"""
NO_PROBE = "no probe was sent: what it uses later than at its start is not known and may be lost"


@pytest.mark.parametrize(("flags", "warnings"), [((), [NO_PROBE]), (("--exec-probe=true",), [])])
def test_what_a_worker_opens_late_is_kept(
    flags: tuple[str, ...], warnings: list[str], overlay2: Store, tmp_path: Path
) -> None:
    image, slim = f"{NAMES}/worker", f"{NAMES}/worker-slim"
    overlay2.build_text(WORKER, image)
    try:
        done = ci_slim(overlay2, ["slim", "--ready=none", *flags, f"--tag={slim}", image], tmp_path)
        assert done.code == 0, done.stderr
        (platform,) = done.platforms
        assert (platform["outcome"], platform["healed"]) == ("slimmed", [])
        assert platform["warnings"] == warnings
        script = "trap 'exit 0' TERM; read w < /opt/late; echo read $w"
        said = overlay2.text("run", "--rm", "--entrypoint=sh", slim, "-c", script)
        assert "read a late word" in said
    finally:
        overlay2.docker("rmi", "--force", image, slim, check=False)
