"""PHP: keeps the configuration of each way to run it, and the settings of its extensions."""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_PROGRAM = re.compile(r"(php|php-fpm|php-cgi|phpdbg|libphp)([\d.]*)(\.so)?$")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        if _PROGRAM.match(posixpath.basename(path)) and path in builder.index:
            if not builder.head(path).startswith(b"\x7fELF") or not builder.once("php"):
                continue
            reason = f"php: configuration of {path}"
            for folder in ("/etc/php", "/usr/local/etc/php", "/usr/local/etc/php-fpm.d"):
                builder.add_tree(folder, reason)
            builder.add("/usr/local/etc/php-fpm.conf", reason)
