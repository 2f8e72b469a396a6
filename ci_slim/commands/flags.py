"""The options of `options.py` as flags of click commands."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ci_slim.options import Type, help_text, of_command

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def click_options(command: str) -> Callable[[Decorated], Decorated]:
    """A decorator with all flags of a command.

    Flags that also stand in the settings file are None (or empty) when they are not given, so
    that the file's value or the default holds; their texts are read by `settings.py`.
    """

    def decorate(function: Decorated) -> Decorated:
        for option in reversed(list(of_command(command))):
            kind: Any = str
            if option.type is Type.CHOICE:
                kind = click.Choice(option.choices)
            elif option.type is Type.SWITCH:
                kind = bool
            in_file = option.file_key is not None
            decorator = click.option(
                str(option.flag),
                option.name,
                type=kind,
                multiple=option.multiple,
                is_flag=option.type is Type.SWITCH,
                default=() if option.multiple else None if in_file else option.default,
                metavar=option.metavar,
                help=help_text(option),
            )
            function = decorator(function)
        return function

    return decorate
