"""The checkout that a job works in: its reports, its commit, its owner."""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ci_slim.errors import UsageError

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def checked_out(folder: Path, top: Path) -> str | None:
    """The commit of the checkout that `folder` lies in; None if unknown. Does not look above `top`.

    It reads the files in `.git`, described in gitrepository-layout(5), as git is not installed.
    """
    place = folder.resolve()
    if not place.is_relative_to(top.resolve()):
        return None
    while not (place / ".git").exists() or _is_submodule(place):
        if place == top.resolve() or place == place.parent:
            return None
        place = place.parent
    return _commit(place)


def checkouts(top: Path) -> Iterator[str | None]:
    """The commits of all checkouts in and below `top`; None for an unknown one. A submodule counts
    as a part of its checkout."""
    for place, folders, files in os.walk(top):
        if ".git" in (*folders, *files) and not _is_submodule(Path(place)):
            yield _commit(Path(place))
        folders[:] = [name for name in folders if name != ".git"]


def _is_submodule(place: Path) -> bool:
    return (place / ".git").is_file() and "/modules/" in _text(place / ".git")


def _commit(place: Path) -> str | None:
    """The commit of a checkout. In a worktree, `.git` is a file that names the real folder."""
    git = place / ".git"
    if git.is_file():
        git = place / _text(git).removeprefix("gitdir:").strip()
    head = _text(git / "HEAD")
    if head.startswith("ref: "):
        head = _reference(git / (_text(git / "commondir") or "."), head.removeprefix("ref: "))
    return head if _COMMIT.fullmatch(head) else None


def _reference(git: Path, name: str) -> str:
    if ".." in name:
        return ""
    packed = (line.partition(" ") for line in _text(git / "packed-refs").splitlines())
    return _text(git / name) or next((commit for commit, _, at in packed if at == name), "")


def reports(names: Sequence[str], top: Path) -> list[Path]:
    """The files that these patterns match, sorted; a pattern may start with the path of the
    workspace. Raises UsageError if no file matches, and for a folder."""
    where = "the input `reports`"
    found: set[Path] = set()
    for name in names:
        pattern = name.removeprefix(f"{top}/").lstrip("/")
        try:
            found |= set(top.glob(pattern))
        except ValueError as error:
            raise UsageError(f"`{name}` is not a pattern: {error}", where=where) from None
    if not found:
        raise UsageError(
            "no file matches",
            where=where,
            hint="download the artifacts of the earlier jobs before this step",
        )
    for path in found:
        if path.is_dir():
            raise UsageError(
                f"`{path.relative_to(top)}` is a folder",
                where=where,
                hint="name the reports in it, such as reports/*/report.json",
            )
    return sorted(found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def change_owner(folder: Path, like: Path) -> None:
    """Make the owner of `like` the owner of everything in a folder: later steps do not run as root
    and must be able to remove it."""
    owner = like.stat()
    for place, folders, files in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in (*folders, *files))):  # noqa: PTH118
            with contextlib.suppress(OSError):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
