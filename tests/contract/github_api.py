"""GitHub's API on this machine: comments, workflow runs and artifacts, kept in memory.

Every request, and every answer given, is held against GitHub's own description of its API; what
does not follow it is kept in `broken` and answered with 500. It can be told to fail.
"""

import base64
import copy
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import openapi

_NPM = Path(__file__).parents[2] / "build/npm/node_modules/@octokit"
OURS = "github-actions[bot]"
TOKEN = "ghs_" + "0123456789abcdefghijklmnopqrstuvwxyz"
READ_ONLY_TOKEN = "ghs_" + "zyxwvutsrqponmlkjihgfedcba9876543210"
HOME = "octo-org/octo-repo"
SHA = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"
VIEWER = "query { viewer { login } }"

READ_ONLY = {
    "message": "Resource not accessible by integration",
    "documentation_url": "https://docs.github.com/rest/issues/comments#create-an-issue-comment",
    "status": "403",
}
SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you "
    "try again.",
    "documentation_url": "https://docs.github.com/free-pro-team@latest/rest/overview/"
    "rate-limits-for-the-rest-api#about-secondary-rate-limits",
}


def events(name: str) -> list[dict[str, Any]]:
    """Real payloads of an event that GitHub publishes."""
    found = json.loads((_NPM / "webhooks-examples/api.github.com/index.json").read_bytes())
    return next(event["examples"] for event in found if event["name"] == name)


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Fault:
    """How the next `times` requests of a method, to paths that match, go wrong.

    `done` says that the request is carried out all the same: only its answer is lost.
    """

    method: str
    path: str
    how: Literal["answer", "silent", "reset", "garbage"] = "answer"
    status: int = 502
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    times: int = 1


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # the client may go before it has all
            super().handle_error(request, client_address)


class GitHubApi:
    """A server on 127.0.0.1, as a context manager. With `ghes` it is below /api/v3, like GitHub
    Enterprise Server."""

    def __init__(self, *, ghes: bool = False, host: str = "127.0.0.1") -> None:
        name = "ghes-3.19.json" if ghes else "api.github.com.json"
        self.description = openapi.read(_NPM / "openapi/generated" / name)
        self.prefix = "/api/v3" if ghes else ""
        self.host = host
        self.scheme = "http"
        self.login: str | None = OURS
        self.tokens = {TOKEN, READ_ONLY_TOKEN}
        self.calls: list[Call] = []
        self.broken: list[str] = []
        self.faults: list[Fault] = []
        self.comments: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.head = (SHA, HOME)
        """The commit and the repository of the head of every requested pull request."""
        self.reads_code = True
        self.labels: list[str] = []
        self.reviews: list[tuple[str, str, str]] = []
        """Login, state and commit, the oldest first."""
        self.patches: dict[str, str] = {}
        """The files that the pull request changes → what it changes."""
        self.remarks: list[dict[str, Any]] = []
        """The comments of reviews, on lines."""
        self.files: dict[tuple[str, str], bytes] = {}
        """Branch and path → content."""
        self.artifacts: dict[int, list[dict[str, Any]]] = {}
        self.blobs: dict[int, bytes] = {}
        self.after_create: list[Any] = []
        self.on_call: Callable[[Call], object] = lambda _: None
        self._next = 1000
        self._lock = threading.RLock()
        self._server = _Server((host, 0), self._handler())

    def __enter__(self) -> "GitHubApi":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The value of GITHUB_API_URL that the runner sets."""
        return self.origin + self.prefix

    @property
    def graphql(self) -> str:
        return self.origin + ("/api/graphql" if self.prefix else "/graphql")

    @property
    def web(self) -> str:
        """The value of GITHUB_SERVER_URL that the runner sets."""
        return self.origin if self.prefix else "https://github.com"

    def wrap(self, context: Any) -> None:
        """From now on the server speaks TLS."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https"

    # -- what the tests put there and read ---------------------------------------------------------

    def comment(self, body: str, author: str = "octocat", issue: int = 7) -> dict[str, Any]:
        """Add an existing comment."""
        with self._lock:
            number = self._number()
            made: dict[str, Any] = self.description.example("issue-comment")
            made |= {
                "id": number,
                "body": body,
                "url": f"{self.url}/repos/{HOME}/issues/comments/{number}",
                "html_url": f"{self.web}/{HOME}/pull/{issue}#issuecomment-{number}",
                "issue_url": f"{self.url}/repos/{HOME}/issues/{issue}",
            }
            made["user"] |= {"login": author, "type": "Bot" if "[bot]" in author else "User"}
            self.comments.append(made)
            return made

    def bodies(self, author: str = OURS) -> list[str]:
        return [item["body"] for item in self.comments if item["user"]["login"] == author]

    def run(self, **changed: Any) -> dict[str, Any]:
        """A finished run of ci.yml for a push to main; later ones are newer."""
        number = self._number()
        made: dict[str, Any] = copy.deepcopy(
            self.description.example("workflow-run-paginated")["workflow_runs"][0]
        )
        made |= {
            "id": number, "head_branch": "main", "event": "push", "status": "completed",
            "conclusion": "success", "path": ".github/workflows/ci.yml", "workflow_id": 159038,
        } | changed  # fmt: skip
        repository = changed.get("head_repository", HOME)
        made["head_repository"] = copy.deepcopy(made["repository"]) | {"full_name": repository}
        self.runs.insert(0, made)
        return made

    def artifact(self, run: int, content: bytes, **changed: Any) -> dict[str, Any]:
        number = self._number()
        made: dict[str, Any] = self.description.example("artifact-paginated")["artifacts"][0]
        made |= {
            "id": number, "name": "ci-slim-report-ci-image", "expired": False,
            "size_in_bytes": len(content), "digest": None,
        } | changed  # fmt: skip
        self.artifacts.setdefault(run, []).append(made)
        self.blobs[number] = content
        return made

    def pull(self, number: int, owner: str, branch: str, sha: str) -> dict[str, Any]:
        made: dict[str, Any] = self.description.example("pull-request-simple-items")[0]
        made |= {"number": number, "state": "open", "requested_teams": []}
        made["head"] |= {"ref": branch, "sha": sha, "label": f"{owner}:{branch}"}
        self.pulls.append(made)
        return made

    def fail(self, method: str, path: str, **how: Any) -> None:
        """`path` is a regular expression that is found anywhere in the path."""
        self.faults.append(Fault(method, path, **how))

    def made(self, *methods: str) -> list[str]:
        """The calls with these methods, in order, without the questions for the author."""
        return [
            f"{call.method} {call.path}"
            for call in self.calls
            if call.method in methods and "graphql" not in call.path
        ]

    def _number(self) -> int:
        with self._lock:
            self._next += 1
            return self._next

    # -- the operations ----------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        """Carry out the operation and return its answer."""
        home = f"/repos/{HOME}"
        for method, pattern, operation in (
            ("GET", rf"{home}/issues/(\d+)/comments", self._list),
            ("POST", rf"{home}/issues/(\d+)/comments", self._create),
            ("PATCH", rf"{home}/issues/comments/(\d+)", self._change),
            ("DELETE", rf"{home}/issues/comments/(\d+)", self._delete),
            ("GET", rf"{home}/actions/workflows/([^/]+)/runs", self._runs),
            ("GET", rf"{home}/actions/runs/(\d+)", self._one_run),
            ("GET", rf"{home}/actions/runs/(\d+)/artifacts", self._kept),
            ("GET", rf"{home}/actions/artifacts/(\d+)/zip", self._zip),
            ("GET", rf"{home}/pulls()", self._pulls),
            ("GET", rf"{home}/pulls/(\d+)", self._pull),
            ("GET", rf"{home}/pulls/(\d+)/reviews", self._reviews),
            ("POST", rf"{home}/pulls/(\d+)/reviews", self._create_review),
            ("GET", rf"{home}/pulls/(\d+)/files", self._changed),
            ("GET", rf"{home}/pulls/(\d+)/comments", self._remarks),
            ("GET", rf"{home}/contents/(.+)", self._content),
            ("GET", rf"{home}/branches/(.+)", self._branch),
            ("GET", "/user()", self._user),
        ):
            match = re.fullmatch(pattern, call.path)
            if match and call.method == method:
                with self._lock:
                    return operation(call, match[1])
        return Answer(404, {"message": "Not Found"})

    def _list(self, call: Call, issue: str) -> Answer:
        found = [item for item in self.comments if item["issue_url"].endswith(f"/{issue}")]
        return self._paged(call, found)

    def _create(self, call: Call, issue: str) -> Answer:
        if len(call.body["body"]) > 65_536:
            return Answer(422, {"message": "Validation Failed", "documentation_url": "https://x"})
        made = self.comment(call.body["body"], self.login or OURS, int(issue))
        for happening in self.after_create:
            happening()
        self.after_create.clear()
        return Answer(201, made, {"Location": made["url"]})

    def _change(self, call: Call, number: str) -> Answer:
        for item in self.comments:
            if item["id"] == int(number):
                item["body"] = call.body["body"]
                return Answer(200, item)
        return Answer(404, {"message": "Not Found"})

    def _delete(self, _: Call, number: str) -> Answer:
        left = [item for item in self.comments if item["id"] != int(number)]
        gone = len(left) < len(self.comments)
        self.comments[:] = left
        return Answer(204) if gone else Answer(404, {"message": "Not Found"})

    def _runs(self, call: Call, workflow: str) -> Answer:
        query = {name: values[0] for name, values in call.query.items()}
        found = [
            run
            for run in self.runs
            if workflow in {run["path"].rpartition("/")[2], str(run["workflow_id"])}
            and query.get("branch") in {None, run["head_branch"]}
            and query.get("status") in {None, run["status"], run["conclusion"]}
        ]
        return self._paged(call, found, "workflow_runs")

    def _one_run(self, _: Call, number: str) -> Answer:
        found = next((run for run in self.runs if run["id"] == int(number)), None)
        return Answer(200, found) if found else Answer(404, {"message": "Not Found"})

    def _kept(self, call: Call, run: str) -> Answer:
        name = call.query.get("name", [""])[0]
        found = [item for item in self.artifacts.get(int(run), []) if name in {"", item["name"]}]
        return self._paged(call, found, "artifacts")

    def _zip(self, _: Call, number: str) -> Answer:
        place = f"{self.origin}/store/{number}?sig=SIGNATURE-OF-THE-STORE"
        return Answer(302, None, {"Location": place})

    def _pulls(self, call: Call, _: str) -> Answer:
        head = call.query.get("head", [""])[0]
        return self._paged(call, [p for p in self.pulls if head in {"", p["head"]["label"]}])

    def _pull(self, _: Call, number: str) -> Answer:
        found = self.description.example("pull-request")
        found |= {"number": int(number), "requested_teams": []}
        found["head"] |= {"sha": self.head[0]}
        found["labels"] = [found["labels"][0] | {"name": name} for name in self.labels]
        found["head"]["repo"] = found["head"]["repo"] | {"full_name": self.head[1]}
        return Answer(200, found)

    def _reviews(self, call: Call, _: str) -> Answer:
        one = self.description.example("pull-request-review-items")[0]
        found = [
            one | {"state": state, "commit_id": commit, "user": one["user"] | {"login": login}}
            for login, state, commit in self.reviews
        ]
        return self._paged(call, found)

    def _create_review(self, call: Call, _: str) -> Answer:
        for comment in call.body["comments"]:
            patch = self.patches.get(comment["path"])
            if patch is None:
                return Answer(422, {"message": "Unprocessable Entity", "errors": ["path"]})
            self.remarks.append(comment)
        found = self.description.example("pull-request-review")
        return Answer(200, found | {"state": "COMMENTED"})

    def _changed(self, call: Call, _: str) -> Answer:
        one = self.description.example("diff-entry-items")[0]
        found = [one | {"filename": path, "patch": p} for path, p in self.patches.items()]
        return self._paged(call, found)

    def _remarks(self, call: Call, _: str) -> Answer:
        one = self.description.example("pull-request-review-comment-items")[0]
        return self._paged(call, [one | {"body": each["body"]} for each in self.remarks])

    def _branch(self, _: Call, name: str) -> Answer:
        if not self.reads_code:
            return Answer(404, {"message": "Branch not found"})
        found = self.description.example("branch-get")
        return Answer(200, found | {"name": unquote(name)})

    def _content(self, call: Call, path: str) -> Answer:
        content = self.reads_code and self.files.get((call.query["ref"][0], unquote(path)))
        if not content:
            return Answer(404, {"message": "Not Found"})
        found = {
            "type": "file", "encoding": "base64", "size": len(content), "name": path,
            "path": path, "content": base64.encodebytes(content).decode(), "sha": "3d21ec53",
            "url": self.url, "git_url": self.url, "html_url": self.url, "download_url": self.url,
            "_links": {"git": self.url, "self": self.url, "html": self.url},
        }  # fmt: skip
        return Answer(200, found)

    def _user(self, _: Call, __: str) -> Answer:
        if self.login is None or "[bot]" in self.login:
            return Answer(403, READ_ONLY)
        user = self.description.example("private-user-response-with-public-profile-information")
        return Answer(200, user | {"login": self.login, "user_view_type": "public"})

    def _paged(self, call: Call, found: list[Any], member: str = "") -> Answer:
        size = int(call.query.get("per_page", ["30"])[0])
        page = int(call.query.get("page", ["1"])[0])
        part = found[(page - 1) * size : page * size]
        last = max(-(-len(found) // size), 1)
        links = []
        if page < last:
            for number, relation in ((page + 1, "next"), (last, "last")):
                links.append(f'<{self.url}{call.path}?page={number}>; rel="{relation}"')
        headers = {"Link": ", ".join(links)} if links else {}
        return Answer(200, {"total_count": len(found), member: part} if member else part, headers)

    # -- the wire ----------------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two wait 40 ms for each other

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length)
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = json.loads(text) if text else None
                query = parse_qs(parts.query, keep_blank_values=True)
                call = Call(self.command, parts.path, query, headers, body)
                api._serve(call, self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                return None

        return Handler

    def _serve(self, call: Call, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.calls.append(call)
            fault = self._fault(call)
        self.on_call(call)  # may wait: the calls of other jobs go on meanwhile
        if fault is None or fault.done:
            answer = self._checked(call)
        if fault is not None:
            if fault.how == "silent":
                time.sleep(2)
            if fault.how in {"silent", "reset"}:
                # An RST instead of an orderly end
                linger = struct.pack("ii", 1, 0)
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                handler.close_connection = True
                handler.connection.close()
                return
            answer = Answer(fault.status, fault.body, fault.headers)
            if fault.how == "garbage":
                answer.raw = b"<html>We are having a problem.</html>"
        _send(handler, answer)

    def _fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == call.method and re.search(fault.path, call.path):
                fault.times -= 1
                return fault
        return None

    def _checked(self, call: Call) -> Answer:
        if call.path.startswith("/store/"):
            return self._store(call)
        try:
            self._allowed(call)
            if call.path == urlsplit(self.graphql).path:
                return self._graphql(call)
            if not call.path.startswith(self.prefix):
                raise openapi.Broken(f"{call.path} is not below {self.prefix}")
            inner = Call(
                call.method,
                call.path.removeprefix(self.prefix),
                call.query,
                call.headers,
                call.body,
            )
            template = self.description.request(inner.method, inner.path, inner.query, inner.body)
            if call.headers.get("authorization") not in {f"token {t}" for t in self.tokens} | {
                f"Bearer {t}" for t in self.tokens
            }:
                return Answer(401, {"message": "Bad credentials"})
            if call.method != "GET" and READ_ONLY_TOKEN in call.headers["authorization"]:
                return Answer(403, READ_ONLY)
            answer = self.answer(inner)
            if answer.status != 404:
                self.description.response(call.method, template, answer.status, answer.body)
            return answer
        except openapi.Broken as broken:
            self.broken.append(f"{call.method} {call.path}: {broken}")
            return Answer(500, {"message": str(broken)})

    def _allowed(self, call: Call) -> None:
        """docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api"""
        wanted = {
            "user-agent": r"ci-slim/\S+",
            "accept": r"application/vnd\.github\+json",
            "x-github-api-version": "2022-11-28",
        }
        if call.body is not None:
            wanted["content-type"] = "application/json"
        for name, pattern in wanted.items():
            if not re.fullmatch(pattern, call.headers.get(name, "")):
                raise openapi.Broken(f"{name} is {call.headers.get(name)!r}")

    def _graphql(self, call: Call) -> Answer:
        if call.method != "POST" or call.body != {"query": VIEWER}:
            raise openapi.Broken(f"{call.body!r} is no query that is known")
        if self.login is None:
            return Answer(403, READ_ONLY)
        return Answer(200, {"data": {"viewer": {"login": self.login}}})

    def _store(self, call: Call) -> Answer:
        """The store of artifacts. It is Azure's in reality, another company's, which must not
        get the token."""
        if "authorization" in call.headers or TOKEN in json.dumps(call.headers):
            self.broken.append("the token was sent to the store")
        return Answer(200, raw=self.blobs[int(call.path.rpartition("/")[2])])


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    content = answer.raw
    if content is None:
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
    handler.send_response_only(answer.status)
    if "Date" not in answer.headers:
        handler.send_header("Date", handler.date_time_string())
    kind = "application/octet-stream" if answer.raw is not None else "application/json"
    handler.send_header("Content-Type", kind)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def started(**how: Any) -> Iterator[GitHubApi]:
    """For fixtures: a server, and the check at the end that no call violated the description."""
    with GitHubApi(**how) as api:
        yield api
        assert api.broken == [], api.broken
