"""`ci-slim comment`: write the report as the one comment on the pull or merge request."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ci_slim.commands.edge import Edge, read, read_report
from ci_slim.commands.exit import say, show
from ci_slim.forges import NotPublished, Published, Suggests, Threads, opening
from ci_slim.report import merge
from ci_slim.report.advised import advised
from ci_slim.report.markdown import to_markdown
from ci_slim.requests import CommentRequest
from ci_slim.result import Report
from ci_slim.settings import read_file


def comment(request: CommentRequest, edge: Edge) -> int:
    """Write the comment and show its address, or say why there is none. Returns the exit code: 0
    in both cases."""
    merged = merge([read_report(name) for name in request.reports])
    advice = (*merged.advice, *(advised(read(name), name) for name in request.advice))
    merged = replace(merged, origin=opening.origin(edge.environment, read_file), advice=advice)
    done = post_comment(merged, request.key, edge.environment, read_file)
    if isinstance(done, Published):
        show(done.url)
    else:
        say(edge.hide, f"no comment: {done.reason}", hint=done.hint)
    return 0


def post_comment(
    report: Report, key: str | None, environment: Mapping[str, str], read: Callable[[str], bytes]
) -> Published | NotPublished:
    """Write the comment of this key, by default the key of the job. The result says why there is
    no comment, if there is none: that does not fail the job.

    `read` reads the file of GitHub's event. Raises UsageError for an invalid environment.
    """
    forge = opening.open_forge(environment, read)
    if forge is None:
        return NotPublished(
            opening.NOWHERE, "`ci-slim report --format markdown REPORT` shows the comment"
        )
    key = key or forge.key
    done = forge.publish_comment(to_markdown(report, key), key)
    if isinstance(done, Published) and isinstance(forge, Threads):
        unsettled = forge.settle(report.outcome == "passed")
        if unsettled:
            return NotPublished(f"{done.url} was written, but its thread is unchanged: {unsettled}")
    if isinstance(done, Published) and isinstance(forge, Suggests) and report.advice:
        problem = forge.suggest(report.advice)
        if problem:
            return NotPublished(f"{done.url} was written, but nothing was suggested: {problem}")
    return done
