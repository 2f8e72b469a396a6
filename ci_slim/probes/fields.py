"""Checks single fields of a probe, with the same rules for the settings file, flags and DockerSlim.

Each function takes the raw value and `where`, the text of its place ("file:line:column"). It
returns the clean value or raises UsageError.
"""

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from ci_slim.errors import UsageError
from ci_slim.probes.given import Where

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
PROTOCOLS = ("http", "https", "http2", "http2c")

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
# Bytes of a flag that are not UTF-8 become U+DC80..U+DCFF. Other surrogates have no meaning.
_STRAY = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # all except the tab
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_SHELL_SIGNS = re.compile(r"[|&;<>()$`*?\[\]#~!{}\n]")
_OPERATORS = frozenset({"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"})
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)


def under(at: Where, *keys: str | int) -> Where:
    """The places below a key path."""
    return lambda inner: at((*keys, *inner))


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: the nearest known word, or all of them."""
    known = tuple(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"


def refuse_unknown(keys: Mapping[str, object], known: Sequence[str], what: str, at: Where) -> None:
    """Raise UsageError at the first unknown key, with the nearest known one."""
    for key in keys:
        if key not in known:
            raise UsageError(f'{what} has no "{key}"', where=at((key,)), hint=nearest(key, known))


def kind(value: object) -> str:
    """The kind of a value, as messages call it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def text(value: object, what: str, where: str) -> str:
    """A text, unchanged."""
    if not isinstance(value, str):
        raise UsageError(f"{what} must be a text, not {kind(value)}", where=where)
    if _STRAY.search(value):
        raise UsageError(f"{what} has half a surrogate pair, which is not a character", where=where)
    return str(value)


def scalar(value: object, what: str, where: str) -> str:
    """A text. Numbers and booleans become a text, as they are written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return text(value, what, where)


def whole(value: object, what: str, where: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        shown = str(value) if isinstance(value, int) and abs(value) < 10**18 else kind(value)
        if isinstance(value, str):
            shown = f'the text "{value}"'
        raise UsageError(
            f"{what} must be a whole number from {low} to {high}, not {shown}", where=where
        )
    return int(value)


def flag(value: object, what: str, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UsageError(f"{what} must be true or false, not {kind(value)}", where=where)
    return value


def mapping(value: object, what: str, where: str) -> Mapping[str, object]:
    """A mapping whose keys are texts."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{what} must be a mapping, not {kind(value)}", where=where)
    for key in value:
        if not isinstance(key, str):
            raise UsageError(
                f"{what}: the key {key!r} must be a text", where=where, hint="quote it"
            )
    return value


def method(value: object, where: str) -> str:
    """An HTTP method in upper case."""
    name = text(value, "method", where).upper()
    if name not in METHODS:
        hint = nearest(name, METHODS)
        raise UsageError(f'the HTTP method "{value}" is not known', where=where, hint=hint)
    return name


def protocol(value: object, where: str) -> str:
    """One of PROTOCOLS."""
    name = text(value, "protocol", where).lower()
    if name not in PROTOCOLS:
        hint = nearest(name, PROTOCOLS)
        raise UsageError(f'the protocol "{value}" is not known', where=where, hint=hint)
    return name


def path(value: object, where: str) -> str:
    """A path with its query. Spaces and non-ASCII characters become %XX. The rest is sent as
    written."""
    written = text(value, "the path", where)
    if not written.startswith("/"):
        hint = "write only the part after the host"
        hint = f'write "/{written}"' if "://" not in written else hint
        raise UsageError(f'the path "{written}" must start with "/"', where=where, hint=hint)
    if _CONTROL.search(written):
        raise UsageError("the path has a control character", where=where)
    if "#" in written:
        raise UsageError(
            f'the path "{written}" has "#", which is never sent to a server',
            where=where,
            hint='remove the fragment, or write "%23" for the character itself',
        )
    return quote(written, safe=_PRINTABLE, errors="surrogateescape")  # bytes of a flag


def header(name: object, value: object, where: str) -> tuple[str, str]:
    """A header. It is refused if it could break out of its line (CR, LF, NUL) or its name is
    invalid."""
    label = text(name, "the name of a header", where).strip()
    content = scalar(value, f'the header "{label}"', where).strip()
    if not _TOKEN.fullmatch(label):
        raise UsageError(f"{label!r} is not a valid name of an HTTP header", where=where)
    if _CONTROL.search(content):
        raise UsageError(f'the header "{label}" has a control character', where=where)
    return label, content


def credentials(username: object, password: object, where: str) -> tuple[str, str]:
    """User name and password for basic authentication (RFC 7617: no colon in the name)."""
    user = scalar(username, "username", where)
    secret = scalar(password, "password", where)
    if ":" in user:
        raise UsageError("username must not have a colon in basic authentication", where=where)
    return user, secret


def statuses(value: object, where: str) -> tuple[int, ...]:
    """HTTP statuses from 200, "2xx" or a list of these, sorted."""
    values = value if isinstance(value, list | tuple) else [value]
    found: set[int] = set()
    for each in values:
        if isinstance(each, int) and not isinstance(each, bool) and 100 <= each <= 599:
            found.add(int(each))
        elif isinstance(each, str) and (match := _CLASS.fullmatch(each)):
            found.update(range(int(match[1]) * 100, int(match[1]) * 100 + 100))
        elif isinstance(each, str) and _STATUS.fullmatch(each):
            found.add(int(each))
        else:
            raise UsageError(
                f"{each!r} is not an HTTP status", where=where, hint="write 200, 2xx or [200, 204]"
            )
    if not found:
        raise UsageError("the list of statuses is empty", where=where)
    return tuple(sorted(found))


def regex(value: object, what: str, where: str) -> str:
    """A regular expression that Python compiles."""
    pattern = text(value, what, where)
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"{what}: {pattern!r} is not a regular expression: {error}", where=where
        ) from (error)
    return pattern


def command(value: object, shell: bool | None, where: str) -> tuple[tuple[str, ...], bool]:
    """A command, and whether it needs a shell.

    A list is executed directly. A text is split into words. If the text has characters that only a
    shell understands, or if `shell` is true, /bin/sh runs it. The slim image must then keep the
    shell.
    """
    if isinstance(value, list | tuple):
        words = tuple(scalar(word, "a word of the command", where) for word in value)
        if shell:
            raise UsageError("shell: true needs the command as one text", where=where)
    else:
        line = text(value, "the command", where).strip()
        needs = bool(_SHELL_SIGNS.search(line)) or bool(re.match(r"\w+=", line))
        if line and (needs if shell is None else shell):
            return (line,), True
        try:
            words = tuple(shlex.split(line))
        except ValueError as error:
            raise UsageError(f"the command {line!r}: {error}", where=where) from error
    if not words or not words[0]:
        raise UsageError("the command is empty", where=where)
    return words, False


def arguments(value: object, where: str) -> tuple[str, ...]:
    """The arguments of a program, maybe none. A text is split into words as a shell splits it.

    No shell reads them, so an operator of a shell is refused in a text. In a list it is an
    argument.
    """
    if isinstance(value, list | tuple):
        return tuple(scalar(word, "an argument", where) for word in value)
    line = text(value, "the arguments", where)
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"the arguments {line!r}: {error}", where=where) from error
    for word in words:
        if word in _OPERATORS:
            raise UsageError(
                f"the arguments {line!r}: no shell reads them, so the program would get `{word}`",
                where=where,
                hint="remove it; if the program should get it, write the arguments as a list",
            )
    return words
