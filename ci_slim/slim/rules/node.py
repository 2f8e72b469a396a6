"""Node.js: the package.json that says how a module's files are to be read."""

import posixpath
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_MODULES = (".js", ".mjs", ".cjs", ".node", ".json", ".wasm")


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        if not path.endswith(_MODULES):
            continue
        folder = posixpath.dirname(path)
        while folder != "/" and keeping.once(f"node {folder}"):
            manifest = f"{folder}/package.json"
            if manifest in keeping.index:
                keeping.add(manifest, f"node: describes the package in {folder}")
                break
            folder = posixpath.dirname(folder)
