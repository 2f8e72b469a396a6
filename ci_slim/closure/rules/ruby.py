"""Ruby: keeps the specification of each gem of which a file is kept, and the encodings.

An encoding is looked up by name when the first text in it arrives, for example a form in
ISO-8859-1.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_GEM = re.compile(r"(.*)/gems/([^/]+-\d[^/]*)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        gem = _GEM.match(path)
        if gem and builder.once(f"ruby {gem[0]}"):
            for folder in ("specifications", "specifications/default"):
                builder.add(f"{gem[1]}/{folder}/{gem[2]}.gemspec", f"ruby: describes {gem[2]}")
        if path.endswith("/enc/encdb.so"):
            builder.add_tree(posixpath.dirname(path), "ruby: encodings are looked up by name")
