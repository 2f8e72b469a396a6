"""Advice on a Dockerfile as text, JSON and Markdown. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from ci_slim.advise.advice import (
    Advice,
    BuildSeconds,
    Bytes,
    Together,
    Tried,
    Updates,
    seconds_told,
)
from ci_slim.platforms import Platform
from ci_slim.redact import foreign
from ci_slim.report.advised import SCHEMA
from ci_slim.report.columns import table
from ci_slim.report.details import table as markdown_table
from ci_slim.report.foreign import code, plain, visible
from ci_slim.report.sarif import to_sarif
from ci_slim.units import count, size

_LINES, _WIDEST = 200, 400


def to_text(advice: Advice, *, every: bool = False) -> str:
    """Text for a terminal: a row for each finding, all changes together, and the diff."""
    shown = advice.shown(every=every)
    lines = [f"{visible(advice.dockerfile)}: {_summary(advice)}", ""]
    if shown:
        rows = [
            (
                str(each.finding.line),
                each.finding.rule,
                each.outcome,
                _bytes(each, "pull"),
                _bytes(each, "disk"),
                visible(each.finding.message, 200),
            )
            for each in shown
        ]
        head = ("line", "rule", "outcome", "pull saved", "disk saved", "what")
        lines += [table(rows, head, right=(0, 3, 4)), ""]
    lines += [f"line {e.finding.line}: {visible(e.told)}" for e in shown if e.told]
    lines += [visible(note) for note in advice.notes]
    if advice.together is not None:
        lines += ["", *_together_lines(advice.together, advice.before)]
    for each in _only_read(advice):
        lines += ["", f"{each.finding.rule}, line {each.finding.line}:", *_lines(each.diff)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _summary(advice: Advice) -> str:
    proven = [each for each in advice.tried if each.outcome == "proven"]
    estimated = [each for each in advice.tried if each.outcome == "estimated"]
    if proven or not estimated:
        others = len(advice.tried) - len(proven) - len(estimated)
        more = f"; {count(others, 'change')} tried without gain (--all shows them)"
        return f"{count(len(proven), 'proven change')}{more if others else ''}"
    return f"{count(len(estimated), 'finding')}, not built"


def _together_lines(together: Together, before: Mapping[Platform, Bytes]) -> Iterator[str]:
    if together.saved:
        yield "all proven changes together:"
        rows = [
            (str(platform), size(saved.pull), size(saved.disk), size(before[platform].disk))
            for platform, saved in together.saved.items()
        ]
        yield table(rows, ("platform", "pull saved", "disk saved", "disk before"), right=(1, 2, 3))
    if together.seconds is not None:
        yield seconds_told(together.seconds)
    yield from map(visible, together.why)
    if together.diff:
        yield ""
        # Made safe for a terminal; the exact diff is in the JSON.
        yield from _lines(together.diff)


def _only_read(advice: Advice) -> Iterator[Tried]:
    """Findings whose change was not tried, where nothing was: their changes are shown one by
    one."""
    if advice.together is None:
        yield from (e for e in advice.shown(every=False) if e.outcome == "estimated" and e.diff)


def _lines(diff: str) -> list[str]:
    return [_line(line) for line in diff.rstrip("\n").split("\n")[:_LINES]]


def _line(line: str) -> str:
    """A line of a diff with its indentation, without invisible characters and without commands to
    a CI runner."""
    shown = foreign(line[:_WIDEST])
    return shown.replace("::", ": :") if shown.lstrip("+- ").startswith("::") else shown


def _bytes(tried: Tried, kind: str) -> str:
    if not tried.saved:
        return ""
    mark = "≈" if tried.outcome == "estimated" else ""
    return mark + size(getattr(tried.largest, kind))


def to_markdown(advice: Advice, *, every: bool = False) -> str:
    """A table of the findings and the diff of all proven changes, folded."""
    shown = advice.shown(every=every)
    lines = [f"**{code(advice.dockerfile, 100)}**: {plain(_summary(advice))}", ""]
    if shown:
        head = ("line", "what", "outcome", "pull saved", "disk saved")
        rows = [
            (
                str(each.finding.line),
                plain(each.finding.message, 200),
                plain(each.outcome + (f": {each.told}" if each.told else ""), 200),
                _bytes(each, "pull").replace(" ", "\N{NO-BREAK SPACE}"),
                _bytes(each, "disk").replace(" ", "\N{NO-BREAK SPACE}"),
            )
            for each in shown
        ]
        lines += [markdown_table(head, rows, most=len(rows))]
    lines += [f"{plain(note)}\n" for note in advice.notes]
    if advice.together is not None:
        lines += _together_markdown(advice.together)
    for each in _only_read(advice):
        title = f"{each.finding.rule}, line {each.finding.line}, not tried"
        lines.append(_folded_diff(title, each.diff))
    return "\n".join(lines).rstrip("\n") + "\n"


def _together_markdown(together: Together) -> Iterator[str]:
    for platform, saved in together.saved.items():
        yield (
            f"- {plain(str(platform), 60)}: all together save {size(saved.pull)} to pull, "
            f"{size(saved.disk)} on disk"
        )
    if together.seconds is not None:
        yield f"- {seconds_told(together.seconds)}"
    yield from (f"- {plain(each)}" for each in together.why)
    if together.diff:
        yield _folded_diff("All proven changes", together.diff)


def _folded_diff(title: str, diff: str) -> str:
    lines = _lines(diff)
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    shown = "\n".join((f"{fence}diff", *lines, fence))
    return f"\n<details><summary>{title}</summary>\n\n{shown}\n\n</details>"


def to_json(advice: Advice, *, every: bool = False) -> str:
    """The document of `advice-v1.schema.json`: bytes saved, diffs for `patch -p1`."""
    document = {
        "schema": SCHEMA,
        "dockerfile": advice.dockerfile,
        "findings": [
            {
                "rule": each.finding.rule,
                "line": each.finding.line,
                "message": f"{each.finding.message} ({each.remark})"
                if each.remark
                else each.finding.message,
                "diff": each.diff,
                "outcome": each.outcome,
                "platforms": _platforms(each.saved),
                **_aliases(each),
                **_updates(each.updates),
                **_build_seconds(each.seconds),
            }
            for each in advice.shown(every=every)
        ],
        "together": None
        if advice.together is None
        else {
            "diff": advice.together.diff,
            "platforms": _platforms(advice.together.saved),
            **_build_seconds(advice.together.seconds),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _aliases(tried: Tried) -> dict[str, object]:
    return {"aliases": [*tried.finding.aliases]} if tried.finding.aliases else {}


def _updates(found: Updates | None) -> dict[str, object]:
    if found is None:
        return {}
    return {
        "updates": {
            "commits": found.commits,
            "before_bytes": found.before,
            "after_bytes": found.after,
        }
    }


def _build_seconds(found: BuildSeconds | None) -> dict[str, object]:
    if found is None:
        return {}
    platform, before, after = found
    seconds = {"platform": str(platform), "before": round(before, 1), "after": round(after, 1)}
    return {"build_seconds": seconds}


def _platforms(saved: Mapping[Platform, Bytes]) -> dict[str, dict[str, int]]:
    return {
        str(platform): {"pull_bytes": each.pull, "disk_bytes": each.disk}
        for platform, each in saved.items()
    }


FORMATS: dict[str, Callable[..., str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "sarif": to_sarif,
}
