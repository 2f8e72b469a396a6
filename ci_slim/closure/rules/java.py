"""Java: keeps the runtime's module image and its security, network and font configuration.

Some classes of the module image need a library next to it, which is loaded when the class is first
used (management, awt, prefs, …), or a program that they start.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_HOME = re.compile(r"(.*)/lib/(?:\w+/)?((?:server|client|minimal)/libjvm\.so)$")
_TREES = ("conf", "lib/security", "lib/fonts", "jre/lib/security")
_FILES = (
    "release", "lib/modules", "lib/jvm.cfg", "lib/tzdb.dat", "lib/tzmappings", "lib/jexec",
    "lib/fontconfig.bfc", "lib/fontconfig.properties", "lib/psfontj2d.properties",
    "lib/currency.data", "lib/net.properties", "lib/logging.properties", "lib/rt.jar",
    "lib/jce.jar", "lib/jsse.jar", "lib/charsets.jar", "lib/resources.jar", "lib/jspawnhelper",
)  # fmt: skip


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        home = _HOME.match(path)
        if home and builder.once(f"java {home[1]}"):
            reason = f"java: the runtime of {path}"
            for name in _TREES:
                builder.add_tree(f"{home[1]}/{name}", reason)
            for name in _FILES:
                builder.add(f"{home[1]}/{name}", reason)
            for native in builder.index.children(path.removesuffix(f"/{home[2]}")):
                if native.endswith(".so"):
                    builder.add(native, reason)
