"""One stage as two: the stage that builds, and a stage that takes over what it made. Pure.

Each instruction of the stage becomes one of the run stage, in the same order: an installation of
packages without those that only build; for a RUN that builds, COPY of what it made; for everything
that says how the image runs, the same text.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ci_slim.advise.build_tools import is_build_package, is_installer
from ci_slim.advise.built_files import BuiltFiles, is_within
from ci_slim.advise.origins import Origins
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command, read_script
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import FILLS
from ci_slim.image.instructions import Instruction, Stage

BUILD = "build"
CONFIGURES = frozenset(
    {"ARG", "ENV", "EXPOSE", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "LABEL", "HEALTHCHECK",
     "STOPSIGNAL", "VOLUME", "SHELL"}
)  # fmt: skip
"""Instructions that say how the image runs."""
_SETS_UP = frozenset(
    {"useradd", "groupadd", "adduser", "addgroup", "usermod", "mkdir", "install", "chown", "chmod",
     "ln", "touch", "set", "echo", "printf", "true"}
)  # fmt: skip
"""Commands of a RUN that the run stage needs as it is."""
_SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LINES_MOST = 20
_REPOSITORIES = re.compile(
    r"sources\.list|apt-key|add-apt-repository|keyrings|trusted\.gpg|\|\s*(?:sudo\s+)?(?:ba)?sh\b"
)
"""Other sources of packages, which the run stage would not have."""


@dataclass(frozen=True, slots=True)
class Split:
    """The run stage of a stage, whose image is known."""

    subject: Subject
    stage: Stage
    origins: Origins
    with_sources: bool
    """Whether files of the build context are copied into the run stage too."""

    def lines(self) -> list[str] | None:
        """The instructions of the run stage; None if it cannot be written safely."""
        filling = [each for each in self.stage.instructions if each.keyword in FILLS]
        base = self.origins.layers - len(filling)
        if base < 1:
            return None
        runs = {run.instruction.start: run for run in self.subject.runs(self.stage)}
        built = BuiltFiles.of(self.origins, base, filling)
        program = self.program()
        groups = built.copied(program)
        kept = {path for paths in groups.values() for path in paths}
        if not kept or (self.is_compiled() and not is_within(program, kept)):
            return None
        if not all(map(self._is_safe, runs.values())) or self._writes_elsewhere(built, runs):
            return None
        packages = self._packages(base, runs.values(), kept)
        made, installed = list[str](), False
        for each in self.stage.instructions[1:]:
            if each.keyword == "RUN":
                if each.start not in runs:
                    return None
                run = runs[each.start]
                if any(installs(run)) and not installed:
                    made += _install(packages)
                    installed = True
                made += [self._text(each)] if _sets_up(run) else _copies(groups.get(each.start, []))
            elif each.keyword in ("COPY", "ADD"):
                made += [self._text(each)] if self._is_taken(each, runs.values()) else []
            elif each.keyword in CONFIGURES:
                made.append(self._text(each))
            else:
                return None
        return made if len(made) <= _LINES_MOST + len(self.stage.instructions) else None

    def _is_safe(self, run: Run) -> bool:
        return not _REPOSITORIES.search(run.text.value)

    def _writes_elsewhere(self, built: BuiltFiles, runs: Mapping[int, Run]) -> bool:
        """Whether a RUN that the run stage does not have changed files of the system."""
        dropped = {
            start for start, run in runs.items() if not _sets_up(run) and not any(installs(run))
        }
        return any(by.start in dropped for by in built.system.values())

    def _is_taken(self, copy: Instruction, runs: Iterable[Run]) -> bool:
        """Whether the run stage copies from the build context too: always with the sources, else
        what no dropped RUN works on."""
        if self.with_sources:
            return True
        folders = self.subject.workdirs(self.stage)
        to = posixpath.normpath(posixpath.join(folders[copy.line], copy.paths[-1]))
        for run in runs:
            folder = folders[run.line]
            if not _sets_up(run) and (is_within(to, {folder}) or to in run.text.value):
                return False
        return True

    def program(self) -> str:
        """The real path of the program that the image starts; "" if it is not known."""
        return self._real(self._started())

    def _started(self) -> str:
        """The path by which the program is started."""
        last = {each.keyword: each for each in self.stage.instructions}
        start = last.get("ENTRYPOINT") or last.get("CMD")
        words = start.words if start is not None else None
        if start is not None and words is None:
            commands = read_script(start.arguments.value).commands
            words = tuple(word.value for word in commands[0].own) if len(commands) == 1 else None
        return self._called(words[0]) if words else ""

    def _called(self, word: str) -> str:
        """The path of a program that is called by this word; "" if the image has none."""
        folder = [*self.subject.workdirs(self.stage).values()][-1]
        path = self.subject.environment(self.stage).get("PATH", _SEARCHED)
        folders = [folder] if "/" in word else [*path.split(":"), *_SEARCHED.split(":")]
        found = (posixpath.join(each, word) for each in folders)
        return next(filter(self._real, found), "")

    def _real(self, path: str) -> str:
        return (self.origins.real(path) if path else None) or ""

    def is_compiled(self) -> bool:
        """Whether the image starts a program that is in machine code and of no package."""
        return self.program() in self.origins.needs

    def _text(self, each: Instruction) -> str:
        return self.subject.text[each.start : each.end].rstrip("\n")

    def _packages(self, base: int, runs: Iterable[Run], kept: set[str]) -> list[str]:
        """What the run stage installs: packages that are named and do not only build; those of the
        libraries that kept files need; and that of the program's interpreter."""
        words = [word for run in runs for command in installs(run) for word in packages_of(command)]
        found = {word for word in words if not is_build_package(word) and not is_installer(word)}
        for path, names in self.origins.needs.items():
            if is_within(path, kept):
                found.update(names)
        started = self.origins.interpreters.get(self.program(), self._started())
        found.add(self.origins.package(self._called(started)) if started else "")
        of_base = {name for name, layer in self.origins.installed.items() if layer < base}
        return sorted(found - of_base - {""})


def installs(run: Run) -> Iterator[Command]:
    """The commands that install Debian packages."""
    return (c for c in run.script.named("apt-get", "apt") if c.sub("install"))


def packages_of(command: Command) -> list[str]:
    """The packages that `apt-get install` names."""
    names = [word.value for word in command.own[1:] if word.plain]
    return [name for name in names if not name.startswith("-") and name != "install"]


def _sets_up(run: Run) -> bool:
    names = {command.name for command in run.script.commands}
    return bool(names) and names <= _SETS_UP


def _install(packages: list[str]) -> list[str]:
    if not packages:
        return []
    return [
        "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends "
        f"{' '.join(packages)} \\\n    && rm -rf /var/lib/apt/lists/*"
    ]


def _copies(paths: list[str]) -> Iterator[str]:
    return (f"COPY --from={BUILD} {path} {path}" for path in sorted(paths))
