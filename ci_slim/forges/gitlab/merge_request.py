"""GitLab: the note on the merge request, and the report among artifacts of the target branch.

API: docs.gitlab.com/api/notes and docs.gitlab.com/api/job_artifacts. A job's own token may read
artifacts and cannot write notes. Without another token there is no note, and the job continues.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ci_slim.certificates import ca_bundle
from ci_slim.forges import Absent, Approvals, Found, NotFound, NotPublished, Published
from ci_slim.forges.archive import MEMBER_MAX
from ci_slim.forges.comment import Comment, decide, marked
from ci_slim.forges.gitlab.api import LOGGERS, STRANGE, GitLabApi, part, words
from ci_slim.forges.gitlab.context import GitLabContext, MergeRequest, read, token_name
from ci_slim.forges.patience import CallFailed, Patience
from ci_slim.forges.secrecy import hidden
from ci_slim.options import KEY
from ci_slim.redact import Redactor
from ci_slim.report.markdown import marker

_ROUNDS = 20
_JOB_TOKEN = "glcbt-"
_NOTES = {"activity_filter": "only_comments", "order_by": "created_at", "sort": "asc"}
_HINT = (
    "make a project access token (Settings > Access tokens, role {}, scope `api`) "
    "and keep it in the masked CI/CD variable {}; leave that unprotected, or merge requests of "
    "unprotected branches do not see it"
)
_FORK = (
    "a fork's pipeline does not see the variables of the project that its merge request goes to: "
    "members of that project can run the pipeline there (Pipelines > Run pipeline), "
    "which needs this: "
)
# gitlab.com/gitlab-org/gitlab/-/issues/358082: Reporters write threads and cannot resolve them.
_ROLE = "; to resolve threads, its token needs the role Developer or above"


def connect(
    environment: Mapping[str, str],
    token: str,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> "GitLab":
    """GitLab as this job sees it. No call is made yet; UsageError for an invalid environment.

    `token` is what `gitlab_context.token` gives; `clock` counts seconds from anywhere.
    """
    context = read(environment)
    token = token.strip()
    own = token.startswith(_JOB_TOKEN) or (token != "" and token == context.job_token)
    bundle = ca_bundle(environment) or context.ca_bundle

    def calls(secret: str, *, job: bool) -> GitLabApi:
        return GitLabApi(context.server, secret, lambda: Patience(clock, sleep), bundle, job=job)

    writing = calls(token, job=False) if token and not own else None
    reading = writing or (calls(context.job_token, job=True) if context.job_token else None)
    role = "Developer or above" if context.thread else "Reporter or above"
    hint = _HINT.format(role, token_name(environment))
    return GitLab(context, writing, reading, (token, context.job_token), hint)


class GitLab:
    """The forge of one job."""

    name = "gitlab"

    def __init__(
        self,
        context: GitLabContext,
        writing: GitLabApi | None,
        reading: GitLabApi | None,
        secrets: tuple[str, ...],
        hint: str,
    ) -> None:
        self.context = context
        self._writing = writing
        self._reading = reading
        self._hint = hint
        self._notes: _Notes | None = None
        self._secrets = tuple(secret for secret in secrets if secret)
        self._hide = Redactor(self._secrets)  # a server may repeat what it was sent

    @property
    def key(self) -> str:
        """The job's name: each job has a note of its own."""
        return self.context.job or KEY

    @property
    def target(self) -> str:
        """The merge request's target branch."""
        return self.context.base_branch if self.context.merge_request is not None else ""

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        """A file of a branch: docs.gitlab.com/api/repository_files; a job's own token may not."""
        where = f"{path} on {branch}"
        if self._writing is None:
            return NotFound(f"{where}: {self._hint}")
        home = f"/projects/{part(self.context.project)}/repository/files"
        with hidden(self._secrets, LOGGERS):
            self._writing.start()
            try:
                query = {"ref": branch}
                content = self._writing.content(f"{home}/{part(path)}/raw", query, MEMBER_MAX)
                return Found(content, where)
            except CallFailed as failed:
                if failed.status == 404:
                    return Absent()
                return NotFound(f"{where}: {self._hide(words(failed))}")

    def approvals(self) -> Approvals | NotFound:
        """Labels and approvals: docs.gitlab.com/api/merge_request_approvals. GitLab itself takes
        an approval back when commits are added, where the project says so."""
        request = self.context.merge_request
        if request is None or self._writing is None:
            return NotFound(self._hint if request else "there is no merge request")
        path = f"/projects/{part(request.project)}/merge_requests/{request.iid}"
        with hidden(self._secrets, LOGGERS):
            self._writing.start()
            try:
                labels = frozenset(map(str, self._writing.get(path)["labels"]))
                given = self._writing.get(f"{path}/approvals")["approved_by"]
                return Approvals(labels, frozenset(str(by["user"]["username"]) for by in given))
            except CallFailed as failed:
                return NotFound(self._hide(words(failed)))
            except (KeyError, TypeError):
                return NotFound(STRANGE)

    def publish_comment(self, markdown: str, key: str = KEY) -> Published | NotPublished:
        """Make `markdown` the one note of this key on the job's merge request."""
        request = self.context.merge_request
        if request is None:
            return _nowhere(self.context.choice)
        if self._writing is None:
            what = "the job's own token cannot write notes" if self._secrets else "no token"
            return NotPublished(what, _FORK * self.context.fork + self._hint)
        with hidden(self._secrets, LOGGERS):
            self._writing.start()
            try:
                sign = marker(key)
                newer = _newer(self._writing, request, self.context.head)
                if newer is not None:
                    return newer
                self._notes = _Notes(self._writing, request, self.context.thread)
                return self._notes.publish(sign, marked(markdown, sign))
            except CallFailed as failed:
                lacking = failed.status in {401, 403, 404} and not failed.passing
                return NotPublished(f"the note: {self._hide(words(failed))}", self._hint * lacking)

    def settle(self, resolved: bool) -> str:
        """Resolve or open the thread that `publish_comment` wrote: GitLab can be set to merge only
        when all threads are resolved. Returns why that failed, or "".
        """
        if self._notes is None or self._writing is None or not self.context.thread:
            return ""
        with hidden(self._secrets, LOGGERS):
            self._writing.start()
            try:
                return self._notes.settle(resolved)
            except CallFailed as failed:
                return self._hide(words(failed)) + _ROLE * (failed.status == 403)

    def baseline(self, key: str = "", branch: str = "") -> Found | NotFound:
        """The report of this job in the newest successful pipeline of a branch, by default of the
        target branch.

        The job's name tells reports apart, so that any key finds its own.
        """
        branch, job = branch or self.context.base_branch, self.context.job
        if not branch:
            return NotFound("the pipeline names no branch to compare with")
        if not job:
            return NotFound("the runner does not say which job this is")
        if self._reading is None:
            return NotFound("artifacts need a token, and there is none")
        where = f"artifact {self.context.report} of job {job} on {branch}"
        path = (
            f"/projects/{part(self.context.project)}/jobs/artifacts/{part(branch)}/raw/"
            f"{'/'.join(part(name) for name in self.context.report.split('/'))}"
        )
        with hidden(self._secrets, LOGGERS):
            self._reading.start()
            try:
                return Found(self._reading.content(path, {"job": job}, MEMBER_MAX), where)
            except CallFailed as failed:
                if failed.status == 404:
                    return NotFound(f"no {where} in its newest successful pipeline", branch)
                return NotFound(f"{where}: {self._hide(words(failed))}")


class _Notes:
    """The notes of one merge request."""

    def __init__(self, calls: GitLabApi, request: MergeRequest, thread: bool = False) -> None:
        self._calls = calls
        self._thread = thread
        self._note = 0
        self._page = request.url
        where = f"/projects/{part(request.project)}/merge_requests/{request.iid}"
        self._home, self._threads = f"{where}/notes", f"{where}/discussions"

    def publish(self, sign: str, body: str) -> Published | NotPublished:
        """Read the comments, decide, act, and read again after each POST: it may have been carried
        out although it failed, and another job may have posted at the same time."""
        author, made, posted = self._author(), None, False
        for _ in range(_ROUNDS):
            step = decide(self._comments(), sign, author, body, made)
            self._remove(step.spare)
            if step.comment is None:
                try:
                    posted = True
                    made = self._create(body)
                except CallFailed as failed:
                    self._calls.patience.wait(failed)
                continue
            self._note = step.comment.id
            if step.action == "stale":
                return NotPublished("a newer pipeline has written the note")
            if step.action == "leave":
                return Published(step.comment.url, "created" if posted else "unchanged")
            if self._update(step.comment, body):
                return Published(step.comment.url, "updated")
        return NotPublished("other jobs removed the note each time it was written")

    def settle(self, resolved: bool) -> str:
        """docs.gitlab.com/api/discussions/#resolve-a-merge-request-thread"""
        for thread in self._calls.pages(self._threads):
            note = _first(thread)
            if note.get("id") != self._note:
                continue
            if not note.get("resolvable"):
                return "the note was written as one that cannot be resolved"
            if note.get("resolved") != resolved:
                self._put(f"{self._threads}/{part(str(thread['id']))}", {"resolved": resolved})
            return ""
        return "the thread is gone"

    def _author(self) -> str:
        user = self._calls.get("/user")
        if not isinstance(user, dict) or not user.get("username"):
            raise CallFailed(STRANGE)
        return str(user["username"])

    def _create(self, body: str) -> Comment:
        where = self._threads if self._thread else self._home
        _, made = self._calls.once("post", where, body={"body": body})
        return self._comment(_first(made) if self._thread else made)

    def _comments(self) -> list[Comment]:
        notes = self._calls.pages(self._home, _NOTES)
        return [self._comment(note) for note in notes if not note.get("system")]

    def _comment(self, item: Any) -> Comment:
        try:
            return Comment(
                int(item["id"]),
                str((item.get("author") or {}).get("username", "")),
                str(item.get("body") or ""),
                f"{self._page}#note_{int(item['id'])}" if self._page else "",
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CallFailed(STRANGE, passing=True) from None

    def _update(self, comment: Comment, body: str) -> bool:
        """Update a comment. Returns False if somebody has deleted it."""
        path = f"{self._home}/{comment.id}"
        try:
            self._put(path, {"body": body})
        except CallFailed as failed:
            if failed.status != 404:
                raise
            return False
        return True

    def _put(self, path: str, body: dict[str, Any]) -> None:
        self._calls.patience.retry(lambda: self._calls.once("put", path, body=body))

    def _remove(self, spare: tuple[Comment, ...]) -> None:
        for comment in spare:
            path = f"{self._home}/{comment.id}"
            try:
                self._calls.patience.retry(lambda path=path: self._calls.once("delete", path))  # type: ignore[misc]
            except CallFailed:
                continue  # gone already, or the next run's to remove: the note itself is right


def _newer(calls: GitLabApi, request: MergeRequest, head: str) -> NotPublished | None:
    """Why nothing is written: the merge request has moved on, and a newer pipeline reports that."""
    if not head:
        return None
    try:
        found = calls.get(f"/projects/{part(request.project)}/merge_requests/{request.iid}")
    except CallFailed as failed:
        if failed.status in {403, 404}:  # what may write a note need not see this
            return None
        raise
    now = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(now, str) or now == head:
        return None
    return NotPublished(f"the merge request has newer commits than {head[:12]}, such as {now[:12]}")


def _nowhere(choice: int) -> NotPublished:
    if not choice:
        return NotPublished("this pipeline is for no merge request")
    return NotPublished(
        f"this branch's pipeline is for {choice} open merge requests",
        "run merge request pipelines instead, as the input `rules` does unless it is `always`",
    )


def _first(thread: Any) -> dict[str, Any]:
    """The first note of a thread; empty for an answer that is not a thread."""
    notes = thread.get("notes") if isinstance(thread, dict) else None
    note = notes[0] if isinstance(notes, list) and notes else None
    return note if isinstance(note, dict) else {}
