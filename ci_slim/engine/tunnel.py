"""A local socket that leads to the Docker socket of another host, through `ssh`.

The host needs a running sshd and Docker, and nothing else: no `docker` program, no open port.
`ssh` reads the user's own configuration, agent and known hosts (ssh_config(5)). In a container of
CI, where there are none, the key and the known hosts come from variables.
"""

import time
from pathlib import Path
from urllib.parse import urlsplit

from ci_slim.engine.process import Running
from ci_slim.engine.ssh_access import SshAccess
from ci_slim.errors import EngineError

SOCKET = "/var/run/docker.sock"
_SECONDS = 30.0
"""How long a connection may take, from the first packet to the login."""
_LONGEST = 100
"""Characters of a socket's path, unix(7): 108 with the end."""
_LINES = 5

_OPTIONS = (
    "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=4",
    "ExitOnForwardFailure=yes", "ControlMaster=no", "ControlPath=none", "StreamLocalBindMask=0177",
)  # fmt: skip


class Tunnel:
    """One `ssh` process. Close it after the client that uses its socket."""

    def __init__(self, url: str, access: SshAccess, folder: Path) -> None:
        """Start it for `ssh://[user@]host[:port][/socket]`; its files lie in `folder`."""
        self.socket = folder / "docker.sock"
        self._log = folder / "ssh.log"
        if len(str(self.socket)) > _LONGEST:
            raise EngineError(
                "the path of a temporary socket is too long for ssh",
                where=str(self.socket),
                hint="let TMPDIR name a folder with a shorter path, such as /tmp",
            )
        self._process = Running(command(url, access, folder), self._log, folder)

    def open(self) -> str:
        """Wait for the login; the address for a Docker client. Raises EngineError."""
        deadline = time.monotonic() + _SECONDS
        while not self.socket.exists():
            if self._process.ended or time.monotonic() > deadline:
                said = self.said() or (f"no login within {_SECONDS:.0f} seconds",)
                raise EngineError(said[-1], details=said[:-1])
            time.sleep(0.02)
        return f"unix://{self.socket}"

    def said(self) -> tuple[str, ...]:
        """The last lines that `ssh` wrote."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return tuple(line.strip() for line in text.splitlines() if line.strip())[-_LINES:]

    def close(self) -> None:
        """End it. Safe to call twice."""
        self._process.close()


def command(url: str, access: SshAccess, folder: Path) -> list[str]:
    """The command that opens the tunnel. Keys that are given are written into `folder`."""
    parts = urlsplit(url)
    argv = ["ssh", "-T", "-a", "-x"]
    for option in _OPTIONS:
        argv += ["-o", option]
    if access.key:
        key = _private(folder / "key", access.key)
        argv += ["-i", str(key), "-o", "IdentitiesOnly=yes"]
    if access.known_hosts:
        known = _private(folder / "known_hosts", access.known_hosts)
        argv += ["-o", f"UserKnownHostsFile={known}"]
    if parts.port is not None:
        argv += ["-p", str(parts.port)]
    if parts.username:
        argv += ["-l", parts.username]
    there = parts.path if parts.path.strip("/") else SOCKET
    # `cat` ends when this process does, so no tunnel outlives it.
    return [*argv, "-L", f"{folder / 'docker.sock'}:{there}", "--", parts.hostname or "", "cat"]


def _private(path: Path, text: str) -> Path:
    """A file that only its owner may read, with a text, or with the text of the file that it names,
    as GitLab's variables of the type File do. ssh wants a newline at the end of a key."""
    path.touch(mode=0o600)
    if "\n" not in text.strip() and Path(text.strip()).is_file():
        text = Path(text.strip()).read_text(encoding="utf-8")
    path.write_text(text.strip().replace("\r\n", "\n") + "\n", encoding="utf-8")
    return path
