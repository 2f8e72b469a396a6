"""The errors that end ci-slim: one root class, one exit code for each kind.

CiSlimError              the root; never raised itself
├─ UsageError        2   wrong usage or bad input: flags, files, image names
├─ EngineError       4   docker, buildx or the daemon failed
│  └─ CannotStart    4   the program of a container cannot be started
├─ ProbeFailed       5   the fat image did not start, did not become ready or failed a probe
├─ NotVerified       6   the slim image does worse than the fat one
└─ Interrupted     130   Ctrl-C or SIGTERM

A broken budget is not an error but a verdict (exit code 1). Any other exception is a bug (exit
code 3).
"""

from typing import Self


class CiSlimError(Exception):
    """What happened, where, and what to do next.

    `message` is one sentence. `where` names the file with line and column, the image, the platform
    or the layer. `hint` is the next step for the reader. `details` are lines of foreign output,
    such as the end of a log, which are shown below the message.
    """

    exit_code = 3

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def alone(self) -> Self:
        """The error without its traceback, which would keep large files open."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self


class UsageError(CiSlimError):
    """Wrong usage or bad input."""

    exit_code = 2


class EngineError(CiSlimError):
    """Docker, buildx or the daemon failed."""

    exit_code = 4


class CannotStart(EngineError):
    """The program of a container cannot be started, for example because it does not exist. Of a
    slim image this means that it is not verified."""


class ProbeFailed(CiSlimError):
    """The fat image does not start, does not become ready or does not answer its probes."""

    exit_code = 5


class NotVerified(CiSlimError):
    """The slim image could not be verified. `rounds` is how many slim images were made; `healed`
    are the paths that were added after the first one."""

    exit_code = 6
    rounds: int = 0
    healed: frozenset[str] = frozenset()


class Interrupted(CiSlimError):
    """The user or the runner stopped the run."""

    exit_code = 130
