"""Reads DockerSlim's probe command file (`--http-probe-cmd-file`).

The fields are those of HTTPProbeCmd in slimtoolkit/slim. These differences are intended: unknown
fields, headers without a colon and bodies that are given twice are refused (DockerSlim ignores
them). A command without a protocol is sent once (https on port 443, else http) and not once per
protocol. A command may have `expect` as in `.ci-slim.yml`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ci_slim.errors import UsageError
from ci_slim.probes import fields, positions
from ci_slim.probes.bodies import FormField
from ci_slim.probes.crawl import CrawlProbe
from ci_slim.probes.exchange import Probe
from ci_slim.probes.fastcgi import DEFAULT_PORT, FastCgiProbe
from ci_slim.probes.fields import refuse_unknown
from ci_slim.probes.generate import GENERATED
from ci_slim.probes.given import Read, Where, content, no_files
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.kinds import unique
from ci_slim.probes.model import Expect
from ci_slim.probes.websocket import WebSocketProbe

COMMAND_KEYS = (
    "method", "resource", "port", "protocol", "headers", "body", "body_file", "body_generate",
    "body_is_form", "form_field_name", "form_file_name", "username", "password", "crawl", "fastcgi",
    "expect",
)  # fmt: skip
SIZE_LIMIT = 1 << 20
"""The most characters of a probe command file. Each command is sent to at least two containers."""
FASTCGI_KEYS = ("root", "split_path", "env", "dial_timeout", "read_timeout", "write_timeout")
"""These timeouts are read and not used. A probe has one timeout for the whole request."""
_SHAPE = 'the file is {"commands": [{"resource": "/", …}, …]}'
_FORM_NAME = "file"  # the names of an unnamed field and an unnamed file, as in DockerSlim


Expectation = Callable[[object, Where], Expect]
"""Reads the value of `expect`, with its places in the file, as the settings file does."""


def from_dockerslim(
    text: str, name: str, expectation: Expectation, read: Read = no_files
) -> tuple[Probe, ...]:
    """The probes of a DockerSlim probe command file, with distinct names.

    `name` is the name of the file, for the places in messages ("probeCmd.json:3:7"). `read` returns
    the bytes of a `body_file`. Every documented field works. Raises UsageError.
    """
    if len(text) > SIZE_LIMIT:
        raise UsageError(
            f"the probe command file has more than {SIZE_LIMIT >> 20} MiB",
            where=name,
            hint="remove repeated commands",
        )
    value, places = positions.parse(text, name)
    if not isinstance(value, Mapping):
        problem = f"a probe command file must be a mapping, not {fields.kind(value)}"
        raise UsageError(problem, where=places[()], hint=_SHAPE)
    refuse_unknown(value, ("commands",), "a probe command file", places.__getitem__)
    commands = value.get("commands")
    if not isinstance(commands, list) or not commands:
        where = places.get(("commands",), places[()])
        raise UsageError(
            "commands must be a list of at least one command", where=where, hint=_SHAPE
        )
    probes: list[Probe] = []
    for index, command in enumerate(commands):
        at = partial(_at, places, ("commands", index))
        probes.extend(_command(command, at, expectation, read))
    return unique(probes)


def _at(places: Mapping[positions.Path, str], prefix: positions.Path, keys: positions.Path) -> str:
    """The place of a key path. If the key is missing, the nearest place around it."""
    path = (*prefix, *keys)
    while path not in places:
        path = path[:-1]
    return places[path]


def _command(value: object, at: Where, expectation: Expectation, read: Read) -> tuple[Probe, ...]:
    command = fields.mapping(value, "a command", at(()))
    refuse_unknown(command, COMMAND_KEYS, "a command", at)
    if not command.get("resource"):
        raise UsageError(
            "the command lacks a resource", where=at(("resource",)), hint='add "resource": "/"'
        )
    if command.get("fastcgi") is not None:
        return (_fastcgi(command, at, expectation),)
    if str(command.get("protocol")).lower() in ("ws", "wss"):
        return (_websocket(command, at, expectation),)
    port = fields.whole(command.get("port") or 0, "port", at(("port",)), 0, 65535) or None
    default = "https" if port == 443 else "http"
    protocol = fields.protocol(command.get("protocol") or default, at(("protocol",)))
    method = fields.method(command.get("method") or "GET", at(("method",)))
    path = fields.path(command["resource"], at(("resource",)))
    headers = _headers(command.get("headers"), at)
    username, password = fields.credentials(
        command.get("username") or "", command.get("password") or "", at(("username",))
    )
    expect = expectation(command.get("expect"), lambda keys: at(("expect", *keys)))
    body, form = _body(command, at, read)
    if method == "HEAD" and (form or body is not None):
        raise UsageError("a HEAD request has no body", where=at(("method",)))
    crawl = CrawlProbe(
        name=f"crawl {path}",
        path=path,
        port=port,
        protocol=protocol,
        headers=headers,
        username=username,
        password=password,
        expect=expect,
    )
    crawls = fields.flag(command.get("crawl") or False, "crawl", at(("crawl",)))
    if crawls and method == "GET" and body is None and not form:
        return (crawl,)  # the command itself is its first page
    sent = HttpProbe(
        name=f"{method} {path}",
        method=method,
        path=path,
        protocol=protocol,
        port=port,
        headers=headers,
        body=body,
        form=form,
        username=username,
        password=password,
        expect=expect,
    )
    return (sent, crawl) if crawls else (sent,)


def _fastcgi(command: Mapping[str, object], at: Where, expectation: Expectation) -> FastCgiProbe:
    """A FastCGI request. The script is below `root`, up to the first of `split_path` in it."""
    where = at(("fastcgi",))
    told = fields.mapping(command["fastcgi"], "fastcgi", where)
    refuse_unknown(told, FASTCGI_KEYS, "fastcgi", lambda keys: at(("fastcgi", *keys)))
    method = fields.method(command.get("method") or "GET", at(("method",)))
    path = fields.path(command["resource"], at(("resource",)))
    path, _, query = path.partition("?")
    for split in _texts(told.get("split_path"), where):
        if split in path:
            path = path[: path.index(split) + len(split)]
            break
    root = fields.text(told.get("root") or "", "fastcgi.root", where).rstrip("/")
    env = fields.mapping(told.get("env") or {}, "fastcgi.env", where)
    params = {name: fields.scalar(each, f"fastcgi.env.{name}", where) for name, each in env.items()}
    body = fields.text(command.get("body") or "", "body", at(("body",)))
    return FastCgiProbe(
        name=f"fastcgi {method} {root}{path}",
        script=f"{root}{path}",
        method=method,
        port=fields.whole(command.get("port") or DEFAULT_PORT, "port", at(("port",)), 1, 65535),
        query=query,
        params={"SCRIPT_NAME": path, "DOCUMENT_ROOT": root or "/", **params},
        body=body.encode("utf-8", "surrogateescape"),
        expect=expectation(command.get("expect"), lambda keys: at(("expect", *keys))),
    )


def _websocket(
    command: Mapping[str, object], at: Where, expectation: Expectation
) -> WebSocketProbe:
    """A WebSocket, to which the body is sent as one text."""
    path = fields.path(command["resource"], at(("resource",)))
    expect = expectation(command.get("expect"), lambda keys: at(("expect", *keys)))
    body = fields.text(command.get("body") or "", "body", at(("body",)))
    return WebSocketProbe(
        name=f"websocket {path}",
        path=path,
        port=fields.whole(command.get("port") or 0, "port", at(("port",)), 0, 65535) or None,
        headers=_headers(command.get("headers"), at),
        send=(body.encode("utf-8", "surrogateescape"),) if body else (),
        expect=replace(expect, status=None),
        tls=str(command["protocol"]).lower() == "wss",
    )


def _texts(value: object, where: str) -> tuple[str, ...]:
    each = value if isinstance(value, list) else []
    return tuple(fields.text(one, "fastcgi.split_path", where) for one in each)


def _headers(value: object, at: Where) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UsageError(
            f"headers must be a list, not {fields.kind(value)}",
            where=at(("headers",)),
            hint='write ["Content-Type: application/json"]',
        )
    pairs: list[tuple[str, str]] = []
    for index, line in enumerate(value):
        where = at(("headers", index))
        name, colon, content = fields.text(line, "a header", where).partition(":")
        if not colon:
            hint = 'write "Name: value"'
            raise UsageError(f'the header "{line}" has no colon', where=where, hint=hint)
        pairs.append(fields.header(name, content, where))
    return tuple(pairs)


def _body(
    command: Mapping[str, object], at: Where, read: Read
) -> tuple[bytes | None, tuple[FormField, ...]]:
    given = [key for key in ("body_file", "body_generate", "body") if command.get(key)]
    if len(given) > 1:
        raise UsageError(
            f"{given[0]} and {given[1]} cannot be used together",
            where=at((given[1],)),
            hint=f"keep only {given[0]}, as DockerSlim would send it",
        )
    form_keys = [key for key in ("form_field_name", "form_file_name") if command.get(key)]
    is_form = fields.flag(
        command.get("body_is_form") or False, "body_is_form", at(("body_is_form",))
    )
    if form_keys and not is_form:
        hint = 'add "body_is_form": true'
        raise UsageError(f"{form_keys[0]} needs body_is_form", where=at((form_keys[0],)), hint=hint)
    if not given:
        if is_form:
            hint = "add body, body_file or body_generate"
            raise UsageError("body_is_form needs a body", where=at(("body_is_form",)), hint=hint)
        return None, ()
    where = at((given[0],))
    file_name = _FORM_NAME
    if given[0] == "body_file":
        body = content(
            fields.text(command["body_file"], "body_file", where), "body_file", where, read
        )
        file_name = str(command["body_file"]).rpartition("/")[2]
    elif given[0] == "body_generate":
        body = _generated(command["body_generate"], where)
    else:
        body = fields.text(command["body"], "body", where).encode("utf-8", "surrogateescape")
    if not is_form:
        return body, ()
    field_name = fields.text(command.get("form_field_name") or _FORM_NAME, "form_field_name", where)
    file_name = fields.text(command.get("form_file_name") or file_name, "form_file_name", where)
    return None, (FormField(field_name, body, file_name, "application/octet-stream"),)


def _generated(value: object, where: str) -> bytes:
    wanted = fields.text(value, "body_generate", where)
    if wanted not in GENERATED:
        hint = fields.nearest(wanted, GENERATED)
        raise UsageError(f'body_generate "{wanted}" is not known', where=where, hint=hint)
    return GENERATED[wanted]
