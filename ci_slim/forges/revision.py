"""The `{version}` of a tag in CI, for this job and for the base branch. Pure."""

import re
from dataclasses import dataclass

SHORT = 8
"""How many digits a short commit has, as in GitLab's CI_COMMIT_SHORT_SHA."""
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")
_HEX = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Revision:
    """What a job builds: a tag, or a commit and its base branch. Unknown texts are empty."""

    tag: str = ""
    """The tag that was pushed."""
    commit: str = ""
    base_commit: str = ""
    """The commit of the base branch; for a push, the commit before it."""
    base_branch: str = ""

    @property
    def version(self) -> str:
        """The name of the pushed tag, else the short commit; "" if neither is known."""
        return _safe(self.tag) or self.commit[:SHORT]

    def base_version(self, version: str, ref: str = "") -> str:
        """The version that the base branch, or the branch `ref`, was pushed with. If `version` is a
        commit, that is the branch's commit in the same length, else the branch's name. "" if it is
        not known."""
        branch = _safe(ref or self.base_branch)
        by_commit = not version or (_HEX.fullmatch(version) and self.commit.startswith(version))
        own = self.base_commit and ref in ("", self.base_branch)
        if not (by_commit or self.tag) or not own:
            return branch
        return self.base_commit[: len(version) if version and by_commit else SHORT]


def _safe(name: str) -> str:
    """A name with only the characters that a tag of an image can have."""
    return _FORBIDDEN.sub("-", name)[:100].lstrip(".-")
