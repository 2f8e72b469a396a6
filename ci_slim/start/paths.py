"""Paths of a repository. Pure."""

from pathlib import PurePosixPath


def joined(folder: str, path: str) -> str:
    """A path as it is seen from a folder, relative to the repository; an address stays."""
    if "://" in path:
        return path
    parts: list[str] = []
    for part in PurePosixPath(folder, path).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "."
