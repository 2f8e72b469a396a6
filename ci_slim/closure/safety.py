"""How much more than what was seen the slim image keeps."""

from collections.abc import Mapping
from typing import Literal

Safety = Literal["tight", "balanced", "safe"]

SAFETIES: Mapping[Safety, int] = {"tight": 0, "balanced": 1, "safe": 2}
"""tight: what was seen, and what that cannot start without. balanced: also what the application
names or brings and no probe asked for. safe: also the whole of each language package in use."""


def at_least(chosen: Safety, needed: Safety) -> bool:
    """Whether a rule that starts at `needed` applies."""
    return SAFETIES[chosen] >= SAFETIES[needed]
