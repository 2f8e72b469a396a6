"""Judges whether an answer is the expected one, and whether two answers agree."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

from ci_slim.probes.exchange import Probe
from ci_slim.probes.mask import NO_MASK, Mask
from ci_slim.probes.model import COMPARED_LIMIT, Answer, Compared

COMPARED_HEADERS = frozenset({"content-type", "location"})
"""Headers that are compared with those of the fat image. If a table of media types is missing, only
they show it."""

_BRACKETS = re.compile(r"""\[(?:(\d+)|["']([^"'\]]*)["'])\]""")
_EXCERPT = 160  # the most characters of a body that a message quotes


def failures(probe: Probe, answer: Answer) -> tuple[str, ...]:
    """Why an answer is not the expected one, one sentence each. Empty if it is."""
    if answer.error:
        return (answer.error,)
    return (*probe.unexpected(answer), *_headers(probe, answer), *_body(probe, answer))


def settled(probe: Probe, answer: Answer) -> Answer:
    """The answer with `ok` set to whether it is the expected one."""
    return replace(answer, ok=not failures(probe, answer))


def differences(probe: Probe, fat: Answer, slim: Answer) -> tuple[str, ...]:
    """How the slim image's answer is worse than the fat image's or differs from it. Empty if it
    agrees.

    This covers the outcome, errors, and what `expect` says about body and headers.
    `prove.comparison` compares the rest, because it knows several answers of the fat image.
    """
    if slim.error and not fat.error:
        return (f"{slim.error}; the fat image answered {probe.outcome(fat)}",)
    found: list[str] = [] if fat.error else list(probe.worse(fat, slim))
    if not slim.error:
        known = {*_headers(probe, fat), *_body(probe, fat)}
        found += [
            each for each in (*_headers(probe, slim), *_body(probe, slim)) if each not in known
        ]
    return tuple(found)


def judged(probe: Probe, answer: Answer, mask: Mask = NO_MASK) -> Answer:
    """The answer, shortened to what is needed later, because a run may have thousands of answers.
    In the compared part, `mask` replaces the names of the run, unless the bytes must be exactly the
    same."""
    expect = probe.expect
    wanted = {name.lower() for name in expect.headers} | COMPARED_HEADERS
    asked = not (expect.body is None and expect.body_regex is None and not expect.json)
    masks = NO_MASK if probe.compare == "exact" else mask
    body = masks.in_bytes(answer.body)
    headers = {name: value for name, value in answer.headers.items() if name in wanted}
    return replace(
        answer,
        body=answer.body if asked else answer.body[:COMPARED_LIMIT],
        headers=headers,
        compared=Compared(
            body[:COMPARED_LIMIT],
            {name: masks.in_text(headers[name]) for name in headers if name in COMPARED_HEADERS},
            sha256(body).hexdigest(),
        ),
    )


def status_text(statuses: Iterable[int]) -> str:
    """Statuses as a text: "200, 2xx"."""
    left = set(statuses)
    words: list[str] = []
    for first in range(1, 6):
        whole = set(range(first * 100, first * 100 + 100))
        if whole <= left:
            words.append(f"{first}xx")
            left -= whole
    return " or ".join([*(str(status) for status in sorted(left)), *words])


def at_path(value: object, path: str) -> object:
    """The value at a dotted path of a JSON value. Raises LookupError with the reason.

    Numbers are positions in lists. A key may have a dot itself: the longest matching key is used.
    `$.items[0]["name"]`, as JSONPath (RFC 9535) writes it, is `items.0.name`.
    """
    try:
        return _at(value, path)
    except LookupError:
        dotted = _BRACKETS.sub(r".\1\2", re.sub(r"^\$(?=[.\[]|$)", "", path)).removeprefix(".")
        if dotted == path:
            raise
        return _at(value, dotted)


def _at(value: object, path: str) -> object:
    if not path:
        return value
    parts = path.split(".")
    if isinstance(value, list):
        if not re.fullmatch("[0-9]{1,9}", parts[0]) or int(parts[0]) >= len(value):
            raise LookupError(f'a list of {len(value)} has no element "{parts[0]}"')
        return _at(value[int(parts[0])], ".".join(parts[1:]))
    if not isinstance(value, Mapping):
        raise LookupError(f'there is no "{parts[0]}" in {json.dumps(value)}')
    for count in range(len(parts), 0, -1):
        key = ".".join(parts[:count])
        if key in value:
            return _at(value[key], ".".join(parts[count:]))
    raise LookupError(f'there is no "{parts[0]}"')


def same_json(left: object, right: object) -> bool:
    """Whether two values are equal in JSON: 1 is 1.0 but not true."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    return left == right


def _headers(probe: Probe, answer: Answer) -> tuple[str, ...]:
    found: list[str] = []
    for name, pattern in probe.expect.headers.items():
        value = answer.headers.get(name.lower())
        if value is None:
            found.append(f"the header {name} is missing, expected /{pattern}/")
        elif not re.search(pattern, value):
            found.append(f'the header {name} is "{_excerpt(value)}", expected /{pattern}/')
    return tuple(found)


def _body(probe: Probe, answer: Answer) -> tuple[str, ...]:
    expect = probe.expect
    if expect.body is None and expect.body_regex is None and not expect.json:
        return ()
    what = probe.content
    if answer.unread:
        return (f"{what} is too long to read",)
    text = answer.body.decode(errors="replace")
    found: list[str] = []
    if expect.body is not None and expect.body not in text:
        found.append(f'{what} lacks "{_excerpt(expect.body)}": {_shown(text)}')
    if expect.body_regex is not None and not re.search(expect.body_regex, text):
        found.append(f"{what} does not match /{expect.body_regex}/: {_shown(text)}")
    if expect.json:
        found += _json(expect.json, what, text)
    return tuple(found)


def _json(wanted: Mapping[str, object], what: str, text: str) -> list[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [f"{what} is not JSON: {_shown(text)}"]
    found: list[str] = []
    for path, expected in wanted.items():
        try:
            actual = at_path(value, path)
        except LookupError as error:
            found.append(f"{what} has no {path}: {error.args[0]}")
            continue
        if not same_json(actual, expected):
            left, right = _excerpt(_dumped(actual)), _excerpt(_dumped(expected))
            found.append(f"{path} is {left}, expected {right}")
    return found


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _shown(text: str) -> str:
    return f'"{_excerpt(text)}"' if text.strip() else "it is empty"
