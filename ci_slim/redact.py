"""Secrets out of every output, and foreign text made harmless for terminals and CI logs."""

import re
from collections.abc import Iterable, Mapping

MASK = "***"

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|(?:API|ACCESS|PRIVATE|SSH)_?KEY", re.I
)
_URL_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@", re.I)
_MIN_LENGTH = 4
"""Shorter values would mask half of every output and are no secrets."""

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
    """Replaces known secret values, and passwords inside URLs, in texts that go out."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are replaced too."""
        self._secrets |= {secret for secret in secrets if len(secret) >= _MIN_LENGTH}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _URL_CREDENTIALS.sub(rf"\1{MASK}@", text)


def foreign(line: str) -> str:
    """One line of foreign output for a log: no escape sequences, no control or bidi characters,
    and nothing that a CI runner takes for a command.

    GitHub's runner takes `::name::` at the start of a line and `##[name]` anywhere; GitLab's takes
    `section_start:` after a carriage return. The caller puts a prefix before the line.
    """
    clean = _CONTROL.sub("", _ESCAPE.sub("", line.replace("\t", " ")))
    return clean.replace("##[", "# #[").replace("\n", " ")
