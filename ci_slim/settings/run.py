"""The section `run` of the settings file: how the container runs while it is probed."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import fields

from ci_slim.errors import UsageError
from ci_slim.options import Section
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.compose_file import dependencies
from ci_slim.settings.compose_service import ComposeFile
from ci_slim.settings.document import Node, Scalar, Table
from ci_slim.settings.files import Files
from ci_slim.settings.plans import HostPlan, PutFile, Ready, RunPlan, Service

_MODE = re.compile(r"[0-7]{3,4}", re.ASCII)
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


def run_plan(table: Table, section: Section, files: Files) -> RunPlan:
    """How the container runs while it is probed."""
    values = cleaning.leaves(table, section)
    host = HostPlan(**{each.name: values.pop(each.name) for each in fields(HostPlan)})
    put = tuple(_files(shapes.child(table, "files"), section.section("files").section("*"), files))
    _check_host(table, host, bool(put))
    services = shapes.child(table, "services")
    ready = shapes.given(table, "ready")
    own = [
        _service(name, services, section.section("services").section("*"))
        for name in services.entries
    ]
    return RunPlan(
        **values,
        services=(*_composed(table, section.section("compose"), files, host, own), *own),
        ready=_ready(ready, section.section("ready")),
        files=put,
        host=host,
    )


def _files(table: Table, section: Section, files: Files) -> Iterator[PutFile]:
    for path, node in table.entries.items():
        where = table.keys[path]
        if not path.startswith("/") or path.endswith("/") or ".." in path.split("/"):
            raise UsageError(
                f"`{path}` is not the path of a file in the container",
                where=where,
                hint="start the path with `/`",
            )
        one = shapes.mapping(node, path, "write {file: NAME} or {text: TEXT}")
        values = cleaning.leaves(one, section)
        if (values["file"] is None) == (values["text"] is None):
            raise UsageError(
                f"`{path}` needs either `file` or `text`", where=where, hint="{file: app.conf}"
            )
        if not _MODE.fullmatch(values["mode"]):
            raise UsageError(
                f"`{values['mode']}` is not a mode in octal",
                where=one.entries["mode"].where,
                hint='write it in quotes: "0600"',
            )
        content = str(values["text"]).encode()
        if values["file"] is not None:
            content = files.content(one.entries["file"], "the file")
        yield PutFile(path, content, int(values["mode"], 8))


def _check_host(table: Table, host: HostPlan, puts: bool) -> None:
    """Raise UsageError for settings that exclude each other."""
    if host.read_only and puts:
        raise UsageError(
            "files cannot be copied into a container that is `read_only`",
            where=table.keys["files"],
            hint="leave out `read_only`, or build the files into an image for the test",
        )
    if host.network == "none" and table.entries.get("services") is not None:
        raise UsageError(
            "`services` need a network, but `network` is none",
            where=table.keys["services"],
        )
    if host.gpus is not None and host.gpus != "all" and not host.gpus.isdecimal():
        raise UsageError(
            f"`{host.gpus}` is not a number of GPUs",
            where=table.entries["gpus"].where,
            hint="write `all`, or a number in quotes",
        )
    for key, paths in (("tmpfs", host.tmpfs), ("volumes", host.volumes)):
        for path in paths:
            if not path.startswith("/"):
                raise UsageError(
                    f"`{path}` is not an absolute path in the container", where=table.keys[key]
                )
    for path in host.volumes:
        if ":" in path:
            raise UsageError(
                f"`{path}` names two places, but a volume here is one folder of the container",
                where=table.keys["volumes"],
                hint="write `volumes: [/data]` for an empty volume; put files in with `files`",
            )


def _service(name: str, services: Table, section: Section) -> Service:
    if not _HOST_NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` is not a host name; the name of a service is its host name",
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


def _composed(
    table: Table, section: Section, files: Files, host: HostPlan, own: list[Service]
) -> tuple[Service, ...]:
    """The services that the application depends on in a Compose file."""
    asked = shapes.given(table, "compose")
    if asked is None:
        return ()
    given = shapes.mapping(asked, "compose")
    values = cleaning.leaves(given, section)
    for key in ("file", "service"):
        if values[key] is None:
            raise UsageError(
                f"`compose` has no `{key}`",
                where=table.keys["compose"],
                hint="write {file: compose.yml, service: NAME}",
            )
    if host.network == "none":
        raise UsageError(
            "services are reached over a network, and `network` is none",
            where=table.keys["compose"],
        )
    path, text = files.text(given.entries["file"], "the Compose file")
    found = dependencies(
        ComposeFile(text, path, files.environment, files.below(posixpath.dirname(path) or ".")),
        values["service"],
        given.entries["service"].where,
        values["within"],
    )
    names = {each.name for each in own}
    if twice := next((each.name for each in found if each.name in names), None):
        raise UsageError(
            f"the service `{twice}` is in `services` and in the Compose file",
            where=table.keys["services"],
            hint="remove one of the two",
        )
    return found


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
            f"`{word}` is not a condition for `ready`",
            where=node.where,
            hint="write {http: /path}, {port: 5000}, {log: REGEX}, auto or none",
        )
    table = shapes.mapping(node, "ready")
    values = cleaning.leaves(table, section)
    path, port, pattern = values["http"], values["port"], values["log"]
    if pattern is not None and (path is not None or port is not None):
        raise UsageError(
            "`log` cannot be combined with `http` or `port`",
            where=table.keys["log"],
            hint="choose one condition; `http` may have a `port`",
        )
    if path is not None and not path.startswith("/"):
        raise UsageError(
            f"`{path}` is not a path", where=table.entries["http"].where, hint=f"write `/{path}`"
        )
    if path is not None:
        return Ready("http", path=path, port=port, within=values["within"])
    if port is not None:
        return Ready("port", port=port, within=values["within"])
    if pattern is not None:
        return Ready("log", pattern=pattern, within=values["within"])
    return Ready(within=values["within"])
