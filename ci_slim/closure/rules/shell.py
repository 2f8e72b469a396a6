"""The shell that a language's runtime starts commands with, on a route that no probe came to.

Python's os.system and shell=True, exec of Node's child_process, backquotes of Perl and Ruby, PHP's
shell_exec: each names /bin/sh itself, and a script of any other line may call them.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set import KeepSetBuilder

_SHELL = "/bin/sh"
_RUNTIME = re.compile(
    r".*/(?:lib)?(?:python|perl|ruby|php(?:-fpm|-cgi)?|node(?:js)?)-?[\d.]*(?:\.so[\d.]*)?"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if _RUNTIME.fullmatch(path) and builder.elf(path) and builder.once("shell"):
            builder.add(_SHELL, f"shell: {path} may start commands with it")
            return
