"""`ci-slim push`: the proved images of a report, from the daemon to their registries."""

from collections.abc import Callable, Mapping

from ci_slim.engine import push as registry
from ci_slim.errors import UsageError
from ci_slim.forges.github_results import references
from ci_slim.plan import filled_tag
from ci_slim.report.model import Report
from ci_slim.settings import Settings


def pushed(
    report: Report,
    settings: Settings,
    version: str,
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
) -> tuple[str, ...]:
    """Push each image that has a tag; these tags. `version` fills in their `{version}`.

    UsageError when no image of the report has one; EngineError when a registry refuses.
    """
    loaded = references(report)
    done = []
    for image in settings.images:
        tag = filled_tag(image.tag, version)
        if tag and loaded.get(image.name):
            registry.push(tag, tuple(loaded[image.name].values()), environment, each_line)
            done.append(tag)
    if not done:
        raise UsageError(
            "there is no slim image with a tag to push",
            where="the report",
            hint="name it with `tag:` in the settings file, and let `run` load it",
        )
    return tuple(done)
