"""GitHub's event: the JSON file that says why a workflow runs. Pure.

https://docs.github.com/webhooks/webhook-events-and-payloads. Any member may be missing: `act` and
other runners send less.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ci_slim.errors import UsageError


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What the event says about the pull request. Unknown texts are empty."""

    number: int
    head_sha: str = ""
    head_ref: str = ""
    head_repository: str = ""
    base_sha: str = ""
    base_ref: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The finished run that triggered a `workflow_run` job.

    `owner` and `branch` say where its code comes from. They are GitHub's words, not the run's.
    """

    run_id: int
    event: str
    owner: str
    branch: str
    head_sha: str
    conclusion: str
    repository: str = ""
    """The repository of its code, `owner/name`."""
    workflow: str = ""
    """The file name of its workflow."""


def parse_event(event: bytes, where: str) -> Mapping[str, object]:
    try:
        value = json.loads(event or b"{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UsageError(
            "this is not an event", where=where, hint="it must be the JSON object that GitHub sends"
        )
    return value


def _part(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_at(value: object, *names: str) -> str:
    found = _part(value, *names)
    return found if isinstance(found, str) else ""


def _number(value: object, *names: str) -> int:
    found = _part(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def pull_of(payload: Mapping[str, object], event: str) -> PullRequest | None:
    if event == "workflow_run":
        return None  # the API knows its pull request; the event's list is empty for forks
    pull = payload.get("pull_request")
    number = _number(pull, "number") or _number(payload, "number")
    if isinstance(pull, dict) and number:
        return PullRequest(
            number,
            head_sha=text_at(pull, "head", "sha"),
            head_ref=text_at(pull, "head", "ref"),
            head_repository=text_at(pull, "head", "repo", "full_name"),
            base_sha=text_at(pull, "base", "sha"),
            base_ref=text_at(pull, "base", "ref"),
        )
    number = _number(payload, "issue", "number")
    if number and _part(payload, "issue", "pull_request"):  # a comment on a pull request
        return PullRequest(number)
    return None


def trigger_of(payload: Mapping[str, object]) -> Trigger | None:
    run = payload.get("workflow_run")
    number = _number(run, "id")
    if not number:
        return None
    return Trigger(
        number,
        event=text_at(run, "event"),
        owner=text_at(run, "head_repository", "owner", "login"),
        branch=text_at(run, "head_branch"),
        head_sha=text_at(run, "head_sha"),
        conclusion=text_at(run, "conclusion"),
        repository=text_at(run, "head_repository", "full_name"),
        workflow=text_at(run, "path").rpartition("/")[2],
    )
