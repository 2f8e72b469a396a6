"""The budget rules, one module each. A new rule is a module here and a line in RULES."""

from collections.abc import Mapping
from typing import Any, Protocol

from ci_slim.judge.rules import disk, files, fit, growth, layers, pull, update
from ci_slim.judge.verdicts import Measured
from ci_slim.options import Option, Section, Type
from ci_slim.result import Verdict


class Rule(Protocol):
    """What the module of a rule contains. The type of a limit says how its value is read."""

    TYPE: Type
    """How users write the limit in the settings file."""
    HELP: str
    PULL: bool
    """Whether the rule needs bytes to pull. Then layers are compressed, to get exact sizes."""

    def shown(self, limit: Any, /) -> str:
        """The limit as text."""

    def number(self, limit: Any, /) -> int | None:
        """The limit for the report: bytes or a count; None if it depends on the baseline."""

    def verdict(self, limit: Any, measured: Measured, /) -> Verdict:
        """Compare the measured values with the limit."""


RULES: Mapping[str, Rule] = {
    "pull": pull,
    "disk": disk,
    "update": update,
    "growth": growth,
    "layers": layers,
    "files": files,
    "fit": fit,
}
"""The rules, in the order in which they are judged and shown."""


def _limits(path: str, where: str) -> dict[str, Section | Option]:
    return {
        name: Option(name, rule.TYPE, rule.HELP + where, file_key=f"{path}.{name}")
        for name, rule in RULES.items()
    }


def section(path: str = "images.*.budget") -> Section:
    """The keys of `budget` in the settings file."""
    below = f"{path}.platforms.*"
    one = Section(below, "limits on this platform", _limits(below, ", on this platform"))
    platforms = Section(
        f"{path}.platforms", "limits for single platforms, instead of the general ones", named=one
    )
    return Section(
        path, "limits on the size of the image", {"platforms": platforms, **_limits(path, "")}
    )
