"""`apt-get install` installs recommended packages too, which are often half of all."""

from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "apt-recommends"
_OPTION = "--no-install-recommends"


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each RUN that installs without the option, unless apt is configured so."""
    runs = list(subject.image_runs())
    configured = ("Install-Recommends", "install-recommends")
    for run in runs:
        if any(word in run.text.value for word in configured):
            return
        found = [
            (command, word)
            for command in run.script.named("apt-get", "apt")
            if (word := command.sub("install")) and not command.has(_OPTION, "--install-recommends")
        ]
        if found:
            yield Finding(
                NAME,
                run.line_of(found[0][0], subject.text),
                f"recommended packages are installed as well; add {_OPTION}",
                tuple(run.insert(word.end, f" {_OPTION}") for _, word in found),
            )
