"""Routes in the source code of a program. Pure.

They are a hint, not a proof: there is a regular expression for each usual form in a framework. They
show the reader which routes no probe requests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.start.repository import Repository, is_program

_PATH = r"""["'`](?P<path>/[A-Za-z0-9_./{}<>:$*-]*)["'`]"""
_VERB = r"(?P<verb>get|post|put|patch|delete)"
_METHOD = r"(?P<verb>GET|POST|PUT|PATCH|DELETE)"
_PATTERNS = (
    # Flask, FastAPI, Bottle: @app.route("/x"), @router.get("/x")
    re.compile(rf"(?m)^\s*@\w+\.(?:route|{_VERB})\(\s*{_PATH}"),
    # Express, Koa, Fastify: app.get('/x', …)
    re.compile(rf"\b(?:app|router|server|fastify)\.{_VERB}\(\s*{_PATH}"),
    # net/http, chi, gin, echo: HandleFunc("/x", …), r.GET("/x", …)
    re.compile(rf"\b(?:HandleFunc|Handle|{_METHOD})\(\s*{_PATH}"),
    # Sinatra: get '/x' do, get('/x') {
    re.compile(rf"(?m)^\s*{_VERB}[ (]\s*{_PATH}\s*\)?\s*(?:do\b|\{{)"),
    # Spring, JAX-RS: @GetMapping("/x"), @Path("/x")
    re.compile(rf"@(?:(?P<verb>\w+)Mapping|Path)\(\s*(?:value\s*=\s*)?{_PATH}"),
)
_PARAMETERS = re.compile(r"[{}<>:$*]")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Route:
    """A route and the line of the source code that names it."""

    path: str
    where: str
    method: str = "GET"

    @property
    def is_plain(self) -> bool:
        """Whether it is asked with GET, and has no parameter."""
        return self.method == "GET" and not _PARAMETERS.search(self.path)


def routes(repository: Repository, folder: str) -> tuple[Route, ...]:
    """The routes that the source code below a folder names, each once, at most 50."""
    found: dict[str, Route] = {}
    for path, text in repository.below(folder):
        if is_program(path):
            for route, line, method in _named(text):
                found.setdefault(route, Route(route, f"{path}:{line}", method))
    return tuple(list(found.values())[:_MOST])


def _named(text: str) -> Iterator[tuple[str, int, str]]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start("path")) + 1
            yield match["path"], line, (match["verb"] or "get").upper()


def asks(probe_path: str, route: str) -> bool:
    """Whether a request for a path matches a route; parts such as `{id}` match anything."""
    pattern = "".join(
        "[^/]+" if re.fullmatch(r"\{[^}]*\}|<[^>]*>|:\w+|\$\{[^}]*\}", part) else re.escape(part)
        for part in re.split(r"(\{[^}]*\}|<[^>]*>|(?<=/):\w+)", route)
    )
    return re.fullmatch(pattern, probe_path.partition("?")[0]) is not None
