"""Read a repository for `ci-slim init`, with limits, and without following links."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ci_slim.start import Repository, tells

MOST_PATHS, MOST_TEXTS, DEEPEST = 20_000, 800, 8
LARGEST = 128 * 1024
"""The most bytes that are read of a file."""
_SKIPPED = frozenset({
    "node_modules", "vendor", "third_party", "testdata", "build", "dist", "target", "venv",
    "__pycache__",
})  # fmt: skip
_REMOTE = re.compile(
    r'^\[remote "origin"\]\n(?:[ \t].*\n)*?[ \t]+url[ \t]*=[ \t]*(\S+)', re.MULTILINE
)
_BRANCH = re.compile(r"ref: refs/(?:remotes/origin|heads)/(\S+)")


def read_repository(folder: Path) -> Repository:
    """The files of a folder that `init` looks at."""
    paths = frozenset(_paths(folder))
    texts: dict[str, str] = {}
    for path in sorted(paths, key=lambda each: (each.count("/"), each)):
        if len(texts) < MOST_TEXTS and tells(path):
            text = _text(folder / path)
            if text is not None:
                texts[path] = text
    git = _git_folder(folder)
    config = (_text(git / "config") or "") + "\n"
    remote = _REMOTE.search(config)
    heads = (_text(git / "refs/remotes/origin/HEAD"), _text(git / "HEAD"))
    branches = [found[1] for found in map(_BRANCH.match, filter(None, heads)) if found]
    address = remote[1] if remote else ""
    hosted = re.split(r"[/:]", address.removesuffix(".git"))[-1]
    return Repository(
        hosted or folder.resolve().name or "image",
        paths,
        texts,
        address,
        branches[0] if branches else "main",
    )


def _paths(folder: Path) -> Iterator[str]:
    """The regular files whose paths can be written into a settings file."""
    count = 0
    for place, folders, files in os.walk(folder):
        below = Path(place).relative_to(folder)
        folders[:] = sorted(name for name in folders if _is_entered(below / name))
        for name in sorted(files):
            path = str(below / name)
            if not path.isprintable() or not _is_regular(Path(place, name)):
                continue
            count += 1
            if count > MOST_PATHS:
                return
            yield path


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:  # it has just been deleted
        return False


def _is_entered(path: Path) -> bool:
    if str(path) in (".github", ".github/workflows"):
        return True
    if path.name.startswith(".") or path.name in _SKIPPED:
        return False
    return len(path.parts) <= DEEPEST


def _text(path: Path) -> str | None:
    """The text of a small regular file; None for anything else."""
    try:
        # Opening a FIFO would wait for a writer, and a link may lead outside.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
            return None
        return file.read(LARGEST).decode("utf-8", "replace").removeprefix("\ufeff")


def _git_folder(folder: Path) -> Path:
    """The folder with git's settings for a checkout, also for an additional work tree."""
    git = folder / ".git"
    if not git.is_file():
        return git
    link = re.match(r"gitdir: (.+)", _text(git) or "")
    common = link and _text(Path(folder, link[1], "commondir"))
    return Path(folder, link[1], common.strip()) if link and common else git
