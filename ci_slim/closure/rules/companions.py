"""Keeps the other programs of the software that ran: its client, its check of a configuration, its
tool for passwords or backups, its sub-commands.

They belong to the same package, or stand beside the program with the same first word in their name
(`redis-server`, `redis-cli`). Programs of the system's own packages are not meant.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import brought
from ci_slim.closure.rules.libraries import fitting, size
from ci_slim.closure.rules.script import INTERPRETER
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

LEAST, MOST = 500_000, 8_000_000
"""The most bytes of such programs, with the libraries and interpreters that they need: a tenth of
the image, but no less and no more than this. Small ones come first."""

_PROGRAMS = re.compile(
    r".*/s?bin/[^/]+|/usr/lib(?:exec)?/(?!systemd/)(?:[^/]+/)*(?![^/]*\.so(?:\.|$))[\w.-]+"
)
"""Alpine lets libraries be executed, too."""

_FIRST_WORD = re.compile(r"[A-Za-z][A-Za-z\d]{2,}(?=[-_.\d]|$)")
_SYSTEM = frozenset(
    ("alpine-baselayout", "apk-tools", "bash", "busybox", "coreutils", "debianutils", "findutils",
     "gawk", "gosu", "mawk", "musl-utils", "openssl", "procps", "su-exec", "tini", "util-linux")
)  # fmt: skip
"""Packages of tools, of which a script called one."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("companions"):
        return
    found: dict[str, str] = {}
    for program in _ran(builder):
        for other in _others(builder, program):
            found.setdefault(other, program)
    builder.contents.expect(found)
    left = min(MOST, max(LEAST, builder.kept_bytes() // 10)) if found else 0
    bring = {other: brought(builder, other) for other in found}
    in_order = sorted(found, key=lambda other: (size(builder, bring[other]), other))
    for other in fitting(builder, {other: bring[other] for other in in_order}, left):
        builder.add(other, f"companions: of the software of {found[other]}")


def _ran(builder: KeepSetBuilder) -> Iterator[str]:
    """The programs that the run executed and that are no language, shell or tool of the system."""
    owners = builder.owners
    executed = {
        builder.index.resolve(path).path
        for path, how in builder.observation.uses.items()
        if how & How.EXEC
    }
    for path in builder.started:
        if path not in executed or INTERPRETER.fullmatch(posixpath.basename(path)):
            continue
        package = owners.package_of.get(path)
        if package not in _SYSTEM and package not in owners.required:
            yield path


def _others(builder: KeepSetBuilder, program: str) -> Iterator[str]:
    owners = builder.owners
    package = owners.package_of.get(program)
    if package is not None:
        new = builder.once(f"companions of {package}")
        near = [path for path in owners.files[package] if _PROGRAMS.fullmatch(path)] if new else []
    else:
        folder, name = posixpath.split(program)
        word = _FIRST_WORD.match(name)
        starts = [f"{folder.rstrip('/')}/{word[0]}{mark}" for mark in "-_"] if word else []
        near = [
            path
            for start in starts
            if builder.once(f"companions {start}")
            for path in builder.starting(start)
            if path not in owners.package_of
        ]
    for path in near:
        real = builder.entry(path)
        if path not in builder.reasons and real and real.kind is Kind.FILE and real.mode & 0o111:
            yield path
