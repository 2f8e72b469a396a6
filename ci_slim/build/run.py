"""Runs one `docker buildx build` per platform, and loads the image into the daemon."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from ci_slim.build import caches
from ci_slim.engine import process
from ci_slim.errors import EngineError
from ci_slim.platforms import Platform
from ci_slim.settings.plans import BuildPlan

_LAST_LINES = 15


def command(
    plan: BuildPlan,
    platform: Platform,
    tag: str,
    builder: str = "",
    is_there: Callable[[str], bool] = lambda path: True,
) -> list[str]:
    """The buildx command that builds one platform and loads it under `tag`.

    Provenance is off, because an attestation would turn the single image into an index. `is_there`
    says whether a file exists, for caches in folders.
    """
    argv = ["docker", "buildx", "build", "--progress", "plain", "--provenance=false", "--load"]
    if builder:
        argv += ["--builder", builder]
    argv += ["--platform", str(platform), "--tag", tag, "--file", plan.dockerfile]
    if plan.target:
        argv += ["--target", plan.target]
    if plan.network:
        argv += ["--network", plan.network]
    argv += ["--pull"] * plan.pull + ["--no-cache"] * plan.no_cache
    for option, values in (
        ("--build-arg", plan.args),
        ("--build-context", plan.contexts),
        ("--label", plan.labels),
    ):
        for name, value in values.items():
            argv += [option, f"{name}={value}"]
    for option, entries in (
        ("--secret", plan.secrets),
        ("--ssh", plan.ssh),
        ("--add-host", plan.add_hosts),
    ):
        for entry in entries:
            argv += [option, entry]
    for entry in plan.cache_from:
        for cache in caches.read(entry, platform, is_there):
            argv += ["--cache-from", str(cache)]
    for entry in plan.cache_to:
        argv += ["--cache-to", str(caches.written(entry, platform))]
    return [*argv, "--", plan.context]


def build(
    plan: BuildPlan,
    platform: Platform,
    tag: str,
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
    builder: str = "",
    seconds: float | None = None,
) -> None:
    """Build one platform. Raises EngineError with the failing step and its last lines, or if the
    build takes longer than `seconds`."""
    argv = command(plan, platform, tag, builder, lambda path: Path(path).is_file())
    finished = process.run(argv, environment=environment, each_line=each_line, seconds=seconds)
    if finished.code == 0:
        return
    where = f"{plan.dockerfile} ({platform})"
    if finished.code < 0 and seconds is not None:
        raise EngineError(
            f"the build took longer than {seconds:.0f} s", where=where, hint="allow it more time"
        )
    text = "\n".join(finished.tail)
    if "is not a docker command" in text or "unknown flag: --progress" in text:
        raise EngineError(
            "docker has no buildx here",
            where=where,
            hint="install it: https://docs.docker.com/go/buildx/ "
            "(Debian: apt-get install docker-buildx)",
        )
    step = failing_step(finished.tail)
    at = " at " if step.startswith("[") else ": " if step else ""
    raise EngineError(
        f"the build failed{at}{step}",
        where=where,
        hint=f"correct {'the step' if step.startswith('[') else 'it'}; build output is above",
        details=finished.tail[-_LAST_LINES:],
    )


def failing_step(lines: tuple[str, ...]) -> str:
    """The step that failed, as BuildKit's plain output names it: `[2/3] RUN make`. "" if there is
    none."""
    for line in reversed(lines):
        if found := re.match(r"\s*>\s*(\[.*\].*?):?\s*$", line):
            return found[1]
    for line in reversed(lines):
        if found := re.match(r"(?:#\d+ )?ERROR: (.*)", line):
            return found[1]
    return ""
