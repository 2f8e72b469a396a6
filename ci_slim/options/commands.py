"""The commands by name, their arguments, and groups of commands that share options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RUN, BUILD, SLIM, CHECK = "run", "build", "slim", "check"
MEASURE, DIFF, REPORT, PUSH, COMMENT = "measure", "diff", "report", "push", "comment"
HISTORY = "history"
EXPLORE = "explore"
CLEAN = "clean"
DELTA = "delta"
FLEET = "fleet"
DEVICE_PLAN, DEVICE_UNITS = "device plan", "device units"
ADVISE = "advise"
HARDEN = "harden"
INIT = "init"
DOCKERFILE = "dockerfile"
SETTINGS_FILE = ".ci-slim.yml"
KEY = "default"
"""The key of a run that does not name one. Each key has its own comment and report."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a command: one text, or with `many` one or more texts."""

    name: str
    metavar: str
    many: bool = False


ARGUMENTS: Mapping[str, tuple[Argument, ...]] = {
    SLIM: (Argument("image", "IMAGE"),),
    HARDEN: (Argument("target", "REPORT|IMAGE"),),
    MEASURE: (Argument("images", "IMAGE…", many=True),),
    EXPLORE: (Argument("target", "IMAGE|REPORT"),),
    DIFF: (Argument("before", "A"), Argument("after", "B")),
    DELTA: (Argument("old", "OLD"), Argument("new", "NEW")),
    FLEET: (Argument("images", "IMAGE|REPORT…", many=True),),
    DEVICE_UNITS: (Argument("image", "IMAGE"),),
    CHECK: (Argument("report", "REPORT"),),
    REPORT: (Argument("reports", "REPORT…", many=True),),
    HISTORY: (Argument("reports", "REPORT|IMAGE…", many=True),),
    PUSH: (Argument("reports", "REPORT…", many=True),),
    COMMENT: (Argument("reports", "REPORT…", many=True),),
    DOCKERFILE: (Argument("report", "REPORT"),),
}
"""The commands that take arguments, and these arguments."""

FAILURES = ("budget", "warning", "unknown", "skipped", "never")
"""What can fail a run, besides errors."""
FORMS = ("text", "json", "markdown")
"""How a result is shown on stdout."""

BUILDS: dict[str, Any] = {"commands": (RUN, BUILD, ADVISE)}
EXERCISES: dict[str, Any] = {"commands": (RUN, SLIM, ADVISE, HARDEN)}
RUNS: dict[str, Any] = {"commands": (RUN, SLIM)}
ALL: dict[str, Any] = {"commands": (RUN, BUILD, SLIM)}
JUDGED: dict[str, Any] = {"commands": (RUN, BUILD, SLIM, CHECK)}
MANY: dict[str, Any] = {"multiple": True}
