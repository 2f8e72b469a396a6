"""The errors ci-slim ends with: one root, one exit code a kind.

CiSlimError              the root; never raised itself
├─ UsageError        2   wrong usage or bad input: flags, files, image names
├─ EngineError       4   docker, buildx or the daemon failed
├─ ProbeFailed       5   the fat image did not start, become ready or answer its probes
├─ NotVerified       6   the slim image does worse than the fat one
└─ Interrupted     130   Ctrl-C or SIGTERM

A broken budget is no error but a verdict (exit code 1); anything that is not a CiSlimError is a
bug (exit code 3).
"""

from typing import Self


class CiSlimError(Exception):
    """What happened, where, and what to do next.

    `message` is one sentence; `where` names the file, line and column, the image, the platform or
    the layer; `hint` is the next step for the reader; `details` are lines of foreign output (the
    end of a log, a list of paths) that are shown below it.
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
        """The error without the frames that it came through: they would hold files open, some as
        large as an image."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self


class UsageError(CiSlimError):
    """Wrong usage or bad input."""

    exit_code = 2


class EngineError(CiSlimError):
    """Docker, buildx or the daemon failed."""

    exit_code = 4


class ProbeFailed(CiSlimError):
    """The fat image does not start, does not become ready or does not answer its probes."""

    exit_code = 5


class NotVerified(CiSlimError):
    """The slim image could not be verified. `rounds`: how many were made of it; `healed`: the paths
    that each but the first of them had in addition."""

    exit_code = 6
    rounds: int = 0
    healed: frozenset[str] = frozenset()


class Interrupted(CiSlimError):
    """The user or the runner stopped the run."""

    exit_code = 130
