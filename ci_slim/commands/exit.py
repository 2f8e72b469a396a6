"""How a command ends: its exit code, its errors, and the signals that stop it."""

import contextlib
import errno
import os
import signal
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from ci_slim import __version__
from ci_slim.cleanup import temporary_folder
from ci_slim.errors import CiSlimError, EngineError, Interrupted, UsageError

if TYPE_CHECKING:
    from types import FrameType

    from ci_slim.commands.edge import Edge
    from ci_slim.redact import Redactor
    from ci_slim.result import Part, Report

BROKEN_BUDGET = 1
BUG = 3
NOTHING_RAN = 4
"""Every platform was skipped, because the daemon can run none of them."""


def tell(hide: "Redactor", error: CiSlimError) -> None:
    """Show an error on stderr: what happened, where, the lines behind it, what to do next."""
    say(hide, str(error), error.details, error.hint)


def say(hide: "Redactor", text: str, details: Sequence[str] = (), hint: str = "") -> None:
    """Show a message on stderr: what happened, the lines behind it, what to do next."""
    from ci_slim.redact import foreign

    lines = [f"ci-slim: {foreign(text)}"]
    lines += [f"  | {foreign(line)}" for line in details]
    lines += [f"  → {foreign(hint)}"] if hint else []
    _to_stderr(hide("\n".join(lines)))


def _to_stderr(text: str) -> None:
    """Write to stderr. If that fails, only the exit code tells of the error."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


class _Stopped(KeyboardInterrupt):
    """Raised by a signal. It is a KeyboardInterrupt because libraries catch and wrap every
    Exception. It is a subclass because of Python: if a plain KeyboardInterrupt leaves an `exec()`
    of text, which makes dataclasses, `python -m` ends with SIGINT even if it was caught."""


def _stop_until_seen() -> NoReturn:
    """Raise _Stopped, and raise it again if it is lost.

    Python drops an exception that a signal raises while a forgotten object is deleted, such as a
    socket in a garbage collection (seen). An exception that is still on its way is never raised a
    second time, because that would interrupt the clean-up.
    """
    stopped = _Stopped()
    on_its_way = weakref.ref(stopped)

    def again(number: int, _: "FrameType | None") -> None:
        if on_its_way() is None:
            _stop_until_seen()

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
    try:
        raise stopped
    finally:
        del stopped  # else its own traceback would keep it alive


_AGAIN = 0.05
"""Seconds after which a lost exception is noticed."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def guarded(work: "Callable[[Edge], object]", edge: "Edge") -> int:
    """Do the work and show every error. Returns the exit code."""
    stopped_by: list[str] = []

    def interrupt(number: int, _: "FrameType | None") -> None:
        _ignore_signals()  # a second Ctrl-C must not stop the clean-up
        stopped_by.append(signal.Signals(number).name)
        _stop_until_seen()

    hide = edge.hide
    _occupy_closed()
    sys.unraisablehook = _unraisable
    try:
        for each in SIGNALS:
            signal.signal(each, interrupt)
        code = work(edge)
        _ignore_signals()
        if stopped_by:  # and the exception was lost
            raise _Stopped
    except SystemExit as done:
        code = done.code
    except CiSlimError as error:
        tell(hide, error)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):  # click turns a KeyboardInterrupt into an Abort
        signal.setitimer(signal.ITIMER_REAL, 0)
        edge.held.close_all()
        stopped = Interrupted(
            f"stopped by {stopped_by[0]}", hint="everything that it started is removed"
        )
        tell(hide, stopped)
        code = stopped.exit_code
    except OSError as error:
        code = _os_error(error, hide)
    except Exception:
        code = _bug(hide)
    return code if isinstance(code, int) else 0


def _occupy_closed() -> None:
    """Open /dev/null in place of a closed stdin, stdout or stderr. Otherwise the next opened file
    would get the number of stdout, and with it what is printed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number


def show(text: str) -> None:
    """Print a result. If the reader has closed the pipe, the exit code still tells the result.
    Raises EngineError if the result cannot be written for another reason."""
    _show(lambda: click.echo(text, nl=not text.endswith("\n")))


def _show(write: Callable[[], None]) -> None:
    if sys.stdout is None:
        raise EngineError(
            "the result could not be written: stdout is closed",
            where="stdout",
            hint="leave stdout open, or send it to a file",
        )
    try:
        write()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise _unwritten(error) from None


def show_bytes(content: bytes, kind: str) -> None:
    """Write a result that is not text to stdout. Raises UsageError if stdout is a terminal, and the
    errors of `show`."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise UsageError(
            f"a {kind} is not shown on a terminal",
            where="stdout",
            hint="name a file with --output, or send stdout to one",
        )
    _show(lambda: click.echo(content, nl=False))


def show_result(text: str, code: int, hide: "Redactor") -> int:
    """Print the result of a run that ends with this code. Returns the exit code: if the result
    cannot be written, that is an error, but it does not replace the code of an earlier error."""
    try:
        show(text)
    except EngineError as error:
        tell(hide, error)
        return code or error.exit_code
    return code


def leave(code: int, hide: "Redactor") -> NoReturn:
    """End the process with this exit code, at once. Everything is removed by now, so signals are
    ignored, and Python's own clean-up, which takes a tenth of a second, is skipped."""
    _ignore_signals()
    try:
        if sys.stdout is not None:  # it may have been closed
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe
        pass
    except OSError as error:
        code = code or EngineError.exit_code
        tell(hide, _unwritten(error))
    finally:
        os._exit(code)


def _ignore_signals() -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def _unwritten(error: OSError) -> EngineError:
    return EngineError(f"the result could not be written: {error.strerror}", where="stdout")


def _os_error(error: OSError, hide: "Redactor") -> int:
    """Show an error of the operating system, and return its exit code. A closed pipe counts as
    interrupted, a full disk as an EngineError, and everything else as a bug."""
    if isinstance(error, BrokenPipeError):
        return Interrupted.exit_code
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _bug(hide)
    full = EngineError(
        f"{error.strerror}; this disk holds the saved fat image and the new layers",
        where=str(error.filename or temporary_folder()),
        hint="free some space, or set TMPDIR to a folder on a larger disk",
    )
    tell(hide, full)
    return full.exit_code


def _unraisable(happened: "sys.UnraisableHookArgs") -> None:
    """Hide one harmless error: Python 3.13 flushes a daemon's answer that was used and closed as a
    stream once more when it deletes the object."""
    late = isinstance(happened.exc_value, ValueError)
    if not (late and type(happened.object).__name__ == "HTTPResponse"):
        sys.__unraisablehook__(happened)


def _bug(hide: "Redactor") -> int:
    """Show an unexpected error with everything that a bug report needs, without secrets."""
    import platform
    import traceback

    from ci_slim.redact import foreign

    for line in traceback.format_exc().splitlines():
        # An error may quote an image's text, which a CI runner must not take for a command.
        _to_stderr(f"  | {hide(foreign(line))}")
    _to_stderr(
        f"ci-slim: this is a bug in ci-slim {__version__} "
        f"(Python {platform.python_version()}, {platform.platform()})\n"
        "  → please report it with the lines above at "
        "https://github.com/ci-slim/ci-slim/issues"
    )
    return BUG


def moment(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339, in UTC. Raises the errors of `time.gmtime`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def ended_by(error: CiSlimError, hide: "Redactor", part: "Part | None" = None) -> "Report":
    """The report of a run that this error ended before anything was measured, without secrets."""
    from ci_slim.report import platform
    from ci_slim.report.hiding import redacted

    return redacted(platform.ended(error, moment(time.time()), part), hide)


def exit_code(made: "Report", errors: Sequence[CiSlimError], fail_on: Sequence[str]) -> int:
    """The exit code of a run: of the first error, else by its verdicts and `fail_on`."""
    from ci_slim.judge.failing import broken

    if errors:
        return errors[0].exit_code
    if broken(made, fail_on):
        return BROKEN_BUDGET
    return NOTHING_RAN if made.outcome == "failed" else 0
