"""The lines of a Dockerfile that a diff replaces, as a forge can suggest them. Pure."""

import posixpath
import re

from ci_slim.result.advice import Suggestion

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
_MOST = 40
"""The most lines of a suggestion. A longer change is easier to read as a diff."""


def suggestion(diff: str, dockerfile: str) -> Suggestion | None:
    """None if the diff changes another file, several places, or too many lines."""
    lines = diff.split("\n")
    hunks = [(number, match) for number, line in enumerate(lines) if (match := _HUNK.match(line))]
    if len(hunks) != 1 or lines[0] != f"--- a/{dockerfile}":
        return None
    (number, match), body = hunks[0], list[str]()
    for line in lines[number + 1 :]:
        if line[:1] in (" ", "+", "-"):
            body.append(line)
    changed = [n for n, line in enumerate(body) if line[0] != " "]
    first, last = (changed[0], changed[-1]) if changed else (0, -1)
    if not any(line[0] != "+" for line in body[first : last + 1]):
        first -= 1  # lines are only added: a forge needs one that is replaced
    region = body[first : last + 1]
    if first < 0 or not region or len(region) > _MOST:
        return None
    start = int(match[1]) + sum(line[0] != "+" for line in body[:first])
    old, new = (tuple(line[1:] for line in region if line[0] != left) for left in ("+", "-"))
    return Suggestion(start, old, new)


def places(patch: str) -> dict[int, tuple[int, str]]:
    """The lines of a file that a patch shows, by their number in the new file: the number of the
    hunk, and the text."""
    found: dict[int, tuple[int, str]] = {}
    hunk, at = 0, 0
    for line in patch.split("\n"):
        if match := re.match(r"@@ -\d+(?:,\d+)? \+(\d+)", line):
            hunk, at = hunk + 1, int(match[1])
        elif hunk and line[:1] in (" ", "+"):
            found[at] = (hunk, line[1:])
            at += 1
    return found


def fits(suggested: Suggestion, patch: str) -> bool:
    """Whether the lines are what the patch shows, in one of its hunks."""
    shown = places(patch)
    lines = [shown.get(number) for number in range(suggested.first, suggested.last + 1)]
    return [line and line[1] for line in lines] == [*suggested.old] and len(
        {line and line[0] for line in lines}
    ) == 1


def is_named(dockerfile: str, path: str) -> bool:
    """Whether a path of the repository may be that of a Dockerfile, whose path begins at the folder
    of a settings file."""
    name = posixpath.normpath(dockerfile)
    return path == name or path.endswith(f"/{name}")
