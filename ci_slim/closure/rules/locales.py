"""Keeps locales that own files name, and converters of characters that libraries open late.

A program that sets a locale gets another order, other names of months or an error if its files are
missing. libxml2, GLib, PHP and what languages call iconv ask glibc's iconv for any encoding but
UTF-8, for example when the first document in windows-1252 arrives; iconv_open(3) then loads a
converter. UTF-16 and UTF-32 have converters, too.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set import LeftOut, sizes
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.babel import add_inherited
from ci_slim.closure.rules.glibc import locale_name

MOST = 5_000_000
"""The most bytes of locales. glibc's archive of locales counts too."""

_LOCALES = "/usr/lib/locale"
_LOCALE = re.compile(
    r"""\b((?:C|[a-z]{2,3}_[A-Z]{2})\.(?:[Uu][Tt][Ff]-?8|[Ii][Ss][Oo]-?8859-?\d+)(?:@\w+)?)"""
    r"""|["']([a-z]{2,3}_[A-Z]{2}(?:@\w+)?)["']"""
)
_USERS = re.compile(r"libxml2\.so.*|libglib-2\.0\.so.*|(?:.*[.-])?iconv(?:\.so.*)?", re.IGNORECASE)
"""What opens converters: /usr/bin/iconv, liblua5.1-iconv.so.0, Text/Iconv/Iconv.so."""

_COMMON = (
    *("ISO8859-1", "ISO8859-2", "ISO8859-5", "ISO8859-7", "ISO8859-9", "ISO8859-15"),
    *("CP1250", "CP1251", "CP1252", "CP1253", "CP1254", "KOI8-R", "UTF-16", "UTF-32"),
)
"""Converters of encodings that documents still have. Each has 18 kB."""

_CATALOGUE = ("gconv-modules.cache", "gconv-modules", "gconv-modules.d")
_ENCODING = re.compile(
    r"\b(?:ISO|CP|WINDOWS|EUC|SHIFT|SJIS|GB|BIG|KOI|UTF|TIS|JIS|IBM|MACINTOSH)[\w-]*", re.IGNORECASE
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("named locales"):
        _add_locales(builder)
    for path in fresh:
        if path.endswith("/babel/localedata.py"):
            add_inherited(builder, posixpath.dirname(path))
        if _USERS.fullmatch(posixpath.basename(path)):
            for lib in ("/usr/lib", "/usr/lib64", *builder.children("/usr/lib")):
                folder = f"{lib}/gconv"
                if builder.exists(folder) and builder.once(f"converters {folder}"):
                    _add_converters(builder, folder, path)


def _add_locales(builder: KeepSetBuilder) -> None:
    if not builder.exists(_LOCALES):
        return
    named: dict[str, str] = {}
    for path, text in builder.own_texts():
        for full, short in _LOCALE.findall(text):
            named.setdefault(locale_name(full or short), path)
    left = MOST
    for path in builder.children(_LOCALES) if named else ():
        name = posixpath.basename(path)
        by = named.get(locale_name(name))
        if name == "locale-archive":
            by = next(iter(named.values()))
        if by is None:
            continue
        weight = _bytes(builder, path)
        if weight <= left:
            left -= weight
            builder.add_tree(path, f"locales: named in {by}")
        else:
            builder.left_out.add(LeftOut("literal_dropped", path, weight, (path,)))


def _bytes(builder: KeepSetBuilder, path: str) -> int:
    """The bytes of a file or folder that keeping it adds. Locales share files by hard links."""
    real = builder.index.resolve(path).path
    if real is None:
        return 0
    files = (real, *builder.index.descendants(real))
    return sum(sizes(builder.index, (p for p in files if p not in builder.reasons)).values())


def _add_converters(builder: KeepSetBuilder, folder: str, library: str) -> None:
    for name in (*_CATALOGUE, *(f"{each}.so" for each in _COMMON)):
        if builder.exists(f"{folder}/{name}"):
            builder.add_tree(f"{folder}/{name}", f"locales: converters that {library} opens")
    files, aliases = _files(builder, folder)
    for path, text in builder.own_texts():
        for name in dict.fromkeys(_ENCODING.findall(text)):
            for encoding in dict.fromkeys((name.upper(), *aliases.get(name.upper(), ()))):
                if encoding in files and builder.once(f"converters {folder} {encoding}"):
                    for file in files[encoding]:
                        if builder.exists(f"{folder}/{file}.so"):
                            reason = f"locales: {name} is named in {path}"
                            builder.add(f"{folder}/{file}.so", reason)


def _files(
    builder: KeepSetBuilder, folder: str
) -> tuple[dict[str, dict[str, None]], dict[str, list[str]]]:
    """The converters of each encoding, and the encodings of each other name, as gconv-modules
    describes them: `module FROM// TO// FILE COST` and `alias NAME// OTHER//`."""
    found: dict[str, dict[str, None]] = {}
    aliases: dict[str, list[str]] = {}
    more = builder.children(f"{folder}/gconv-modules.d")
    for file in (f"{folder}/gconv-modules", *more):
        for line in builder.text(file).splitlines():
            match [word.removesuffix("//").upper() for word in line.split()]:
                case ["ALIAS", name, other, *_]:
                    aliases.setdefault(name, []).append(other)
                case ["MODULE", start, end, _, *_]:
                    for name in (start, end):
                        found.setdefault(name, {})[line.split()[3]] = None
    return found, aliases
