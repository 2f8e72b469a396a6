"""Development dependencies of a Node application: compilers, linters, test runners."""

from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.shell import Command, Word
from ci_slim.advise.subject import Subject

NAME = "npm-dev"
_OPTIONS = {"npm": "--omit=dev", "yarn": "--production", "pnpm": "--prod"}
_GIVEN = ("--omit", "--production", "--prod", "-P", "--only", "-g", "--global", "--no-dev")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each installation that takes them along and is the image's own."""
    for stage in reversed(subject.lineage):
        if subject.environment(stage).get("NODE_ENV") == "production":
            continue
        for run in subject.runs(stage):
            for command in run.script.named(*_OPTIONS):
                word = _whole_install(command)
                if word is not None and not command.has(*_GIVEN):
                    option = _OPTIONS[command.name]
                    yield Finding(
                        NAME,
                        run.line_of(command, subject.text),
                        f"development dependencies are installed too; add {option}",
                        (run.insert(word.end, f" {option}"),),
                    )


def _whole_install(command: Command) -> Word | None:
    """The word that installs all that package.json names; None where packages are named."""
    word = command.sub("install", "ci", "i")
    others = [a for a in command.arguments if not a.startswith("-")]
    return word if word is not None and len(others) == 1 else None
