"""GitHub: the comment on the pull request, and reports in artifacts of workflow runs.

API: docs.github.com/rest (issue comments, workflow runs, artifacts, pulls). A missing permission
is not an error of the run: pull requests from forks have a token that can only read.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from ci_slim.certificates import ca_bundle
from ci_slim.forges import Absent, Approvals, Found, NotFound, NotPublished, Published
from ci_slim.forges.comment import Comment, decide, marked
from ci_slim.forges.github.api import LOGGERS, GitHubApi, needs, read_only, words
from ci_slim.forges.github.artifacts import ARTIFACT, Reports, artifact_name
from ci_slim.forges.github.context import (
    GitHubContext,
    PullRequest,
    Trigger,
    key_prefix,
    read,
)
from ci_slim.forges.patience import CallFailed, Patience
from ci_slim.forges.secrecy import hidden
from ci_slim.options import KEY
from ci_slim.report.markdown import marker

_ACTIONS = "github-actions[bot]"
_ROUNDS = 20
_KEYS = 10
"""Reports of one run that are posted at most."""
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
    """GitHub as this job sees it. No call is made yet; UsageError for an invalid environment.

    `event` is the content of GITHUB_EVENT_PATH; `clock` counts seconds from anywhere.
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
        """The pull request's base."""
        return self.context.base_branch if self.context.pull is not None else ""

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        """A file of a branch, of at most 1 MB: docs.github.com/rest/repos/contents"""
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
                return NotFound(f"{where}: this is no file")

    def _sees(self, branch: str) -> bool:
        """Whether the token may read the code: what it may not see is not there for it."""
        try:
            self._calls.get(f"{self._home}/branches/{quote(branch, safe='')}")
        except CallFailed:
            return False
        return True

    def approvals(self) -> Approvals | NotFound:
        """Labels, and the newest reviews that are of the head's commit. See
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
                    if review["state"] != "COMMENTED":  # which takes no approval back
                        fresh = review.get("commit_id") == head
                        states[user] = fresh and review["state"] == "APPROVED"
                labels = frozenset(str(label["name"]) for label in found["labels"])
                return Approvals(labels, frozenset(user for user, good in states.items() if good))
            except CallFailed as failed:
                return NotFound(f"{words(failed)}{needs('pull-requests: read', failed)}")

    def publish_comment(self, markdown: str, key: str = KEY) -> Published | NotPublished:
        """Make `markdown` the one comment of this key on the job's pull request.

        In a `workflow_run` job it is the pull request that the triggering run was for.
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
                return self._publish(number, sign, marked(markdown, sign))
            except CallFailed as failed:
                return _not_published(failed, fork=self.context.fork)

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
                return self._reports.newest(branch, artifact_name(key or self.key))
            except CallFailed as failed:
                return NotFound(
                    f"the runs of {branch}: {words(failed)}{needs('actions: read', failed)}"
                )

    def triggering_reports(self, key: str = "") -> Mapping[str, Found] | NotFound:
        """The reports of the run that this `workflow_run` job follows: of this key, or by
        key those of all jobs of that run's workflow. A stranger may have written them."""
        trigger = self.context.trigger
        if trigger is None:
            return NotFound("this job follows no other run")
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
        """The keys of the reports that a run has kept, as far as its own workflow names them: it
        may not speak for another one."""
        names = self._reports.names(trigger.run_id)
        if not trigger.workflow:
            return [KEY] if ARTIFACT in names else []
        start = f"{ARTIFACT}-{key_prefix(trigger.workflow)}"
        keys = [name.removeprefix(f"{ARTIFACT}-") for name in names if name.startswith(start)]
        return sorted(keys)[:_KEYS]

    def head(self) -> PullRequest | None:
        """The job's pull request with its head as GitHub says it, for events that do not tell; as
        the event tells it where GitHub cannot be asked."""
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
        """Why nothing is written: the pull request has moved on, and a newer run reports that."""
        pull = self.context.pull
        if pull is None or not pull.head_sha:
            return None
        try:
            now = self._calls.get(f"{self._home}/pulls/{number}")["head"]["sha"]
        except CallFailed as failed:
            if failed.status in {403, 404}:  # what may write a comment need not see this
                return None
            raise
        if now == pull.head_sha:
            return None
        return NotPublished(
            f"the pull request has newer commits than {pull.head_sha[:12]}, such as {now[:12]}"
        )

    # -- the comment ------------------------------------------------------------------------------

    def _publish(self, number: int, sign: str, body: str) -> Published | NotPublished:
        """Read the comments, decide, act, and read again after each POST: it may have been carried
        out although it failed, and another job may have posted at the same time."""
        author, made, posted = self._author(), None, False
        for _ in range(_ROUNDS):
            step = decide(self._comments(number), sign, author, body, made)
            self._remove(step.spare)
            if step.comment is None:
                try:
                    posted = True
                    made = self._create(number, body)
                    author = made.author  # now it is known for certain
                except CallFailed as failed:
                    self._calls.patience.wait(failed)
            elif step.action == "stale":
                return NotPublished("a newer run has written the comment")
            elif step.action == "leave":
                return Published(step.comment.url, "created" if posted else "unchanged")
            elif self._update(step.comment, body):
                return Published(step.comment.url, "updated")
        return NotPublished("other jobs removed the comment each time it was written")

    def _comments(self, number: int) -> list[Comment]:
        return [
            _comment(item) for item in self._calls.pages(f"{self._home}/issues/{number}/comments")
        ]

    def _create(self, number: int, body: str) -> Comment:
        path = f"{self._home}/issues/{number}/comments"
        return _comment(self._calls.once("POST", path, body={"body": body})[1])

    def _update(self, comment: Comment, body: str) -> bool:
        """Update a comment. Returns False if somebody has deleted it."""
        path = f"{self._home}/issues/comments/{comment.id}"
        try:
            self._calls.patience.retry(lambda: self._calls.once("PATCH", path, body={"body": body}))
        except CallFailed as failed:
            if failed.status != 404:
                raise
            return False
        return True

    def _remove(self, spare: tuple[Comment, ...]) -> None:
        for comment in spare:
            path = f"{self._home}/issues/comments/{comment.id}"
            try:
                self._calls.patience.retry(partial(self._calls.once, "DELETE", path))
            except CallFailed:
                continue  # gone already, or the next run's to remove: the comment itself is right

    def _author(self) -> str:
        """The login that this token writes as.

        GraphQL answers every kind of token; REST's `/user` refuses those of apps and
        workflows. If both fail, the token is a workflow's, which writes as GitHub's own bot.
        """
        for ask in (self._viewer, self._user):
            try:
                return ask()
            except CallFailed as failed:
                if failed.passing:
                    raise  # guessing would post a second comment
            except (KeyError, TypeError):
                continue
        return _ACTIONS

    def _viewer(self) -> str:
        return str(self._calls.graphql("query { viewer { login } }")["viewer"]["login"])

    def _user(self) -> str:
        return str(self._calls.get("/user")["login"])

    # -- the pull request -------------------------------------------------------------------------

    def _pull(self) -> int | NotPublished:
        if self.context.pull is not None:
            return self.context.pull.number
        if self.context.trigger is not None:
            return self._pull_of(self.context.trigger)
        return NotPublished(f"a {self.context.event or 'local'} event has no pull request")

    def _pull_of(self, run: Trigger) -> int | NotPublished:
        """Found by the branch that GitHub names as the source of the run's code, never by an
        artifact."""
        if run.event != "pull_request":
            return NotPublished(f"run {run.run_id} was not for a pull request")
        if not (run.owner and run.branch and run.head_sha):
            return NotPublished(f"the repository that run {run.run_id} was for is gone")
        query = {"state": "open", "head": f"{run.owner}:{run.branch}"}
        pulls = list(self._calls.pages(f"{self._home}/pulls", query))
        now = [pull["number"] for pull in pulls if pull["head"]["sha"] == run.head_sha]
        if len(now) == 1:
            return int(now[0])
        branch = f"{run.owner}:{run.branch}"
        if now:
            return NotPublished(
                f"{len(now)} pull requests are open for {branch}, and the event does not say "
                "which one is meant"
            )
        if pulls:
            return NotPublished(f"{branch} has newer commits than run {run.run_id}")
        return NotPublished(f"no pull request is open for {branch}")


def _comment(item: Any) -> Comment:
    user = item.get("user") or {}
    return Comment(
        int(item["id"]),
        str(user.get("login", "")),
        str(item.get("body") or ""),
        str(item["html_url"]),
    )


def _not_published(failed: CallFailed, *, fork: bool) -> NotPublished:
    if not read_only(failed):
        return NotPublished(f"the comment: {words(failed)}{needs('pull-requests: write', failed)}")
    if fork:
        return NotPublished("the token may only read, as for every fork's pull request", _FORK)
    return NotPublished("the token may only read", _PERMISSION)
