"""The folded parts of the comment: at most five, with fixed names, in a fixed order.

A part is a module with a function that makes its text from a report, and a line in `FOLDS`.
"""

from ci_slim.report.folds import advice, details, update_costs, what_grew
from ci_slim.report.folds.fold import NAMES, Fold, Room, Said

__all__ = ["FOLDS", "NAMES", "Fold", "Room", "Said"]

FOLDS: tuple[Fold, ...] = (
    Fold("What grew", what_grew.said),
    Fold("Advice", advice.said),
    Fold("Update costs", update_costs.said),
    Fold("Details", details.said),
)
"""In the order of `NAMES`."""
