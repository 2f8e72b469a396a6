"""Advice as SARIF 2.1.0, which GitHub's code scanning and editors read. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from ci_slim import __version__
from ci_slim.advise.advice import Advice, Outcome, Tried
from ci_slim.advise.finding import Edit
from ci_slim.advise.patch import SourceFile, Sources
from ci_slim.advise.rules import DESCRIPTIONS
from ci_slim.report.foreign import visible
from ci_slim.units import size

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HOME = "https://github.com/ci-slim/ci-slim"
_ROOT = "%SRCROOT%"
_LEVELS: Mapping[Outcome, str] = {"proven": "warning", "estimated": "note"}
"""The level of other results is `none`: the change was tried and is no gain (section 3.27.10)."""
_NUMBERS = {rule: number for number, rule in enumerate(DESCRIPTIONS)}


def to_sarif(advice: Advice, *, every: bool = False) -> str:
    """One run with all rules and a result for each finding. Paths begin at the working folder."""
    run = {
        "tool": {
            "driver": {
                "name": "ci-slim",
                "semanticVersion": __version__,
                "informationUri": _HOME,
                "rules": [_rule(name, text) for name, text in DESCRIPTIONS.items()],
            }
        },
        # Code scanning replaces the last results with the same identifier by the new ones.
        "automationDetails": {"id": f"ci-slim-advise/{_uri(advice, advice.dockerfile)}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(advice, each) for each in advice.shown(every=every)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, text: str) -> dict[str, object]:
    return {
        "id": name,
        "shortDescription": {"text": text},
        "helpUri": f"{_HOME}/blob/main/docs/advice.md#what-it-finds",
        "defaultConfiguration": {"level": "warning"},
    }


def _result(advice: Advice, tried: Tried) -> dict[str, object]:
    finding, sources = tried.finding, advice.sources
    lines = sources.dockerfile.text.split("\n") if sources is not None else []
    line = lines[finding.line - 1].rstrip("\r") if finding.line <= len(lines) else ""
    level = _LEVELS.get(tried.outcome)
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "message": {"text": _escaped(_message(tried))},
        "level": level or "none",
        "kind": "fail" if level else "informational",
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(advice, advice.dockerfile),
                    "region": _line_region(finding.line, line),
                }
            }
        ],
        # The same result on another line of the next commit is no new result.
        "partialFingerprints": {
            "ciSlimFinding/v1": _digest(finding.rule, line.strip(), *finding.ignores)
        },
        "properties": {
            "outcome": tried.outcome,
            "diff": tried.diff,
            "platforms": {
                str(platform): {"pull_bytes": each.pull, "disk_bytes": each.disk}
                for platform, each in tried.saved.items()
            },
        },
    }
    if finding.rule in _NUMBERS:
        result["ruleIndex"] = _NUMBERS[finding.rule]
    changes = [*_changes(advice, sources, tried)] if sources is not None and tried.diff else []
    if changes:
        text = f"apply the change of {finding.rule}"
        result["fixes"] = [{"description": {"text": text}, "artifactChanges": changes}]
    return result


def _message(tried: Tried) -> str:
    mark = "≈" if tried.outcome == "estimated" else ""
    bytes_ = [
        f"{platform}: saves {mark}{size(saved.pull)} to pull, {mark}{size(saved.disk)} on disk"
        for platform, saved in tried.saved.items()
    ]
    return visible(". ".join(filter(None, (tried.finding.message, *bytes_, tried.told))), 1000)


def _escaped(text: str) -> str:
    """A message in which brackets make no link (section 3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _artifact(advice: Advice, path: str) -> dict[str, object]:
    return {"uri": _uri(advice, path), "uriBaseId": _ROOT}


def _uri(advice: Advice, path: str) -> str:
    whole = posixpath.normpath(posixpath.join(advice.folder, path))
    return quote(whole, errors="surrogateescape")


def _line_region(number: int, line: str) -> dict[str, int]:
    """A line without the blanks around its text."""
    start, end = len(line) - len(line.lstrip()), len(line.rstrip())
    if end <= start:
        return {"startLine": number}
    return {
        "startLine": number,
        "startColumn": start + 1,
        "endLine": number,
        "endColumn": end + 1,
    }


def _changes(advice: Advice, sources: Sources, tried: Tried) -> Iterator[dict[str, object]]:
    finding, ignore = tried.finding, sources.ignore
    if finding.edits:
        yield _change(advice, sources.dockerfile, finding.edits)
    if finding.ignores:
        end = len(ignore.text)
        joint = "" if not end or ignore.text.endswith("\n") else "\n"
        lines = joint + "".join(f"{line}\n" for line in finding.ignores)
        yield _change(advice, ignore, (Edit(end, end, lines),))


def _change(advice: Advice, file: SourceFile, edits: Sequence[Edit]) -> dict[str, object]:
    return {
        "artifactLocation": _artifact(advice, file.path),
        "replacements": [
            {
                "deletedRegion": _region(file.text, edit.start, edit.end),
                "insertedContent": {"text": edit.text},
            }
            for edit in _joined(edits)
        ],
    }


def _joined(edits: Sequence[Edit]) -> Iterator[Edit]:
    """The edits in the order of the text; those that touch each other become one."""
    last: Edit | None = None
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if last is not None and edit.start <= last.end:
            last = Edit(last.start, max(last.end, edit.end), last.text + edit.text)
            continue
        if last is not None:
            yield last
        last = edit
    if last is not None:
        yield last


def _region(text: str, start: int, end: int) -> dict[str, int]:
    (line, column), (last, behind) = _position(text, start), _position(text, end)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": behind}


def _position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
