"""A build stage that runs under QEMU for other platforms, though it could run natively."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.split import installs, packages_of
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Stage

NAME = "native-build"
_COMPILERS = frozenset(
    {"gcc", "g++", "cc", "c++", "clang", "make", "cmake", "ninja", "meson", "cargo", "rustc", "pip",
     "pip3", "gem", "bundle", "configure", "mvn", "gradle", "javac", "go", "strip", "dpkg"}
)  # fmt: skip
"""What makes programs for the processor on which it runs."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each stage that other stages copy from: one that builds with Go, which
    cross-compiles; or one without compilers, which may make files for all processors alike."""
    for stage in subject.used if subject.emulated else ():
        if stage in subject.lineage or stage.head.flags or subject.base(stage) is None:
            continue
        runs = [*subject.runs(stage)]
        named = {command.name for run in runs for command in run.script.commands}
        if any(map(_installs_go, runs)) or _is_go(subject, stage):
            yield from _cross(subject, stage, runs)
        elif named and not named & _COMPILERS and len(runs) == _count(stage):
            yield Finding(
                NAME,
                stage.head.line,
                "this stage runs under QEMU for other platforms; what it makes may be the same "
                "on all",
                (_on_build_platform(subject, stage),),
                saves_time=True,
            )


def _is_go(subject: Subject, stage: Stage) -> bool:
    return (subject.base(stage) or "").startswith(("golang", "docker.io/library/golang"))


def _installs_go(run: Run) -> bool:
    names = [name for command in installs(run) for name in packages_of(command)]
    return any(name.startswith("golang") for name in names)


def _count(stage: Stage) -> int:
    return sum(each.keyword == "RUN" for each in stage.instructions)


def _on_build_platform(subject: Subject, stage: Stage) -> Edit:
    place = stage.head.start + subject.text[stage.head.start :].upper().index("FROM") + 4
    return Edit(place, place, " --platform=$BUILDPLATFORM")


def _cross(subject: Subject, stage: Stage, runs: list[Run]) -> Iterator[Finding]:
    """Go for the target's platform, on the build machine's own."""
    for run in runs:
        builds = [c for c in run.script.named("go") if c.sub("build", "install")]
        if not builds or "CGO_ENABLED=1" in run.text.value or "GOARCH" in run.text.value:
            continue
        if len(builds) > 1 or builds[0].depth:
            continue
        at = run.text.at(builds[0].start)
        yield Finding(
            NAME,
            stage.head.line,
            "this stage runs under QEMU for other platforms; Go can build for them natively",
            (
                _on_build_platform(subject, stage),
                Edit(run.instruction.start, run.instruction.start,
                     "ARG TARGETOS\nARG TARGETARCH\nARG TARGETVARIANT\n"),
                Edit(at, at, 'CGO_ENABLED=0 GOOS="$TARGETOS" GOARCH="$TARGETARCH" '
                     'GOARM="${TARGETVARIANT#v}" '),
            ),
            saves_time=True,
        )  # fmt: skip
        break
