"""Mask secrets in output, and make foreign text harmless for terminals and CI logs."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from urllib.parse import quote

MASK = "***"

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|(?:API|ACCESS|PRIVATE|SSH)_?KEY", re.I
)
# Up to the last `@` of the host part: passwords may contain `:` and `@`. A token has no user.
_URL_CREDENTIALS = re.compile(r"""(://)(?!git@)[^/\s?#"<>\\]+@""")
_MIN_LENGTH = 4
"""Shorter values are not secrets, and masking them would make output unreadable."""
_SWITCHES = frozenset({"true", "false", "none", "null", "auto", "basic", "enabled", "disabled"})
"""Values of variables such as AUTH_ENABLED, which are not secret."""
_MIN_LINE = 8
"""Lines of a secret such as a key are also masked one by one, if they have this length."""
_CUT = "…"
"""Messages end a shortened quote with this sign. The cut may be in the middle of a secret."""

_ASSIGNED = re.compile(r"""\b([A-Za-z_]\w*)=("[^"]*"|'[^']*'|[^\s"';&|]+)""")
_ARGUMENTS = re.compile(r"(?:RUN )?\|\d+ (.*?)(?= /\S+(?: \S+){0,4} -\w*c )", re.S)
"""The build arguments that a builder writes before a command, without quotes; the shell follows
(moby, buildkit: `|2 A=b C=d e /bin/sh -c make`)."""
_ARGUMENT = re.compile(r"\b([A-Za-z_]\w*)=(.*?)(?=\s[A-Za-z_]\w*=|$)", re.S)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


def secrets_of(environments: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """The values of variables whose names say that they are secret."""
    return frozenset(
        value
        for environment in environments
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _MIN_LENGTH
    )


class Redactor:
    """Masks known secrets, and user and password in URLs, in text that is shown.

    Use it before a text is escaped, for example for Markdown; `redacted` does so for reports. It
    also knows each secret as URLs and JSON write it.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._learning = Lock()
        self._secrets: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these secrets too, from now on."""
        with self._learning:
            self._secrets |= {form for secret in secrets for form in _forms(secret)}
            longest = sorted(self._secrets, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest))) if longest else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        *before_cuts, rest = text.split(_CUT)
        text = _CUT.join((*map(self._without_start, before_cuts), rest))
        return _URL_CREDENTIALS.sub(rf"\1{MASK}@", text)

    def _without_start(self, text: str) -> str:
        """The text before a cut; if it ends with the start of a secret, that is masked."""
        starts = (
            length
            for secret in self._secrets
            for length in range(min(len(secret), len(text)), _MIN_LENGTH - 1, -1)
            if text.endswith(secret[:length])
        )
        length = max(starts, default=0)
        return text[:-length] + MASK if length else text


def _forms(secret: str) -> Iterator[str]:
    """The forms in which logs may show a secret; none if the text is too short to be secret."""
    if len(secret) < _MIN_LENGTH or secret.lower() in _SWITCHES:
        return
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _MIN_LINE)


def without_secrets(command: str) -> str:
    """A command of an image's history, with secrets masked: values of variables with secret names,
    and user and password in URLs. Readers of a report may not have access to the image."""
    arguments = _ARGUMENTS.match(command)
    end = arguments.end() if arguments else 0
    text = _ARGUMENT.sub(_masked, command[:end]) + _ASSIGNED.sub(_masked, command[end:])
    return _URL_CREDENTIALS.sub(rf"\1{MASK}@", text)


def _masked(found: re.Match[str]) -> str:
    name, value = found[1], found[2].strip("\"'")
    if value.startswith("$") or value.lower() in _SWITCHES or not secrets_of([{name: value}]):
        return found[0]
    return f"{name}={MASK}"


def foreign(line: str) -> str:
    """Make one line of foreign output safe for a log: without escape sequences, control and bidi
    characters, and without anything that a CI runner takes for a command.

    GitHub's runner reads `::name::` at the start of a line and `##[name]` anywhere; GitLab's reads
    `section_start:` after a carriage return. The caller puts a prefix before the line.
    """
    clean = _CONTROL.sub("", _ESCAPE.sub("", line.replace("\t", " ")))
    return clean.replace("##[", "# #[").replace("\n", " ")
