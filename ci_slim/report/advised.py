"""Advice in a report: read from what `ci-slim advise --format json` wrote, and from a report."""

from ci_slim.advise.advice import OUTCOMES
from ci_slim.report.checked import Node, parse
from ci_slim.report.suggestion import suggestion
from ci_slim.result import AdvisedChange, AdvisedDockerfile, Suggestion
from ci_slim.result.advice import MOST_CHANGES

SCHEMA = "ci-slim/advice/v1"


def advised(text: str | bytes, source: str) -> AdvisedDockerfile:
    """The proven changes in a file that anyone may have written. Raises UsageError."""
    root = parse(text, source)
    if isinstance(root.value, dict) and root.value.get("schema") != SCHEMA:
        root.refuse(f"this is no advice: the member 'schema' is not {SCHEMA!r}")
    got = root.fields("schema", "dockerfile", "findings", "together")
    dockerfile = got["dockerfile"].text()
    proven = [found for node in got["findings"].items() if (found := _proven(node, dockerfile))]
    proven.sort(key=lambda change: -change.disk_bytes)
    return AdvisedDockerfile(dockerfile, tuple(proven[:MOST_CHANGES]), len(proven[MOST_CHANGES:]))


def _proven(node: Node, dockerfile: str) -> AdvisedChange | None:
    got = node.fields(
        *("rule", "line", "message", "diff", "outcome", "platforms"),
        optional=("updates", "build_seconds", "aliases"),
    )
    if got["outcome"].one_of(*OUTCOMES) != "proven":
        return None
    saved = [each.fields("pull_bytes", "disk_bytes") for _, each in got["platforms"].members()]
    sizes = [(each["disk_bytes"].integer(), each["pull_bytes"].integer(-_MOST)) for each in saved]
    disk, pull = max(sizes, default=(0, 0))
    return AdvisedChange(
        got["rule"].text(),
        got["line"].integer(1),
        got["message"].text(),
        pull,
        disk,
        suggestion(got["diff"].text(), dockerfile),
    )


_MOST = 2**53 - 1
_CHANGE = ("rule", "line", "message", "pull_bytes", "disk_bytes")


def advice_out(advice: AdvisedDockerfile) -> dict[str, object]:
    """The value of one Dockerfile in a report."""
    return {
        "dockerfile": advice.dockerfile,
        "changes": [_change_out(each) for each in advice.changes],
        "more": advice.more,
    }


def _change_out(change: AdvisedChange) -> dict[str, object]:
    made: dict[str, object] = {name: getattr(change, name) for name in _CHANGE}
    if change.suggestion is not None:
        made["suggestion"] = {
            "first": change.suggestion.first,
            "old": list(change.suggestion.old),
            "new": list(change.suggestion.new),
        }
    return made


def advice_in(node: Node) -> AdvisedDockerfile:
    """The advice in a report that anyone may have written."""
    got = node.fields(*AdvisedDockerfile.__slots__)
    return AdvisedDockerfile(
        got["dockerfile"].text(),
        tuple(_change(each) for each in got["changes"].items()),
        got["more"].integer(),
    )


def _change(node: Node) -> AdvisedChange:
    got = node.fields(*_CHANGE, optional=("suggestion",))
    return AdvisedChange(
        got["rule"].text(),
        got["line"].integer(1),
        got["message"].text(),
        got["pull_bytes"].integer(-_MOST),
        got["disk_bytes"].integer(),
        None if got["suggestion"].is_null else _suggestion(got["suggestion"]),
    )


def _suggestion(node: Node) -> Suggestion:
    got = node.fields("first", "old", "new")
    old, new = (tuple(line.text() for line in got[name].items()) for name in ("old", "new"))
    if not old:
        got["old"].refuse("a suggestion replaces at least one line")
    return Suggestion(got["first"].integer(1), old, new)
