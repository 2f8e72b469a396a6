"""Keeps the shell that a program starts commands with, even if no probe made it do so.

Python's os.system and shell=True, exec of Node's child_process, backquotes of Perl and Ruby, PHP's
shell_exec and Lua's os.execute all start /bin/sh. So do system() and popen() of the C library.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_SHELL = "/bin/sh"
_RUNTIME = re.compile(
    r".*/(?:lib)?(?:python|perl|ruby|php(?:-fpm|-cgi)?|node(?:js)?|lua(?:jit)?)-?[\d.]*(?:\.so[\d.]*)?"
)
_CALLS = re.compile(rb"\0(?:popen|system)\0")
_MOST = 1 << 26  # bytes of a program that is searched for these names


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if _starts_commands(builder, path) and builder.once("shell"):
            builder.add(_SHELL, f"shell: {path} may start commands with it")
            return


def _starts_commands(builder: KeepSetBuilder, path: str) -> bool:
    if _RUNTIME.fullmatch(path):
        return builder.elf(path) is not None
    if not builder.at_least("balanced"):
        return False
    own = path in builder.started or path in builder.application
    if not own or builder.elf(path) is None:
        return False
    return _CALLS.search(builder.contents.read(path, 0, _MOST)) is not None
