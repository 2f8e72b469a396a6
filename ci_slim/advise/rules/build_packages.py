"""Compilers and headers that only the build needs, and that stay in the image."""

from collections.abc import Iterator

from ci_slim.advise.build_tools import BUILDS, is_build_package
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "build-packages"
_KEEP = "apt-mark manual $(dpkg-query -f '${Package}\\n' -W 'lib*' | grep -v -e -dev)"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs build packages, builds with them, and leaves them."""
    for run in subject.image_runs():
        installs = [c for c in run.script.named("apt-get", "apt") if c.sub("install")]
        if not installs or any(c.sub("purge", "remove", "autoremove") for c in run.script.commands):
            continue
        packages = [
            word.value
            for command in installs
            for word in command.own[1:]
            if word.plain and is_build_package(word.value)
        ]
        builds = any(command.start > installs[-1].end for command in run.script.named(*BUILDS))
        if not packages or not builds:
            continue
        # What was built may need the libraries whose headers go.
        edit = run.append(_KEEP, f"apt-get purge -y --auto-remove {' '.join(packages)}")
        if edit is not None:
            yield Finding(
                NAME,
                run.line_of(installs[0], subject.text),
                f"{', '.join(packages)} stay in the image after the build; remove them in the "
                "same RUN",
                (edit,),
            )
