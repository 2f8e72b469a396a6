"""Suggestions on lines of a pull request: docs.github.com/rest/pulls/reviews and /comments."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_slim.forges.github.api import GitHubApi
from ci_slim.report.foreign import plain
from ci_slim.report.suggestion import fits, is_named
from ci_slim.result import AdvisedChange, AdvisedDockerfile
from ci_slim.units import size

_MARK = re.compile(r"<!-- ci-slim suggestion ([0-9a-f]{16}) -->")
_SIDE = "RIGHT"


@dataclass(frozen=True, slots=True)
class _Remark:
    path: str
    change: AdvisedChange

    @property
    def key(self) -> str:
        """The same for the same suggestion, also if its lines move."""
        suggested = self.change.suggestion
        assert suggested is not None
        of = "\0".join((self.path, self.change.rule, *suggested.old, "", *suggested.new))
        return hashlib.sha256(of.encode()).hexdigest()[:16]

    def comment(self) -> dict[str, object]:
        """The comment for a review."""
        suggested = self.change.suggestion
        assert suggested is not None
        text = "\n".join(suggested.new)
        longest = max((len(run) for run in re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        saves = f"{size(self.change.disk_bytes)} on disk, {size(self.change.pull_bytes)} to pull"
        body = (
            f"<!-- ci-slim suggestion {self.key} -->\n**{plain(self.change.rule, 60)}**: "
            f"{plain(self.change.message, 400)}. Saves {saves}. It was built, and its answers to "
            f"the probes are those of the image.\n\n{fence}suggestion\n{text}\n{fence}\n"
        )
        place: dict[str, object] = {"path": self.path, "line": suggested.last, "side": _SIDE}
        if suggested.last > suggested.first:
            place |= {"start_line": suggested.first, "start_side": _SIDE}
        return place | {"body": body}


def suggest(
    calls: GitHubApi, repository: str, number: int, commit: str, advice: Sequence[AdvisedDockerfile]
) -> int:
    """Suggest the changes whose lines are in the diff of the pull request, once each. Returns how
    many are new. Raises CallFailed."""
    home = f"/repos/{repository}/pulls/{number}"
    if not any(change.suggestion for each in advice for change in each.changes):
        return 0
    patches = {
        str(file["filename"]): str(file.get("patch") or "") for file in calls.pages(f"{home}/files")
    }
    remarks = [*_remarks(advice, patches)]
    if remarks:
        bodies = (str(each.get("body") or "") for each in calls.pages(f"{home}/comments"))
        known = {match[1] for body in bodies if (match := _MARK.match(body))}
        remarks = [remark for remark in remarks if remark.key not in known]
    if remarks:
        comments = [remark.comment() for remark in remarks]
        calls.once(
            "POST",
            f"{home}/reviews",
            body={"commit_id": commit, "event": "COMMENT", "comments": comments},
        )
    return len(remarks)


def _remarks(advice: Sequence[AdvisedDockerfile], patches: dict[str, str]) -> Iterator[_Remark]:
    for each in advice:
        paths = [path for path in patches if is_named(each.dockerfile, path)]
        for change in each.changes if len(paths) == 1 else ():
            if change.suggestion is not None and fits(change.suggestion, patches[paths[0]]):
                yield _Remark(paths[0], change)
