"""yarn keeps each package that it downloaded in its cache, which stays in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "yarn-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs and does not clean the cache."""
    return missing(
        subject,
        CleanUp(
            NAME,
            _installs,
            lambda c: c.name == "yarn" and c.sub("cache") is not None,
            "yarn cache clean",
            "yarn's cache stays in the layer",
            ("/usr/local/share/.cache/yarn", "/root/.yarn/berry/cache"),
            ("/usr/local/share/.cache/yarn",),
        ),
    )


def _installs(command: Command) -> bool:
    options = all(argument.startswith("-") for argument in command.arguments)
    options = options and not command.has("--version", "-v", "--help", "-h")
    return command.name == "yarn" and (options or command.sub("install", "add") is not None)
