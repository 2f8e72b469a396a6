"""Keeps a small /bin/sh and small tools for people and orchestrators, who are not in the image:
`docker exec -it CONTAINER sh`, `docker run IMAGE sh -c "cat x | head"`, exec probes and hooks of
Kubernetes (`preStop: sleep 5`).

A shell that is too large is reported, tools are not. Where the fat image has no shell, there is
nothing to keep.
"""

from collections.abc import Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
from ci_slim.closure.rules.libraries import fitting, needed

MOST = 300_000
"""The most bytes of the shell with the libraries that it needs and that are not kept without it.
In a large image it is more: a fiftieth of it."""

TOOLS_LEAST, TOOLS_MOST = 300_000, 3_000_000
"""The most bytes of all tools with their libraries: a twentieth of the image, but no less and no
more than this."""

SHELL = "/bin/sh"

TOOLS = (
    "cat", "sleep", "head", "ls", "tail", "grep", "sed", "timeout", "env", "true", "false", "id",
    "cut", "wc", "tr", "gzip", "rm", "mkdir", "cp", "mv", "touch", "chmod", "chown", "ln", "sort",
    "date", "test", "dirname", "basename", "readlink", "stat", "hostname", "whoami", "uname",
    "tee", "df", "du", "kill", "xargs", "find", "tar", "ps", "awk", "mktemp", "uniq", "seq", "od",
    "getopt", "su", "base64", "md5sum", "sha256sum", "nproc", "which",
)  # fmt: skip
"""The tools that people type most, the first ones first. If one does not fit, the next may."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("console"):
        _add_shell(builder)
    shell = builder.index.resolve(SHELL).path
    if shell in builder.reasons and builder.once("tools of the console"):
        for path in _fitting_tools(builder):
            builder.add(path, "console: a tool for `docker exec`")


def _add_shell(builder: KeepSetBuilder) -> None:
    found = builder.index.resolve(SHELL)
    if found.path is None or builder.reasons.keys() >= {*found.links, found.path}:
        return
    brought = 0 if found.path in builder.reasons else weight(builder, [found.path])
    if brought <= max(MOST, builder.kept_bytes() // 50):
        builder.add(SHELL, "console: a shell for `docker exec`")
    else:
        builder.left_out.add(LeftOut("dropped_nearby", SHELL, brought, (SHELL,)))


def _fitting_tools(builder: KeepSetBuilder) -> list[str]:
    found = {path: real for name in TOOLS if (path := builder.program(name))
             and (real := builder.index.resolve(path).path)}  # fmt: skip
    builder.contents.expect(found.values())
    brought = {
        path: {real, *needed(builder, real)} - builder.reasons.keys()
        for path, real in found.items()
    }
    most = min(TOOLS_MOST, max(TOOLS_LEAST, builder.kept_bytes() // 20))
    return fitting(builder, brought, most, tell=False)
