"""Compilers and headers that only the build needs, and that stay in the image."""

from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.advise.build_tools import BUILDS, is_build_package
from ci_slim.advise.finding import Finding
from ci_slim.advise.run import Run
from ci_slim.advise.subject import Subject

NAME = "build-packages"
_KEEP = "apt-mark manual $(dpkg-query -f '${Package}\\n' -W 'lib*' | grep -v -e -dev)"
"""What was built may need the libraries whose headers go."""


@dataclass(frozen=True, slots=True)
class _Manager:
    """How a package manager adds and removes packages."""

    tools: tuple[str, ...]
    adds: str
    removes: tuple[str, ...]
    before: tuple[str, ...]
    """Commands that run before `removal`, to which the packages are added."""
    removal: str


_MANAGERS = (
    _Manager(("apt-get", "apt"), "install", ("purge", "remove", "autoremove"), (_KEEP,),
             "apt-get purge -y --auto-remove"),
    _Manager(("apk",), "add", ("del",), (), "apk del"),
    _Manager(("dnf",), "install", ("remove", "erase", "autoremove"), (), "dnf remove -y"),
    _Manager(("microdnf",), "install", ("remove",), (), "microdnf remove -y"),
)  # fmt: skip


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs build packages, builds with them, and leaves them."""
    for run in subject.image_runs():
        for manager in _MANAGERS:
            yield from _left(subject, run, manager)


def _left(subject: Subject, run: Run, manager: _Manager) -> Iterator[Finding]:
    installs = [c for c in run.script.named(*manager.tools) if c.sub(manager.adds)]
    if not installs or any(c.sub(*manager.removes) for c in run.script.commands):
        return
    packages = [
        word.value
        for command in installs
        for word in command.own[1:]
        if word.plain and is_build_package(word.value)
    ]
    builds = any(command.start > installs[-1].end for command in run.script.named(*BUILDS))
    if not packages or not builds:
        return
    edit = run.append(*manager.before, f"{manager.removal} {' '.join(packages)}")
    if edit is not None:
        yield Finding(
            NAME,
            run.line_of(installs[0], subject.text),
            f"{', '.join(packages)} stay in the image after the build; remove them in the same RUN",
            (edit,),
        )
