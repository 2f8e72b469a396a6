"""Keeps what starts programs: `#!` interpreters, and entrypoint, command and health check.

The kernel opens a `#!` interpreter by itself, so no trace shows it.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

INTERPRETER = re.compile(r"(?:perl|python|ruby|lua|tclsh|bash|dash|busybox|sh|env)[\d.]*")
"""The names of languages, of shells, and of what starts these."""

_SEPARATORS = re.compile(r"&&|\|\||[;|&\n]")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("script"):
        _add_configured(builder)
    for path in builder.files(fresh):
        head = builder.head(path)
        if head.startswith(b"#!"):
            _add_interpreter(builder, path, head)


def _add_interpreter(builder: KeepSetBuilder, path: str, head: bytes) -> None:
    line = head[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape")
    words = line.split()
    if not words:
        return
    reason = f"script: named in the first line of {path}"
    builder.add(words[0], reason)
    if words[0].rpartition("/")[2] == "env":
        for name in _after_env(words):
            _add_program(builder, name, reason)


def interpreters(builder: KeepSetBuilder, path: str) -> set[str]:
    """The real paths of the interpreters that a script needs and that are not kept yet: the program
    in its first line, and with `env` also the program that env starts."""
    head = builder.head(builder.index.resolve(path).path or path)
    if not head.startswith(b"#!"):
        return set()
    words = head[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape").split()
    named = [words[0]] if words else []
    if named and words[0].rpartition("/")[2] == "env":
        named += [found for name in _after_env(words) if (found := builder.program(name))]
    real = {builder.index.resolve(name).path for name in named}
    return {found for found in real if found is not None and found not in builder.reasons}


def _after_env(words: Sequence[str]) -> Iterator[str]:
    """The name of the program that env starts."""
    found = (word for word in words[1:] if not word.startswith("-") and "=" not in word)
    yield from itertools.islice(found, 1)


def _add_configured(builder: KeepSetBuilder) -> None:
    entrypoint, command = _words(builder, "Entrypoint"), _words(builder, "Cmd")
    if words := entrypoint or command:
        _add_program(builder, words[0], "script: starts the image")
    health = builder.config.get("Healthcheck")
    test = health.get("Test") if isinstance(health, dict) else None
    if not isinstance(test, list) or len(test) < 2:
        return
    if test[0] == "CMD":
        _add_program(builder, str(test[1]), "health: the image's health check")
    elif test[0] == "CMD-SHELL":
        shell = _words(builder, "Shell") or ["/bin/sh", "-c"]
        _add_program(builder, shell[0], "health: the shell of the image's health check")
        for part in _SEPARATORS.split(str(test[1])):
            if words := part.split():
                _add_program(builder, words[0], "health: the image's health check")


def _add_program(builder: KeepSetBuilder, name: str, reason: str) -> None:
    path = builder.program(name) if name else None
    if path is not None:
        builder.add(path, reason)


def _words(builder: KeepSetBuilder, key: str) -> list[str]:
    value = builder.config.get(key)
    return [str(word) for word in value] if isinstance(value, (list, tuple)) else []
