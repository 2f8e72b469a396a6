"""pip keeps what it downloaded and built in its cache, which stays in the layer."""

import re
from collections.abc import Iterator

from ci_slim.advise.clean_up import MOUNTED
from ci_slim.advise.finding import Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command, Word
from ci_slim.advise.subject import Subject

NAME = "pip-cache"
_CACHE = "/root/.cache/pip"
_OPTION = "--no-cache-dir"
_PIP, _PYTHON = re.compile(r"pip[0-9.]*"), re.compile(r"python[0-9.]*")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each RUN that installs with the cache on."""
    for stage in reversed(subject.lineage):
        if subject.environment(stage).get("PIP_NO_CACHE_DIR", "").lower() not in ("", "0", "off"):
            continue
        for run in subject.runs(stage):
            found = [
                word
                for c in run.script.commands
                if (word := install_word(c)) and not c.has(_OPTION, "--cache-dir")
            ]
            if found and not _is_off(run) and subject.mounts_caches:
                yield Finding(
                    NAME,
                    run.line,
                    f"pip's cache stays in the layer; {MOUNTED}",
                    (run.mount_caches((_CACHE,)),),
                    takes=(_CACHE,),
                )
            elif found and not _is_off(run):
                yield Finding(
                    NAME,
                    run.line,
                    f"pip's cache stays in the layer; add {_OPTION}",
                    tuple(run.insert(word.end, f" {_OPTION}") for word in found),
                    takes=(_CACHE,),
                )


def install_word(command: Command) -> Word | None:
    """The word `install` of a `pip install`, also of `python -m pip install`."""
    words = command.own
    if _PYTHON.fullmatch(command.name) and command.arguments[:2] == ("-m", "pip"):
        words = words[2:]
    elif not _PIP.fullmatch(command.name):
        return None
    first = next((word for word in words[1:] if not word.value.startswith("-")), None)
    return first if first is not None and first.value in ("install", "wheel") else None


def _is_off(run: Run) -> bool:
    return (
        run.caches(_CACHE)
        or "PIP_NO_CACHE_DIR" in run.text.value
        or any(".cache" in a for c in run.script.named("rm") for a in c.arguments)
        or any(c.arguments[:2] == ("cache", "purge") for c in run.script.named("pip", "pip3"))
    )
