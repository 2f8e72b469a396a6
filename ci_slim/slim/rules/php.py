"""PHP: the configuration of each way to run it, and the settings of its extensions."""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_PROGRAM = re.compile(r"(php|php-fpm|php-cgi|phpdbg|libphp)([\d.]*)(\.so)?$")


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        if _PROGRAM.match(posixpath.basename(path)) and path in keeping.index:
            if not keeping.head(path).startswith(b"\x7fELF") or not keeping.once("php"):
                continue
            reason = f"php: configuration of {path}"
            for folder in ("/etc/php", "/usr/local/etc/php", "/usr/local/etc/php-fpm.d"):
                keeping.add_tree(folder, reason)
            keeping.add("/usr/local/etc/php-fpm.conf", reason)
