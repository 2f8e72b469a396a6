"""Nodes → numbers and switches."""

import re
from collections.abc import Callable
from typing import Any

from ci_slim.errors import UsageError
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.options import Option
from ci_slim.settings import quantities
from ci_slim.settings.document import Node
from ci_slim.settings.shapes import key_of, scalar


def switch(node: Node, option: Option) -> bool:
    value = scalar(node, "true or false")
    lower = value.text.lower()
    if (value.kind != "true or false" and value.origin == "file") or lower not in ("true", "false"):
        quoted = value.kind == "text" and lower in ("true", "false")
        raise UsageError(
            f"`{key_of(option)}` must be true or false, not "
            + (f'the text "{value.text}"' if quoted else f"`{value.text}`"),
            where=value.where,
            hint="remove the quotes" if quoted else "",
        )
    return lower == "true"


def whole(node: Node, option: Option, most: int) -> int:
    value = scalar(node, "a whole number")
    number = re.fullmatch(r"0|[1-9][0-9]{0,8}", value.text, re.ASCII)
    right_kind = value.kind == "whole number" or value.origin != "file"
    if not right_kind or number is None or not option.least <= int(value.text) <= most:
        top = f" to {most}" if most < 10**9 else ""
        quoted = value.kind == "text" and number is not None and value.origin == "file"
        raise UsageError(
            f"`{key_of(option)}` must be a whole number from {option.least}{top}, not "
            + (f'the text "{value.text}"' if quoted else f"`{value.text}`"),
            where=value.where,
            hint="remove the quotes" if quoted else "",
        )
    return int(value.text)


def count(node: Node, option: Option) -> int:
    return whole(node, option, 10**9 if option.most is None else option.most)


def port(node: Node, option: Option) -> int:
    return whole(node, option, 65535)


def quantity(node: Node, what: str, convert: Callable[[str], Any]) -> Any:
    value = scalar(node, what)
    try:
        return convert(value.text)
    except ValueError as error:
        problem, _, hint = str(error).partition(": ")
        raise UsageError(problem, where=value.where, hint=hint) from None


def size(node: Node, _option: Option) -> int:
    return int(quantity(node, "a size", quantities.size))


def growth(node: Node, _option: Option) -> GrowthLimit:
    if scalar(node, "a size or a percentage").text.rstrip().endswith("%"):
        return GrowthLimit(percent=quantity(node, "a percentage", quantities.percent))
    return GrowthLimit(bytes=quantity(node, "a size or a percentage", quantities.size))


def rate(node: Node, _option: Option) -> int:
    return int(quantity(node, "a rate", quantities.rate))


def price(node: Node, _option: Option) -> Any:
    return quantity(node, "a price", quantities.price)


def duration(node: Node, option: Option) -> float:
    seconds = float(quantity(node, "a duration", quantities.duration))
    if option.most is not None and not 0 < seconds <= option.most:
        raise UsageError(
            f"`{key_of(option)}` must be more than 0s and at most {option.most}s", where=node.where
        )
    return seconds
