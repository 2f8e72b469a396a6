"""Perl: keeps the module of each compiled part, and what is loaded when something goes wrong."""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_COMPILED = re.compile(r"(.*)/auto/(.+)/[^/]+\.so$")
_CORE = re.compile(r"(.*/perl(?:-base|5)?(?:/\d[\d.]*)?)/(?:strict|warnings)\.pm$")
_ERROR_PATH = (
    "Carp.pm", "Carp/Heavy.pm", "Exporter.pm", "Exporter/Heavy.pm", "overload.pm", "overloading.pm",
    "warnings/register.pm", "utf8.pm", "utf8_heavy.pl", "bytes.pm", "bytes_heavy.pl", "vars.pm",
    "constant.pm", "Errno.pm", "Config.pm", "Config_heavy.pl", "DynaLoader.pm", "XSLoader.pm",
)  # fmt: skip

_BY_PERL = ("attributes", "Tie/Hash/NamedCapture", "PerlIO/scalar", "File/Glob", "mro")
"""Modules with a compiled part that the interpreter itself loads: for `my $x : shared`, `%+`, a
file in memory, `<*.txt>`."""

_TABLES = {"_charnames.pm": "unicore/Name.pl", "diagnostics.pm": "pod/perldiag.pod"}
"""Modules that read a file beside them, which no statement names."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        if found := _COMPILED.match(path):
            builder.add(f"{found[1]}/{found[2]}.pm", f"perl: the module of {path}")
        for module, table in _TABLES.items():
            if path.endswith(f"/{module}"):
                names = f"{posixpath.dirname(path)}/{table}"
                builder.add(names, f"perl: the table that {path} reads")
        if found := _CORE.match(path):
            reason = "perl: loaded when something goes wrong"
            builder.add_tree(f"{found[1]}/unicore", "perl: tables for characters")
            for name in _ERROR_PATH:
                builder.add(f"{found[1]}/{name}", reason)
            for folder in (found[1], *builder.index.children(found[1])):
                for name in _BY_PERL:
                    part = f"{folder}/auto/{name}/{posixpath.basename(name)}.so"
                    if f"{folder}/{name}.pm" in builder.index and part in builder.index:
                        builder.add(f"{folder}/{name}.pm", "perl: loaded by the interpreter")
                        builder.add(part, "perl: loaded by the interpreter")
