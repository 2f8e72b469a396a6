"""`go build` writes a symbol table and debug information, about a quarter of the program."""

import re
from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "go-symbols"


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each `go build` or `go install`, also in stages that are copied from."""
    for stage in subject.used:
        if "-s" in subject.environment(stage).get("GOFLAGS", ""):
            continue
        for run in subject.runs(stage):
            if "GOFLAGS" in run.text.value or any(run.script.named("strip", "upx")):
                continue
            for command in run.script.named("go"):
                edit = _edit(run, command)
                if edit is not None:
                    yield Finding(
                        NAME,
                        run.line_of(command, subject.text),
                        "the program holds symbols and debug information; "
                        'build it with -ldflags "-s -w"',
                        (edit,),
                    )


def _edit(run: Run, command: Command) -> Edit | None:
    sub = command.sub("build", "install")
    if sub is None:
        return None
    words = command.own
    for number, word in enumerate(words):
        if word.value.startswith(("-ldflags", "--ldflags")):
            joined = "=" in word.value
            value = word if joined else words[number + 1] if number + 1 < len(words) else None
            if value is None or re.search(r"(?:^|[\s=])-[sw]\b", value.value):
                return None
            return _added(run, value.start, value.end, value.text)
    return run.insert(sub.end, ' -ldflags "-s -w"')


def _added(run: Run, start: int, end: int, text: str) -> Edit | None:
    """`-s -w` put before the first flag in a quoted value; None where it is not quoted."""
    match = re.match(r"(?:--?ldflags=)?([\"'])", text)
    if match is None:
        return None
    return run.insert(start + match.end(), "-s -w ")
