"""What `{version}` in a tag stands for in CI, and what it stood for on the base branch. Pure."""

import re
from dataclasses import dataclass

SHORT = 8
"""Digits of a short commit, as GitLab's CI_COMMIT_SHORT_SHA has."""
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")
_HEX = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Revision:
    """What a job is for. Texts are empty where the forge does not say."""

    tag: str = ""
    """The tag that was pushed."""
    commit: str = ""
    base_commit: str = ""
    """The commit of the base branch that the change goes onto; of a push, the one before it."""
    base_branch: str = ""

    @property
    def version(self) -> str:
        """The tag's name on tags, else the short commit; "" where neither is known."""
        return _safe(self.tag) or self.commit[:SHORT]

    def base_version(self, version: str, ref: str = "") -> str:
        """What this `version` was when the base branch, or the branch `ref`, was pushed: a commit
        stands for that branch's commit in the same length, anything else for its name. "" where
        that is not known."""
        branch = _safe(ref or self.base_branch)
        by_commit = not version or (_HEX.fullmatch(version) and self.commit.startswith(version))
        own = self.base_commit and ref in ("", self.base_branch)
        if not (by_commit or self.tag) or not own:
            return branch
        return self.base_commit[: len(version) if version and by_commit else SHORT]


def _safe(name: str) -> str:
    """A name as a tag of an image may hold it."""
    return _FORBIDDEN.sub("-", name)[:100].lstrip(".-")
