"""The shell that a language's runtime starts commands with, on a route that no probe came to.

Python's os.system and shell=True, exec of Node's child_process, backquotes of Perl and Ruby, PHP's
shell_exec: each names /bin/sh itself, and a script of any other line may call them.
"""

import re
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_SHELL = "/bin/sh"
_RUNTIME = re.compile(
    r".*/(?:lib)?(?:python|perl|ruby|php(?:-fpm|-cgi)?|node(?:js)?)-?[\d.]*(?:\.so[\d.]*)?"
)


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in keeping.files(fresh):
        if _RUNTIME.fullmatch(path) and keeping.elf(path) and keeping.once("shell"):
            keeping.add(_SHELL, f"shell: {path} may start commands with it")
            return
