"""The commands in scripts, makefiles, workflows and README files, as words. Pure."""

from collections.abc import Iterator

from ci_slim.start.addresses import commands_of, words_of
from ci_slim.start.repository import README, WORKFLOWS, Repository


def documented_commands(repository: Repository) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The path of a file, and the words of a command in it, without `sudo`."""
    for path, text in repository.below("."):
        name = path.rpartition("/")[2]
        scripts = name == "Makefile" or path.endswith((".sh", ".gitlab-ci.yml"))
        if not (scripts or README.fullmatch(name) or path.startswith(f"{WORKFLOWS}/")):
            continue
        for command in commands_of(text):
            words = words_of(command)
            yield path, words[1:] if words[:1] == ("sudo",) else words
