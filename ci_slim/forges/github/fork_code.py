"""Refuse to build code of strangers in a job that has secrets. Pure."""

from collections.abc import Iterable

from ci_slim.errors import UsageError
from ci_slim.forges.github.context import GitHubContext

_PRIVILEGED = ("pull_request_target", "issue_comment", "workflow_run")
"""Events whose jobs have the base branch's secrets and a token that may write, although strangers
can trigger them."""


def refuse_fork_code(context: GitHubContext, checked_out: Iterable[str | None]) -> None:
    """Raise UsageError if a job with this repository's secrets would build a stranger's code.

    A Dockerfile of a stranger could take the secrets. `checked_out` are the commits of the
    checkouts that are built from; None for an unknown commit. Only the commit of the base branch
    and code of this repository's own branches are allowed.
    """
    if context.event not in _PRIVILEGED:
        return
    stranger, known = _stranger(context)
    if not stranger:
        return
    for commit in checked_out:
        if commit is None or commit not in known:
            raise UsageError(
                f"this {context.event} job would build code of {stranger} with this "
                "repository's secrets and a token that may write",
                where=f"checkout at {commit or 'an unknown commit'}",
                hint="trigger the workflow on pull_request, and let the shipped workflow_run "
                "workflow post the comment (docs/security.md)",
            )


def _stranger(context: GitHubContext) -> tuple[str, frozenset[str]]:
    """Whose code the job may have checked out, or ""; and the commits of this repository itself."""
    own = {context.sha}
    if context.trigger is not None:
        run = context.trigger
        if run.repository.lower() == context.repository.lower():
            own.add(run.head_sha)
        return f"the run {run.run_id} that it follows", frozenset(own)
    if context.pull is None or not context.fork:
        return "", frozenset(own)
    name = context.pull.head_repository
    known = name or ("a pull request" if context.event == "issue_comment" else "(deleted)")
    return (f"the fork {known}" if name or known == "(deleted)" else known), frozenset(own)
