"""Nodes → texts: names, choices, patterns, commands."""

import re
import shlex

from ci_slim import platforms
from ci_slim.errors import UsageError
from ci_slim.options import Option
from ci_slim.settings.document import Node, Sequence
from ci_slim.settings.shapes import key_of, nearest, scalar, text


def read_text(node: Node, _option: Option) -> str:
    return text(node)


def choice(node: Node, option: Option) -> str:
    word = text(node)
    if word not in option.choices:
        raise UsageError(
            f"`{word}` is not a value of `{key_of(option)}`",
            where=node.where,
            hint=nearest(word, option.choices),
        )
    return word


def platform(node: Node) -> platforms.Platform:
    """One platform, normalised."""
    try:
        return platforms.parse(text(node))
    except UsageError as error:
        error.where = error.where or node.where
        raise


def command(node: Node, option: Option) -> tuple[str, ...]:
    if isinstance(node, Sequence):
        return tuple(text(item, empty=True) for item in node.items)
    try:
        return tuple(shlex.split(text(node, empty=True)))
    except ValueError as error:
        raise UsageError(
            f"`{key_of(option)}` cannot be split into words: {str(error).lower()}",
            where=node.where,
            hint="write it as a list of arguments",
        ) from None


def pattern(node: Node, _option: Option) -> str:
    pattern = text(node)
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"`{pattern}` is not a regular expression: {error}", where=node.where
        ) from None
    return pattern


def reference(node: Node, _option: Option) -> str:
    reference = text(node)
    if re.search(r"\s", reference) or reference.startswith("-"):
        raise UsageError(f"`{reference}` is not a name for an image", where=node.where)
    return reference


def scalar_text(node: Node, _option: Option) -> str:
    return scalar(node, "a text").text


def line(node: Node, option: Option) -> str | tuple[str, ...]:
    if isinstance(node, Sequence):
        return tuple(scalar_text(item, option) for item in node.items)
    return text(node, empty=True)
