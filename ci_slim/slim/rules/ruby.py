"""Ruby: the specification of each gem of which a file is kept, and the encodings.

An encoding is looked up by name when the first text in it arrives: a form in ISO-8859-1 will do.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_GEM = re.compile(r"(.*)/gems/([^/]+-\d[^/]*)/")


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        gem = _GEM.match(path)
        if gem and keeping.once(f"ruby {gem[0]}"):
            for folder in ("specifications", "specifications/default"):
                keeping.add(f"{gem[1]}/{folder}/{gem[2]}.gemspec", f"ruby: describes {gem[2]}")
        if path.endswith("/enc/encdb.so"):
            keeping.add_tree(posixpath.dirname(path), "ruby: encodings are looked up by name")
