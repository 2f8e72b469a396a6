"""Requests to a local server in texts: links, curl commands, health checks. Pure."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

_HOST = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])"
_ADDRESS = re.compile(
    rf"(https?)://{_HOST}(?::([0-9]{{1,5}}))?(/[A-Za-z0-9._~/?&=%+,:@-]*)?(?![A-Za-z0-9.<{{$])"
)
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE")
_METHODS_WITH_VALUE = ("-X", "--request")
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
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
    """The lines of a text that may be commands, without the prompt; continued lines are joined."""
    for line in _joined(text).splitlines():
        bare = re.sub(r"^(?:[$#>%]\s+|RUN\s+|-\s+(?:run:\s*)?)", "", line.strip()).strip("`")
        if bare and len(bare) <= _LONGEST:
            yield bare


def words_of(command: str) -> tuple[str, ...]:
    """The words of the first command in a line; none if the line is not shell text."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars="|;&<>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return ()
    ends = [n for n, word in enumerate(words) if re.fullmatch(r"[|;&<>]+", word)]
    return tuple(words[: ends[0]] if ends else words)


def _joined(text: str) -> str:
    return re.sub(r"\\\r?\n\s*", " ", text)


def _curl(command: str) -> Request | None:
    """The request that a curl command sends; None for one that needs a file or a password."""
    found: Request | None = None
    method, body, headers = "", None, []
    words = iter(words_of(command)[1:])
    for word in words:
        name, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _REFUSED:
            return None
        if name in _METHODS_WITH_VALUE:
            method = value or next(words, "")
        elif name in _DATA:
            body = value or next(words, "")
            if name == "--json":
                headers.append("Content-Type: application/json")
        elif name in _HEADER:
            headers.append(value or next(words, ""))
        else:
            found = found or next(addresses(word), None)
    if found is None or (body or "").startswith("@"):
        return None
    method = (method or ("GET" if body is None else "POST")).upper()
    if not _METHOD.fullmatch(method):
        return None
    pairs = (line.partition(":")[::2] for line in headers if ":" in line)
    told = tuple((name.strip(), value.strip()) for name, value in pairs)
    return replace(found, method=method, body=body or "", headers=told)
