""".NET: the descriptions beside an assembly that the host reads before it starts it."""

import posixpath
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        folder = posixpath.dirname(path)
        if path.endswith(".dll") and keeping.once(f"dotnet {folder}"):
            for beside in keeping.index.children(folder):
                if beside.endswith((".deps.json", ".runtimeconfig.json")):
                    keeping.add(beside, f".NET: describes the programs in {folder}")
