"""Secrets out of every output, and foreign text made harmless for terminals and CI logs."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

MASK = "***"

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|(?:API|ACCESS|PRIVATE|SSH)_?KEY", re.I
)
# Up to the last `@` of the host part: passwords hold colons and further `@`. A token stands alone.
_URL_CREDENTIALS = re.compile(r"""(://)(?!git@)[^/\s?#"<>\\]+@""")
_MIN_LENGTH = 4
"""Shorter values would mask half of every output and are no secrets."""
_SWITCHES = frozenset({"true", "false", "none", "null", "auto", "basic", "enabled", "disabled"})
"""What AUTH_ENABLED and the like hold."""
_MIN_LINE = 8
"""Single lines of a secret of several lines, such as a key, which a log shows one by one."""
_CUT = "…"
"""Where messages cut what they quote, which may be in the middle of a secret."""

_ASSIGNED = re.compile(r"""\b([A-Za-z_]\w*)=("[^"]*"|'[^']*'|[^\s"';&|]+)""")
_ARGUMENTS = re.compile(r"(?:RUN )?\|\d+ (.*?)(?= /\S+(?: \S+){0,4} -\w*c )", re.S)
"""The build arguments that a builder writes in front of a command, without quotes; the shell comes
behind them (moby, buildkit: `|2 A=b C=d e /bin/sh -c make`)."""
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
    """Replaces known secret values, and what stands before the host in URLs, in texts that go out.

    It must see a text before that is escaped for Markdown or the like: `redacted` does it for
    reports. As URLs and JSON write a secret, it is known too.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are replaced too."""
        self._secrets |= {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        *before_cuts, rest = text.split(_CUT)
        text = _CUT.join((*map(self._without_start, before_cuts), rest))
        return _URL_CREDENTIALS.sub(rf"\1{MASK}@", text)

    def _without_start(self, text: str) -> str:
        """The text in front of a cut, without the start of a secret that it ends with."""
        starts = (
            length
            for secret in self._secrets
            for length in range(min(len(secret), len(text)), _MIN_LENGTH - 1, -1)
            if text.endswith(secret[:length])
        )
        length = max(starts, default=0)
        return text[:-length] + MASK if length else text


def _forms(secret: str) -> Iterator[str]:
    """A secret as logs may show it; nothing for what is too short to be one."""
    if len(secret) < _MIN_LENGTH or secret.lower() in _SWITCHES:
        return
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _MIN_LINE)


def without_secrets(command: str) -> str:
    """A command of an image's history without the values that it gives to secret names, and
    without what stands before the host in its URLs: anybody who has the image can read them, but
    not everybody who reads a report has the image."""
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
    """One line of foreign output for a log: no escape sequences, no control or bidi characters,
    and nothing that a CI runner takes for a command.

    GitHub's runner takes `::name::` at the start of a line and `##[name]` anywhere; GitLab's takes
    `section_start:` after a carriage return. The caller puts a prefix before the line.
    """
    clean = _CONTROL.sub("", _ESCAPE.sub("", line.replace("\t", " ")))
    return clean.replace("##[", "# #[").replace("\n", " ")
