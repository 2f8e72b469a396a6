"""Runs other linters of Dockerfiles that are installed. If one of them fails, advice goes on."""

from collections.abc import Callable, Mapping

from ci_slim.advise.linters import Remark, of_check, of_hadolint
from ci_slim.engine import process
from ci_slim.errors import EngineError
from ci_slim.settings.plans import BuildPlan

_SECONDS = 30.0
_MOST = 1 << 20
"""The most characters of output that are read."""


def run_hadolint(plan: BuildPlan) -> tuple[Remark, ...]:
    """What hadolint says. It reads its own settings file, as ever."""
    if process.find("hadolint") is None:
        return ()
    return _remarks(["hadolint", "--format", "json", "--", plan.dockerfile], {}, of_hadolint)


def run_check(plan: BuildPlan, environment: Mapping[str, str]) -> tuple[Remark, ...]:
    """What `docker build --check` says. buildx knows it since 0.15, and as `--call` since 0.16;
    the frontend must know it too."""
    argv = ["docker", "buildx", "build", "--call=check,format=json", "--file", plan.dockerfile]
    if plan.target:
        argv += ["--target", plan.target]
    return _remarks([*argv, "--", plan.context], environment, of_check)


def _remarks(
    argv: list[str],
    environment: Mapping[str, str],
    read: Callable[[str], tuple[Remark, ...]],
) -> tuple[Remark, ...]:
    lines: list[str] = []
    length = 0

    def keep(line: str) -> None:
        nonlocal length
        length += len(line) + 1
        if length <= _MOST:
            lines.append(line)

    try:
        process.run(argv, environment=environment, each_line=keep, seconds=_SECONDS)
    except (EngineError, OSError):
        return ()
    return read("\n".join(lines))
