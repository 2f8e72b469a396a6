"""Publish the one comment of a key on a pull or merge request."""

from typing import Protocol

from ci_slim.forges import NotPublished, Published
from ci_slim.forges.comment import Comment, decide
from ci_slim.forges.patience import CallFailed, Patience

_ROUNDS = 20


class Comments(Protocol):
    """The comments of one pull or merge request. Failed calls raise CallFailed."""

    NOUN: str
    """What the forge calls a comment."""
    WRITER: str
    """What the forge calls a run that writes it."""

    def author(self) -> str:
        """The user that the token writes as."""

    def read(self) -> list[Comment]:
        """All comments."""

    def create(self, body: str) -> Comment:
        """Create a comment, with one call: a second one could make a second comment."""

    def update(self, comment: Comment, body: str) -> None:
        """Change a comment."""

    def delete(self, comment: Comment) -> None:
        """Delete a comment."""


def publish(
    comments: Comments, patience: Patience, marker: str, body: str
) -> tuple[Published | NotPublished, Comment | None]:
    """Make `body` the only comment with this marker. Returns the result and the comment.

    It reads the comments, decides and acts, and reads again after each creation: a creation that
    failed may have been carried out, and another job may have created a comment at the same time.
    """
    author, made, posted = comments.author(), None, False
    for _ in range(_ROUNDS):
        change = decide(comments.read(), marker, author, body, made)
        _delete(comments, patience, change.spare)
        if change.comment is None:
            posted = True
            try:
                made = comments.create(body)
                author = made.author or author  # now it is certain
            except CallFailed as failed:
                patience.wait(failed)
        elif change.action == "stale":
            reason = f"a newer {comments.WRITER} has written the {comments.NOUN}"
            return NotPublished(reason), change.comment
        elif change.action == "leave":
            how = Published(change.comment.url, "created" if posted else "unchanged")
            return how, change.comment
        elif _update(comments, patience, change.comment, body):
            return Published(change.comment.url, "updated"), change.comment
    return NotPublished(f"other jobs removed the {comments.NOUN} each time it was written"), None


def _update(comments: Comments, patience: Patience, comment: Comment, body: str) -> bool:
    """Update a comment. Returns False if somebody has deleted it."""
    try:
        patience.retry(lambda: comments.update(comment, body))
    except CallFailed as failed:
        if failed.status != 404:
            raise
        return False
    return True


def _delete(comments: Comments, patience: Patience, spare: tuple[Comment, ...]) -> None:
    for comment in spare:
        try:
            patience.retry(lambda comment=comment: comments.delete(comment))  # type: ignore[misc]
        except CallFailed:
            continue  # it is gone, or the next run deletes it; the comment itself is right
