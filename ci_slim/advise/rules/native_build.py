"""A Go build that runs under QEMU for other platforms, though Go cross-compiles."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.subject import Subject

NAME = "native-build"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each build stage of Go that is built for the target's own architecture."""
    for stage in subject.used if subject.emulated else ():
        if stage in subject.lineage or stage.head.flag("platform") is not None:
            continue
        base = subject.base(stage)
        if base is None or not base.startswith(("golang", "docker.io/library/golang")):
            continue
        for run in subject.runs(stage):
            builds = [c for c in run.script.named("go") if c.sub("build", "install")]
            if not builds or "CGO_ENABLED=1" in run.text.value or "GOARCH" in run.text.value:
                continue
            if len(builds) > 1 or builds[0].depth:
                continue
            place = stage.head.start + subject.text[stage.head.start :].upper().index("FROM") + 4
            at = run.text.at(builds[0].start)
            yield Finding(
                NAME,
                stage.head.line,
                "this stage runs under QEMU for other platforms; Go can build for them natively",
                (
                    Edit(place, place, " --platform=$BUILDPLATFORM"),
                    Edit(run.instruction.start, run.instruction.start,
                         "ARG TARGETOS\nARG TARGETARCH\nARG TARGETVARIANT\n"),
                    Edit(at, at, 'CGO_ENABLED=0 GOOS="$TARGETOS" GOARCH="$TARGETARCH" '
                         'GOARM="${TARGETVARIANT#v}" '),
                ),
                saves_time=True,
            )  # fmt: skip
            break
