"""Reports of earlier runs, kept in artifacts of GitHub's workflow runs.

docs.github.com/rest/actions/workflow-runs and docs.github.com/rest/actions/artifacts
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ci_slim.forges import Found, NotFound, archive
from ci_slim.forges.github.api import GitHubApi, words
from ci_slim.forges.github.context import GitHubContext
from ci_slim.forges.patience import CallFailed
from ci_slim.options import KEY

ARTIFACT = "ci-slim-report"
REPORT = "report.json"
"""The file in the artifact."""

_RUNS = 10
# Events whose runs are for code on the branch. Runs of other events may have the name of the branch
# too, but for other code: of a pull request, or of a stranger whose report `workflow_run` posts.
_OF_BRANCH = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch"})
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")


def artifact_name(key: str = KEY) -> str:
    """The name of the artifact with the report of a key. It has no special characters."""
    if key == KEY:
        return ARTIFACT
    safe = _FORBIDDEN.sub("-", key)
    # Keys that differ only in special characters must not share an artifact.
    return f"{ARTIFACT}-{safe}" + (
        "" if safe == key else f"-{sha256(key.encode()).hexdigest()[:8]}"
    )


class Reports:
    """The reports that the runs of one repository have kept."""

    def __init__(self, context: GitHubContext, calls: GitHubApi) -> None:
        self._context = context
        self._calls = calls
        self._home = f"/repos/{context.repository}/actions"

    def newest(self, branch: str, name: str) -> Found | NotFound:
        """The report of this workflow's newest successful run on a branch. Raises CallFailed."""
        looked = 0
        for run in self._runs(branch):
            looked += 1
            where = f"run {run['id']} of {branch} at {str(run['head_sha'])[:12]}"
            found = self.of_run(run["id"], name, where)
            if found is not None:
                return found
            if looked == _RUNS:
                break
        if not looked:
            return NotFound(f"no successful run of this workflow on {branch}", branch)
        return NotFound(
            f"no artifact {name} in the {looked} newest successful runs on {branch}",
            branch,
            lost=True,
        )

    def _runs(self, branch: str) -> Iterator[dict[str, Any]]:
        """The runs on a branch, newest first. GitHub also lists runs of a fork's branch with the
        same name; these are left out."""
        workflow = self._context.workflow
        if not workflow and self._context.run_id:
            run = self._calls.get(f"{self._home}/runs/{self._context.run_id}")
            workflow = str(run["workflow_id"])
        if not workflow:
            raise CallFailed("the runner does not say which workflow this is")
        path = f"{self._home}/workflows/{quote(workflow, safe='')}/runs"
        query = {"branch": branch, "status": "success", "exclude_pull_requests": True}
        for run in self._calls.pages(path, query, "workflow_runs"):
            owner = (run.get("head_repository") or {}).get("full_name", "")
            own = str(owner).lower() == self._context.repository.lower()
            if own and run["event"] in _OF_BRANCH and run["id"] != self._context.run_id:
                yield run

    def names(self, run_id: int) -> set[str]:
        """The names of the artifacts of a run. Raises CallFailed."""
        kept = self._calls.pages(f"{self._home}/runs/{run_id}/artifacts", None, "artifacts")
        return {str(item["name"]) for item in kept if not item["expired"]}

    def of_run(self, run_id: int, name: str, where: str) -> Found | NotFound | None:
        """The report in an artifact of a run; None if there is no artifact or it has expired."""
        path = f"{self._home}/runs/{run_id}/artifacts"
        kept = [
            item
            for item in self._calls.pages(path, {"name": name}, "artifacts")
            if item["name"] == name and not item["expired"]
        ]
        if not kept:
            return None
        newest = max(kept, key=lambda item: int(item["id"]))
        source = f"artifact {name} of {where}"
        if newest["size_in_bytes"] > archive.ARCHIVE_MAX:
            return NotFound(f"{source}: it is larger than {archive.ARCHIVE_MAX} bytes")
        try:
            packed = self._calls.stored(
                f"{self._home}/artifacts/{newest['id']}/zip", archive.ARCHIVE_MAX
            )
            return Found(archive.member(packed, REPORT), source)
        except CallFailed as failed:
            return NotFound(f"{source}: {words(failed)}")
        except archive.BadArchive as bad:
            return NotFound(f"{source}: {bad}")
