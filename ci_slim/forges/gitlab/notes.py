"""The notes and threads on a merge request of GitLab: docs.gitlab.com/api/notes."""

from functools import partial
from typing import Any

from ci_slim.forges import NotPublished, Published
from ci_slim.forges.comment import Comment
from ci_slim.forges.gitlab.api import STRANGE, GitLabApi, part
from ci_slim.forges.gitlab.context import MergeRequest
from ci_slim.forges.patience import CallFailed
from ci_slim.forges.publish import publish

_ONLY_COMMENTS = {"activity_filter": "only_comments", "order_by": "created_at", "sort": "asc"}


class Notes:
    """The notes of one merge request, see `forges.publish.Comments`. With `thread`, a new note
    starts a thread."""

    NOUN = "note"
    WRITER = "pipeline"

    def __init__(self, calls: GitLabApi, request: MergeRequest, thread: bool = False) -> None:
        self._calls = calls
        self._thread = thread
        self._note = 0
        self._page = request.url
        where = f"/projects/{part(request.project)}/merge_requests/{request.iid}"
        self._home, self._threads = f"{where}/notes", f"{where}/discussions"

    def publish(self, marker: str, body: str) -> Published | NotPublished:
        """Make `body` the only note with this marker. Raises CallFailed."""
        done, comment = publish(self, self._calls.patience, marker, body)
        self._note = comment.id if comment is not None else 0
        return done

    def settle(self, resolved: bool) -> str:
        """Resolve or open the thread of the published note. Returns why that failed, or "".

        docs.gitlab.com/api/discussions/#resolve-a-merge-request-thread
        """
        for thread in self._calls.pages(self._threads):
            note = _first(thread)
            if note.get("id") != self._note:
                continue
            if not note.get("resolvable"):
                return "the note was written as one that cannot be resolved"
            if note.get("resolved") != resolved:
                path = f"{self._threads}/{part(str(thread['id']))}"
                put = partial(self._calls.once, "put", path, body={"resolved": resolved})
                self._calls.patience.retry(put)
            return ""
        return "the thread is gone"

    def author(self) -> str:
        """The user name that this token writes as."""
        user = self._calls.get("/user")
        if not isinstance(user, dict) or not user.get("username"):
            raise CallFailed(STRANGE)
        return str(user["username"])

    def read(self) -> list[Comment]:
        notes = self._calls.pages(self._home, _ONLY_COMMENTS)
        return [self._comment(note) for note in notes if not note.get("system")]

    def create(self, body: str) -> Comment:
        where = self._threads if self._thread else self._home
        _, made = self._calls.once("post", where, body={"body": body})
        return self._comment(_first(made) if self._thread else made)

    def update(self, comment: Comment, body: str) -> None:
        self._calls.once("put", f"{self._home}/{comment.id}", body={"body": body})

    def delete(self, comment: Comment) -> None:
        self._calls.once("delete", f"{self._home}/{comment.id}")

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


def _first(thread: Any) -> dict[str, Any]:
    """The first note of a thread; empty for an answer that is not a thread."""
    notes = thread.get("notes") if isinstance(thread, dict) else None
    note = notes[0] if isinstance(notes, list) and notes else None
    return note if isinstance(note, dict) else {}
