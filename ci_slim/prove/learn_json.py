"""Finds how a JSON value differs from what several others have in common. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ci_slim.prove.learn_text import common_pattern

_EXCERPT = 60
_DEEPEST = 50
MISSING = object()
"""Stands for a text that is not JSON."""


class Difference(NamedTuple):
    """A difference as a sentence, and where a number is another one, or "" for all others."""

    told: str
    number: str = ""


def read_json(text: str) -> object:
    """The list or mapping in a text, or MISSING if it has none."""
    if not text.lstrip().startswith(("{", "[")):
        return MISSING
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING


def json_differences(
    samples: Sequence[object], value: object, at: str, depth: int
) -> Iterator[Difference]:
    """How a JSON value differs from what all samples have in common."""
    kinds = {_kind(sample) for sample in samples}
    if len(kinds) > 1 or depth > _DEEPEST:
        return  # its type varies
    if _kind(value) not in kinds:
        yield _another(samples, value, at)
    elif isinstance(value, dict):
        yield from _of_mappings([s for s in samples if isinstance(s, dict)], value, at, depth)
    elif isinstance(value, list):
        yield from _of_lists([s for s in samples if isinstance(s, list)], value, at, depth)
    elif isinstance(value, str):
        texts = [sample for sample in samples if isinstance(sample, str)]
        if told := common_pattern(texts).difference(value):
            yield Difference(f"{at or 'it'} is {_dumped(value)}: {told}")
    elif value not in samples and all(sample == samples[0] for sample in samples):
        yield _another(samples, value, at, number=at if kinds == {"number"} else "")


def _another(samples: Sequence[object], value: object, at: str, number: str = "") -> Difference:
    told = f"{at or 'it'} is {_dumped(value)}, in the fat image {_dumped(samples[0])}"
    return Difference(told, number)


def _of_mappings(
    samples: Sequence[dict[str, object]], value: dict[str, object], at: str, depth: int
) -> Iterator[Difference]:
    always = set(samples[0]).intersection(*samples)
    known = set(samples[0]).union(*samples)
    for key in (key for key in samples[0] if key in always):
        if key not in value:
            yield Difference(f"{_below(at, key)} is missing")
        else:
            below = [sample[key] for sample in samples]
            yield from json_differences(below, value[key], _below(at, key), depth + 1)
    if always == known:
        for key in value.keys() - known:
            yield Difference(f"{_below(at, key)} exists, but not in the fat image")


def _of_lists(
    samples: Sequence[list[object]], value: list[object], at: str, depth: int
) -> Iterator[Difference]:
    if len({len(sample) for sample in samples}) > 1:
        every = [item for sample in samples for item in sample]
        for number, item in enumerate(value if every else ()):
            yield from json_differences(every, item, _below(at, str(number)), depth + 1)
        return
    *orders, own = ([_dumped(item, whole=True) for item in each] for each in (*samples, value))
    varies = any(order != orders[0] for order in orders)
    if varies and all(sorted(order) == sorted(own) for order in orders):
        return  # the same items in varying order
    if len(value) != len(samples[0]):
        told = f"{at or 'it'} has {len(value)} items, in the fat image {len(samples[0])}"
        yield Difference(told)
        return
    for number, item in enumerate(value):
        below = [sample[number] for sample in samples]
        yield from json_differences(below, item, _below(at, str(number)), depth + 1)


def _kind(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "word"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _dumped(value: object, *, whole: bool = False) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if whole or len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
