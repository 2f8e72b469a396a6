"""The locales of Babel, Python's library of languages, that own files name, with what they inherit.
For the rule `locales`.

Babel stores each locale in a file, `nb.dat`, and reads the locale that it inherits from as well:
`pt.dat` for `pt_BR`, `no.dat` for `nb`. The exceptions from the names are in `global.dat`.
"""

import pickletools
from collections.abc import Iterator, Mapping

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_MOST = 1 << 20
"""The most bytes of `global.dat` that are read."""

_DEEPEST = 5
"""The most locales that one inherits from, one after the other."""


def add_inherited(builder: KeepSetBuilder, folder: str) -> None:
    """Keep what the named locales inherit. `folder` is Babel's package."""
    table = f"{folder}/global.dat"
    parents = _parents(builder.contents.read(table, 0, _MOST)) if table in builder.index else {}
    for name in sorted(builder.own_words):
        if f"{folder}/locale-data/{name}.dat" in builder.index:
            for each in (name, *_inherited(name, parents)):
                path = f"{folder}/locale-data/{each}.dat"
                builder.add(path, f"locales: {name} is named in an own file")


def _inherited(name: str, parents: Mapping[str, str]) -> Iterator[str]:
    for _ in range(_DEEPEST):
        name = parents.get(name) or name.rpartition("_")[0]
        if not name:
            break
        yield name
    yield "root"


def _parents(stored: bytes) -> dict[str, str]:
    """The entries of the table `parent_exceptions` in a stored object. It is read word by word;
    nothing of it is executed."""
    words: list[str] = []
    memo: dict[object, str] = {}
    inside, last = False, ""
    try:
        for code, argument, _ in pickletools.genops(stored):
            if "PUT" in code.name or code.name == "MEMOIZE":
                memo[len(memo) if argument is None else argument] = last
                continue
            if inside and code.name == "SETITEMS":
                break
            last = str(argument) if "UNICODE" in code.name else ""
            if "GET" in code.name:
                last = memo.get(argument, "")
            if inside and last:
                words.append(last)
            inside = inside or last == "parent_exceptions"
    except ValueError:
        return {}
    return dict(zip(words[::2], words[1::2], strict=False))
