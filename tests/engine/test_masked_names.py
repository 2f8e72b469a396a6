"""What a container is called differs in each run, and is no difference between two images."""

import os
import subprocess
from pathlib import Path

from command import ci_slim
from daemons import Store
from recipes import NAMES

PAGE = """
FROM debian:trixie-slim
RUN echo 'not used by any probe' > /opt/unused && dd if=/dev/urandom of=/opt/more bs=1k count=64
CMD ["sleep", "600"]
"""
SETTINGS = """
version: 1
images:
  names:
    image: {image}
    run:
      ready: none
      services: {{other: {{image: {image}}}}}
    slim: {{safety: tight}}
    probes:
      - exec: cat /etc/hosts
        expect: {{body_regex: "[0-9]+[.][0-9.]+\\\\s+[0-9a-f]{{12}}"}}
      # The leaves: how the kernel's tree branches depends on the numbers of the addresses.
      - exec: grep -o '|-- .*' /proc/net/fib_trie
      - exec: cat /proc/net/route
      - exec: getent hosts other
      - exec: cat /etc/hostname
"""


def test_names_of_the_container_are_masked(overlay2: Store, tmp_path: Path) -> None:
    """The slim image runs twice in its one round; it would run a third time, if the answers of the
    fat image had to be learned from a second run."""
    image, slim = f"{NAMES}/own-names", f"{NAMES}/own-names-slim"
    overlay2.build_text(PAGE, image)
    (settings := tmp_path / "settings.yml").write_text(SETTINGS.format(image=image))
    # Followed, not asked for at the end: the daemon remembers only its last 256 events.
    events = subprocess.Popen(
        ["docker", "events", "--filter", "type=container", "--filter", "event=create",
         "--format", "{{.Actor.Attributes.image}}"],
        env={**os.environ, **overlay2.environment}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        command = ["run", "--config", str(settings), "--tag", slim]
        done = ci_slim(overlay2, command, tmp_path)
        events.terminate()
        created = events.communicate()[0].split()
        (platform,) = done.platforms
        assert (done.code, platform["verified"], platform["rounds"]) == (0, True, 1), done.stderr
        assert [each for each in platform["warnings"] if "flaky" in each] == []
        (round_1,) = {each for each in created if each.endswith("-1") and done.run_id in each}
        assert created.count(round_1) == 2
    finally:
        events.kill()
        events.wait()
        overlay2.docker("rmi", "--force", image, slim, check=False)
