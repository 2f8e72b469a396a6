"""GitLab: the note on the merge request, and the report in an artifact of the target branch.

API: docs.gitlab.com/api/notes and docs.gitlab.com/api/job_artifacts. A job's own token can read
artifacts but cannot write notes. Without another token there is no note, and the job continues.
"""

from collections.abc import Callable, Mapping

from ci_slim.certificates import ca_bundle
from ci_slim.forges import Absent, Approvals, Found, NotFound, NotPublished, Published
from ci_slim.forges.archive import MEMBER_MAX
from ci_slim.forges.comment import marked
from ci_slim.forges.gitlab.api import LOGGERS, STRANGE, GitLabApi, part, words
from ci_slim.forges.gitlab.context import GitLabContext, MergeRequest, read, token_name
from ci_slim.forges.gitlab.notes import Notes
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
    "and store it in the masked CI/CD variable {}; do not protect the variable, or merge requests "
    "from unprotected branches cannot use it"
)
_FORK = (
    "a fork's pipeline cannot use the variables of the target project: members of that project can "
    "run the pipeline there (Pipelines > Run pipeline), which needs this: "
)
# gitlab.com/gitlab-org/gitlab/-/issues/358082: Reporters can write threads but not resolve them.
_ROLE = "; to resolve threads, its token needs the role Developer or above"


def connect(
    environment: Mapping[str, str],
    token: str,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> "GitLab":
    """The GitLab of this job. It makes no call yet. Raises UsageError for an invalid environment.

    `token` comes from `gitlab.context.token`; `clock` counts seconds from any start.
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
        self._notes: Notes | None = None
        self._secrets = tuple(secret for secret in secrets if secret)
        self._hide = Redactor(self._secrets)  # a server may repeat what it was sent

    @property
    def key(self) -> str:
        """The name of the job: each job has its own note."""
        return self.context.job or KEY

    @property
    def target(self) -> str:
        """The target branch of the merge request."""
        return self.context.base_branch if self.context.merge_request is not None else ""

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        """A file on a branch: docs.gitlab.com/api/repository_files. The job's own token cannot read
        it."""
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
        """Labels and approvals: docs.gitlab.com/api/merge_request_approvals. GitLab removes
        approvals when commits are added, if the project is set up so."""
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
                self._notes = Notes(self._writing, request, self.context.thread)
                return self._notes.publish(sign, marked(markdown, sign))
            except CallFailed as failed:
                lacking = failed.status in {401, 403, 404} and not failed.passing
                return NotPublished(f"the note: {self._hide(words(failed))}", self._hint * lacking)

    def settle(self, resolved: bool) -> str:
        """Resolve or open the thread that `publish_comment` wrote: a project can require that all
        threads are resolved before a merge. Returns why that failed, or ""."""
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

        The report is found by the name of the job, so `key` is not used.
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
                return self._no_artifact(failed, where, branch)

    def _no_artifact(self, failed: CallFailed, where: str, branch: str) -> NotFound:
        """Why there is no report. To a token that may not read artifacts, GitLab answers as if
        there were no such project. Below Premium, and before the versions that allow it within one
        project, that is every job's own token: docs.gitlab.com/api/job_artifacts."""
        if failed.status != 404:
            return NotFound(f"{where}: {self._hide(words(failed))}")
        if "project" not in failed.message.lower():
            own = branch == self.context.own_branch
            return NotFound(f"no {where} in its newest successful pipeline", branch, own=own)
        if self._writing is None:
            hint = _FORK * self.context.fork + self._hint
            return NotFound(
                f"{where}: this GitLab hides artifacts from the job's own token; {hint}"
            )
        return NotFound(
            f"{where}: the token's user is not a member of the project, or only a guest"
        )


def _newer(calls: GitLabApi, request: MergeRequest, head: str) -> NotPublished | None:
    """The reason to write nothing, if the merge request has newer commits, which another pipeline
    reports; else None."""
    if not head:
        return None
    try:
        found = calls.get(f"/projects/{part(request.project)}/merge_requests/{request.iid}")
    except CallFailed as failed:
        if failed.status in {
            403,
            404,
        }:  # a token that may write notes may lack the right to read this
            return None
        raise
    now = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(now, str) or now == head:
        return None
    return NotPublished(f"the merge request has newer commits than {head[:12]}, such as {now[:12]}")


def _nowhere(choice: int) -> NotPublished:
    if not choice:
        return NotPublished("this pipeline is not for a merge request")
    return NotPublished(
        f"this branch has {choice} open merge requests, so it is unclear which one is meant",
        "run merge request pipelines instead, as the input `rules` does unless it is `always`",
    )
