"""Keeps the shell that a language runtime starts commands with, even if no probe made it do so.

Python's os.system and shell=True, exec of Node's child_process, backquotes of Perl and Ruby, and
PHP's shell_exec all start /bin/sh.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_SHELL = "/bin/sh"
_RUNTIME = re.compile(
    r".*/(?:lib)?(?:python|perl|ruby|php(?:-fpm|-cgi)?|node(?:js)?)-?[\d.]*(?:\.so[\d.]*)?"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if _RUNTIME.fullmatch(path) and builder.elf(path) and builder.once("shell"):
            builder.add(_SHELL, f"shell: {path} may start commands with it")
            return
