"""The rules: one module and one line here for each.

The function `find` of a rule takes a `Subject` and gives findings. A rule that is not sure gives
none. Building a change shows whether it is good, but each try costs time.
"""

from collections.abc import Callable, Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.rules import (
    apk_cache,
    apt_archives,
    apt_command,
    apt_lists,
    apt_recommends,
    apt_upgrade,
    archive_left,
    base_image,
    build_context,
    build_order,
    build_packages,
    build_stage,
    bundle_cache,
    cargo_cache,
    composer_cache,
    conda_cache,
    copy_owner,
    debug_symbols,
    dnf_cache,
    duplicate_files,
    go_cache,
    go_stages,
    go_symbols,
    gradle_cache,
    maven_cache,
    native_build,
    npm_cache,
    npm_dev,
    overwritten_files,
    package_upgrade,
    pip_cache,
    pip_leftovers,
    pnpm_store,
    removed_later,
    weak_packages,
    yarn_cache,
    zypper_cache,
)
from ci_slim.advise.subject import Subject

_MODULES = (
    go_stages,
    build_stage,
    base_image,
    removed_later,
    duplicate_files,
    build_context,
    copy_owner,
    build_packages,
    apt_recommends,
    weak_packages,
    apt_lists,
    apt_archives,
    archive_left,
    pip_cache,
    pip_leftovers,
    npm_dev,
    npm_cache,
    yarn_cache,
    pnpm_store,
    apk_cache,
    dnf_cache,
    zypper_cache,
    conda_cache,
    composer_cache,
    go_cache,
    cargo_cache,
    bundle_cache,
    maven_cache,
    gradle_cache,
    go_symbols,
    debug_symbols,
    native_build,
    build_order,
    overwritten_files,
    apt_command,
    apt_upgrade,
    package_upgrade,
)

RULES: dict[str, Callable[[Subject], Iterator[Finding]]] = {
    module.NAME: module.find for module in _MODULES
}
"""The rules by name; those that usually save most come first."""

DESCRIPTIONS: dict[str, str] = {
    module.NAME: " ".join((module.__doc__ or module.NAME).split("\n\n")[0].split())
    for module in _MODULES
}
"""What each rule is about, by its name: the first paragraph of its module."""


def findings(subject: Subject) -> tuple[Finding, ...]:
    """What all rules find."""
    return tuple(found for find in RULES.values() for found in find(subject))
