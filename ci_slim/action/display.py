"""Show a report where people look at a step: annotations, summary, comment and outputs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim.action.runner import Runner
from ci_slim.action.workflow_commands import Annotation
from ci_slim.forges import Published

if TYPE_CHECKING:
    from ci_slim.forges.github.pull_request import GitHub
    from ci_slim.result import Report


class Display:
    """The places of one step that show its report.

    `path` is the report, relative to the workspace. `comments` says whether a comment is wanted;
    `forge` gives GitHub's API. Both are asked only when a report is shown.
    """

    def __init__(
        self,
        runner: Runner,
        path: Path,
        key: str,
        comments: Callable[[], bool],
        forge: "Callable[[], GitHub]",
    ) -> None:
        self._runner = runner
        self._path = path
        self._key = key
        self._comments = comments
        self._forge = forge
        self.used = False
        """Whether a report was shown."""

    def show(
        self,
        report: "Report",
        notes: list[Annotation],
        images: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Show a report. Its file exists, and it holds no secret."""
        self.used = True
        self._runner.annotate(notes)
        self._runner.results(report, str(self._path), self._key)
        page = self._path.with_name("report.html")
        self._runner.output("page", str(page) if page.is_file() else "")
        self._runner.output("images", json.dumps(images or {}))
        self._runner.output("comment_url", self.post(report, self._key))

    def post(self, report: "Report", key: str) -> str:
        """Write the report to the summary and, if that is wanted, to the comment of this key.
        Returns the address of the comment, or ''."""
        from ci_slim.report.markdown import to_markdown

        text = to_markdown(report, key)
        self._runner.summary(text)
        return self._comment(text, key) if self._comments() else ""

    def _comment(self, text: str, key: str) -> str:
        """Write the comment. Returns its address, or '' after a notice that says why there is
        none."""
        done = self._forge().publish_comment(text, key)
        if isinstance(done, Published):
            self._runner.line(f"comment {done.how}: {done.url}")
            return done.url
        hint = f" → {done.hint}" if done.hint else ""
        self._runner.note(f"no comment: {done.reason}{hint}")
        return ""
