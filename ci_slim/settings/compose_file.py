"""The dependencies of a service in a Compose file (github.com/compose-spec) → services. Pure.

Only the dependencies are read: a service that nothing needs may contain anything. Unknown keys are
refused, and keys that would give a container rights on the daemon's machine.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from ci_slim.errors import UsageError
from ci_slim.settings import document, shapes
from ci_slim.settings.compose_extends import extended
from ci_slim.settings.compose_mounts import mounts_of
from ci_slim.settings.compose_service import ComposeFile, service_of
from ci_slim.settings.compose_values import Values
from ci_slim.settings.document import Node, Sequence, Table
from ci_slim.settings.plans import Service

Until = Literal["started", "healthy", "completed"]

_CONDITIONS: Mapping[str, Until] = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}
_STRICTER = ("started", "healthy", "completed")


def dependencies(file: ComposeFile, service: str, where: str, within: float) -> tuple[Service, ...]:
    """The services that a service needs, each after its own dependencies. `where` is the place of
    its name in the settings. Raises UsageError."""
    root = document.read(file.text, file.path, {}, variables=False)
    table = shapes.mapping(root, file.path) if root is not None else None
    services = shapes.child(table, "services") if table is not None else None
    if services is None or service not in services.entries:
        raise UsageError(
            f"there is no service `{service}` in {file.path}",
            where=where,
            hint=shapes.nearest(service, services.entries) if services else "name another file",
        )
    order: dict[str, Until] = {}
    for name, until in _needs(services, service, ()):
        former = order.get(name, "started")
        order[name] = max(former, until, key=_STRICTER.index)
    secrets = shapes.child(table, "secrets") if table is not None else services
    found = [service_of(name, extended(services, name), file, secrets) for name in order]
    _refuse_shared_volumes(found, services, file.path, Values(file.environment))
    return tuple(
        replace(each, compose=replace(each.compose, until=order[each.name], within=within))
        for each in found
    )


def _needs(services: Table, name: str, above: tuple[str, ...]) -> Iterator[tuple[str, Until]]:
    """The services that one needs, with the condition for each; the deepest dependencies first."""
    table = extended(services, name)
    for needed, until, where in _depends_on(shapes.given(table, "depends_on")):
        if needed not in services.entries:
            raise UsageError(
                f"`{name}` depends on `{needed}`, which is not in the file",
                where=where,
                hint=shapes.nearest(needed, services.entries),
            )
        if needed in (*above, name):
            raise UsageError(f"`{name}` depends on itself, through `{needed}`", where=where)
        yield from _needs(services, needed, (*above, name))
        yield needed, until


def _depends_on(node: Node | None) -> Iterator[tuple[str, Until, str]]:
    """A list of names, or name → {condition}."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield shapes.text(item), "started", item.where
    elif node is not None:
        table = shapes.mapping(node, "depends_on")
        for name, below in table.entries.items():
            yield name, _condition(below), table.keys[name]


def _condition(node: Node) -> Until:
    below = shapes.mapping(node, "depends_on", "write {condition: service_healthy}")
    asked = shapes.given(below, "condition")
    if asked is None:
        return "started"
    text = shapes.text(asked)
    if text not in _CONDITIONS:
        raise UsageError(
            f"the condition `{text}` is not known",
            where=asked.where,
            hint=shapes.nearest(text, _CONDITIONS),
        )
    return _CONDITIONS[text]


def _refuse_shared_volumes(
    found: list[Service], services: Table, path: str, values: Values
) -> None:
    """Raise UsageError if two services share a volume by name. Here each service has its own
    volumes, so they would not see each other's files, and the reason would be hard to find."""
    users: dict[str, str] = {}
    for each in found:
        node = shapes.given(extended(services, each.name), "volumes")
        for mount in mounts_of(each.name, node, values, posixpath.dirname(path) or "."):
            if mount.kind == "bind" or not mount.source:
                continue
            if users.setdefault(mount.source, each.name) != each.name:
                raise UsageError(
                    f"`{users[mount.source]}` and `{each.name}` share the volume `{mount.source}`",
                    where=node.where if node else "",
                    hint="volumes cannot be shared here: put the files into an image",
                )
