"""The services of a Compose file. Pure.

https://github.com/compose-spec/compose-spec/blob/main/spec.md. Unknown parts are left out: Compose
itself checks the file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from ci_slim.errors import UsageError
from ci_slim.settings import document
from ci_slim.start.addresses import Request, addresses
from ci_slim.start.paths import joined
from ci_slim.start.repository import COMPOSE, Repository
from ci_slim.start.yaml_text import Variable

_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::?([-?+])([^{}]*))?\}|\$(\w+)")

Text = str | Variable


@dataclass(frozen=True, slots=True)
class ComposeService:
    """One service. `context` is relative to the repository, None for a service that is not built;
    `ports` is the machine's port → the container's."""

    name: str
    file: str = ""
    """The path of the Compose file."""
    image: str = ""
    context: str | None = None
    dockerfile: str = "Dockerfile"
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, Text] = field(default_factory=dict)
    command: str | tuple[str, ...] | None = None
    ports: Mapping[int, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """Path in the container → file of the repository that is mounted there."""
    health: Request | None = None
    user: str | None = None
    platform: str = ""
    unused: tuple[str, ...] = ()
    """Keys that change how it runs, but that the settings cannot express."""


def compose_services(repository: Repository) -> tuple[tuple[ComposeService, ...], str]:
    """The services of the highest Compose file, and why it could not be read, or ""."""
    for path, text in repository.named(COMPOSE):
        try:
            # Variables are Compose's own and are filled in below.
            read = document.read(text, path, {}, variables=False)
            root = document.plain(read) if read is not None else {}
        except UsageError as error:
            return (), f"{path} was not used: {error.message}"
        table = _mapping(_mapping(root).get("services"))
        found = (_service(str(name), _mapping(each), path) for name, each in table.items())
        return tuple(_mounted(each, repository) for each in found), ""
    return (), ""


def needed_by(name: str, services: Mapping[str, ComposeService]) -> tuple[ComposeService, ...]:
    """The services that one needs, and what these need, in the order in which they must start."""
    found: dict[str, ComposeService] = {}

    def visit(current: str, depth: int) -> None:
        for each in services[current].needs if current in services and depth < 20 else ():
            if each in services and each not in found and each != name:
                visit(each, depth + 1)
                found[each] = services[each]

    visit(name, 0)
    return tuple(found.values())


def _service(name: str, given: Mapping[str, object], path: str) -> ComposeService:
    folder = str(PurePosixPath(path).parent)
    build = given.get("build")
    table = _mapping(build) if not isinstance(build, str) else {"context": build}
    context = _text(table.get("context")) or "." if build is not None else None
    inline = "dockerfile_inline" in table
    volumes = list(_volumes(given.get("volumes")))
    return ComposeService(
        name=name,
        file=path,
        image=_text(given.get("image")),
        context=None if context is None or inline else joined(folder, context),
        dockerfile=_text(table.get("dockerfile")) or "Dockerfile",
        target=_text(table.get("target")) or None,
        args={key: _filled_in(value) for key, value in _pairs(table.get("args"))},
        env={key: _filled(value) for key, value in _pairs(given.get("environment"))},
        command=_command(given.get("command")),
        ports=dict(_ports(given.get("ports"))),
        needs=tuple(map(str, _keys(given.get("depends_on")))),
        volumes=tuple(to for source, to in volumes if not source.startswith((".", "/", "~", "$"))),
        files={to: joined(folder, source) for source, to in volumes if source.startswith(".")},
        health=_health(given.get("healthcheck")),
        user=_text(given.get("user")) or None,
        platform=_text(given.get("platform")),
        unused=tuple(
            key
            for key in (
                "privileged",
                "network_mode",
                "pid",
                "ipc",
                "env_file",
                "secrets",
                "configs",
            )
            if given.get(key)
        ),
    )


def _mounted(service: ComposeService, repository: Repository) -> ComposeService:
    """The service with only those mounted files that are files of the repository."""
    files = {to: path for to, path in service.files.items() if path in repository.paths}
    return replace(service, files=files)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _keys(value: object) -> list[object]:
    return list(value) if isinstance(value, list | Mapping) else []


def _text(value: object) -> str:
    return _filled_in(str(value)) if isinstance(value, str | int | float) else ""


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    """`{A: b}` or `[A=b]`; without a value, the variable of the machine, as in Compose."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key), _scalar(each) if each is not None else f"${{{key}}}"
    for each in value if isinstance(value, list) else ():
        key, equals, text = str(each).partition("=")
        yield key, text if equals else f"${{{key}}}"


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filled(text: str) -> Text:
    """A text with Compose's variables replaced by their defaults, or by variables of the settings
    file if they have none."""
    pieces: list[str] = [""]
    names: list[str] = []
    at = 0
    for match in _VARIABLE.finditer(text):
        pieces[-1] += text[at : match.start()]
        at = match.end()
        name, sign, default = match[1] or match[4], match[2], match[3] or ""
        if match[0] == "$$":
            pieces[-1] += "$"
        elif sign == "-" and default:
            pieces[-1] += default
        elif sign != "+" and not pieces[-1].endswith("$"):  # `$${` would be the characters
            names.append(name)
            pieces.append("")
    pieces[-1] += text[at:]
    if not names:
        return pieces[0]
    variables = [*(f"${{{name}:-}}" for name in names), ""]
    escaped = (piece.replace("${", "$${") for piece in pieces)
    return Variable("".join(part for pair in zip(escaped, variables, strict=True) for part in pair))


def _filled_in(text: str) -> str:
    """The same, but a variable without a default becomes empty, as in Compose."""
    found = _filled(text)
    if isinstance(found, str):
        return found
    return re.sub(r"(?<!\$)\$\{\w+:-\}", "", found.text).replace("$${", "${")


def _command(value: object) -> str | tuple[str, ...] | None:
    if isinstance(value, str):
        return _filled_in(value)
    return tuple(map(_text, value)) if isinstance(value, list) and value else None


def _ports(value: object) -> Iterator[tuple[int, int]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            inside, outside = _text(each.get("target")), _text(each.get("published"))
        else:
            outside, _, inside = _filled_in(str(each)).partition("/")[0].rpartition(":")
            outside = outside.rpartition(":")[2]
        if inside.isdecimal() and 0 < int(inside[:6]) < 65536:
            yield int(outside) if outside.isdecimal() else int(inside), int(inside)


def _volumes(value: object) -> Iterator[tuple[str, str]]:
    """Source and target; a volume without a name has the source ""."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            source, to = _text(each.get("source")), _text(each.get("target"))
        else:
            source, colon, rest = _filled_in(str(each)).partition(":")
            source, to = (source, rest.partition(":")[0]) if colon else ("", source)
        if re.fullmatch(r"/[A-Za-z0-9_./-]+", to) and ".." not in to:
            yield source, to


def _health(value: object) -> Request | None:
    test = _mapping(value).get("test")
    text = " ".join(map(str, test)) if isinstance(test, list) else str(test or "")
    return next(addresses(text), None)
