"""The budget rule `files`: how many files the image has. A small file system has few inodes."""

from ci_slim.judge.verdicts import Measured, counted, in_count, of_count
from ci_slim.options import Type
from ci_slim.result import Verdict

TYPE = Type.COUNT
HELP = "most files"
PULL = False

shown = counted
number = in_count


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the image has no more files than allowed."""
    return of_count("files", limit, measured.sizes.files, "file")
