"""GitHub: the comment on the pull request, and reports in artifacts of workflow runs.

API: docs.github.com/rest (issue comments, workflow runs, artifacts, pulls). A missing permission
does not fail the run: pull requests from forks have a token that can only read.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from ci_slim.certificates import ca_bundle
from ci_slim.forges import Absent, Approvals, Found, NotFound, NotPublished, Published
from ci_slim.forges.comment import marked
from ci_slim.forges.github.api import LOGGERS, GitHubApi, needs, read_only, words
from ci_slim.forges.github.artifacts import ARTIFACT, Reports, artifact_name
from ci_slim.forges.github.comments import PullRequestComments
from ci_slim.forges.github.context import (
    GitHubContext,
    key_prefix,
    read,
)
from ci_slim.forges.github.event import PullRequest, Trigger
from ci_slim.forges.github.source_pull import find_pull
from ci_slim.forges.github.suggestions import suggest
from ci_slim.forges.patience import CallFailed, Patience
from ci_slim.forges.publish import publish
from ci_slim.forges.secrecy import hidden
from ci_slim.options import KEY
from ci_slim.report.markdown import marker
from ci_slim.result import AdvisedDockerfile

_ACTIONS = "github-actions[bot]"
_ROUNDS = 20
_KEYS = 10
"""The most reports of one run that are posted."""
_TOKEN = "pass `token: ${{ github.token }}`"
_PERMISSION = "give the job `permissions: pull-requests: write`"
_FORK = "add the shipped workflow_run workflow, which posts it (docs/security.md)"


def connect(
    environment: Mapping[str, str],
    event: bytes,
    token: str,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> "GitHub":
    """The GitHub of this job. It makes no call yet. Raises UsageError for an invalid environment.

    `event` is the content of GITHUB_EVENT_PATH; `clock` counts seconds from any start.
    """
    context = read(environment, event)
    token = token.strip()
    bundle = ca_bundle(environment)
    calls = GitHubApi(context.servers, token, lambda: Patience(clock, sleep), bundle)
    return GitHub(context, token, calls)


class GitHub:
    """The forge of one job."""

    name = "github"

    def __init__(self, context: GitHubContext, token: str, calls: GitHubApi) -> None:
        self.context = context
        self._calls = calls
        self._secrets = (token,) if token else ()
        self._reports = Reports(context, calls)
        self._home = f"/repos/{context.repository}"

    @property
    def key(self) -> str:
        """The workflow and the job."""
        return self.context.key

    @property
    def target(self) -> str:
        """The base branch of the pull request."""
        return self.context.base_branch if self.context.pull is not None else ""

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        """A file on a branch, of at most 1 MB: docs.github.com/rest/repos/contents"""
        where = f"{path} on {branch}"
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                found = self._calls.get(
                    f"{self._home}/contents/{quote(path, safe='')}", {"ref": branch}
                )
                return Found(base64.b64decode(found["content"]), where)
            except CallFailed as failed:
                if failed.status == 404 and self._sees(branch):
                    return Absent()
                return NotFound(f"{where}: {words(failed)}{needs('contents: read', failed)}")
            except (KeyError, TypeError, ValueError):  # a folder, a link, a file that is too large
                return NotFound(f"{where}: this is not a file")

    def _sees(self, branch: str) -> bool:
        """Whether the token may read the code. GitHub answers 404 for what it may not read."""
        try:
            self._calls.get(f"{self._home}/branches/{quote(branch, safe='')}")
        except CallFailed:
            return False
        return True

    def approvals(self) -> Approvals | NotFound:
        """Labels, and each user's newest review, if it is for the newest commit. See
        docs.github.com/rest/pulls/reviews"""
        pull = self.context.pull
        if pull is None:
            return NotFound("there is no pull request")
        path = f"{self._home}/pulls/{pull.number}"
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                found = self._calls.get(path)
                head = found["head"]["sha"]
                states: dict[str, bool] = {}
                for review in self._calls.pages(f"{path}/reviews"):
                    user = str((review.get("user") or {}).get("login", ""))
                    if review["state"] != "COMMENTED":  # a comment does not withdraw an approval
                        fresh = review.get("commit_id") == head
                        states[user] = fresh and review["state"] == "APPROVED"
                labels = frozenset(str(label["name"]) for label in found["labels"])
                return Approvals(labels, frozenset(user for user, good in states.items() if good))
            except CallFailed as failed:
                return NotFound(f"{words(failed)}{needs('pull-requests: read', failed)}")

    def publish_comment(self, markdown: str, key: str = KEY) -> Published | NotPublished:
        """Make `markdown` the one comment of this key on the job's pull request.

        In a `workflow_run` job, it is the pull request of the run that triggered the job.
        """
        if not self._secrets:
            return NotPublished("no token was given", _TOKEN)
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                number = self._pull()
                if isinstance(number, NotPublished):
                    return number
                newer = self._newer(number)
                if newer is not None:
                    return newer
                sign = marker(key)
                comments = PullRequestComments(self._calls, self.context.repository, number)
                body = marked(markdown, sign)
                return publish(comments, self._calls.patience, sign, body)[0]
            except CallFailed as failed:
                return _not_published(failed, fork=self.context.fork)

    def suggest(self, advice: Sequence[AdvisedDockerfile]) -> str:
        """Suggest the changes on lines of the diff. Returns why that failed, or "".

        Not on a fork's pull request: there, a stranger may have written the advice.
        """
        pull = self.context.pull
        if pull is None or not pull.head_sha or self.context.fork or not self._secrets:
            return ""
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                suggest(self._calls, self.context.repository, pull.number, pull.head_sha, advice)
            except CallFailed as failed:
                return f"{words(failed)}{needs('pull-requests: write', failed)}"
        return ""

    def baseline(self, key: str = "", branch: str = "") -> Found | NotFound:
        """The report of the newest successful run of this workflow on a branch, by default on the
        base branch."""
        branch = branch or self.context.base_branch
        if not branch:
            return NotFound("the event names no base branch")
        if not self._secrets:
            return NotFound("artifacts need a token, and none was given")
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                found = self._reports.newest(branch, artifact_name(key or self.key))
                if isinstance(found, NotFound) and found.branch:
                    return replace(found, own=found.branch == self.context.own_branch)
                return found
            except CallFailed as failed:
                return NotFound(
                    f"the runs of {branch}: {words(failed)}{needs('actions: read', failed)}"
                )

    def triggering_reports(self, key: str = "") -> Mapping[str, Found] | NotFound:
        """The reports of the run that triggered this `workflow_run` job, by key: the report of this
        key, or those of all jobs of that run's workflow. A stranger may have written them."""
        trigger = self.context.trigger
        if trigger is None:
            return NotFound("no other run has triggered this job")
        run = f"run {trigger.run_id}"
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                keys = [key] if key else self._keys(trigger)
                found = {
                    each: self._reports.of_run(trigger.run_id, artifact_name(each), run)
                    for each in keys
                }
            except CallFailed as failed:
                return NotFound(f"{run}: {words(failed)}")
        reports = {each: report for each, report in found.items() if isinstance(report, Found)}
        lacking = [report for report in found.values() if isinstance(report, NotFound)]
        if reports or lacking:
            return reports or lacking[0]
        return NotFound(f"{run} has no artifact {artifact_name(key) if key else 'of ci-slim'}")

    def _keys(self, trigger: Trigger) -> list[str]:
        """The keys of a run's reports that begin with the name of its workflow. A run must not
        write the comment of another workflow."""
        names = self._reports.names(trigger.run_id)
        if not trigger.workflow:
            return [KEY] if ARTIFACT in names else []
        start = f"{ARTIFACT}-{key_prefix(trigger.workflow)}"
        keys = [name.removeprefix(f"{ARTIFACT}-") for name in names if name.startswith(start)]
        return sorted(keys)[:_KEYS]

    def head(self) -> PullRequest | None:
        """The job's pull request with its head, which some events do not contain. If GitHub does
        not answer, what the event says."""
        pull = self.context.pull
        if pull is None or not self._secrets:
            return pull
        with hidden(self._secrets, LOGGERS):
            self._calls.start()
            try:
                found = self._calls.get(f"{self._home}/pulls/{pull.number}")
                head = found["head"]
                repository = str((head.get("repo") or {}).get("full_name", ""))
                return replace(pull, head_sha=str(head["sha"]), head_repository=repository)
            except (CallFailed, KeyError, TypeError, AttributeError):
                return pull

    def _newer(self, number: int) -> NotPublished | None:
        """The reason to write nothing, if the pull request has newer commits, which another run
        reports; else None."""
        pull = self.context.pull
        if pull is None or not pull.head_sha:
            return None
        try:
            now = self._calls.get(f"{self._home}/pulls/{number}")["head"]["sha"]
        except CallFailed as failed:
            if failed.status in {
                403,
                404,
            }:  # a token that may write comments may lack the right to read this
                return None
            raise
        if now == pull.head_sha:
            return None
        return NotPublished(
            f"the pull request has newer commits than {pull.head_sha[:12]}, such as {now[:12]}"
        )

    def _pull(self) -> int | NotPublished:
        if self.context.pull is not None:
            return self.context.pull.number
        if self.context.trigger is not None:
            return find_pull(self._calls, self.context.repository, self.context.trigger)
        return NotPublished(f"a {self.context.event or 'local'} event has no pull request")


def _not_published(failed: CallFailed, *, fork: bool) -> NotPublished:
    if not read_only(failed):
        return NotPublished(f"the comment: {words(failed)}{needs('pull-requests: write', failed)}")
    if fork:
        return NotPublished("the token may only read, as for every fork's pull request", _FORK)
    return NotPublished("the token may only read", _PERMISSION)
