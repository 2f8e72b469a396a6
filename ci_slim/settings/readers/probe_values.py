"""Nodes → the values that only probes have."""

from collections.abc import Mapping
from typing import Any

from ci_slim.options import Option
from ci_slim.probes import fields
from ci_slim.settings.document import Node, Sequence, plain
from ci_slim.settings.readers.texts import pattern
from ci_slim.settings.shapes import key_of, mapping, scalar


def headers(node: Node, option: Option) -> tuple[tuple[str, str], ...]:
    table = mapping(node, key_of(option), "write `Name: value`")
    found: list[tuple[str, str]] = []
    for name, value in table.entries.items():
        for each in value.items if isinstance(value, Sequence) else (value,):
            content = scalar(each, f"a value of the header `{name}`").text
            found.append(fields.header(name, content, table.keys[name]))
    return tuple(found)


def statuses(node: Node, _option: Option) -> tuple[int, ...]:
    return fields.statuses(plain(node), node.where)


def patterns(node: Node, option: Option) -> Mapping[str, str]:
    table = mapping(node, key_of(option))
    return {
        fields.header(name, "", table.keys[name])[0]: pattern(value, option)
        for name, value in table.entries.items()
    }


def any_value(node: Node, _option: Option) -> Any:
    return plain(node)


def plain_mapping(node: Node, option: Option) -> Any:
    return plain(mapping(node, key_of(option)))
