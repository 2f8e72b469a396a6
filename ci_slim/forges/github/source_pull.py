"""Find the pull request that a finished workflow run was for."""

from ci_slim.forges import NotPublished
from ci_slim.forges.github.api import GitHubApi
from ci_slim.forges.github.event import Trigger


def find_pull(calls: GitHubApi, repository: str, run: Trigger) -> int | NotPublished:
    """The number of the pull request, or why there is none. Raises CallFailed.

    It is found by the branch that GitHub names as the source of the run's code, never by an
    artifact.
    """
    if run.event != "pull_request":
        return NotPublished(f"run {run.run_id} was not for a pull request")
    if not (run.owner and run.branch and run.head_sha):
        return NotPublished(f"the repository that run {run.run_id} was for is gone")
    branch = f"{run.owner}:{run.branch}"
    pulls = list(calls.pages(f"/repos/{repository}/pulls", {"state": "open", "head": branch}))
    now = [pull["number"] for pull in pulls if pull["head"]["sha"] == run.head_sha]
    if len(now) == 1:
        return int(now[0])
    if now:
        return NotPublished(
            f"{len(now)} pull requests are open for {branch}, and the event does not say "
            "which one is meant"
        )
    if pulls:
        return NotPublished(f"{branch} has newer commits than run {run.run_id}")
    return NotPublished(f"no pull request is open for {branch}")
