"""The rules that add what the used files need, one module each.

A rule gets the keep set so far and the paths that are new since the rule last ran. It adds what
these paths need. All rules run again until none adds anything new. A new rule is a module here and
a line in RULES, or in CAUTIOUS or SAFE if it applies only from `slim.safety: balanced` or `safe`
on.
"""

from collections.abc import Callable, Mapping, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules import (
    certificates,
    children,
    commands,
    companions,
    console,
    cuda,
    data_packages,
    dotnet,
    folders,
    glibc,
    imports,
    installed_applications,
    java,
    libraries,
    library_folders,
    listings,
    literals,
    locales,
    lua_modules,
    named_packages,
    node,
    node_modules,
    other_names,
    own_files,
    package_data,
    pages,
    perl,
    perl_modules,
    php,
    php_libraries,
    plugins,
    python,
    python_modules,
    ruby,
    ruby_libraries,
    script,
    shell,
    small_packages,
    state,
    system_data,
    tcl_packages,
    timezones,
    users,
    whole_packages,
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
    "cuda": cuda.apply,
}

CAUTIOUS: Mapping[str, Rule] = {
    "state": state.apply,
    "own files": own_files.apply,
    "literals": literals.apply,
    "children": children.apply,
    "commands": commands.apply,
    "companions": companions.apply,
    "named packages": named_packages.apply,
    "plugins": plugins.apply,
    "installed applications": installed_applications.apply,
    "library folders": library_folders.apply,
    "data packages": data_packages.apply,
    "system data": system_data.apply,
    "python modules": python_modules.apply,
    "node modules": node_modules.apply,
    "ruby libraries": ruby_libraries.apply,
    "perl modules": perl_modules.apply,
    "php libraries": php_libraries.apply,
    "lua modules": lua_modules.apply,
    "tcl packages": tcl_packages.apply,
    "package data": package_data.apply,
    "pages": pages.apply,
    "locales": locales.apply,
    "small packages": small_packages.apply,
    "other names": other_names.apply,
    "console": console.apply,
}
"""Rules for files that no probe used. They apply at `balanced` and `safe`."""

SAFE: Mapping[str, Rule] = {
    "whole packages": whole_packages.apply,
}
"""Rules that apply only at `safe`."""
