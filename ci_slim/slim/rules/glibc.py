"""What the C library opens on its own, some of it only when something goes wrong.

glibc: name services (nsswitch.conf and the libnss_* it names), the resolver's files, libgcc_s (it
is loaded when a thread is cancelled: without it the process aborts), locales and converters.
musl needs only the files in /etc.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_FILES = ("nsswitch.conf", "host.conf", "hosts", "passwd", "group", "gai.conf")
_MUSL_FILES = ("hosts", "passwd", "group")
_SERVICE = re.compile(r"^\s*\w+:(.*)$", re.MULTILINE)


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    for path in fresh:
        name = posixpath.basename(path)
        if name == "libc.so.6":
            _glibc(keeping, posixpath.dirname(path))
        elif name.startswith("ld-musl-"):
            for file in _MUSL_FILES:
                keeping.add(f"/etc/{file}", "musl: read by the C library")
        elif "/gconv/" in path and name.endswith(".so") and keeping.once("gconv"):
            keeping.add_tree(posixpath.dirname(path), "glibc: a converter was used")
        elif name == "gconv-modules.cache":
            for file in ("gconv-modules", "gconv-modules.d"):
                keeping.add_tree(f"{posixpath.dirname(path)}/{file}", "glibc: names the converters")


def _glibc(keeping: Keeping, folder: str) -> None:
    for file in _FILES:
        keeping.add(f"/etc/{file}", "glibc: read by the C library")
    services = {"files", "dns"}
    for line in _SERVICE.findall(keeping.text("/etc/nsswitch.conf")):
        services.update(re.findall(r"\w+", re.sub(r"\[[^]]*\]|#.*", " ", line)))
    names = [f"libnss_{service}.so.2" for service in sorted(services)]
    for name in (*names, "libresolv.so.2", "libgcc_s.so.1"):
        for where in (folder, folder.replace("/usr/lib", "/lib"), f"/usr{folder}"):
            if keeping.exists(f"{where}/{name}"):
                keeping.add(f"{where}/{name}", "glibc: loaded by the C library when it is needed")
                break
    if keeping.once("locale"):
        _locale(keeping)


def _locale(keeping: Keeping) -> None:
    wanted = {keeping.env.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")}
    plain = {_plain(name) for name in wanted if name and name not in ("C", "POSIX")}
    if not plain:
        return
    keeping.add("/usr/lib/locale/locale-archive", "glibc: the locale of the image")
    for path in keeping.children("/usr/lib/locale"):
        if _plain(posixpath.basename(path)) in plain:
            keeping.add_tree(path, "glibc: the locale of the image")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9_.@]", "", name.lower())
