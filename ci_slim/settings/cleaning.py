"""The values of a node or of a section, read and checked by the types that are declared."""

from typing import Any

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.settings.document import Node, Table
from ci_slim.settings.readers import READERS
from ci_slim.settings.shapes import given, nearest


def read(node: Node, option: Option) -> Any:
    """The checked value of a node, of the type that the option declares."""
    return READERS[option.type](node, option)


def leaves(table: Table, section: Section) -> dict[str, Any]:
    """The values of a section's own options, with defaults. Probes are read elsewhere."""
    refuse_unknown(table, section)
    values: dict[str, Any] = {}
    for key, option in section.keys.items():
        if isinstance(option, Option) and option.type is not Type.PROBES:
            node = given(table, key)
            values[key] = option.default if node is None else read(node, option)
    return values


def refuse_unknown(table: Table, section: Section) -> None:
    """Raise UsageError at the first undeclared key, with the nearest declared key as hint."""
    for key, where in table.keys.items():
        if key not in section.keys:
            name = section.path.rpartition(".")[2]
            place = "" if name in ("", "*") else f" in `{name}`"
            raise UsageError(
                f"unknown key `{key}`{place}", where=where, hint=_nearest(key, section)
            )


def _nearest(key: str, section: Section) -> str:
    for name, other in section.keys.items():
        if isinstance(other, Section) and key in other.keys:
            return f"move `{key}` into `{name}`"
    return nearest(key, section.keys)
