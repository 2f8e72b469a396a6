""".NET: keeps the JSON files next to an assembly, which the host reads before it starts it."""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        folder = posixpath.dirname(path)
        if path.endswith(".dll") and builder.once(f"dotnet {folder}"):
            for beside in builder.index.children(folder):
                if beside.endswith((".deps.json", ".runtimeconfig.json")):
                    builder.add(beside, f".NET: describes the programs in {folder}")
