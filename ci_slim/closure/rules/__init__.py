"""The rules that lead from what was seen to what must be kept, one module each.

A rule is given what is kept so far and the paths that are new since it last ran; it adds what these
need. All run again until nothing new comes. A new rule is a module here and a line in RULES.
"""

from collections.abc import Callable, Mapping, Sequence

from ci_slim.closure.keep_set import KeepSetBuilder
from ci_slim.closure.rules import (
    certificates,
    dotnet,
    folders,
    glibc,
    imports,
    java,
    libraries,
    listings,
    node,
    perl,
    php,
    python,
    ruby,
    script,
    shell,
    timezones,
    users,
)

Rule = Callable[[KeepSetBuilder, Sequence[str]], None]

RULES: Mapping[str, Rule] = {
    "script": script.apply,
    "shell": shell.apply,
    "elf": libraries.apply,
    "glibc": glibc.apply,
    "certificates": certificates.apply,
    "time zones": timezones.apply,
    "users": users.apply,
    "folders": folders.apply,
    "listings": listings.apply,
    "python": python.apply,
    "python imports": imports.apply,
    "node": node.apply,
    "ruby": ruby.apply,
    "java": java.apply,
    "php": php.apply,
    "perl": perl.apply,
    ".NET": dotnet.apply,
}
