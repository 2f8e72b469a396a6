"""A Dockerfile as the rules see it: the stages of the image, and their RUNs. Pure."""

import functools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.advise.bases import Bases
from ci_slim.advise.finding import Context, Facts
from ci_slim.advise.run import Run
from ci_slim.advise.shell import read_script
from ci_slim.image.instructions import DockerfileText, Instruction, Stage, Text

_SHELLS = re.compile(r"(?:/\w+)*/(?:sh|ash|bash|dash)|sh|ash|bash|dash")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))")


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
    def mounts_caches(self) -> bool:
        """Whether the builders of this Dockerfile mount caches: it says so by its `syntax`, or by a
        cache that it mounts already."""
        frontend = self.dockerfile.directives.get("syntax", "")
        return frontend.removeprefix("docker.io/").startswith("docker/dockerfile") or any(
            flag.fields.get("type") == "cache"
            for each in self.dockerfile.instructions
            for flag in each.flags
            if flag.name == "mount"
        )

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
        if flag.name == "mount" and (name := flag.fields.get("from")):
            yield name


def _pairs(instruction: Instruction) -> dict[str, str]:
    """`NAME=value …`, and the old form `NAME value`."""
    words = instruction.paths
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])} if len(words) > 1 else {}
    return dict(word.partition("=")[::2] for word in words if "=" in word)
