"""All options, in the order in which `--help` and the JSON Schema show them."""

from collections.abc import Iterator

from ci_slim.options import call, device, file, image, run, slim
from ci_slim.options.option import Option

OPTIONS: tuple[Option, ...] = (
    *call.OPTIONS,
    *file.OPTIONS,
    *device.OPTIONS,
    *image.OPTIONS,
    *run.OPTIONS,
    *slim.OPTIONS,
)


def of_command(command: str) -> Iterator[Option]:
    """The options that are flags of a command, in the order of their declaration."""
    return (option for option in OPTIONS if option.flag and command in option.commands)


def option_of(command: str, name: str) -> Option:
    """The option with this name that is a flag of a command."""
    return next(option for option in of_command(command) if option.name == name)
