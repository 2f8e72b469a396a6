"""`apk add` keeps its index in the layer unless it is told not to."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.subject import Subject

NAME = "apk-cache"
_FOLDERS = ("/var/cache/apk", "/etc/apk/cache")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each RUN that adds packages without `--no-cache`."""
    for run in subject.image_runs():
        if any(map(run.caches, _FOLDERS)) or _removes(run):
            continue
        added = [
            (command, word)
            for command in run.script.named("apk")
            if (word := command.sub("add")) and not command.has("--no-cache", "--cache-dir")
        ]
        updates = [
            c for c in run.script.named("apk") if c.sub("update") and not c.has("--no-cache")
        ]
        if not added and not updates:
            continue
        edits: list[Edit] = [run.insert(word.end, " --no-cache") for _, word in added]
        # Without an index of its own, `add --no-cache` fetches one and forgets it.
        gone = [run.without(command) for command in updates] if added else []
        yield Finding(
            NAME,
            run.line,
            "apk keeps its index in the layer; `apk add --no-cache` does not",
            (*edits, *filter(None, gone)),
            takes=_FOLDERS,
        )


def _removes(run: Run) -> bool:
    return any(
        argument.startswith(_FOLDERS)
        for command in run.script.named("rm")
        for argument in command.arguments
    )
