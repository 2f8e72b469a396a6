"""What starts things: `#!` lines, and the entrypoint, command and health check of the image.

The kernel opens a `#!` interpreter by itself, so no trace shows it.
"""

import re
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_SEPARATORS = re.compile(r"&&|\|\||[;|&\n]")


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    if keeping.once("script"):
        _configured(keeping)
    for path in keeping.files(fresh):
        head = keeping.head(path)
        if head.startswith(b"#!"):
            _interpreter(keeping, path, head)


def _interpreter(keeping: Keeping, path: str, head: bytes) -> None:
    line = head[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape")
    words = line.split()
    if not words:
        return
    reason = f"script: named in the first line of {path}"
    keeping.add(words[0], reason)
    if words[0].rpartition("/")[2] == "env":
        name = next(
            (word for word in words[1:] if not word.startswith("-") and "=" not in word), ""
        )
        _program(keeping, name, reason)


def _configured(keeping: Keeping) -> None:
    entrypoint, command = _words(keeping, "Entrypoint"), _words(keeping, "Cmd")
    if words := entrypoint or command:
        _program(keeping, words[0], "script: starts the image")
    health = keeping.config.get("Healthcheck")
    test = health.get("Test") if isinstance(health, dict) else None
    if not isinstance(test, list) or len(test) < 2:
        return
    if test[0] == "CMD":
        _program(keeping, str(test[1]), "health: the image's health check")
    elif test[0] == "CMD-SHELL":
        shell = _words(keeping, "Shell") or ["/bin/sh", "-c"]
        _program(keeping, shell[0], "health: the shell of the image's health check")
        for part in _SEPARATORS.split(str(test[1])):
            if words := part.split():
                _program(keeping, words[0], "health: the image's health check")


def _program(keeping: Keeping, name: str, reason: str) -> None:
    path = keeping.program(name) if name else None
    if path is not None:
        keeping.add(path, reason)


def _words(keeping: Keeping, key: str) -> list[str]:
    value = keeping.config.get(key)
    return [str(word) for word in value] if isinstance(value, (list, tuple)) else []
