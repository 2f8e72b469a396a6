"""Keeps a small /bin/sh for people and orchestrators, who are not in the image: `docker exec -it
CONTAINER sh`, `docker run IMAGE sh -c "a | b"`, exec probes and hooks of Kubernetes.

A larger shell is reported. Where the fat image has none, there is nothing to keep.
"""

from collections.abc import Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.libraries import weight

MOST = 300_000
"""The most bytes of the shell with the libraries that it needs and that are not kept without it.
In a large image it is more: a fiftieth of it."""

SHELL = "/bin/sh"


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("console"):
        return
    found = builder.index.resolve(SHELL)
    if found.path is None or builder.reasons.keys() >= {*found.links, found.path}:
        return
    brought = 0 if found.path in builder.reasons else weight(builder, [found.path])
    if brought <= max(MOST, builder.kept_bytes() // 50):
        builder.add(SHELL, "console: a shell for `docker exec`")
    else:
        builder.left_out.add(LeftOut("dropped_nearby", SHELL, brought, (SHELL,)))
