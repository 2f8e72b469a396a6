"""A Dockerfile as the rules see it: the stages of the image, and their RUNs. Pure."""

import functools
import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.advise.bases import Bases
from ci_slim.advise.finding import Context, Edit, Facts
from ci_slim.advise.shell import Command, Script, read_script
from ci_slim.image.instructions import DockerfileText, Instruction, Stage, Text

_SHELLS = re.compile(r"(?:/\w+)*/(?:sh|ash|bash|dash)|sh|ash|bash|dash")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))")


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
            fields.get("type") in ("cache", "tmpfs") and _within(path, _destination(fields))
            for fields in map(_fields, self._mounts())
        )

    def _mounts(self) -> Iterator[str]:
        return (flag.value for flag in self.instruction.flags if flag.name == "mount")

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


def _fields(mount: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in mount.split(","))


def _destination(fields: Mapping[str, str]) -> str:
    return next((fields[key] for key in ("target", "dst", "destination") if key in fields), "/")


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


@dataclass(frozen=True)
class Subject:
    """What the rules get: the Dockerfile, the stage that is built, and its variables; the content
    of the built image and the build context, if they are known."""

    dockerfile: DockerfileText
    target: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """The build arguments, and the variables of the platform, such as TARGETARCH."""
    facts: Facts | None = None
    context: Context | None = None
    emulated: bool = True
    """Whether the image is also built for platforms that the daemon emulates."""
    bases: Bases = field(default_factory=Bases)
    """Images that may replace a base image."""

    @property
    def text(self) -> str:
        """The text of the Dockerfile."""
        return self.dockerfile.text

    @functools.cached_property
    def lineage(self) -> tuple[Stage, ...]:
        """The stages whose layers are in the image: the built stage, then the stages below it."""
        stage = self.dockerfile.target(self.target)
        return self.below(stage) if stage is not None else ()

    def below(self, stage: Stage | None) -> tuple[Stage, ...]:
        """A stage, then the stages that it starts from."""
        found: list[Stage] = []
        while stage is not None and stage not in found:
            found.append(stage)
            stage = self.named(self.filled(stage.base), before=stage.number)
        return tuple(found)

    @functools.cached_property
    def used(self) -> tuple[Stage, ...]:
        """The stages that the image needs: its own stages, and the stages that it copies from."""
        found = [*self.lineage]
        for stage in found:
            for each in stage.instructions:
                names = [each.flag("from"), *_sources(each)]
                for name in filter(None, names):
                    other = self.named(self.filled(name), before=stage.number)
                    if other is not None and other not in found:
                        found.append(other)
            below = self.named(self.filled(stage.base), before=stage.number)
            if below is not None and below not in found:
                found.append(below)
        return tuple(found)

    def base(self, stage: Stage) -> str | None:
        """The image that a stage starts from; None for another stage, `scratch`, or if unknown."""
        base = self.filled(stage.base)
        if self.named(base, before=stage.number) or base == "scratch" or "$" in base:
            return None
        return base

    def root(self) -> Stage | None:
        """The lowest stage of the image."""
        return self.lineage[-1] if self.lineage else None

    def runs(self, stage: Stage) -> Iterator[Run]:
        """The RUNs of a stage that are shell scripts of a POSIX shell."""
        shell = "/bin/sh"
        for each in stage.instructions:
            if each.keyword == "SHELL" and each.words:
                shell = each.words[0]
            if each.keyword != "RUN" or each.words is not None or not _SHELLS.fullmatch(shell):
                continue
            if (text := _script(each)) is not None:
                yield Run(each, text, read_script(text.value), self.dockerfile.escape)

    def image_runs(self) -> Iterator[Run]:
        """The RUNs whose layers are in the image, from the lowest stage up."""
        for stage in reversed(self.lineage):
            yield from self.runs(stage)

    def environment(self, stage: Stage) -> dict[str, str]:
        """The ENV of a stage and of the stages below it, as far as this Dockerfile contains it."""
        found: dict[str, str] = {}
        for each in reversed(self.lineage[self._position(stage) :]):
            for instruction in each.instructions:
                if instruction.keyword == "ENV":
                    found |= _pairs(instruction)
        return found

    def _position(self, stage: Stage) -> int:
        return self.lineage.index(stage) if stage in self.lineage else len(self.lineage)

    def workdirs(self, stage: Stage) -> dict[int, str]:
        """The folder in which each instruction of a stage works, by its first line."""
        folder, found = "/", dict[int, str]()
        if stage in self.lineage:
            for below in reversed(self.lineage[self._position(stage) + 1 :]):
                folder = [folder, *self.workdirs(below).values()][-1]
        for each in stage.instructions:
            if each.keyword == "WORKDIR":
                folder = posixpath.normpath(posixpath.join(folder, each.arguments.value.strip()))
            found[each.line] = folder
        return found

    def filled(self, text: str) -> str:
        """A text with the known build arguments filled in; unknown ones stay unchanged."""
        known = {**self._defaults, **self.variables}

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[3]
            found = known.get(name) or match[2]
            return match[0] if found is None else found

        return _VARIABLE.sub(value, text)

    @functools.cached_property
    def _defaults(self) -> dict[str, str]:
        """The ARGs before the first FROM."""
        found: dict[str, str] = {}
        for each in self.dockerfile.instructions:
            if each.keyword == "FROM":
                break
            if each.keyword == "ARG":
                found |= _pairs(each)
        return found

    def named(self, name: str, before: int) -> Stage | None:
        """The stage of this name or number, among those above a stage."""
        return next(
            (
                stage
                for stage in reversed(self.dockerfile.stages[:before])
                if name.lower() == stage.name or name == str(stage.number)
            ),
            None,
        )


def _script(instruction: Instruction) -> Text | None:
    """The shell script of a RUN; None if a heredoc is only a part of it."""
    if not instruction.heredocs:
        return instruction.arguments
    (heredoc, *more) = instruction.heredocs
    alone = re.fullmatch(r"<<-?\s*\S+", instruction.arguments.value)
    if more or not alone or heredoc.body.value.startswith("#!"):
        return None
    return heredoc.body


def _sources(instruction: Instruction) -> Iterator[str]:
    """The stages from which mounts take files."""
    for flag in instruction.flags:
        if flag.name == "mount" and (name := _fields(flag.value).get("from")):
            yield name


def _pairs(instruction: Instruction) -> dict[str, str]:
    """`NAME=value …`, and the old form `NAME value`."""
    words = instruction.paths
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])} if len(words) > 1 else {}
    return dict(word.partition("=")[::2] for word in words if "=" in word)
