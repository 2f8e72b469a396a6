"""Plan → fat images: one `docker buildx build` per platform, loaded into the daemon."""

import re
from collections.abc import Callable, Mapping

from ci_slim.engine import process
from ci_slim.errors import EngineError
from ci_slim.platforms import Platform
from ci_slim.settings.plans import BuildPlan

_LAST_LINES = 15


def command(plan: BuildPlan, platform: Platform, tag: str) -> list[str]:
    """The buildx command that builds one platform and loads it under `tag`.

    Provenance is off: an attestation would make an index of what must be one image.
    """
    argv = ["docker", "buildx", "build", "--progress", "plain", "--provenance=false", "--load"]
    argv += ["--platform", str(platform), "--tag", tag, "--file", plan.dockerfile]
    if plan.target:
        argv += ["--target", plan.target]
    for option, values in (("--build-arg", plan.args), ("--build-context", plan.contexts)):
        for name, value in values.items():
            argv += [option, f"{name}={value}"]
    for option, entries in (
        ("--secret", plan.secrets),
        ("--cache-from", plan.cache_from),
        ("--cache-to", plan.cache_to),
    ):
        for entry in entries:
            argv += [option, entry]
    return [*argv, "--", plan.context]


def build(
    plan: BuildPlan,
    platform: Platform,
    tag: str,
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
) -> None:
    """Build one platform. Raises EngineError with the failing step and its last lines."""
    finished = process.run(
        command(plan, platform, tag), environment=environment, each_line=each_line
    )
    if finished.code == 0:
        return
    where = f"{plan.dockerfile} ({platform})"
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
        hint=f"mend {'the step' if step.startswith('[') else 'it'}; build output is above",
        details=finished.tail[-_LAST_LINES:],
    )


def failing_step(lines: tuple[str, ...]) -> str:
    """The step that BuildKit's plain output names as failed, like `[2/3] RUN make`; '' if none."""
    for line in reversed(lines):
        if found := re.match(r"\s*>\s*(\[.*\].*?):?\s*$", line):
            return found[1]
    for line in reversed(lines):
        if found := re.match(r"(?:#\d+ )?ERROR: (.*)", line):
            return found[1]
    return ""
