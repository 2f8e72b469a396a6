"""Keeps what the C library opens by itself, some of it only when something goes wrong.

glibc opens name services (nsswitch.conf and the libnss_* libraries that it names), the files of the
resolver, libgcc_s, locales and character converters. libgcc_s is loaded when a thread is cancelled;
without it the process aborts. musl needs only the files in /etc.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_FILES = ("nsswitch.conf", "host.conf", "hosts", "passwd", "group", "gai.conf")
_MUSL_FILES = ("hosts", "passwd", "group")
_SERVICE = re.compile(r"^[^\S\n]*+\w++:(.*)$", re.MULTILINE)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        name = posixpath.basename(path)
        if name == "libc.so.6":
            _add_glibc(builder, posixpath.dirname(path))
        elif name.startswith("ld-musl-"):
            for file in _MUSL_FILES:
                builder.add(f"/etc/{file}", "musl: read by the C library")
        elif _is_used_converter(builder, path) and builder.once("gconv"):
            builder.add_tree(posixpath.dirname(path), "glibc: a converter was used")
        elif name == "gconv-modules.cache":
            for file in ("gconv-modules", "gconv-modules.d"):
                builder.add_tree(f"{posixpath.dirname(path)}/{file}", "glibc: names the converters")


def _is_used_converter(builder: KeepSetBuilder, path: str) -> bool:
    used = "/gconv/" in path and path.endswith(".so")
    return used and path in builder.observation.uses


def _add_glibc(builder: KeepSetBuilder, folder: str) -> None:
    for file in _FILES:
        builder.add(f"/etc/{file}", "glibc: read by the C library")
    services = {"files", "dns"}
    for line in _SERVICE.findall(builder.text("/etc/nsswitch.conf")):
        services.update(re.findall(r"\w+", re.sub(r"\[[^]]*\]|#.*", " ", line)))
    names = [f"libnss_{service}.so.2" for service in sorted(services)]
    for name in (*names, "libresolv.so.2", "libgcc_s.so.1"):
        for where in (folder, folder.replace("/usr/lib", "/lib"), f"/usr{folder}"):
            if builder.exists(f"{where}/{name}"):
                builder.add(f"{where}/{name}", "glibc: loaded by the C library when it is needed")
                break
    if builder.once("locale"):
        _add_locale(builder)


def _add_locale(builder: KeepSetBuilder) -> None:
    wanted = {builder.env.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")}
    plain = {locale_name(name) for name in wanted if name and name not in ("C", "POSIX")}
    if not plain:
        return
    builder.add("/usr/lib/locale/locale-archive", "glibc: the locale of the image")
    for path in builder.children("/usr/lib/locale"):
        if locale_name(posixpath.basename(path)) in plain:
            builder.add_tree(path, "glibc: the locale of the image")


def locale_name(name: str) -> str:
    """The name of a locale as glibc compares it: `de_DE.UTF-8` is `de_DE.utf8`."""
    return re.sub(r"[^a-z0-9_.@]", "", name.lower())
