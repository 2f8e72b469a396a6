"""Probes from the settings file and from flags."""

from collections.abc import Mapping, Sequence

from ci_slim.errors import UsageError
from ci_slim.probes import bodies, fields
from ci_slim.probes.fields import Read, Where, no_files, refuse_unknown, under
from ci_slim.probes.model import (
    DEFAULT_TIMEOUT,
    METHODS,
    CrawlProbe,
    ExecProbe,
    Expect,
    HttpProbe,
    Probe,
    shorten,
)

HTTP_KEYS = (
    "http", "name", "protocol", "port", "headers", "body", "body_file", "json", "form",
    "username", "password", "timeout", "expect",
)  # fmt: skip
EXEC_KEYS = ("exec", "name", "shell", "timeout", "expect")
CRAWL_KEYS = (
    "crawl", "name", "protocol", "port", "headers", "username", "password", "depth", "pages",
    "timeout", "expect",
)  # fmt: skip
EXPECT_KEYS = ("status", "headers", "body", "body_regex", "json", "exit")
EXEC_EXPECT_KEYS = ("exit", "body", "body_regex", "json")
HTTP_EXPECT_KEYS = ("status", "headers", "body", "body_regex", "json")


def from_settings(value: object, where: Where | str, read: Read = no_files) -> Probe:
    """One element of `probes:` as a probe.

    `where` maps a key path inside `value`, such as ("expect", "status"), to "file:line:column" (a
    plain text stands for every place); `read` gives the bytes of a file that the settings name,
    relative to them, and may raise OSError. Raises UsageError.
    """
    at: Where = where if callable(where) else lambda _keys: where
    probe = fields.mapping(value, "a probe", at(()))
    kinds = [key for key in ("http", "exec", "crawl") if key in probe]
    if len(kinds) != 1:
        problem = "has no kind" if not kinds else f"has several kinds: {', '.join(kinds)}"
        hint = "give exactly one of http, exec and crawl"
        unknown = [key for key in probe if key not in HTTP_KEYS + EXEC_KEYS + CRAWL_KEYS]
        if not kinds and unknown:
            problem += f', and "{unknown[0]}" is not known'
            hint = fields.nearest(unknown[0], ("http", "exec", "crawl"))
        raise UsageError(f"the probe {problem}", where=at(()), hint=hint)
    if kinds[0] == "http":
        return _http(probe, at, read)
    return _exec(probe, at) if kinds[0] == "exec" else _crawl(probe, at)


def from_flag_http(line: str, where: str = "--http-probe") -> HttpProbe:
    """`'POST /path'` or `'/path'`, as in the settings file's `http:`."""
    method, path, _said = _request_line(line, where)
    return HttpProbe(name=f"{method} {path}", method=method, path=path)


def from_flag_exec(line: str, where: str = "--exec-probe") -> ExecProbe:
    """`'listener --version'`; a line with shell signs is run by /bin/sh."""
    command, shell = fields.command(line, None, where)
    return ExecProbe(name=f"exec {shorten(command)}", command=command, shell=shell)


def expectation(value: object, known: Sequence[str], at: Where) -> Expect:
    """The `expect` of a probe; `known` are the keys that its kind of probe understands."""
    if value is None:
        return Expect()
    asked = fields.mapping(value, "expect", at(()))
    for key in asked:
        if key in EXPECT_KEYS and key not in known:
            other = "exit" if key in ("status", "headers") else "status"
            raise UsageError(
                f'expect has no "{key}" for this kind of probe',
                where=at((key,)),
                hint=f'use "{other}"; known here: {", ".join(known)}',
            )
    refuse_unknown(asked, known, "expect", at)
    status = fields.statuses(asked["status"], at(("status",))) if "status" in asked else None
    headers = fields.mapping(asked.get("headers", {}), "expect.headers", at(("headers",)))
    paths = fields.mapping(asked.get("json", {}), "expect.json", at(("json",)))
    body, pattern = asked.get("body"), asked.get("body_regex")
    return Expect(
        status=status,
        body=None if body is None else fields.scalar(body, "expect.body", at(("body",))),
        body_regex=None
        if pattern is None
        else fields.regex(pattern, "expect.body_regex", at(("body_regex",))),
        headers={
            fields.header(name, "", at(("headers", name)))[0]: fields.regex(
                pattern, f"expect.headers.{name}", at(("headers", name))
            )
            for name, pattern in headers.items()
        },
        json=dict(paths),
        exit=fields.whole(asked.get("exit", 0), "expect.exit", at(("exit",)), 0, 255),
    )


def _request_line(value: object, where: str) -> tuple[str, str, bool]:
    """Method, path, and whether the method was said."""
    line = fields.text(value, "http", where).strip()
    first, _, rest = line.partition(" ")
    if first.startswith("/"):
        return "GET", fields.path(line, where), False
    if not rest and first.upper() not in METHODS:
        return "GET", fields.path(first, where), False
    if not rest.strip():
        raise UsageError(f'"{line}" lacks a path', where=where, hint=f'write "{first} /"')
    return fields.method(first, where), fields.path(rest.strip(), where), True


def _headers(value: object, at: Where) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, content in fields.mapping(value, "headers", at(())).items():
        for each in content if isinstance(content, list) else [content]:
            pairs.append(fields.header(name, each, at((name,))))
    return tuple(pairs)


def _named(probe: Mapping[str, object], default: str, at: Where) -> str:
    name = fields.text(probe["name"], "name", at(("name",))) if "name" in probe else default
    return shorten([name]) or default


def _port(probe: Mapping[str, object], at: Where) -> int | None:
    port = probe.get("port")
    return None if port is None else fields.whole(port, "port", at(("port",)), 1, 65535)


def _timeout(probe: Mapping[str, object], at: Where) -> float:
    value = probe.get("timeout")
    return DEFAULT_TIMEOUT if value is None else fields.duration(value, "timeout", at(("timeout",)))


def _login(probe: Mapping[str, object], at: Where) -> tuple[str, str]:
    if "password" in probe and "username" not in probe:
        raise UsageError("password needs username", where=at(("password",)))
    user, password = probe.get("username") or "", probe.get("password") or ""
    return fields.credentials(user, password, at(("username",)))


def _http(probe: Mapping[str, object], at: Where, read: Read) -> HttpProbe:
    refuse_unknown(probe, HTTP_KEYS, "an http probe", at)
    method, path, said = _request_line(probe["http"], at(("http",)))
    headers = _headers(probe["headers"], under(at, "headers")) if probe.get("headers") else ()
    given = bodies.given(probe, at)
    if given and (method == "HEAD" or not said):
        raise UsageError(
            f"{given} does not go with {method if said else 'a request without method'}",
            where=at((given,)),
            hint=f'write "http: POST {path}"',
        )
    body, form = bodies.body(probe, at, read)
    if "json" in probe and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", "application/json"))
    username, password = _login(probe, at)
    return HttpProbe(
        name=_named(probe, f"{method} {path}", at),
        method=method,
        path=path,
        protocol=fields.protocol(probe.get("protocol") or "http", at(("protocol",))),
        port=_port(probe, at),
        headers=headers,
        body=body,
        form=form,
        username=username,
        password=password,
        timeout=_timeout(probe, at),
        expect=expectation(probe.get("expect"), HTTP_EXPECT_KEYS, under(at, "expect")),
    )


def _exec(probe: Mapping[str, object], at: Where) -> ExecProbe:
    refuse_unknown(probe, EXEC_KEYS, "an exec probe", at)
    said = probe.get("shell")
    shell = None if said is None else fields.flag(said, "shell", at(("shell",)))
    command, shell = fields.command(probe["exec"], shell, at(("exec",)))
    return ExecProbe(
        name=_named(probe, f"exec {shorten(command)}", at),
        command=command,
        shell=shell,
        timeout=_timeout(probe, at),
        expect=expectation(probe.get("expect"), EXEC_EXPECT_KEYS, under(at, "expect")),
    )


def _crawl(probe: Mapping[str, object], at: Where) -> CrawlProbe:
    refuse_unknown(probe, CRAWL_KEYS, "a crawl probe", at)
    path = fields.path(probe["crawl"], at(("crawl",)))
    username, password = _login(probe, at)
    return CrawlProbe(
        name=_named(probe, f"crawl {path}", at),
        path=path,
        port=_port(probe, at),
        protocol=fields.protocol(probe.get("protocol") or "http", at(("protocol",))),
        depth=fields.whole(probe.get("depth", 3), "depth", at(("depth",)), 1, 10),
        pages=fields.whole(probe.get("pages", 1000), "pages", at(("pages",)), 1, 10000),
        headers=_headers(probe["headers"], under(at, "headers")) if probe.get("headers") else (),
        username=username,
        password=password,
        timeout=_timeout(probe, at),
        expect=expectation(probe.get("expect"), HTTP_EXPECT_KEYS, under(at, "expect")),
    )
