"""Keeps the files of a folder whose names were read: plugins, conf.d, pages of an index.

One system call reads all names of a folder, and it does not show which names the program needs. It
may pick one by chance or by request, count them, or print them. If one of them is missing, no
look-up fails, so healing cannot find it either.

Folders that are read for another reason are left out because they hold too much: those in which
programs and libraries are searched. Python, for example, lists each folder that it imports from, so
also the folder of the script.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

REASON = "listed: in "
"""What the reason of such a file begins with; the folder follows."""
_SEARCHED = re.compile(
    r"(?:/usr)?(?:/local)?/lib(?:x?32|64)?(?:/[^/]+-linux-[^/]+)?$"
    r"|.*/(?:(?:python|pypy)3(?:\.\d+)?|(?:site|dist)-packages)(?:/.*)?$"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("listings"):
        return
    programs = {builder.index.resolve(folder).path for folder in builder.path_folders}
    for folder, how in builder.observation.uses.items():
        if not how & (How.LIST | How.OPEN):
            continue
        real = builder.index.resolve(folder).path
        if real is None or builder.index[real].kind is not Kind.DIR:
            continue
        if real in programs or _SEARCHED.match(real):
            continue
        for path in builder.index.children(real):
            builder.add(path, REASON + real)
