"""Says how often the files of an image change, for `layers: split`.

The history says which layers came with the base image, and which step made each other layer. From
the first COPY of the application's own files on, Docker makes each layer again when one of them
changes, so the files of these layers may get new times. There, files in the folders of a package
manager and files of a distribution's packages are apart from the application.
"""

import posixpath
from collections.abc import Iterable, Sequence

from ci_slim.closure.application import PACKAGE_FOLDERS, Application
from ci_slim.closure.owners import Owners
from ci_slim.closure.steps import Step
from ci_slim.image.entries import LayerFiles
from ci_slim.image.files import Entry, FileIndex, Kind
from ci_slim.image.grouping import Group, Grouping

_RELEASE = frozenset({"/etc/os-release", "/usr/lib/os-release"})
"""A distribution has one of these files. The layer that brings it is of the base image."""

_MANIFESTS = {
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".yarnrc.yml",
    ".npmrc", "pnpm-lock.yaml", "pnpm-workspace.yaml", "bun.lock", "bun.lockb", "Pipfile",
    "Pipfile.lock", "poetry.lock", "pyproject.toml", "uv.lock", "pdm.lock", "setup.py",
    "setup.cfg", "environment.yml", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "Gemfile",
    "Gemfile.lock", "composer.json", "composer.lock", "pom.xml", "build.gradle",
    "build.gradle.kts", "gradle.lockfile", "mix.exs", "mix.lock", "cpanfile",
}  # fmt: skip
"""Files that say what to install. A step that copies only these comes before the installation."""

_SETTINGS = (".yml", ".yaml", ".toml", ".ini", ".conf", ".cfg", ".cnf", ".properties", ".env")
_SETTINGS_FOLDERS = frozenset({"etc", "conf", "config", "configuration", "conf.d", "settings"})


def grouping(
    index: FileIndex,
    steps: Sequence[Step],
    owners: Owners,
    application: Application,
    paths: Iterable[str],
) -> Grouping:
    """The groups of these paths, and of the layers of the image.

    If the history does not show which step made each layer, only the names of the files and the
    packages are left: what belongs to the application, and what is in a package folder.
    """
    layers = _layers(index, steps, owners)
    if layers is None:
        found = {path: _by_name(index[path], application) for path in paths}
        return Grouping((Group.BASE,) * len(index.layers), found)
    return Grouping(layers, {path: _group(index[path], layers, owners) for path in paths})


def _layers(index: FileIndex, steps: Sequence[Step], owners: Owners) -> tuple[Group, ...] | None:
    """The group of each layer; None if the history does not show what made them."""
    made = [step for step in steps if step.layer is not None]
    if len(made) != len(index.layers):
        return None
    base = _base(made, index.layers)
    groups = [Group.BASE] * base
    for step, layer in zip(made[base:], index.layers[base:], strict=True):
        own = step.kind in ("COPY", "ADD") and not _brings_dependencies(layer, owners)
        below = groups[-1] if groups else Group.DEPENDENCIES
        reached = own or below is Group.APPLICATION
        groups.append(Group.APPLICATION if reached else Group.DEPENDENCIES)
    return tuple(groups)


def _base(made: Sequence[Step], layers: Sequence[LayerFiles]) -> int:
    """The number of layers of the base image. The lowest layer belongs to it if it brings a
    distribution, also if the history does not show where the base image ends."""
    lowest = bool(layers) and not _RELEASE.isdisjoint(layers[0].table.paths)
    count = int(lowest)
    for number, step in enumerate(made):
        if step.base:
            count = number + 1
        elif step.kind and not (number == 0 and lowest):
            break
    return count


def _brings_dependencies(layer: LayerFiles, owners: Owners) -> bool:
    """Whether a step copied only lists of dependencies, or mostly files of packages."""
    files = [entry for entry in layer.entries if entry.kind is Kind.FILE]
    if all(_is_manifest(entry.path) for entry in files):
        return True
    packaged = sum(entry.size for entry in files if _is_packaged(entry, owners))
    return 2 * packaged > sum(entry.size for entry in files)


def _is_manifest(path: str) -> bool:
    name = posixpath.basename(path)
    required = name.startswith(("requirements", "constraints")) and name.endswith((".txt", ".in"))
    return required or name in _MANIFESTS


def _is_packaged(entry: Entry, owners: Owners) -> bool:
    return _is_in_package_folder(entry.path) or entry.path in owners.package_of


def _is_in_package_folder(path: str) -> bool:
    return any(f"/{name}/" in path or path.endswith(f"/{name}") for name in PACKAGE_FOLDERS)


def _group(entry: Entry, layers: Sequence[Group], owners: Owners) -> Group:
    group = layers[entry.layer]
    if group is not Group.APPLICATION:
        return group
    if _is_packaged(entry, owners):
        return Group.LATER_DEPENDENCIES
    return Group.CONFIGURATION if _is_configuration(entry) else group


def _by_name(entry: Entry, application: Application) -> Group:
    if _is_in_package_folder(entry.path):
        return Group.DEPENDENCIES
    if entry.path not in application:
        return Group.BASE
    return Group.CONFIGURATION if _is_configuration(entry) else Group.APPLICATION


def _is_configuration(entry: Entry) -> bool:
    """Whether a file has settings: by its ending, or by a folder such as /etc."""
    if entry.kind not in (Kind.FILE, Kind.SYMLINK):
        return False
    folders = entry.path.split("/")[:-1]
    return entry.path.endswith(_SETTINGS) or not _SETTINGS_FOLDERS.isdisjoint(folders)
