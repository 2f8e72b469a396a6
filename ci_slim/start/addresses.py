"""Requests to a local server in texts: links, curl commands, health checks. Pure."""

import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

_HOST = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])"
_ADDRESS = re.compile(
    rf"(https?)://{_HOST}(?::([0-9]{{1,5}}))?(/[A-Za-z0-9._~/?&=%+,:@-]*)?(?![A-Za-z0-9.<{{$])"
)
_WITHOUT_SCHEME = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?(?:/.*)?")
_SPAN = re.compile(r"`([^`\n]+)`")
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE")
_METHODS_WITH_VALUE = ("-X", "--request")
_METHODS = {"-G": "GET", "--get": "GET", "-I": "HEAD", "--head": "HEAD"}
_JSON = ["Content-Type: application/json"]
_FORM = "Content-Type: application/x-www-form-urlencoded"
_HEADER = ("-H", "--header")
_REFUSED = ("-F", "--form", "-T", "--upload-file", "-u", "--user", "-K", "--config")
_LONGEST = 4096
_MOST = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a local server. `port` is a port of the machine, which Docker may map."""

    path: str
    port: int
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    tls: bool = False


def addresses(text: str) -> Iterator[Request]:
    """The local addresses that a text names, each once, at most 20."""
    found: dict[Request, None] = {}
    for match in _ADDRESS.finditer(text):
        tls = match[1] == "https"
        path = (match[3] or "/").rstrip(".,:?")
        port = int(match[2]) if match[2] else (443 if tls else 80)
        if port < 65536 and ("://" not in path):
            found[Request(path or "/", port, tls=tls)] = None
    yield from list(found)[:_MOST]


def requests(text: str) -> Iterator[Request]:
    """The requests in a README: its curl commands, and links outside of commands."""
    commands = [line for line in commands_of(text) if re.match(r"curl\s", line)]
    sent = [each for each in map(_curl, commands) if each is not None]
    others = text
    for command in commands:
        others = others.replace(command, " ")
    links = addresses(_joined(others))
    asked = {(each.path, each.port) for each in sent}
    yield from dict.fromkeys(
        (*sent, *(each for each in links if (each.path, each.port) not in asked))
    )


def commands_of(text: str) -> Iterator[str]:
    """The lines of a text that may be commands, without the prompt, and what stands in backticks;
    continued lines are joined."""
    for line in _joined(text).splitlines():
        bare = re.sub(r"^(?:[$#>%]\s+|RUN\s+|-\s+(?:run:\s*)?)", "", line.strip())
        whole = () if bare.startswith("`") else (bare.rstrip("`"),)
        for each in dict.fromkeys((*whole, *_SPAN.findall(line))):
            if each and len(each) <= _LONGEST:
                yield each


def words_of(command: str, ends: str = "|;&<>") -> tuple[str, ...]:
    """The words of the first command in a line, up to one of the characters `ends`; none if the
    line is not shell text."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=ends)
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return ()
    return tuple(itertools.takewhile(lambda word: not word or word.strip(ends), words))


def _joined(text: str) -> str:
    return re.sub(r"\\\r?\n\s*", " ", text)


def _curl(command: str) -> Request | None:
    """The request that a curl command sends; None for one that needs a file or a password."""
    found: Request | None = None
    method = ""
    bodies: list[str] = []
    headers: list[str] = []
    in_query = False
    for name, value in _flags(words_of(command)[1:]):
        if name in _REFUSED:
            return None
        if name in _METHODS_WITH_VALUE:
            method = value
        elif name in _METHODS:
            method = _METHODS[name]
            in_query = in_query or method == "GET"
        elif name in _DATA:
            bodies.append(_DATA[name](value))
            headers += _JSON if name == "--json" else []
        elif name in _HEADER:
            headers.append(value)
        elif not name:
            # curl takes http:// for an address without a scheme
            full = f"http://{value}" if _WITHOUT_SCHEME.fullmatch(value) else value
            found = found or next(addresses(full), None)
    if found is None or any(body.startswith("@") for body in bodies):
        return None
    method = (method or ("POST" if bodies else "GET")).upper()
    if not _METHOD.fullmatch(method):
        return None
    request, body = replace(found, method=method), "&".join(bodies)
    if in_query and body:
        sign = "&" if "?" in request.path else "?"
        request, body = replace(request, path=f"{request.path}{sign}{body}"), ""
    return _with_body(request, body, headers)


def _flags(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The flags of curl with their values, `-sXPOST` as two; other words have the name ""."""
    following = iter(words)
    for word in following:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            takes = name in _LONG_WITH_VALUE and not equals
            yield name, next(following, "") if takes else value
        elif len(word) > 1 and word.startswith("-"):
            for at, letter in enumerate(word[1:], start=2):
                if letter in _SHORT_WITH_VALUE:
                    yield f"-{letter}", word[at:] or next(following, "")
                    break
                yield f"-{letter}", ""
        else:
            yield "", word


def _with_body(request: Request, body: str, headers: list[str]) -> Request:
    """The request with the body and headers of curl, which takes a body for a form."""
    if body and not any(line.lower().startswith("content-type:") for line in headers):
        headers = [*headers, _FORM]
    pairs = (line.partition(":")[::2] for line in headers if ":" in line)
    told = tuple((name.strip(), value.strip()) for name, value in pairs)
    return replace(request, headers=told, body=body)


def _encoded(data: str) -> str:
    """`name=value` of --data-urlencode, with the value encoded; "@" if it needs a file."""
    name, equals, value = data.partition("=")
    if not equals:
        return "@" if "@" in data else quote(data, safe="")
    return f"{name}{equals if name else ''}{quote(value, safe='')}"


_DATA: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"), str),
    "--data-urlencode": _encoded,
}
_LONG_WITH_VALUE = frozenset({
    *_DATA, "--header", "--request", "--form", "--upload-file", "--user", "--config", "--output",
    "--max-time", "--connect-timeout", "--retry", "--user-agent", "--referer", "--cookie",
    "--write-out", "--proxy", "--cacert", "--cert", "--key", "--url-query",
})  # fmt: skip
_SHORT_WITH_VALUE = frozenset("AbcCdDeEFHKmoPQrtTuUwxXYyz")
