"""What no proposed probe reaches: ports, routes of the source code, and what the slim image lost.
Pure."""

import shlex
from collections.abc import Iterator

from ci_slim import units
from ci_slim.report.foreign import visible
from ci_slim.result import Report
from ci_slim.start.probe_sources import asked_paths
from ci_slim.start.proposal import Proposal, ProposedImage
from ci_slim.start.repository import Repository
from ci_slim.start.routes import asks, routes

_SHOWN = 10


def unreached(proposal: Proposal, repository: Repository) -> Iterator[str]:
    """Sentences about the proposal, before the first run."""
    for image in proposal.images:
        if not image.probes:
            yield f"{image.name}: no probe was found, so only {_start(image)} is observed"
        for call in image.calls[:_SHOWN]:
            yield f"{image.name}: no probe calls it with `{visible(call, 200)}`, as the README does"
        yield from _ports(image)
        yield from _routes(image, repository)
        if any("openapi" in probe.value for probe in image.probes):
            yield f"{image.name}: of the OpenAPI document, only GET operations are sent"


def unreached_after(report: Report) -> Iterator[str]:
    """Sentences from the report of the first run."""
    for image in report.images:
        for platform in image.platforms:
            left = (*platform.dropped_nearby, *platform.named_unused, *platform.literal_dropped)
            for each in left[:_SHOWN]:
                what = visible(each.what, 200)
                yield f"{image.name}: no probe used {what} ({units.size(each.bytes)}), so it goes"


def _start(image: ProposedImage) -> str:
    command = image.run.get("command")
    if not isinstance(command, tuple):
        return "its start"
    return f"its call with `{visible(shlex.join(command), 200)}`"


def _ports(image: ProposedImage) -> Iterator[str]:
    main = image.ports[:1]
    asked = {probe.value.get("port", probe.value.get("tcp")) for probe in image.probes}
    if any("port" not in probe.value and "tcp" not in probe.value for probe in image.probes):
        asked |= set(main)
    for port in image.ports:
        if port not in asked and image.probes:
            yield f"{image.name}: no probe is sent to port {port}"


def _routes(image: ProposedImage, repository: Repository) -> Iterator[str]:
    """Routes that no HTTP probe requests. With an OpenAPI document there are none, because that may
    reach any route."""
    if any("openapi" in probe.value for probe in image.probes):
        return
    paths = [path for probe in image.probes for path in asked_paths(probe.value, repository)]
    missed = [
        each
        for each in routes(repository, image.context)
        if not any(asks(path, each.path) for path in paths)
    ]
    for each in missed[:_SHOWN]:
        where = visible(each.where, 200)
        yield f"{image.name}: no probe asks for {visible(each.path, 200)} ({where})"
    if len(missed) > _SHOWN:
        yield f"{image.name}: nor for {units.count(len(missed) - _SHOWN, 'other route')}"
