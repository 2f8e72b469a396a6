"""Routes in the source code of a program. Pure.

They are a hint, not a proof: there is a regular expression for each usual form in a framework. They
show the reader which routes no probe requests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ci_slim.start.repository import Repository, is_program

_PATH = r"""["'`](?P<path>/[A-Za-z0-9_./{}<>:$*-]*)["'`]"""
_VERB = r"(?P<verb>get|post|put|patch|delete)"
_METHOD = r"(?P<verb>GET|POST|PUT|PATCH|DELETE)"
_PATTERNS = (
    # Flask, FastAPI, Bottle: @app.route("/x", methods=["POST"]), @router.get("/x"), @get("/x")
    re.compile(rf"(?m)^[ \t]*@(?:\w+\.)?(?:route|{_VERB})\(\s*{_PATH}"),
    # Express, Koa, Fastify: app.get('/x', …)
    re.compile(rf"\b(?:app|router|server|fastify)\.{_VERB}\(\s*{_PATH}"),
    # net/http, gin, echo: HandleFunc("/x", …), HandleFunc("POST /x", …), r.GET("/x", …)
    re.compile(
        rf"\b(?:HandleFunc|Handle)\(\s*[\"`](?:{_METHOD} +)?(?P<path>/[A-Za-z0-9_./{{}}$-]*)[\"`]"
    ),
    re.compile(rf"\.{_METHOD}\(\s*{_PATH}"),
    # chi: r.Get("/x", …)
    re.compile(rf"\b\w+\.(?P<verb>Get|Post|Put|Patch|Delete)\(\s*{_PATH}"),
    # Sinatra, Mojolicious, Dancer: get '/x' do, get('/x') {, get '/x' => sub
    re.compile(rf"(?m)^[ \t]*{_VERB}[ (]\s*{_PATH}\s*(?:\)\s*)?(?:do\b|\{{|=>)"),
    # Slim, Laravel: $app->get('/x', …), Route::get('/x', …)
    re.compile(rf"(?:\$\w+->|\bRoute::){_VERB}\(\s*{_PATH}"),
    # Spring, JAX-RS: @GetMapping("/x"), @Path("/x")
    re.compile(rf"@(?:(?P<verb>\w+)Mapping|Path)\(\s*(?:value\s*=\s*)?{_PATH}"),
)
_METHODS = re.compile(r"methods?\s*=\s*(?:[\[({]\s*)?[\"'](\w+)")
_PARAMETERS = re.compile(r"[{}<>:$*]")
_MOST, _MOST_NAMED = 50, 1000
"""Different routes of a repository, and routes that one file names."""
_LONGEST = 500
"""Where the methods of a route are looked for, behind its path."""


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
            for route, line, method in islice(_named(text), _MOST_NAMED):
                found.setdefault(route, Route(route, f"{path}:{line}", method))
    return tuple(list(found.values())[:_MOST])


def _named(text: str) -> Iterator[tuple[str, int, str]]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start("path")) + 1
            rest = text[match.end() : match.end() + _LONGEST].partition("\n")[0]
            others = _METHODS.search(rest) if not match["verb"] else None
            method = others[1] if others else match["verb"] or "get"
            # {$} of net/http says that nothing follows
            yield match["path"].removesuffix("{$}"), line, method.upper()


def asks(probe_path: str, route: str) -> bool:
    """Whether a request for a path matches a route; parts such as `{id}` match anything."""
    pattern = "".join(
        "[^/]+" if re.fullmatch(r"\{[^}]*\}|<[^>]*>|:\w+|\$\{[^}]*\}", part) else re.escape(part)
        for part in re.split(r"(\{[^}]*\}|<[^>]*>|(?<=/):\w+)", route)
    )
    return re.fullmatch(pattern, probe_path.partition("?")[0]) is not None
