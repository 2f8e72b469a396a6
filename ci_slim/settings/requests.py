"""The texts that a caller gave → the typed request of a command."""

from typing import Any, TypeVar

from ci_slim.options import ARGUMENTS, Option, Type, of_command
from ci_slim.requests import Asked, Given, Request
from ci_slim.settings import cleaning
from ci_slim.settings.document import Node, Scalar, Sequence

R = TypeVar("R", bound=Request)


def make(kind: type[R], asked: Asked, **arguments: str | tuple[str, ...]) -> R:
    """Make a request of this kind from options and arguments. Raises UsageError with the name of
    the wrong option.

    Options that override the settings file stay in `asked`, and are read with the file.
    """
    assert set(arguments) == {each.name for each in ARGUMENTS.get(kind.command, ())}
    values: dict[str, Any] = {**arguments}
    for option in of_command(kind.command):
        if not option.sets:
            given = next((each for each in asked.given if each.option.name == option.name), None)
            values[option.name] = option.default if given is None else _value(option, given)
    return kind(asked=asked, **values)


def _value(option: Option, given: Given) -> Any:
    """The value of an option that concerns only this call. An empty text means: not given."""
    texts = tuple(text for text in given.texts if text)
    if not texts:
        return option.default
    return cleaning.read(_node(option, texts, given.where), option)


def _node(option: Option, texts: tuple[str, ...], where: str) -> Node:
    if option.type is Type.CHOICES:
        texts = tuple(word.strip() for word in texts[0].split(",") if word.strip())
    scalars = tuple(Scalar(text, "text", where, "flag") for text in texts)
    if option.multiple or option.type is Type.CHOICES:
        return Sequence(scalars, where)
    return scalars[0]
