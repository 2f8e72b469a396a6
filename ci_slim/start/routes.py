"""Routes that the source code of a program names. Pure.

A hint, not a proof: a regular expression for each habit of a framework. It tells the reader which
routes no probe asks for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.start.repository import Repository, is_program

_PATH = r"""["'`](/[A-Za-z0-9_./{}<>:$*-]*)["'`]"""
_PATTERNS = (
    # Flask, FastAPI, Bottle: @app.route("/x"), @router.get("/x")
    re.compile(rf"^\s*@\w+\.(?:route|get|post|put|patch|delete)\(\s*{_PATH}", re.MULTILINE),
    # Express, Koa, Fastify: app.get('/x', …)
    re.compile(rf"\b(?:app|router|server|fastify)\.(?:get|post|put|patch|delete)\(\s*{_PATH}"),
    # net/http, chi, gin, echo: HandleFunc("/x", …), r.GET("/x", …)
    re.compile(rf"\b(?:HandleFunc|Handle|GET|POST|PUT|PATCH|DELETE)\(\s*{_PATH}"),
    # Sinatra: get '/x' do
    re.compile(rf"^\s*(?:get|post|put|patch|delete)\s+{_PATH}\s+do\b", re.MULTILINE),
    # Spring, JAX-RS: @GetMapping("/x"), @Path("/x")
    re.compile(rf"@(?:\w+Mapping|Path)\(\s*(?:value\s*=\s*)?{_PATH}"),
)
_MOST = 50


@dataclass(frozen=True, slots=True)
class Route:
    """A route and the line of the source code that names it."""

    path: str
    where: str


def routes(repository: Repository, folder: str) -> tuple[Route, ...]:
    """The routes that the source code below a folder names, each once, at most 50."""
    found: dict[str, Route] = {}
    for path, text in repository.below(folder):
        if is_program(path):
            for route, line in _named(text):
                found.setdefault(route, Route(route, f"{path}:{line}"))
    return tuple(list(found.values())[:_MOST])


def _named(text: str) -> Iterator[tuple[str, int]]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield match[1], text.count("\n", 0, match.start(1)) + 1


def asks(probe_path: str, route: str) -> bool:
    """Whether a request for a path is one for a route; parts such as `{id}` take anything."""
    pattern = "".join(
        "[^/]+" if re.fullmatch(r"\{[^}]*\}|<[^>]*>|:\w+|\$\{[^}]*\}", part) else re.escape(part)
        for part in re.split(r"(\{[^}]*\}|<[^>]*>|(?<=/):\w+)", route)
    )
    return re.fullmatch(pattern, probe_path.partition("?")[0]) is not None
