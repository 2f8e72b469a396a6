"""A RUN of a Dockerfile with its shell script, and the edits that change it. Pure."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ci_slim.advise.finding import Edit
from ci_slim.advise.shell import Command, Script
from ci_slim.image.instructions import Instruction, Text


@dataclass(frozen=True, slots=True)
class Run:
    """A RUN with a shell script, either in its line or as one heredoc."""

    instruction: Instruction
    text: Text
    script: Script
    escape: str

    @property
    def line(self) -> int:
        """Its first line."""
        return self.instruction.line

    @property
    def is_heredoc(self) -> bool:
        """Whether its script is the text of a heredoc."""
        return bool(self.instruction.heredocs)

    def line_of(self, command: Command, dockerfile: str) -> int:
        """The line in which a command begins."""
        return dockerfile.count("\n", 0, self.text.at(command.start)) + 1

    def caches(self, path: str) -> bool:
        """Whether a cache of the builder, or memory, is mounted at or above a path."""
        return any(
            mount.get("type") in ("cache", "tmpfs") and _within(path, _destination(mount))
            for mount in self._mounts()
        )

    def _mounts(self) -> Iterator[Mapping[str, str]]:
        return (flag.fields for flag in self.instruction.flags if flag.name == "mount")

    def mount_caches(self, folders: Iterable[str], *, locked: bool = False) -> Edit:
        """Mount caches of the builder at these folders; with `locked`, for one build at a time."""
        shared = ",sharing=locked" if locked else ""
        return self.add_flags(f"--mount=type=cache,target={each}{shared}" for each in folders)

    def add_flags(self, flags: Iterable[str]) -> Edit:
        """Add flags before those that the instruction has."""
        own = self.instruction.flags
        at = own[0].start if own else self.instruction.arguments.at(0)
        return Edit(at, at, "".join(f"{flag} " for flag in flags), is_flag=True)

    def insert(self, index: int, text: str) -> Edit:
        """Insert a text after a character of the script."""
        at = self.text.behind(index)
        return Edit(at, at, text)

    def replace(self, start: int, end: int, text: str) -> Edit:
        """Replace a part of the script."""
        return Edit(self.text.at(start), self.text.behind(end), text)

    def append(self, *commands: str) -> Edit | None:
        """Add commands at the end; they run only if all commands before them succeed. None if the
        end of the script does not allow that."""
        script = self.script
        if not script.balanced or not script.commands or script.last not in ("", ";"):
            return None
        lines = self._has_lines() and not self.is_heredoc
        joint = f" {self.escape}\n    && " if lines else " && "
        text = joint.join(commands)
        last = script.commands[-1]
        if not last.depth:  # before a comment, and before the `;` behind it
            return self.insert(last.end, joint + text)
        if script.commented or script.last or self.is_heredoc:
            return None
        return self.insert(len(self.text.value), joint + text)

    def _has_lines(self) -> bool:
        """Whether the script has several lines. The positions of its characters show that."""
        gaps = itertools.pairwise(self.text.places)
        return any(after - before > 1 for before, after in gaps)

    def without(self, command: Command) -> Edit | None:
        """Remove a command, and the operator that connects it with the others. None if that would
        change what the others do."""
        number = self.script.commands.index(command)
        if command.depth or not {command.before, command.after} <= {"", "&&", ";", "\n"}:
            return None
        if number > 0:
            return self.replace(self.script.commands[number - 1].end, command.end, "")
        if len(self.script.commands) > 1:
            after = self.script.commands[1]
            return Edit(self.text.at(command.start), self.text.at(after.start), "")
        return None


def _destination(mount: Mapping[str, str]) -> str:
    return next((mount[key] for key in ("target", "dst", "destination") if key in mount), "/")


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
