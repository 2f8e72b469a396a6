"""Keys that several kinds of probe have, and the section of one kind."""

import re
from collections.abc import Mapping

from ci_slim.options import Option, Section, Type
from ci_slim.probes.given import Given
from ci_slim.probes.model import DEFAULT_TIMEOUT, Expect, shorten

NAME = Option("name", Type.TEXT, "name of the probe in reports; by default its first key")
PORT = Option("port", Type.PORT, "the port; by default the port of the run")
TIMEOUT = Option(
    "timeout", Type.DURATION, "the most time to wait for the answer", DEFAULT_TIMEOUT, most=3600
)
REPEAT = Option("repeat", Type.SWITCH, "send it again; by default if it changes nothing")
COMPARE = Option(
    "compare",
    Type.CHOICE,
    "hold the slim image's answer against the fat one's: the same bytes, the same but for what "
    "varies in the fat image's own answers, or status and `expect` alone",
    "learned",
    choices=("exact", "learned", "status"),
)
BODY = Option("body", Type.SCALAR, "a text in the body or the output")
BODY_REGEX = Option(
    "body_regex", Type.PATTERN, "a regular expression found in the body or the output"
)
JSON = Option("json", Type.JSON_PATHS, "dotted path → value, of a body or output that is JSON", {})
EXIT = Option("exit", Type.COUNT, "exit code", 0, least=0, most=255)
STATUS = Option("status", Type.STATUSES, "HTTP status: 200, 2xx or a list of them")
HEADERS = Option("headers", Type.PATTERNS, "header → regular expression found in its value", {})
HTTP_EXPECT = (STATUS, HEADERS, BODY, BODY_REGEX, JSON)


_SECRET = re.compile(r"auth|token|secret|key|passw", re.IGNORECASE)


def secret_values(environment: Mapping[str, str]) -> frozenset[str]:
    """The values of variables whose names say that they are secret."""
    return frozenset(value for name, value in environment.items() if _SECRET.search(name)) - {""}


def section(kind: str, *options: Option, expect: tuple[Option, ...]) -> Section:
    """The keys of a kind of probe. The first one names the kind."""
    asked = Section("expect", "what the answer must be", {each.name: each for each in expect})
    every = {each.name: each for each in (*options, REPEAT, COMPARE)}
    return Section(kind, "", {**every, "expect": asked})


def texts(said: str | tuple[str, ...] | None) -> tuple[bytes, ...]:
    """The texts to send, as bytes."""
    each = () if said is None else (said,) if isinstance(said, str) else said
    return tuple(text.encode() for text in each)


def step(kind: str, *options: Option) -> Section:
    """The keys of a kind that sends no request. The first one names the kind."""
    return Section(kind, "", {each.name: each for each in options})


def named(given: Given, default: str) -> str:
    """The name of the probe, in one line."""
    return shorten([given["name"]]) if given["name"] else default


def expectation(given: Given) -> Expect:
    """The `expect` of a probe."""
    asked = given["expect"]
    return Expect(**{key: value for key, value in asked.items() if value is not None})
