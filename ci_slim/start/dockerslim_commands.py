"""The flags of DockerSlim in scripts, workflows and documents. Pure.

https://github.com/slimtoolkit/slim#commands
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.start.documented_commands import documented_commands
from ci_slim.start.repository import Repository

_PROGRAMS = frozenset({"docker-slim", "slim", "mint"})
_COMMANDS = frozenset({"build", "slim"})
_VALUES = {
    "--env": "env", "--http-probe-cmd": "http", "--exec": "exec", "--include-path": "keep",
    "--include-bin": "keep", "--include-exe": "keep", "--exclude-pattern": "drop",
    "--http-probe-cmd-file": "file", "--target": "image", "--cmd": "command",
    "--entrypoint": "entrypoint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DockerSlimCommand:
    """A call of DockerSlim: its place, and the values of the flags that ci-slim knows."""

    where: str
    values: tuple[tuple[str, str], ...]
    """Pairs of a word and a value; the words are those of `_VALUES`."""

    def of(self, word: str) -> tuple[str, ...]:
        """The values of a word."""
        return tuple(value for name, value in self.values if name == word)


def dockerslim_commands(repository: Repository) -> Iterator[DockerSlimCommand]:
    """The calls in scripts, makefiles, workflows and README files."""
    for path, words in documented_commands(repository):
        if len(words) > 2 and words[0] in _PROGRAMS and _COMMANDS.intersection(words[1:3]):
            yield DockerSlimCommand(path, tuple(_flags(words[1:])))


def _flags(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    following = iter(words)
    for word in following:
        name, equals, value = word.partition("=")
        if name in _VALUES:
            yield _VALUES[name], value if equals else next(following, "")
