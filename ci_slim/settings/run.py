"""The sections of the settings file about the running container: run, services, ready, probes."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from ci_slim import probes
from ci_slim.errors import UsageError
from ci_slim.options import Section
from ci_slim.probes import Probe
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Node, Scalar, Sequence, Table, plain
from ci_slim.settings.files import Files, is_flag
from ci_slim.settings.plans import Ready, RunPlan, Service

_FLAG_PROBES: Mapping[str, Callable[[str, str], Probe]] = {
    "http": probes.from_flag_http,
    "exec": probes.from_flag_exec,
}

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


def read_probes(node: Node | None, files: Files) -> tuple[Probe, ...]:
    """The probes of an image, with distinct names."""
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        raise UsageError(
            f"`probes` must be a list, not {shapes.describe(node)}",
            where=node.where,
            hint="start each probe with `- http:`, `- exec:`, `- crawl:` or `- file:`",
        )
    return probes.unique([probe for item in node.items for probe in _probe(item, files)])


def _probe(item: Node, files: Files) -> tuple[Probe, ...]:
    table = shapes.mapping(item, "probes", "write each probe as `- http: /path` or the like")
    if "file" in table.entries:
        return _probe_file(table, files)
    for key, from_flag in _FLAG_PROBES.items():
        line = table.entries.get(key)
        if isinstance(line, Scalar) and is_flag(line) and len(table.entries) == 1:
            return (from_flag(line.text, line.where),)
    value = _probe_value(table)
    return (
        probes.from_settings(value, lambda keys: _at(table, keys), files.relative(files.folder)),
    )


def _probe_file(table: Table, files: Files) -> tuple[Probe, ...]:
    """The probes of a DockerSlim probe file; what it names is relative to its own folder.

    On the command line it is relative to the working folder, as with DockerSlim.
    """
    for key, where in table.keys.items():
        if key != "file":
            raise UsageError(
                f"`{key}` does not go with `file`",
                where=where,
                hint="write what you expect of the answers into the probe file, as `expect`",
            )
    node = table.entries["file"]
    name, text = files.text(node, "the probe file")
    folder = "." if is_flag(node) else str(PurePosixPath(name).parent)
    return probes.from_dockerslim(text, name, files.relative(folder))


def _probe_value(table: Table) -> Mapping[str, Any]:
    """The probe as plain values; numbers may come from the environment: `port: ${PORT}`."""
    value: dict[str, Any] = plain(table)
    for key in ("port", "depth", "pages"):
        node = table.entries.get(key)
        if isinstance(node, Scalar) and node.origin == "environment" and node.text.isdecimal():
            value[key] = int(node.text)
    return value


def _at(node: Node, keys: tuple[str | int, ...]) -> str:
    """The place of a key path below a node, of a mapping's member that of its key.

    Of a path that is not there, the nearest place around it.
    """
    where = node.where
    for key in keys:
        if isinstance(node, Table) and isinstance(key, str) and key in node.entries:
            where, node = node.keys[key], node.entries[key]
        elif isinstance(node, Sequence) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            where = node.where
        else:
            break
    return where
