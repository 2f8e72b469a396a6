"""Where a report comes from, and what its change loosens: as JSON, Markdown and text. Pure.

The Markdown ends with the hidden number of the run. With it, an older run knows that it must not
overwrite the comment of a newer run.
"""

import re
from collections.abc import Callable, Iterator

from ci_slim.report.checked import Node, optional
from ci_slim.report.foreign import code, plain, visible
from ci_slim.result import Gate, Loosened, Origin, Report

_URL = r"|https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]{1,2000}"
_COMMIT = r"|[0-9a-f]{7,64}"
_RUN = re.compile(r"<!-- ci-slim run=([0-9]{1,18}) -->")
_LOOSENED, _SIGNS = 20, 300


def origin_out(origin: Origin | None) -> dict[str, object] | None:
    """The origin for `json.dumps`."""
    if origin is None:
        return None
    value = {name: getattr(origin, name) for name in Origin.__slots__}
    if not origin.tag:  # it came later
        del value["tag"]
    return value


def origin_in(node: Node) -> Origin:
    """The origin in a report that anyone may have written."""
    got = node.fields(*(name for name in Origin.__slots__ if name != "tag"), optional=("tag",))
    return Origin(
        got["commit"].text(_COMMIT, "commit"),
        got["commit_url"].text(_URL, "address"),
        got["run"].integer(),
        got["run_url"].text(_URL, "address"),
        got["report_url"].text(_URL, "address"),
        got["fork"].boolean(),
        optional(got["tag"], Node.text) or "",
    )


def gate_out(gate: Gate | None) -> dict[str, object] | None:
    """The gate for `json.dumps`."""
    if gate is None:
        return None
    loosened = [
        {name: getattr(each, name) for name in Loosened.__slots__} for each in gate.loosened
    ]
    return {
        "branch": gate.branch,
        "loosened": loosened,
        "protected": gate.protected,
        "approved": gate.approved,
        "needs": gate.needs,
        "unknown": gate.unknown,
    }


def gate_in(node: Node) -> Gate:
    """The gate in a report that anyone may have written."""
    got = node.fields(*Gate.__slots__)
    return Gate(
        got["branch"].text(),
        tuple(_loosened(each) for each in got["loosened"].items()),
        got["protected"].boolean(),
        got["approved"].text(),
        got["needs"].text(),
        got["unknown"].text(),
    )


def _loosened(node: Node) -> Loosened:
    got = node.fields(*Loosened.__slots__)
    return Loosened(got["image"].text(), got["key"].text(), got["message"].text())


def origin_markdown(report: Report) -> str:
    """The last line of a comment: the commit, the run, the report; "" if the origin is unknown."""
    origin = report.origin
    if origin is None:
        return ""
    parts = []
    if origin.fork:
        parts.append("⚠️ reported by the fork's own run, which the fork can change")
    if origin.commit:
        parts.append("commit " + _link(code(origin.commit[:12]), origin.commit_url))
    if origin.run_url:
        parts.append(_link(f"run {origin.run}" if origin.run else "run", origin.run_url))
    if origin.report_url:
        parts.append(_link("report", origin.report_url))
    shown = f"<sub>{' · '.join(parts)}</sub>" if parts else ""
    hidden = f"<!-- ci-slim run={origin.run} -->" if origin.run else ""
    return f"{shown}{hidden}\n" if shown or hidden else ""


def run_of(comment: str) -> int:
    """The number of the run that wrote a comment; 0 if the comment does not have it."""
    found = _RUN.findall(comment)
    return int(found[-1]) if found else 0


def gate_markdown(gate: Gate | None, most: int, signs: int) -> str:
    """What the change loosens, for the top of a comment: a paragraph and a list of at most `most`
    lines, each text of at most `signs` characters; "" if it loosens nothing."""
    lines = list(_sentences(gate, lambda text: plain(text, min(signs, _SIGNS))))
    most = min(most, _LOOSENED)
    if gate is None or not lines:
        return ""
    icon = "❌" if gate.failed else "⚠️"
    head, *items = lines
    left = len(items) - most
    shown = [f"- {item}" for item in items[:most]] + ([f"- {left} more"] if left > 0 else [])
    return "\n".join((f"{icon} **{head}**", *shown)) + "\n"


def gate_text(gate: Gate | None) -> str:
    """What the change loosens, for a terminal; "" if it loosens nothing."""
    lines = list(_sentences(gate, lambda text: visible(text, _SIGNS)))
    return "\n".join([*lines[:1], *(f"  {line}" for line in lines[1:])]) + "\n" if lines else ""


def _sentences(gate: Gate | None, shown: Callable[[str], str]) -> Iterator[str]:
    """A first line, then a line for each rule that is loosened."""
    if gate is None or not (gate.loosened or gate.unknown):
        return
    branch = shown(gate.branch)
    if gate.unknown:
        end = _end(gate, shown)
        yield f"The change could not be compared with the settings of {branch}{end}"
        yield shown(gate.unknown)
        return
    yield f"This change loosens the rules of {branch}{_end(gate, shown)}"
    for each in gate.loosened:
        place = f"{shown(each.image)}: " if each.image else ""
        yield f"{place}{shown(each.message)}"


def _end(gate: Gate, shown: Callable[[str], str]) -> str:
    if gate.approved:
        return f"; approved by {shown(gate.approved)}"
    if not gate.protected:
        return ""
    needs = f": it needs {shown(gate.needs)}" if gate.needs else ""
    return f", and is not approved{needs}"


def _link(text: str, url: str) -> str:
    return f"[{text}](<{url}>)" if url else text
