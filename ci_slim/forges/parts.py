"""Which job of a matrix this is. So the step that merges reports knows which job left none. Pure.

GitLab sets CI_NODE_INDEX and CI_NODE_TOTAL
(https://docs.gitlab.com/ci/variables/predefined_variables/). On GitHub only expressions know it
(https://docs.github.com/actions/reference/workflows-and-actions/contexts#strategy-context), so the
action has an input for it. Elsewhere, set CI_SLIM_PART, such as 2/3.
"""

import re
from collections.abc import Mapping

from ci_slim.errors import UsageError
from ci_slim.result import PARTS_MAX, Part

VARIABLE = "CI_SLIM_PART"
_NUMBERS = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_PARALLEL = re.compile(r"(.*?)(?:: \[.*\]| [0-9]+/[0-9]+)?", re.S)
"""GitLab's names for the jobs of a matrix (`build: [arm64]`) and of `parallel: 3` (`build 1/3`)."""


def part_of(environment: Mapping[str, str]) -> Part | None:
    """The part of this environment's job; None if the job is not part of a matrix."""
    given = environment.get(VARIABLE, "")
    if given:
        return _part(given, environment, VARIABLE)
    if environment.get("GITLAB_CI") == "true" and environment.get("CI_NODE_INDEX"):
        numbers = f"{environment['CI_NODE_INDEX']}/{environment.get('CI_NODE_TOTAL', '')}"
        return _part(numbers, environment, "CI_NODE_INDEX/CI_NODE_TOTAL")
    return None


def from_zero(text: str) -> str:
    """The value of VARIABLE for the action's input `part`, which counts from 0 as GitHub does. ""
    for an invalid text: runners that imitate GitHub's may fill in its default only in part."""
    found = _NUMBERS.fullmatch(text.strip())
    return f"{int(found[1]) + 1}/{found[2]}" if found else ""


def _part(text: str, environment: Mapping[str, str], where: str) -> Part | None:
    found = _NUMBERS.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]) <= PARTS_MAX:
        raise UsageError(
            f"{text!a} is not a job of a matrix",
            where=where,
            hint="write the number of the job and how many there are, such as 2/3",
        )
    number, total = int(found[1]), int(found[2])
    return Part(_job(environment), number, total) if total > 1 else None


def _job(environment: Mapping[str, str]) -> str:
    named = _PARALLEL.fullmatch(environment.get("CI_JOB_NAME", ""))
    assert named is not None  # it matches any text
    return environment.get("GITHUB_JOB") or named[1] or "this job"
