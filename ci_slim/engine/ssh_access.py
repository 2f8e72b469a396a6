"""How a job gives the key for hosts that are reached through ssh."""

from dataclasses import dataclass, field

SSH_KEY, SSH_KNOWN_HOSTS = "CI_SLIM_SSH_KEY", "CI_SLIM_SSH_KNOWN_HOSTS"
"""Variables of a job: a private key, and lines of known_hosts. Nothing that is read or built sees
the key."""


@dataclass(frozen=True, slots=True)
class SshAccess:
    """A private key and the lines of known_hosts; "" for those of the user."""

    key: str = field(default="", repr=False)
    known_hosts: str = ""
