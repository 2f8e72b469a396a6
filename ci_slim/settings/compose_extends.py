"""What a service of a Compose file takes over from another one by `extends`. Pure.

Mappings are merged by their keys, lists of values are put together, and a command, an entrypoint
and a test replace the other's (compose-spec, 05-services.md, "extends").
"""

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.document import Node, Scalar, Sequence, Table

_REPLACED = frozenset(("command", "entrypoint", "test"))
_PAIRS = frozenset(("environment", "sysctls"))


def extended(services: Table, name: str, above: tuple[str, ...] = ()) -> Table:
    """The service with what it extends. Raises UsageError for a service of another file, for one
    that does not exist, and for a circle."""
    table = shapes.mapping(services.entries[name], name)
    node = shapes.given(table, "extends")
    if node is None:
        return table
    base = _base(name, node)
    if base not in services.entries:
        raise UsageError(
            f"`{name}` extends `{base}`, which is not in the file",
            where=node.where,
            hint=shapes.nearest(base, services.entries),
        )
    if base in (*above, name):
        raise UsageError(f"`{name}` extends itself, through `{base}`", where=node.where)
    return _merged(extended(services, base, (*above, name)), _without(table, "extends"))


def _base(name: str, node: Node) -> str:
    if isinstance(node, Scalar):
        return shapes.text(node)
    table = shapes.mapping(node, "extends", "write {service: NAME}")
    if shapes.given(table, "file") is not None:
        raise UsageError(
            f"the service `{name}` extends a service of another file, which is not read",
            where=table.keys["file"],
            hint="put that service into this file, and leave `file` out",
        )
    service = shapes.given(table, "service")
    if service is None:
        raise UsageError("`extends` has no `service`", where=table.where)
    return shapes.text(service)


def _without(table: Table, key: str) -> Table:
    entries = {name: node for name, node in table.entries.items() if name != key}
    return Table(entries, table.keys, table.where)


def _merged(base: Table, own: Table) -> Table:
    entries: dict[str, Node] = dict(base.entries)
    for key, node in own.entries.items():
        entries[key] = _together(key, entries[key], node) if key in entries else node
    return Table(entries, {**base.keys, **own.keys}, own.where)


def _together(key: str, base: Node, own: Node) -> Node:
    if key in _PAIRS:
        base, own = _pairs(base), _pairs(own)
    if isinstance(base, Table) and isinstance(own, Table):
        return _merged(base, own)
    lists = isinstance(base, Sequence) or isinstance(own, Sequence)
    if (
        lists
        and key not in _REPLACED
        and not isinstance(base, Table)
        and not isinstance(own, Table)
    ):
        return Sequence((*_items(base), *_items(own)), own.where)
    return own


def _items(node: Sequence | Scalar) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)


def _pairs(node: Node) -> Node:
    """A list of `NAME=VALUE` as a mapping."""
    if not isinstance(node, Sequence):
        return node
    entries: dict[str, Node] = {}
    for item in node.items:
        name, equals, value = shapes.scalar(item, "a text").text.partition("=")
        entries[name] = Scalar(value, "text" if equals else "nothing", item.where)
    return Table(entries, {name: each.where for name, each in entries.items()}, node.where)
