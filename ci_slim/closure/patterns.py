"""Path patterns, as the user writes them under `keep` and `drop`.

`*` and `?` match within one name, `**` matches across folders, `[…]` is a set of characters. A
pattern without a leading `/` matches at any depth (`*.so`). A pattern that matches a folder also
matches everything below it. A pattern may go through links of the image: `/lib/x/*` finds
`/usr/lib/x/*`.
"""

import re
import warnings
from collections.abc import Iterable, Iterator

from ci_slim.errors import UsageError
from ci_slim.image.files import FileIndex, Kind

_MAGIC = re.compile(r"[*?\[]")


def escaped(path: str) -> str:
    """The pattern that matches exactly this path."""
    return _MAGIC.sub(r"[\g<0>]", path)


def matches(pattern: str, index: FileIndex) -> Iterator[str]:
    """The paths of the index that a pattern matches."""
    full = pattern.rstrip("/") if pattern.startswith("/") else "/**/" + pattern.rstrip("/")
    if not full:
        yield from index
        return
    if not _MAGIC.search(full):
        yield from _subtree(full, index)
        return
    parts = full.split("/")
    fixed = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    folder = index.resolve("/".join(parts[:fixed]) or "/").path
    if folder is None:
        return
    rest = "/" + "/".join(parts[fixed:])
    try:
        with warnings.catch_warnings():
            # Python warns about `--` in a set. The user cannot do anything about that warning.
            warnings.simplefilter("ignore", FutureWarning)
            expression = re.compile(_translate("" if folder == "/" else folder, rest)).match
    except re.error as error:
        raise UsageError(
            f"the pattern {pattern!r} is invalid: {error}",
            hint="write a set of characters like [a-z0-9]",
        ) from error
    for path in index.descendants(folder):
        if expression(path):
            yield path


def unmatched(patterns: Iterable[str], index: FileIndex) -> tuple[str, ...]:
    """The patterns that match nothing in this image. They are probably typing errors."""
    return tuple(
        pattern for pattern in patterns if next(iter(matches(pattern, index)), None) is None
    )


def _subtree(path: str, index: FileIndex) -> Iterator[str]:
    found = index.resolve(path)
    yield from found.links
    if found.path is None:
        if path in index:
            yield path
        return
    yield found.path
    if index[found.path].kind is Kind.DIR:
        yield from index.descendants(found.path)


def _translate(fixed: str, pattern: str) -> str:
    """Make the regular expression for a pattern below a fixed folder."""
    out = [re.escape(fixed)]
    at = 0
    while at < len(pattern):
        if pattern.startswith("/**/", at):
            out.append("/(?:.*/)?")
            at += 4
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        elif pattern[at] == "*":
            out.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            out.append("[^/]")
            at += 1
        elif pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
            out.append(_characters(pattern[at + 1 : end]))
            at = end + 1
        else:
            out.append(re.escape(pattern[at]))
            at += 1
    return f"(?s){''.join(out)}(?:/.*)?\\Z"


def _characters(text: str) -> str:
    negated = text[:1] in ("!", "^")
    inner = re.sub(r"([\\\]\[^&~|])", r"\\\1", text[negated:])
    return f"[{'^' if negated else ''}{inner}]"
