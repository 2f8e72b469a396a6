"""The config of an image as the instructions of a Dockerfile. Pure.

Variables are expanded in most instructions, so `$` is escaped; lists are written as JSON.
https://docs.docker.com/reference/dockerfile/
"""

import json
import re
from collections.abc import Iterator, Mapping

from ci_slim.errors import UsageError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_INTERVALS = {
    "Interval": "interval",
    "Timeout": "timeout",
    "StartPeriod": "start-period",
    "StartInterval": "start-interval",
}
_HINT = "build the image with ci-slim, or change what its Dockerfile says"


def instructions(config: Mapping[str, object], where: str) -> list[str]:
    """One line for each instruction. Raises UsageError if no instruction can express something."""
    return [*_lines(config, where)]


def _lines(config: Mapping[str, object], where: str) -> Iterator[str]:
    for text in _texts(config.get("Env")):
        name, _, value = text.partition("=")
        if not _NAME.fullmatch(name):
            _refuse(f"the name of the environment variable {name!r}", where)
        yield f"ENV {name}={_quoted(value, f'the environment variable {name}', where)}"
    for name, label in sorted(_mapping(config.get("Labels")).items()):
        yield f"LABEL {_quoted(name, 'a label', where)}={_quoted(str(label), name, where)}"
    for port in sorted(_mapping(config.get("ExposedPorts"))):
        yield f"EXPOSE {_word(port, 'a port', where)}"
    if volumes := sorted(_mapping(config.get("Volumes"))):
        yield f"VOLUME {_json([_plain(each, 'a volume', where) for each in volumes])}"
    for key, keyword in (("WorkingDir", "WORKDIR"), ("User", "USER"), ("StopSignal", "STOPSIGNAL")):
        if single := config.get(key):
            yield f"{keyword} {_word(str(single), keyword, where)}"
    if shell := _texts(config.get("Shell")):
        yield f"SHELL {json.dumps(shell)}"
    if check := _mapping(config.get("Healthcheck")):
        yield _healthcheck(check, where)
    for text in _texts(config.get("OnBuild")):
        yield f"ONBUILD {_line(text, 'ONBUILD', where)}"
    for key, keyword in (("Entrypoint", "ENTRYPOINT"), ("Cmd", "CMD")):
        if words := _texts(config.get(key)):
            yield f"{keyword} {json.dumps(words)}"


def _healthcheck(check: Mapping[str, object], where: str) -> str:
    kind, *words = [*_texts(check.get("Test")), ""]
    if kind == "NONE":
        return "HEALTHCHECK NONE"
    flags = "".join(
        f"--{flag}={nanoseconds}ns "
        for key, flag in _INTERVALS.items()
        if isinstance(nanoseconds := check.get(key), int) and nanoseconds
    )
    if isinstance(retries := check.get("Retries"), int) and retries:
        flags += f"--retries={retries} "
    if kind == "CMD":
        return f"HEALTHCHECK {flags}CMD {json.dumps(words[:-1])}"
    if kind == "CMD-SHELL" and words[0]:
        return f"HEALTHCHECK {flags}CMD {_line(words[0], 'HEALTHCHECK', where)}"
    return _refuse(f"a HEALTHCHECK of the kind {kind!r}", where)


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _quoted(text: str, what: str, where: str) -> str:
    escaped = re.sub(r'([\\"$])', r"\\\1", _line(text, what, where))
    return f'"{escaped}"'


def _word(text: str, what: str, where: str) -> str:
    """An argument that is not quoted: its special characters are escaped."""
    return re.sub(r"([\\\"'$])", r"\\\1", _line(text, what, where))


def _plain(text: str, what: str, where: str) -> str:
    return re.sub(r"([\\$])", r"\\\1", _line(text, what, where))


def _json(words: list[str]) -> str:
    return json.dumps(words)


def _line(text: str, what: str, where: str) -> str:
    if any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in text):
        _refuse(f"a line break or a control character in {what}", where)
    return text


def _refuse(what: str, where: str) -> str:
    raise UsageError(f"a Dockerfile cannot say it: {what}", where=where, hint=_HINT)
