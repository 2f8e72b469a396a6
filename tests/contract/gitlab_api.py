"""GitLab's API on this machine: notes of merge requests and artifacts of jobs, kept in memory."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import openapi
from forge_server import Answer, Call, ForgeServer
from ruamel.yaml import YAML

DESCRIPTION = Path(__file__).with_name("gitlab-openapi.yaml")
OURS = "project_42_bot_0c4d"
TOKEN = "glpat-0123456789abcdefghij"
JOB_TOKEN = "glcbt-64_0123456789abcdefghij"
PROJECT, FORK, IID = 42, 99, 7
SHA = "2695effb5807a22ff3d138d593fd856244e155e7"
REPORT = "ci-slim/report.json"
SIGNATURE = "SIGNATURE-OF-THE-STORE"


class GitLabApi(ForgeServer):
    """A server on 127.0.0.1, as a context manager. `below` is the path under which GitLab is
    installed."""

    def __init__(self, *, below: str = "", host: str = "127.0.0.1") -> None:
        document = YAML(typ="safe").load(DESCRIPTION.read_text(encoding="utf-8"))
        super().__init__(openapi.Description(document), f"{below}/api/v4", host)
        self.username = OURS
        self.tokens = {TOKEN}
        self.job_tokens = {JOB_TOKEN: PROJECT}
        """Each with the project of its job."""
        self.notes: list[dict[str, Any]] = []
        self.artifacts: dict[tuple[int, str, str, str], bytes] = {}
        """Project, branch, job and path → content."""
        self.store: ForgeServer | None = None
        """The address to which artifacts are redirected. None: they are sent directly."""
        self.next_host = ""
        """The address that the server uses for itself in links."""
        self.after_create: list[Any] = []
        self.head = SHA
        """The head commit of the merge request."""
        self.labels: list[str] = []
        self.approved_by: list[str] = []
        self.files: dict[tuple[str, str], bytes] = {}
        """Branch and path → content."""
        self._next = 300

    # -- what the tests put there and read ---------------------------------------------------------

    def note(
        self, body: str, author: str = "root", project: int = PROJECT, **changed: Any
    ) -> dict[str, Any]:
        """Add an existing note."""
        with self.lock:
            self._next += 1
            made: dict[str, Any] = {
                "id": self._next, "type": None, "body": body, "author": _user(author),
                "created_at": "2026-11-23T08:57:14.000Z", "updated_at": "2026-11-23T08:57:14.000Z",
                "system": False, "noteable_id": 377, "noteable_type": "MergeRequest",
                "project_id": project, "noteable_iid": IID, "resolvable": False,
                "confidential": False, "internal": False, "imported": False,
                "imported_from": "none",
            } | changed  # fmt: skip
            self.notes.append(made)
            return made

    def bodies(self, author: str = OURS) -> list[str]:
        return [item["body"] for item in self.notes if item["author"]["username"] == author]

    def keep(self, content: bytes, *, branch: str = "main", job: str = "ci-slim") -> None:
        """The report of a job of the newest successful pipeline of a branch."""
        self.artifacts[PROJECT, branch, job, REPORT] = content

    # -- the operations ----------------------------------------------------------------------------

    def allowed(self, call: Call) -> Answer | None:
        """docs.gitlab.com/api/rest/authentication and docs.gitlab.com/ci/jobs/ci_job_token"""
        if not re.fullmatch(r"ci-slim/\S+", call.headers.get("user-agent", "")):
            raise openapi.Broken(f"user-agent is {call.headers.get('user-agent')!r}")
        if call.headers.get("private-token") in self.tokens:
            return None
        project = self.job_tokens.get(call.headers.get("job-token", ""))
        if project is None:
            return Answer(401, {"message": "401 Unauthorized"})
        if call.method == "GET" and call.path.startswith(f"/projects/{project}/jobs/artifacts/"):
            return None
        return Answer(401, {"message": "401 Unauthorized"})

    def answer(self, call: Call) -> Answer:
        if call.path == "/user":
            return Answer(200, _user(self.username))
        found = re.fullmatch(r"/projects/([^/]+)/merge_requests/7/notes(?:/(\d+))?", call.path)
        if found:
            return self._notes(call, unquote(found[1]), int(found[2] or 0))
        found = re.fullmatch(r"/projects/([^/]+)/merge_requests/7(/approvals)?", call.path)
        if found:
            return self._approvals() if found[2] else self._request()
        found = re.fullmatch(r"/projects/([^/]+)/repository/files/([^/]+)/raw", call.path)
        if found:
            return self._artifact(self.files.get((call.query["ref"][0], unquote(found[2]))))
        found = re.fullmatch(
            r"/projects/(\d+)/merge_requests/7/discussions(?:/([0-9a-f]+))?", call.path
        )
        if found:
            return self._discussions(call, int(found[1]), found[2] or "")
        found = re.fullmatch(r"/projects/(\d+)/jobs/artifacts/([^/]+)/raw/(.+)", call.path)
        if found:
            job = call.query["job"][0]
            key = (int(found[1]), unquote(found[2]), job, unquote(found[3]))
            return self._artifact(self.artifacts.get(key))
        return Answer(404, {"message": "404 Not Found"})

    def _request(self) -> Answer:
        web = "https://gitlab.example/group/project/-/merge_requests/7"
        return Answer(
            200,
            {"id": 377, "iid": IID, "sha": self.head, "labels": self.labels, "web_url": web},
        )

    def _approvals(self) -> Answer:
        by = [{"user": _user(name)} for name in self.approved_by]
        return Answer(200, {"approved": bool(by), "approved_by": by})

    def _notes(self, call: Call, project: str, number: int) -> Answer:
        home = PROJECT if project in {str(PROJECT), "group/project"} else int(project)
        mine = [item for item in self.notes if item["project_id"] == home]
        if call.method == "GET":
            return self._paged(call, mine)
        if call.method == "POST":
            made = self.note(call.body["body"], self.username, home)
            for happening in self.after_create:
                happening()
            self.after_create.clear()
            return Answer(201, made)
        item = next((item for item in mine if item["id"] == number), None)
        if item is None:
            return Answer(404, {"message": "404 Note Not Found"})
        if call.method == "DELETE":
            self.notes.remove(item)
            return Answer(204)
        item["body"] = call.body["body"]
        return Answer(200, item)

    def _discussions(self, call: Call, project: int, identity: str) -> Answer:
        """Each note is in one: docs.gitlab.com/api/discussions/#merge-requests"""
        if call.method == "POST":
            more = {"type": "DiscussionNote", "resolvable": True, "resolved": False}
            return Answer(
                201, _thread(self.note(call.body["body"], self.username, project, **more))
            )
        known = [_thread(item) for item in self.notes if item["project_id"] == project]
        if call.method == "GET":
            return self._paged(call, known)
        thread = next(item for item in known if item["id"] == identity)
        thread["notes"][0]["resolved"] = call.body["resolved"]
        return Answer(200, thread)

    def _paged(self, call: Call, found: list[dict[str, Any]]) -> Answer:
        """docs.gitlab.com/api/rest/#offset-based-pagination"""
        if call.query.get("activity_filter") == ["only_comments"]:
            found = [item for item in found if not item["system"]]
        if call.query.get("sort", ["desc"]) == ["desc"]:
            found = found[::-1]
        size = int(call.query.get("per_page", ["20"])[0])
        page = int(call.query.get("page", ["1"])[0])
        following = str(page + 1) if page * size < len(found) else ""
        headers = {"X-Next-Page": following, "X-Page": str(page), "X-Per-Page": str(size)}
        if following:
            base = f"{self.next_host or self.origin}{self.prefix}{call.path}"
            headers["Link"] = f'<{base}?page={following}&per_page={size}>; rel="next"'
        return Answer(200, found[(page - 1) * size : page * size], headers)

    def _artifact(self, content: bytes | None) -> Answer:
        if content is None:
            return Answer(404, {"message": "404 Not Found"})
        if self.store is not None:
            place = f"{self.store.origin}/store/1?X-Amz-Signature={SIGNATURE}"
            return Answer(302, None, {"Location": place})
        return Answer(200, raw=content)


class Store(ForgeServer):
    """The store of artifacts. It is Amazon's or Google's in reality, another company's, which
    must not get a token."""

    def __init__(self, content: bytes) -> None:
        super().__init__(openapi.Description({"paths": {}}), "/none", "localhost")
        self.content = content

    def outside(self, call: Call) -> Answer:
        if TOKEN in str(call.headers) or JOB_TOKEN in str(call.headers):
            self.broken.append("the token was sent to the store")
        return Answer(200, raw=self.content)


def _thread(note: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{note['id']:040x}", "individual_note": not note["resolvable"], "notes": [note]}


def _user(username: str) -> dict[str, Any]:
    return {
        "id": sum(username.encode()), "username": username, "name": username, "state": "active",
        "bot": username.startswith("project_"), "web_url": f"https://gitlab.example/{username}",
    }  # fmt: skip


def started(**how: Any) -> Iterator[GitLabApi]:
    """For fixtures: a server, and the check at the end that no call violated the description."""
    with GitLabApi(**how) as api:
        yield api
        assert api.broken == [], api.broken


def environment(api: GitLabApi, **changed: str) -> dict[str, str]:
    """The variables that the runner sets for the job `ci-slim` of a merge request's pipeline."""
    below = urlsplit(api.url).path.removesuffix("/api/v4")
    server = f"https://gitlab.example{below}"
    given = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": api.url,
        "CI_SERVER_URL": server,
        "CI_PROJECT_ID": str(PROJECT),
        "CI_PROJECT_URL": f"{server}/group/project",
        "CI_JOB_NAME": "ci-slim",
        "CI_JOB_URL": f"{server}/group/project/-/jobs/64",
        "CI_PIPELINE_ID": "900",
        "CI_PIPELINE_URL": f"{server}/group/project/-/pipelines/900",
        "CI_COMMIT_SHA": SHA,
        "CI_JOB_TOKEN": JOB_TOKEN,
        "CI_DEFAULT_BRANCH": "main",
        "CI_MERGE_REQUEST_IID": str(IID),
        "CI_MERGE_REQUEST_PROJECT_ID": str(PROJECT),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(PROJECT),
        "CI_MERGE_REQUEST_PROJECT_URL": f"{server}/group/project",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
    } | changed
    return {name: value for name, value in given.items() if value}
