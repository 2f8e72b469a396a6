"""A report without secrets. Pure.

Renderings escape what they show, each in its own way, and cut it: a secret is found only before.
Numbers, digests and the names that the settings give stay as they are, also where a password is
`1234` or `linux`; so what comes out is a report still.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ci_slim.result import ImageReport, Report, Tool

Hide = Callable[[str], str]
T = TypeVar("T")

_OURS = frozenset({
    "digest", "diff_id", "config_digest", "platform", "outcome", "status", "rule", "base_image",
    "created", "artifacts", "commit",
})  # fmt: skip
"""Members that hold our own words, or digests."""


def redacted(report: Report, hide: Hide) -> Report:
    """The same report with every text in it that is foreign shown through `hide`."""
    return _record(report, hide)


def _record(value: T, hide: Hide) -> T:
    ours = _OURS | ({"name"} if isinstance(value, ImageReport | Tool) else set())
    record: Any = value
    changed = {
        each.name: _hidden(getattr(record, each.name), hide)
        for each in fields(record)
        if each.name not in ours
    }
    return replace(record, **changed)  # type: ignore[no-any-return]


def _hidden(value: Any, hide: Hide) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, tuple):
        return tuple(_hidden(item, hide) for item in value)
    if isinstance(value, Mapping):  # text → number
        found: dict[str, Any] = {}
        for key, number in value.items():
            found[hide(key)] = found.get(hide(key), 0) + number
        return found
    return _record(value, hide) if is_dataclass(value) else value
