"""The forge of the pipeline that this process runs in, ready to be asked."""

import importlib
import time
from collections.abc import Callable, Mapping
from typing import cast

from ci_slim.forges import FORGES, Forge, detect

Read = Callable[[str], bytes]

NOWHERE = "this is no job of GitHub or GitLab"


def opened(environment: Mapping[str, str], read: Read) -> Forge | None:
    """The forge whose runner set the environment; None on a laptop.

    `read` gives the file of GitHub's event and may raise OSError. UsageError for an environment in
    disorder. No call is made yet.
    """
    name = detect(environment)
    if name is None or name not in FORGES:
        return None
    return _github(environment, read) if name == "github" else _gitlab(environment)


def base_branch(environment: Mapping[str, str]) -> str:
    """The branch to compare with, as far as the environment alone says: the one that the change
    goes to, or the pushed one itself; "" on a laptop."""
    variables = {
        "github": ("GITHUB_BASE_REF", "GITHUB_REF_NAME"),
        "gitlab": ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_DEFAULT_BRANCH"),
    }
    names = variables.get(detect(environment) or "", ())
    return next((environment[name] for name in names if environment.get(name)), "")


def token(environment: Mapping[str, str]) -> str:
    """GitHub's token: the action's input, else the variable that its own tools read."""
    return environment.get("INPUT_TOKEN") or environment.get("GITHUB_TOKEN") or ""


def _github(environment: Mapping[str, str], read: Read) -> Forge:
    try:
        event = read(environment.get("GITHUB_EVENT_PATH") or "")
    except OSError:
        event = b""  # without it only the pull request is not known, and that is said later
    module = importlib.import_module(FORGES["github"])
    forge = module.connect(environment, event, token(environment), time.monotonic, time.sleep)
    return cast(Forge, forge)


def _gitlab(environment: Mapping[str, str]) -> Forge:
    module = importlib.import_module(FORGES["gitlab"])
    context = importlib.import_module(f"{FORGES['gitlab']}_context")
    forge = module.connect(environment, context.token(environment), time.monotonic, time.sleep)
    return cast(Forge, forge)
