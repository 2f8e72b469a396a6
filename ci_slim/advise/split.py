"""One stage as two: the stage that builds, and a stage that takes over what it made. Pure.

Each instruction of the stage becomes one of the run stage, in the same order: an installation of
packages without those that only build; for a RUN that builds, COPY of what it made; for everything
that says how the image runs, the same text.
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ci_slim.advise.build_tools import is_build_package, is_installer
from ci_slim.advise.origins import Origins
from ci_slim.advise.shell import Command, read_script
from ci_slim.advise.subject import Run, Subject
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
_SYSTEM = ("/usr/", "/etc/", "/var/", "/lib", "/bin", "/sbin", "/root/", "/tmp/", "/run/")
_SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LINES_MOST = 20


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
        runs = {run.instruction.start: run for run in self.subject.runs(self.stage)}
        groups = self._groups(base, filling)
        program = self.program()
        kept = {path for paths in groups.values() for path in paths}
        if base < 1 or not kept or (self.is_compiled() and not _is_within(program, kept)):
            return None
        packages = self._packages(base, runs.values(), kept)
        made, installed = list[str](), False
        for number, each in enumerate(self.stage.instructions[1:]):
            if each.keyword == "RUN":
                run = runs.get(each.start)
                if run is None:
                    return None
                if list(installs(run)) and not installed:
                    made += _install(packages)
                    installed = True
                made += [self._text(each)] if _sets_up(run) else _copies(groups.get(number, []))
            elif each.keyword in ("COPY", "ADD"):
                made += [self._text(each)] if self.with_sources else []
            elif each.keyword in CONFIGURES:
                made.append(self._text(each))
            else:
                return None
        return made if len(made) <= _LINES_MOST + len(self.stage.instructions) else None

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

    # -- what the build made --------------------------------------------------------------------

    def _groups(self, base: int, filling: list[Instruction]) -> dict[int, list[str]]:
        """What to copy, by the number of the RUN that made it: whole folders where everything in
        them was built, or else files."""
        numbers = {id(each): n for n, each in enumerate(self.stage.instructions[1:])}
        made: dict[str, int] = {}
        foreign, sources = set[str](), set[str]()
        for path, layer in self.origins.files.items():
            by = filling[layer - base] if layer >= base else None
            if by is not None and by.keyword == "RUN" and self._is_made(path):
                made[path] = numbers[id(by)]
                continue
            foreign.update(_above(path))
            if by is not None and by.keyword in ("COPY", "ADD"):
                sources.update(_above(path))
        tops: dict[str, list[str]] = {}
        for path in made:
            tops.setdefault(_top(path, foreign), []).append(path)
        found: dict[int, list[str]] = {}
        for top, paths in tops.items():
            for each in self._chosen(top, paths, sources):
                number = max(made[path] for path in paths)
                found.setdefault(number, []).append(each)
        return found

    def _is_made(self, path: str) -> bool:
        outside = path.startswith("/usr/local/") or not path.startswith(_SYSTEM)
        return outside and path not in self.origins.packages

    def _chosen(self, top: str, paths: list[str], sources: set[str]) -> list[str]:
        """A folder; or the program alone, where the rest are a compiler's intermediate files or
        lie among the sources."""
        program = self.program()
        name = posixpath.basename(top)
        if top in paths:
            among = posixpath.dirname(top) in sources
            return [] if among and top != program else [top]
        if name in ("__pycache__", ".cache", ".npm"):
            return []
        if any(path.endswith((".o", ".obj")) for path in paths):
            return [program] if program in paths else []
        return [top]

    def _packages(self, base: int, runs: Iterable[Run], kept: set[str]) -> list[str]:
        """What the run stage installs: packages that are named and do not only build; those of the
        libraries that kept files need; and that of the program's interpreter."""
        words = [word for run in runs for command in installs(run) for word in packages_of(command)]
        found = {word for word in words if not is_build_package(word) and not is_installer(word)}
        for path, names in self.origins.needs.items():
            if _is_within(path, kept):
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


def _above(path: str) -> Iterator[str]:
    """The folders above a path, without the root."""
    while (path := posixpath.dirname(path)) not in ("/", ""):
        yield path


def _top(path: str, foreign: set[str]) -> str:
    """The highest folder above a path that holds nothing foreign; else the path."""
    top = path
    for above in _above(path):
        if above in foreign:
            break
        top = above
    return top


def _is_within(path: str, kept: set[str]) -> bool:
    return path in kept or not kept.isdisjoint(_above(path))
