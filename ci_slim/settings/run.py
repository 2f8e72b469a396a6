"""The section `run` of the settings file: how the container runs while it is probed."""

import re

from ci_slim.errors import UsageError
from ci_slim.options import Section
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Node, Scalar, Table
from ci_slim.settings.plans import Ready, RunPlan, Service

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


def run_plan(table: Table, section: Section) -> RunPlan:
    """How the container runs while it is probed."""
    values = cleaning.leaves(table, section)
    services = shapes.child(table, "services")
    ready = shapes.given(table, "ready")
    return RunPlan(
        **values,
        services=tuple(
            _service(name, services, section.section("services").section("*"))
            for name in services.entries
        ),
        ready=_ready(ready, section.section("ready")),
    )


def _service(name: str, services: Table, section: Section) -> Service:
    if not _HOST_NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` is no host name, and services are reached by theirs",
            where=services.keys[name],
        )
    table = shapes.mapping(services.entries[name], name)
    values = cleaning.leaves(table, section)
    if values["image"] is None:
        raise UsageError(
            f"the service `{name}` has no image",
            where=services.keys[name],
            hint="add `image: NAME` below it",
        )
    return Service(name, **values)


def _ready(node: Node | None, section: Section) -> Ready:
    if node is None:
        return Ready()
    if isinstance(node, Scalar):
        word = shapes.text(node)
        if word == "none":
            return Ready(kind="none")
        if word == "auto":
            return Ready()
        raise UsageError(
            f"`{word}` is no condition for `ready`",
            where=node.where,
            hint="write {http: /path}, {port: 5000}, {log: REGEX}, auto or none",
        )
    table = shapes.mapping(node, "ready")
    values = cleaning.leaves(table, section)
    path, port, pattern = values["http"], values["port"], values["log"]
    if pattern is not None and (path is not None or port is not None):
        raise UsageError(
            "`log` does not go with `http` or `port`",
            where=table.keys["log"],
            hint="choose one condition; `http` may have a `port`",
        )
    if path is not None and not path.startswith("/"):
        raise UsageError(
            f"`{path}` is no path", where=table.entries["http"].where, hint=f"write `/{path}`"
        )
    if path is not None:
        return Ready("http", path=path, port=port, within=values["within"])
    if port is not None:
        return Ready("port", port=port, within=values["within"])
    if pattern is not None:
        return Ready("log", pattern=pattern, within=values["within"])
    return Ready(within=values["within"])
