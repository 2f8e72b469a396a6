"""What a command is given from outside: made once by `cli`, and passed down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim.cleanup import Cleanup
from ci_slim.errors import UsageError
from ci_slim.forges import Forge, Found, NotFound
from ci_slim.redact import Redactor, secrets_of

if TYPE_CHECKING:
    from ci_slim.result import Report


@dataclass(frozen=True, slots=True)
class Edge:
    """The outside of one process."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    for_builds: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further variables that buildx alone is given: those of a forge's cache service."""
    hide: Redactor = field(default_factory=Redactor, repr=False)
    """What messages go through before they are shown; it learns secrets as they are met."""
    held: Cleanup = field(default_factory=Cleanup, repr=False)
    """What is still to be removed when the process ends."""
    artifact: Callable[[str], Found | NotFound] | None = field(default=None, repr=False)
    """Gives the report of a branch, where the token for it is not in the environment; the base
    branch's for ''."""

    own_forge: Callable[[], Forge | None] | None = field(default=None, repr=False)
    """The forge of this job, where the token for it is not in the environment."""

    def forge(self) -> Forge | None:
        """The forge of this job; None on a laptop, and where the environment makes no sense."""
        from ci_slim.forges import opening
        from ci_slim.settings import read_file

        try:
            if self.own_forge is not None:
                return self.own_forge()
            return opening.open_forge(self.environment, read_file)
        except UsageError:
            return None

    def without_secrets(self) -> "Edge":
        """The same for what reads and builds the repository: the tokens of the runner are in no
        environment any more, not in this process's either; the forge keeps its own."""
        from ci_slim.engine import own_environment
        from ci_slim.forges import opening

        names = opening.secret_names(self.environment)
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
        return cls(environment, hide=Redactor(secrets_of([environment])))


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
