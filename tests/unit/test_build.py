import sys

import pytest

from ci_slim.build import run as builder
from ci_slim.engine import process
from ci_slim.errors import EngineError
from ci_slim.platforms import Platform
from ci_slim.settings.plans import BuildPlan

ARMV6 = Platform("linux", "arm", "v6")


def test_everything_of_the_plan_reaches_buildx() -> None:
    plan = BuildPlan(
        context="app",
        dockerfile="app/Dockerfile",
        target="final",
        args={"VERSION": "1.0", "EMPTY": ""},
        secrets=("id=token,env=TOKEN",),
        cache_from=("type=gha",),
        cache_to=("type=gha,mode=max",),
        contexts={"base": "docker-image://debian:trixie-slim"},
        labels={"org.example.team": "a b"},
        ssh=("default",),
        add_hosts=("db:10.0.0.2",),
        network="none",
        pull=True,
        no_cache=True,
    )
    assert builder.command(plan, ARMV6, "x:1", "mine") == [
        *["docker", "buildx", "build", "--progress", "plain", "--provenance=false", "--load"],
        *["--builder", "mine"],
        *["--platform", "linux/arm/v6", "--tag", "x:1", "--file", "app/Dockerfile"],
        *["--target", "final", "--network", "none", "--pull", "--no-cache"],
        *["--build-arg", "VERSION=1.0", "--build-arg", "EMPTY="],
        *["--build-context", "base=docker-image://debian:trixie-slim"],
        *["--label", "org.example.team=a b"],
        *["--secret", "id=token,env=TOKEN", "--ssh", "default", "--add-host", "db:10.0.0.2"],
        *["--cache-from", "type=gha,version=2,scope=buildkit-linux-arm-v6"],
        *["--cache-from", "type=gha,version=2"],
        *["--cache-to", "type=gha,mode=max,version=2,scope=buildkit-linux-arm-v6"],
        *["--", "app"],
    ]


def test_a_context_that_looks_like_an_option_is_none() -> None:
    argv = builder.command(BuildPlan("--privileged", "Dockerfile"), ARMV6, "x")
    assert argv[-2:] == ["--", "--privileged"]


FAILED = (
    "#5 [2/2] RUN make all",
    "#5 0.1 make: *** No rule to make target 'all'.  Stop.",
    "#5 ERROR: process did not complete successfully: exit code: 2",
    "------",
    " > [2/2] RUN make all:",
    "0.1 make: *** No rule to make target 'all'.  Stop.",
    "------",
    "Dockerfile:3",
)


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        (FAILED, "[2/2] RUN make all"),
        (("#1 ERROR: failed to read dockerfile",), "failed to read dockerfile"),
        (("ERROR: unknown target",), "unknown target"),
        (("nothing",), ""),
    ],
)
def test_the_failing_step_is_named(lines: tuple[str, ...], step: str) -> None:
    assert builder.failing_step(lines) == step


def fake(monkeypatch: pytest.MonkeyPatch, code: int, lines: tuple[str, ...]) -> None:
    monkeypatch.setattr(process, "run", lambda argv, **_: process.Finished(code, lines))


def test_a_failed_build_shows_its_step_and_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, 1, FAILED)
    with pytest.raises(EngineError) as error:
        builder.build(BuildPlan(".", "Dockerfile"), ARMV6, "x", {}, lambda line: None)
    assert str(error.value) == ("Dockerfile (linux/arm/v6): the build failed at [2/2] RUN make all")
    assert error.value.details == FAILED
    assert error.value.exit_code == 4


def test_a_build_that_never_came_to_a_step_is_told_in_buildx_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake(monkeypatch, 1, ("ERROR: unable to prepare context: path x not found",))
    with pytest.raises(EngineError) as error:
        builder.build(BuildPlan(".", "Dockerfile"), ARMV6, "x", {}, lambda line: None)
    assert error.value.message == "the build failed: unable to prepare context: path x not found"
    assert error.value.hint == "correct it; build output is above"


def test_a_docker_without_buildx_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, 1, ("docker: 'buildx' is not a docker command.",))
    with pytest.raises(EngineError, match="docker has no buildx here"):
        builder.build(BuildPlan(".", "Dockerfile"), ARMV6, "x", {}, lambda line: None)


def test_a_process_hands_over_its_lines_and_keeps_the_last() -> None:
    seen: list[str] = []
    code = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"
    done = process.run([sys.executable, "-u", "-c", code], each_line=seen.append)
    assert done == process.Finished(3, ("one", "two"))
    assert seen == ["one", "two"]


def test_a_process_is_ended_when_its_caller_is_stopped() -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(["sh", "-c", "echo begun; sleep 60"], each_line=stop)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(EngineError, match="the program 'no-such-program' is not on this machine"):
        process.run(["no-such-program"])
