"""Push what a step built or merged, and write the outputs about it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_slim.action.job import Job
from ci_slim.action.results import metadata
from ci_slim.action.runner import Runner
from ci_slim.attest.provenance import origin
from ci_slim.commands.push import Extras, Pushed, push_images
from ci_slim.errors import UsageError
from ci_slim.result import Report


def refuse_untagged(job: Job) -> None:
    """Raise UsageError if no image of the job has a tag to push."""
    if not job.pushable:
        raise UsageError(
            "there is no image with a tag to push",
            where="the input `push`",
            hint="name it with the input `tag`, or with `tag:` in .ci-slim.yml",
        )


def push_reports(
    reports: Sequence[tuple[Report, Path]],
    job: Job,
    environment: Mapping[str, str],
    runner: Runner,
    scratch: Path,
    *,
    attest: bool,
) -> Mapping[str, Pushed]:
    """Push the images of these reports, each given with the folder of its OCI layouts.

    `scratch` is a temporary folder for unpacked layers; `attest` adds SBOM, provenance and report.
    """
    extras = Extras(scratch, origin(environment) if attest else None, hide=runner.hide)
    return push_images(reports, job.pushable, environment, runner.line, extras)


def write_outputs(done: Mapping[str, Pushed], runner: Runner) -> None:
    """Write the outputs about what was pushed. `digest`, `tags` and `metadata` are named as in
    docker/build-push-action."""
    runner.output("pushed", json.dumps({name: str(each) for name, each in done.items()}))
    runner.output("digest", next((each.digest for each in done.values()), ""))
    runner.output("tags", "\n".join(tag for each in done.values() for tag in each.names))
    runner.output("metadata", metadata(done))
