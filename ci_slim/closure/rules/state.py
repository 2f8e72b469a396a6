"""Keeps data that a build step made and that the running program changes, such as a database that
`initdb` set up: what it did not touch this time belongs to the same whole.

A folder of data is `/var/lib/NAME`; elsewhere it is the folder that holds all files which the run
wrote below one application folder. A repository of git of which the run looked up objects is data,
too. Files of packages and of the base image are not meant. Half of a database is worth less than
none, so a folder is kept whole or not at all.
"""

import posixpath
import re
from collections.abc import Container, Iterator, Sequence

from ci_slim.closure.application import PACKAGE_FOLDERS, SAMPLES, is_made, own_folder
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

MOST = 100_000_000
"""The most bytes of a folder of data below /var/lib, /var/opt or /var/spool that is kept."""

OTHER_MOST = 20_000_000
"""The same for a folder elsewhere, which may hold more than data."""

_DATA = re.compile(r"(/var/(?:lib|opt|spool)/[^/]+)/.")
_SYSTEM = re.compile(
    r"/var/lib/(?:apk|apt|dnf|dpkg|pacman|rpm|yum|zypp|systemd|pam|ucf|misc|python|alternatives)/"
)
_REPOSITORY = ("HEAD", "objects", "refs")
_NO_DATA = re.compile(rf"/(?:\.cache|\.npm|__pycache__|{'|'.join(PACKAGE_FOLDERS)})/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("state"):
        return
    base = frozenset(step.layer for step in builder.steps if step.base)
    written = [
        path
        for path, how in builder.observation.uses.items()
        if how & How.WRITE and path in builder.index and _is_made(builder, path, base)
    ]
    found = {each: (most, "which the run changed") for each, most in _folders(written).items()}
    found |= dict.fromkeys(_repositories(builder), (OTHER_MOST, "a repository in use"))
    for folder, (most, why) in found.items():
        files = [
            path
            for path in builder.index.descendants(folder)
            if path not in builder.reasons and _is_made(builder, path, base)
        ]
        builder.add_whole(folder, files, most, f"state: data in {folder}, {why}")


def _folders(written: Sequence[str]) -> dict[str, int]:
    """The folders of data, with the most bytes that are kept of each."""
    found: dict[str, int] = {}
    elsewhere: dict[str, list[str]] = {}
    for path in written:
        if data := _DATA.match(path):
            found[data[1]] = MOST
        elif top := own_folder(path):
            elsewhere.setdefault(top, []).append(path)
    for paths in elsewhere.values():
        found[posixpath.commonpath(map(posixpath.dirname, paths))] = OTHER_MOST
    return found


def _repositories(builder: KeepSetBuilder) -> Iterator[str]:
    """The repositories of git in use. Who only wants to know the version reads HEAD."""
    for path in builder.observation.uses:
        folder, name = posixpath.split(path)
        if name == "objects" and all(f"{folder}/{each}" in builder.index for each in _REPOSITORY):
            yield folder


def _is_made(builder: KeepSetBuilder, path: str, base: Container[int | None]) -> bool:
    """Whether a path is a file that a build step made: not of a package, nor of a layer of the base
    image."""
    return (
        builder.index[path].kind is Kind.FILE
        and path not in builder.owners.package_of
        and is_made(builder.index, base, path)
        and not _SYSTEM.match(path)
        and not _NO_DATA.search(path)
        and not SAMPLES.fullmatch(path)
    )
