"""The safety level: how much the slim image keeps beyond what the run used."""

from collections.abc import Mapping
from typing import Literal

Safety = Literal["tight", "balanced", "safe"]

SAFETIES: Mapping[Safety, int] = {"tight": 0, "balanced": 1, "safe": 2}
"""tight: what the run used, and what that needs to start. balanced: also what the application names
or contains and no probe used. safe: also each used language package as a whole."""


def at_least(chosen: Safety, needed: Safety) -> bool:
    """Whether a rule that starts at the level `needed` applies."""
    return SAFETIES[chosen] >= SAFETIES[needed]
