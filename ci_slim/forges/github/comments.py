"""The comments on a pull request of GitHub: docs.github.com/rest/issues/comments."""

from typing import Any

from ci_slim.forges.comment import Comment
from ci_slim.forges.github.api import GitHubApi
from ci_slim.forges.patience import CallFailed

_ACTIONS = "github-actions[bot]"


class PullRequestComments:
    """The comments on one pull request, see `forges.publish.Comments`."""

    NOUN = "comment"
    WRITER = "run"

    def __init__(self, calls: GitHubApi, repository: str, number: int) -> None:
        self._calls = calls
        self._home = f"/repos/{repository}/issues"
        self._list = f"{self._home}/{number}/comments"

    def author(self) -> str:
        """The login that this token writes as.

        GraphQL answers every kind of token; REST's `/user` refuses those of apps and workflows. If
        both fail, the token is a workflow's, which writes as GitHub's own bot.
        """
        for ask in (self._viewer, self._user):
            try:
                return ask()
            except CallFailed as failed:
                if failed.passing:
                    raise  # a wrong guess would create a second comment
            except (KeyError, TypeError):
                continue
        return _ACTIONS

    def _viewer(self) -> str:
        return str(self._calls.graphql("query { viewer { login } }")["viewer"]["login"])

    def _user(self) -> str:
        return str(self._calls.get("/user")["login"])

    def read(self) -> list[Comment]:
        return [_comment(item) for item in self._calls.pages(self._list)]

    def create(self, body: str) -> Comment:
        return _comment(self._calls.once("POST", self._list, body={"body": body})[1])

    def update(self, comment: Comment, body: str) -> None:
        self._calls.once("PATCH", f"{self._home}/comments/{comment.id}", body={"body": body})

    def delete(self, comment: Comment) -> None:
        self._calls.once("DELETE", f"{self._home}/comments/{comment.id}")


def _comment(item: Any) -> Comment:
    user = item.get("user") or {}
    return Comment(
        int(item["id"]),
        str(user.get("login", "")),
        str(item.get("body") or ""),
        str(item["html_url"]),
    )
