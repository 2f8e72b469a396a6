"""The command line: arguments and environment in, exit code out. Only the entry points import this.

The commands are imported when one of them is asked for, so that `--version` is fast.
"""

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NoReturn

import click

from ci_slim import __version__
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded, leave


class Commands(click.Group):
    """The commands of `commands.click_commands`, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        from ci_slim.commands.click_commands import commands

        return commands.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        from ci_slim.commands.click_commands import commands

        return commands.get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ci-slim")
def cli() -> None:
    """Builds, slims and proves container images for small machines, for every platform.

    Exit codes: 0 success, 1 a budget is broken, 2 wrong usage or bad input, 3 a bug, 4 Docker or
    buildx failed, 5 a probe failed on the fat image, 6 the slim image could not be verified, 130
    interrupted.
    """


def carry_out(argv: Sequence[str], edge: Edge) -> int:
    """Run the command that the arguments name. Returns the exit code. Raises CiSlimError and the
    exceptions of click."""
    with _no_garbage():
        work = cli(list(argv), prog_name="ci-slim", standalone_mode=False)
    return (
        int(work(edge)) if callable(work) else int(work or 0)
    )  # click showed the help and gave a number


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Do not look for garbage inside the block. Importing a command makes much that stays, and
    looking at all of it again and again took a sixth of the import."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main(without_arguments: Callable[[Edge], int] | None = None) -> NoReturn:
    """The entry point. Without arguments it does `without_arguments`, if that is given: the image
    of the action runs a step of a workflow then."""
    edge, argv = Edge.of(dict(os.environ)), sys.argv[1:]
    work = partial(carry_out, argv) if argv or without_arguments is None else without_arguments
    leave(guarded(work, edge), edge.hide)
