"""The declared options → flags of click commands, and the given flags → a request."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import click

from ci_slim.options import ARGUMENTS, Option, Type, help_text, of_command
from ci_slim.requests import Asked, Given, Request

R = TypeVar("R", bound=Request)
T = TypeVar("T")


def takes(kind: type[R]) -> Callable[[Callable[[R], T]], Callable[..., T]]:
    """A decorator for a command. click gets its flags and arguments; the function gets their values
    as one request of this kind."""

    def decorate(function: Callable[[R], T]) -> Callable[..., T]:
        def called(**values: Any) -> T:
            from ci_slim.settings.requests import make

            names = [each.name for each in ARGUMENTS.get(kind.command, ())]
            arguments = {name: values[name] for name in names}
            return function(make(kind, asked(kind.command, values), **arguments))

        called.__name__, called.__doc__ = function.__name__, function.__doc__
        decorated: Callable[..., T] = called
        for option in reversed(list(of_command(kind.command))):
            decorated = _flag(option)(decorated)
        for each in reversed(ARGUMENTS.get(kind.command, ())):
            many: dict[str, Any] = {"nargs": -1, "required": True} if each.many else {}
            decorated = click.argument(each.name, metavar=each.metavar, **many)(decorated)
        return decorated

    return decorate


def asked(command: str, values: Mapping[str, Any]) -> Asked:
    """The flags of a command that were given; click passes None or () for the others."""

    def given() -> Iterator[Given]:
        for option in of_command(command):
            value = values.get(option.name)
            if value not in (None, ()):
                texts = value if option.multiple else (_text(value),)
                yield Given(option, tuple(texts), str(option.flag).partition("/")[0])

    return Asked(tuple(given()))


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _flag(option: Option) -> Callable[[Callable[..., T]], Callable[..., T]]:
    kind: Any = str
    if option.type is Type.CHOICE:
        kind = click.Choice(option.choices)
    elif option.type is Type.SWITCH:
        kind = bool
    more: dict[str, Any] = {"is_flag": option.type is Type.SWITCH}
    if option.alone is not None:  # with an optional value, click would take IMAGE as the value
        kind, more = str, {"is_flag": True, "flag_value": option.alone}
    return click.option(
        str(option.flag),
        option.name,
        type=kind,
        multiple=option.multiple,
        **more,
        default=() if option.multiple else None,
        metavar=option.metavar,
        help=help_text(option),
    )
