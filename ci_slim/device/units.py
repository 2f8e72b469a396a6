"""What keeps a device up to date: units of systemd, and for docker a service of a Compose file.
Pure."""

import json
import re
from collections.abc import Mapping, Sequence

from ci_slim import __version__
from ci_slim.device.ci_slim_update import is_address

IMAGE = f"ghcr.io/ci-slim/ci-slim-update:{__version__}"
"""The image of ci-slim-update, as a release pushes it."""
PROGRAM = "/usr/local/bin/ci-slim-update"
FOLDER = "/var/lib/ci-slim-update"
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")

_SERVICE = """\
[Unit]
Description=Update %(image)s
Wants=network-online.target
After=network-online.target time-sync.target%(after)s

[Service]
Type=oneshot
ExecStart=%(update)s
ExecStartPost=%(program)s clean --remove%(engine)s
SuccessExitStatus=3
StateDirectory=ci-slim-update
Nice=10
"""
_TIMER = """\
[Unit]
Description=Look for a new release of %(image)s

[Timer]
OnBootSec=2min
OnUnitInactiveSec=%(seconds)ds
RandomizedDelaySec=%(spread)ds

[Install]
WantedBy=timers.target
"""
_COMPOSE = """\
services:
  ci-slim-update:
    image: %(container)s
    restart: unless-stopped
    network_mode: host
    entrypoint: ["sh", "-c", %(loop)s]
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - /root/.docker:/root/.docker:ro
      - %(folder)s:%(folder)s
%(key)s"""


def files(
    image: str,
    restart: Sequence[str],
    probe: str | None,
    every: float,
    key: str | None = None,
    engine: str = "docker",
    recreate: Sequence[str] = (),
) -> Mapping[str, str]:
    """The files by name: `ci-slim-update.service`, `.timer`; `compose.update.yml` if a container
    can do it. `every` is in seconds; `key` is the path of a public key on the device."""
    of_engine = [] if engine == "docker" else ["--engine", engine]
    words = [PROGRAM, image]
    for name in recreate:
        words += ["--recreate", name]
    for command in restart:
        words += ["--restart", command]
    words += ["--probe", probe] if probe else []
    words += ["--key", key] if key else []
    words += of_engine
    seconds = max(60, round(every))
    values = {
        "image": _systemd_text(image),
        "program": PROGRAM,
        "folder": FOLDER,
        "update": " ".join(map(_systemd_word, words)),
        "key": f"      - {_compose_text(f'{key}:{key}:ro')}\n" if key else "",
        "engine": "".join(f" {word}" for word in of_engine),
        "after": " docker.service" if engine == "docker" else "",  # podman has no daemon
        "container": IMAGE,
        "seconds": seconds,
        "spread": seconds // 10,
        "loop": _compose_text(
            f"while :; do {' '.join(map(_shell_word, words))}; {PROGRAM} clean --remove; "
            f"sleep {seconds}; done"
        ),
    }
    made = {
        "ci-slim-update.service": _SERVICE % values,
        "ci-slim-update.timer": _TIMER % values,
    }
    if engine != "docker" or calls_the_device(restart, probe):
        return made
    return {**made, "compose.update.yml": _COMPOSE % values}


def calls_the_device(restart: Sequence[str], probe: str | None) -> bool:
    """Whether an update runs programs of the device, which a container cannot."""
    return bool(restart or (probe and not is_address(probe)))


def _systemd_text(text: str) -> str:
    return " ".join(text.split()).replace("%", "%%")


def _systemd_word(word: str) -> str:
    """A word of ExecStart. systemd.service(5), "Command lines": `%` and `$` are doubled."""
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped.replace("%", "%%").replace("$", "$$")}"'


def _shell_word(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _compose_text(text: str) -> str:
    """A text of a Compose file, as JSON, which YAML reads alike; `$` is doubled."""
    return json.dumps(text.replace("$", "$$"), ensure_ascii=False)
