"""Find the one comment of a key among all comments, and decide whether to change it. Pure.

A comment is ci-slim's own if its first line is the marker *and* its author is the token's user:
anyone can copy a marker. Two jobs that run at once may both create one. The oldest one stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ci_slim.report.origin import run_of


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the forge. Ids grow with time."""

    id: int
    author: str
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class CommentChange:
    """What to do next. `leave` and `stale` mean nothing; `stale`: because a newer run has written
    the comment. `comment` is the one to update or to leave; `spare` are later comments with the
    same marker and author, to delete."""

    action: Literal["create", "update", "leave", "stale"]
    comment: Comment | None = None
    spare: tuple[Comment, ...] = ()


def marked(body: str, marker: str) -> str:
    """The body with the marker as its first line."""
    return body if _first_line(body) == marker else f"{marker}\n{body}"


def ours(comments: Iterable[Comment], marker: str, author: str) -> list[Comment]:
    """The comments of this author that start with the marker, oldest first."""
    found = {
        comment.id: comment
        for comment in comments
        if comment.author.lower() == author.lower() and _first_line(comment.body) == marker
    }
    return [found[number] for number in sorted(found)]


def decide(
    comments: Iterable[Comment],
    marker: str,
    author: str,
    body: str,
    made: Comment | None = None,
) -> CommentChange:
    """Decide what makes `body` the only comment of this marker and author.

    `made` is the comment that this run created. It counts even if a listing does not show it yet.
    While it is the oldest, it is not changed: a later job may have updated it.
    """
    known = list(comments)
    if made is not None and made.id not in {comment.id for comment in known}:
        known.append(made)
    found = ours(known, marker, author)
    if not found:
        return CommentChange("create")
    oldest, spare = found[0], tuple(found[1:])
    mine = made is not None and oldest.id == made.id
    if run_of(oldest.body) > run_of(body) > 0:
        return CommentChange("stale", oldest, spare)
    if mine or _text(oldest.body) == _text(body):
        return CommentChange("leave", oldest, spare)
    return CommentChange("update", oldest, spare)


def _first_line(body: str) -> str:
    return _text(body).partition("\n")[0].rstrip()


def _text(body: str) -> str:
    # Forges change line ends, and remove white space at the end.
    return body.replace("\r\n", "\n").strip()
