"""An upgrade by apk, dnf, yum or zypper stores a second copy of each package that it renews."""

from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "package-upgrade"
_UPGRADES = {
    "apk": ("upgrade",),
    "dnf": ("update", "upgrade", "distro-sync"),
    "microdnf": ("update", "upgrade"),
    "yum": ("update", "upgrade", "distro-sync"),
    "zypper": ("update", "up", "patch", "dist-upgrade", "dup"),
}


def find(subject: Subject) -> Iterator[Finding]:
    """Only reported: without the upgrade, the image may lack a security update."""
    for run in subject.image_runs():
        for command in run.script.named(*_UPGRADES):
            if _renews_all(command):
                yield Finding(
                    NAME,
                    run.line_of(command, subject.text),
                    "an upgrade stores renewed packages twice; a newer base image has them once. "
                    "Not changed, as security updates may depend on it",
                )


def _renews_all(command: Command) -> bool:
    """Whether no packages are named."""
    words = [word for word in command.arguments if not word.startswith("-")]
    return len(words) == 1 and words[0] in _UPGRADES[command.name]
