"""A Go program that is shipped with its whole toolchain: a proposed split into two stages."""

import posixpath
from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

NAME = "go-stages"
_BASES = ("golang", "docker.io/golang", "docker.io/library/golang", "library/golang")
_CARRIED = frozenset(
    {"ENV", "EXPOSE", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "LABEL", "HEALTHCHECK", "STOPSIGNAL",
     "VOLUME", "SHELL"}
)  # fmt: skip
"""Instructions that say how the image runs; all others only build."""
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_STAGE = "build"
_REPLACES = (NAME, "base-image", "go-cache")
"""The other candidate; and changes of what is then the build stage."""


def find(subject: Subject) -> Iterator[Finding]:
    """Two candidates for an image of one stage that builds its own program with Go: on `scratch`,
    for a program without libraries, and on a small Debian."""
    stage = subject.root()
    if stage is None or len(subject.lineage) != 1 or stage.name:
        return
    base = (subject.base(stage) or "").partition(":")[0]
    if base not in _BASES or stage.number + 1 != len(subject.dockerfile.stages):
        return
    built = [(run, c) for run in subject.runs(stage) for c in run.script.named("go")]
    programs = [found for run, c in built if (found := _program(subject, stage, run, c))]
    if len(programs) != 1 or not _runs(subject, stage, programs[0][2]):
        return
    run, command, program = programs[0]
    for runs_on, why in (
        ("scratch", "the program alone"),
        ("debian:trixie-slim", "the program on a small Debian"),
    ):
        if not subject.bases.allows(runs_on):
            continue
        yield Finding(
            NAME,
            stage.head.line,
            f"the whole Go toolchain is in the image; build in a stage of its own and ship {why}",
            tuple(_edits(subject, stage, run, command, program, runs_on)),
            instead_of=_REPLACES,
        )


def _program(
    subject: Subject, stage: Stage, run: Run, command: Command
) -> tuple[Run, Command, str] | None:
    """The path that `go build -o` writes."""
    words = [word.value for word in command.own]
    if command.sub("build") is None or "-o" not in words[:-1]:
        return None
    word = command.own[words.index("-o") + 1]
    folder = subject.workdirs(stage)[run.line]
    if not word.plain or word.value.endswith("/") or any(run.script.named("cd")):
        return None
    return run, command, posixpath.normpath(posixpath.join(folder, word.value))


def _runs(subject: Subject, stage: Stage, program: str) -> bool:
    """Whether the image starts just this program."""
    last = {each.keyword: each for each in stage.instructions}
    start = last.get("ENTRYPOINT") or last.get("CMD")
    words = start.words if start is not None else None
    if not words:
        return False
    folder = list(subject.workdirs(stage).values())[-1]
    found = posixpath.normpath(posixpath.join(folder, words[0]))
    return found == program or ("/" not in words[0] and words[0] == posixpath.basename(program))


def _edits(
    subject: Subject, stage: Stage, run: Run, command: Command, program: str, runs_on: str
) -> Iterator[Edit]:
    head, text = stage.head, subject.text
    name = head.arguments.behind(len(head.arguments.value))
    yield Edit(name, name, f" AS {_STAGE}")
    if runs_on == "scratch" and "CGO_ENABLED" not in run.text.value:
        at = run.text.at(command.start)
        yield Edit(at, at, "CGO_ENABLED=0 ")
    carried = [each for each in stage.instructions if each.keyword in _CARRIED]
    lines = [f"FROM {runs_on}", f"COPY --from={_STAGE} {_CERTIFICATES} {_CERTIFICATES}"]
    users = any(each.keyword == "USER" and not _is_number(each) for each in carried)
    if users:
        lines.append(f"COPY --from={_STAGE} /etc/passwd /etc/group /etc/")
    lines.append(f"COPY --from={_STAGE} {program} {program}")
    lines += [text[each.start : each.end].rstrip("\n") for each in carried]
    end = "" if text.endswith("\n") else "\n"
    yield Edit(len(text), len(text), f"{end}\n" + "\n".join(lines) + "\n")


def _is_number(instruction: Instruction) -> bool:
    return instruction.arguments.value.replace(":", "").isdigit()
