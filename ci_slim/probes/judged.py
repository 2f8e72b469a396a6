"""How answers are judged, for the kinds of probes that judge in the same way.

Each class here is mixed into the dataclasses of these kinds. It has no state of its own.
"""

from typing import Protocol

from ci_slim.probes.judge import status_text
from ci_slim.probes.model import Answer, Expect

CANNOT_EXECUTE, NOT_FOUND = 126, 127
"""The exit codes of a command that cannot be executed or does not exist."""
_EXIT_CODES = {
    CANNOT_EXECUTE: ": the command cannot be executed",
    NOT_FOUND: ": the command was not found",
}
_FINAL_AFTER = 10.0


class _HasExpect(Protocol):
    @property
    def expect(self) -> Expect: ...


class JudgedByStatus:
    """For kinds whose answers have an HTTP status."""

    __slots__ = ()

    def unexpected(self: _HasExpect, found: Answer) -> tuple[str, ...]:
        """Why the status is not an expected one. By default, 2xx and 3xx are expected."""
        status, expected = found.status, self.expect.status
        if status is None:
            return ("there was no answer",)
        if expected is None:
            if 200 <= status < 400:
                return ()
            return (
                f"answered {status}, expected 2xx or 3xx (unlike DockerSlim, which accepts every "
                f"answer; to accept this one, set expect.status: {status})",
            )
        if status in expected:
            return ()
        return (f"answered {status}, expected {status_text(expected)}",)

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the status differs, or that the body is missing."""
        return worse_status(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The status."""
        return str(found.status)

    def final_after(self, found: Answer) -> float | None:
        """After some seconds, if the answer says that the request is wrong."""
        return final_status_after(found)


class JudgedByRequest:
    """For kinds that send several HTTP requests, each of which is judged separately."""

    __slots__ = ()

    @property
    def repeatable(self) -> bool:
        """The requests are not sent again."""
        return False

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Nothing: each request is judged separately."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Nothing: each request is compared separately."""
        return ()

    def outcome(self, found: Answer) -> str:
        """The status of a request."""
        return str(found.status)

    def final_after(self, found: Answer) -> float | None:
        """After some seconds, if the answer says that the request is wrong."""
        return final_status_after(found)


class JudgedByExitCode:
    """For kinds that run a command. A command may change anything, so it is not repeated."""

    __slots__ = ()

    @property
    def repeatable(self) -> bool:
        """A command may change anything."""
        return False

    def unexpected(self: _HasExpect, found: Answer) -> tuple[str, ...]:
        """Why the exit code is not the expected one."""
        if found.status == self.expect.exit:
            return ()
        reason = _EXIT_CODES.get(found.status or 0, "") + _last_line(found)
        return (f"exited {found.status}{reason}, expected {self.expect.exit}",)

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the exit code differs from that of the fat image."""
        if slim.status == fat.status:
            return ()
        return (f"exited {slim.status}{_last_line(slim)}; the fat image exited {fat.status}",)

    def outcome(self, found: Answer) -> str:
        """The exit code."""
        return f"exited {found.status}"


class JudgedByText:
    """For kinds that talk to a server that has no status. Only its words are judged."""

    __slots__ = ()

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Nothing: `expect` judges the words for all kinds."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Whether nothing came though the fat image answered."""
        return worse_text(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The size of the answer."""
        return f"{len(found.body)} B"

    def final_after(self, found: Answer) -> float | None:
        """Never. What answers wrongly during the start may answer correctly later."""
        return None

    def secrets(self) -> frozenset[str]:
        """Nothing: ci-slim does not know which words are secret."""
        return frozenset()


class JudgedByRunning:
    """For kinds that send no request. It is enough that the container keeps running."""

    __slots__ = ()

    @property
    def repeatable(self) -> bool:
        """Once is enough."""
        return False

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Nothing: an error is judged for all kinds."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Nothing: an error is compared for all kinds."""
        return ()

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return "ran on"

    def final_after(self, found: Answer) -> float | None:
        """At once. A container that ended does not answer later."""
        return 0.0

    def secrets(self) -> frozenset[str]:
        """Nothing is sent."""
        return frozenset()


def worse_status(fat: Answer, slim: Answer) -> tuple[str, ...]:
    """How the answer of the slim image is worse: another status, or a missing body."""
    if slim.status != fat.status:
        return (f"answered {slim.status}; the fat image {fat.status}",)
    if fat.body and not slim.body and not slim.error:
        return (f"answered {slim.status} with nothing in it; the fat image with a body",)
    return ()


def final_status_after(found: Answer) -> float | None:
    """Seconds after which a redirect or an answer of 4xx is final."""
    return _FINAL_AFTER if 300 <= (found.status or 0) < 500 else None


def worse_text(fat: Answer, slim: Answer) -> tuple[str, ...]:
    """Whether nothing came though the fat image answered."""
    if fat.body and not slim.body and not slim.error:
        return ("answered nothing; the fat image answered",)
    return ()


def _last_line(found: Answer) -> str:
    lines = found.stderr.splitlines()
    return f' ("{lines[-1]}")' if lines else ""
