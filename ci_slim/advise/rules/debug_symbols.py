"""Programs in C, C++ and Rust that are shipped with symbols and debug information."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "debug-symbols"
_COMPILERS = ("gcc", "g++", "cc", "c++", "clang", "clang++")
_DEBUG = ("-g", "-g1", "-g2", "-g3", "-ggdb", "-ggdb3")
_STRIPS = ("strip", "upx", "objcopy")
_CARGO = "CARGO_PROFILE_RELEASE_STRIP"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each program that is linked with debug information or by Cargo, also in stages
    that are copied from. Without `-g`, a C program has few symbols."""
    for stage in subject.used:
        environment = subject.environment(stage)
        if _CARGO in environment or "strip" in environment.get("RUSTFLAGS", ""):
            continue
        runs = [*subject.runs(stage)]
        if any(any(run.script.named(*_STRIPS)) for run in runs):
            continue
        for run in runs:
            for command in run.script.commands:
                found = _compiled(run, command) or _of_cargo(run, command)
                if found is not None:
                    option, edit = found
                    yield Finding(
                        NAME,
                        run.line_of(command, subject.text),
                        f"the program holds symbols and debug information; build it with {option}",
                        (edit,),
                    )


def _compiled(run: Run, command: Command) -> tuple[str, Edit] | None:
    if command.name not in _COMPILERS or command.has("-c", "-s", "-S", "-E"):
        return None
    if not command.has(*_DEBUG):
        return None
    return "-s", run.insert(command.own[0].end, " -s")


def _of_cargo(run: Run, command: Command) -> tuple[str, Edit] | None:
    release = command.sub("install") or (
        command.sub("build", "b") and command.has("--release", "-r")
    )
    if command.name != "cargo" or not release or "strip" in run.text.value.lower():
        return None
    variable = f"{_CARGO}=symbols"
    place = run.text.at(command.own[0].start)
    return variable, Edit(place, place, f"{variable} ")
