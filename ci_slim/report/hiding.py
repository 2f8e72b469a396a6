"""Mask the secrets in a report. Pure.

This must happen before a rendering: renderings escape and cut texts, so that secrets are no longer
found. Numbers, digests and names from the settings are not masked, even if a password is `1234` or
`linux`, so that the result is still a valid report.
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
"""Members that contain only words of ci-slim, or digests."""


def redacted(report: Report, hide: Hide) -> Report:
    """The same report, with `hide` applied to every foreign text."""
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
