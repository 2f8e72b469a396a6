"""An archive that was downloaded and unpacked in one RUN stays in its layer."""

import posixpath
from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "archive-left"
_ENDS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tar.zst", ".zip", ".deb",
         ".rpm", ".whl", ".gz", ".xz", ".7z")  # fmt: skip
_UNPACKS = ("tar", "unzip", "gunzip", "bsdtar", "dpkg", "rpm", "7z", "apt-get", "apt")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each archive that curl or wget writes, something else unpacks, and nothing
    removes."""
    for run in subject.image_runs():
        for command in run.script.named("curl", "wget"):
            name = _written(command)
            if not name or not _is_unpacked(run, name) or _is_removed(run, name):
                continue
            edit = run.append(f"rm -f {name}")
            if edit is not None and not _leaves_folder(run):
                yield Finding(
                    NAME,
                    run.line_of(command, subject.text),
                    f"the archive {name} stays in the layer after it was unpacked",
                    (edit,),
                    takes=(name,) if name.startswith("/") else (),
                )


def _written(command: Command) -> str:
    """The archive that a download writes; "" where it is none, or its name is not written here."""
    words = command.own[1:]
    named = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}[command.name]
    for number, word in enumerate(words):
        option = word.value.partition("=")
        if word.value in named or _is_bundle(word.value, named[0][1]):
            following = words[number + 1] if number + 1 < len(words) else None
            name = following.value if following is not None and following.plain else ""
            return name if name.endswith(_ENDS) else ""
        if option[0] == named[1] and option[2]:
            return option[2] if option[2].endswith(_ENDS) and word.plain else ""
    remote = command.name == "wget" or any(
        word.value == "--remote-name" or _is_bundle(word.value, "O") for word in words
    )
    urls = [word for word in words if "://" in word.value and word.plain]
    if remote and len(urls) == 1:
        name = posixpath.basename(urls[0].value.partition("?")[0])
        return name if name.endswith(_ENDS) else ""
    return ""


def _is_bundle(word: str, letter: str) -> bool:
    """Whether short options in one word, such as `-fsSLo`, end with this one."""
    return word.startswith("-") and not word.startswith("--") and word.endswith(letter)


def _is_unpacked(run: Run, name: str) -> bool:
    own = posixpath.basename(name)
    return any(
        argument == name or posixpath.basename(argument) == own
        for command in run.script.named(*_UNPACKS)
        for argument in command.arguments
    )


def _is_removed(run: Run, name: str) -> bool:
    """Whether `rm` takes it away: by its name, by a pattern, or with its folder."""
    own = posixpath.basename(name)
    end = posixpath.splitext(own)[1]
    folder = posixpath.dirname(name)
    moved = any(own in map(posixpath.basename, c.arguments) for c in run.script.named("mv"))
    return moved or any(
        posixpath.basename(argument) == own
        or ("*" in argument and (argument.endswith(("*", end)) or own.startswith(argument[:3])))
        or (folder not in ("", "/") and argument.rstrip("/") == folder)
        for command in run.script.named("rm")
        for argument in command.arguments
    )


def _leaves_folder(run: Run) -> bool:
    """Whether a `cd` changes what a relative name means at the end."""
    names = [_written(command) for command in run.script.named("curl", "wget")]
    return any(run.script.named("cd", "pushd")) and any(not n.startswith("/") for n in names if n)
