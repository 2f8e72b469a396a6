"""Which files a .dockerignore leaves out of the build context. Pure.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import functools
import posixpath
import re
from collections.abc import Callable


def ignored(text: str) -> Callable[[str], bool]:
    """A function that says whether a path of the context, without `/` at the start, is left out.
    The last pattern that matches the path or a folder above it decides."""
    patterns = [(bang, _compiled(line)) for bang, line in _lines(text)]

    @functools.cache
    def is_ignored(path: str) -> bool:
        parents = [path]
        while "/" in path:
            path = posixpath.dirname(path)
            parents.append(path)
        found = False
        for kept, pattern in patterns:
            if any(pattern.fullmatch(each) for each in parents):
                found = not kept
        return found

    return is_ignored


def _lines(text: str) -> list[tuple[bool, str]]:
    found = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        kept = line.startswith("!")
        path = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
        found.append((kept, path))
    return found


def _compiled(pattern: str) -> re.Pattern[str]:
    """Go's filepath.Match, and `**` for any number of folders."""
    made, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            made, at = made + "(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            made, at = made + ".*", at + 2
        elif pattern[at] == "*":
            made, at = made + "[^/]*", at + 1
        elif pattern[at] == "?":
            made, at = made + "[^/]", at + 1
        elif pattern[at] == "\\" and at + 1 < len(pattern):
            made, at = made + re.escape(pattern[at + 1]), at + 2
        elif pattern[at] == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            inner = pattern[at + 1 : end].replace("\\", "\\\\")
            made, at = f"{made}[{inner}]" if inner else made + re.escape("[]"), end + 1
        else:
            made, at = made + re.escape(pattern[at]), at + 1
    try:
        return re.compile(made)
    except re.error:
        return re.compile(re.escape(pattern))
