"""What a command gets from outside: `cli` makes it once and passes it down."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ci_slim.cleanup import Cleanup
from ci_slim.engine.owner import start_time
from ci_slim.engine.ssh_access import SSH_KEY, SSH_KNOWN_HOSTS, SshAccess
from ci_slim.errors import UsageError
from ci_slim.forges import Forge, Found, NotFound
from ci_slim.redact import Redactor, foreign, secrets_of

if TYPE_CHECKING:
    from ci_slim.result import Report


@dataclass(frozen=True, slots=True)
class Edge:
    """The outside of one process."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    for_builds: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Additional environment variables for buildx only: those of a forge's cache service."""
    hide: Redactor = field(default_factory=Redactor, repr=False)
    """Masks secrets in messages. It learns new secrets during the run."""
    held: Cleanup = field(default_factory=Cleanup, repr=False)
    """What must be removed before the process ends."""
    artifact: Callable[[str], Found | NotFound] | None = field(default=None, repr=False)
    """Fetches the report of a branch, if the token is not in the environment; '' is the base
    branch."""

    ssh: SshAccess = field(default_factory=SshAccess, repr=False)
    """The key and the known hosts for ssh, if variables of the job give them."""
    own_forge: Callable[[], Forge | None] | None = field(default=None, repr=False)
    """Opens the forge of this job, if the token is not in the environment."""
    began: float = field(default_factory=time.monotonic)
    """When the process began, by the monotonic clock."""

    def line(self, text: str) -> None:
        """Write a line to stderr. It may contain foreign text."""
        click.echo(self.hide(foreign(text)), err=True)

    def forge(self) -> Forge | None:
        """The forge of this job; None on a laptop, or if the environment is invalid."""
        from ci_slim.forges import opening
        from ci_slim.settings import read_file

        try:
            if self.own_forge is not None:
                return self.own_forge()
            return opening.open_forge(self.environment, read_file)
        except UsageError:
            return None

    def without_secrets(self) -> "Edge":
        """The same without the runner's tokens, for code that reads and builds the repository. The
        environment of this process loses them too; only `forge` still has them."""
        from ci_slim.engine import own_environment
        from ci_slim.forges import opening

        names = opening.secret_names(self.environment) | {SSH_KEY}
        if not names & self.environment.keys():
            return self
        self.hide.learn(self.environment[name] for name in names if name in self.environment)

        def artifact(ref: str) -> Found | NotFound:
            forge = self.forge()  # with the tokens
            return forge.baseline(branch=ref) if forge else NotFound(opening.NOWHERE)

        own_environment.forget(names)
        return replace(
            self,
            environment={k: v for k, v in self.environment.items() if k not in names},
            own_forge=self.forge,
            artifact=self.artifact or artifact,
        )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Edge":
        """The edge of a process with this environment."""
        access = SshAccess(environment.get(SSH_KEY, ""), environment.get(SSH_KNOWN_HOSTS, ""))
        hide = Redactor(secrets_of([environment]))
        return cls(environment, hide=hide, ssh=access, began=time.monotonic() - _age())


def _age() -> float:
    """Seconds since this process was started; 0 on a system that does not tell it."""
    started = start_time(os.getpid())
    if started is None:
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")


def read(name: str) -> bytes:
    """The bytes of a file that the user named. Raises UsageError."""
    from ci_slim.settings import read_file

    try:
        return read_file(name)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=name) from None


def read_report(name: str) -> "Report":
    """The report in a file that the user named. Raises UsageError."""
    from ci_slim.report.json import from_json

    return from_json(read(name), name)


def folder_of(name: str) -> Path:
    """The folder that a report lies in; its OCI layouts lie there too."""
    return Path(name).parent
