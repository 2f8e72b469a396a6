"""`ci-slim push`: push the images of reports from their OCI layouts to registries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim import settings as reading
from ci_slim.attest.provenance import Origin, origin
from ci_slim.attest.referrer import Statement, referrer
from ci_slim.attest.statements import kinds, statements
from ci_slim.commands.edge import Edge, folder_of, read_report
from ci_slim.commands.exit import show
from ci_slim.commands.push_targets import (
    FoundImage,
    FoundPlatform,
    PushTarget,
    find_images,
    push_targets,
)
from ci_slim.device.push_deltas import prune_deltas, push_deltas
from ci_slim.device.releases import Releases
from ci_slim.engine.authorizer import Rights
from ci_slim.engine.push import put_manifest, upload
from ci_slim.engine.referrers import attach
from ci_slim.engine.registry import Registry
from ci_slim.forges import opening
from ci_slim.image.reference import ImageName
from ci_slim.options import BUILD, option_of
from ci_slim.report import compact
from ci_slim.report.hiding import redacted
from ci_slim.report.json import to_json
from ci_slim.requests import PushRequest
from ci_slim.result import Report
from ci_slim.units import count


def push(request: PushRequest, edge: Edge) -> int:
    """Push the images of the reports, and show what was pushed. Returns the exit code."""
    reports = [(read_report(name), folder_of(name)) for name in request.reports]
    asked = request.asked
    if reading.is_unwritten(request.config):
        # The images are built, so it does not matter which Dockerfile this names.
        asked = asked.instead(option_of(BUILD, "dockerfile"), "Dockerfile")
    found = opening.revision(edge.environment, reading.read_file)
    version = request.image_version or (found.version if found else "")
    wanted = push_targets(reading.load_or_find(request.config, edge.environment, asked), version)

    with edge.held.scratch("ci-slim-") as scratch:
        extras = Extras(
            scratch,
            origin(edge.environment) if request.attest else None,
            request.prune_deltas,
            edge.hide,
        )
        for pushed in push_images(reports, wanted, edge.environment, edge.line, extras).values():
            show(str(pushed))
    return 0


@dataclass(frozen=True, slots=True)
class Extras:
    """What is pushed with the images: SBOM, provenance and report, and deltas."""

    scratch: Path
    """A temporary folder for unpacked layers."""
    origin: Origin | None = None
    """Where this runs, for the provenance; None: push without SBOM, provenance and report."""
    prune_deltas: bool = False
    """Remove the deltas that are no longer wanted."""
    hide: Callable[[str], str] = field(default=str, repr=False)
    """Masks secrets in the report."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A pushed image: its names, with the `tag` of the settings first, and its digest."""

    names: tuple[str, ...]
    digest: str

    def __str__(self) -> str:
        return f"{self.names[0]}@{self.digest}"


def push_images(
    reports: Sequence[tuple[Report, Path]],
    wanted: Sequence[PushTarget],
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
    extras: Extras | None = None,
) -> dict[str, Pushed]:
    """Push the wanted images and their extras. Returns what was pushed, by the image's name.

    Each report comes with the folder of its layouts. Several reports may have platforms of one
    image. A tag is set only when everything is in the registry. Raises UsageError if an image or a
    platform is missing or was not proved, EngineError if a registry refuses.
    """
    found = find_images(reports, wanted)
    for line in _over_budget(reports, found):
        each_line(line)
    ready = {}
    for image, each in found.items():
        said = _statements(each, extras)
        for name in _repositories(each.names):
            each_line(f"push {name} …")
            with Registry.of(name.host, environment, "pull,push") as registry:
                ready[image] = upload(
                    registry, name, each.layouts, each_line, each.target.annotations
                )
                for platform, statements in zip(each.platforms, said, strict=False):
                    subject, created = platform.layout.descriptor, platform.report.created
                    made = [referrer(one, subject, created) for one in statements]
                    attach(registry, name, subject.digest, made)
                    each_line(f"attached {kinds(statements)} to {subject.digest}")
            if extras is not None:
                _push_deltas(name, each, environment, each_line, extras)
    done = {}
    for image, each in found.items():
        digest = ""
        for name in each.names:
            with Registry.of(name.host, environment, "pull,push") as registry:
                digest = put_manifest(registry, name, name.tag, *ready[image])
        done[image] = Pushed((each.target.tag, *each.target.tags), digest)
        for tag in done[image].names:
            each_line(f"pushed {tag}@{digest}")
    return done


def _push_deltas(
    name: ImageName,
    found: FoundImage,
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
    extras: Extras,
) -> None:
    """Push the wanted deltas. Remove those that are no longer wanted, if that is asked for."""
    wanted, prune = found.target.deltas_from, extras.prune_deltas
    if wanted is None and not prune:
        return
    rights: Rights = "pull,push,delete" if prune else "pull,push"
    templates = [
        each
        for each, tag in zip(found.target.templates, found.names, strict=False)
        if tag.repository == name.repository and tag.host == name.host
    ]
    with Registry.of(name.host, environment, rights) as registry:
        releases = Releases(registry, name, 1 if wanted is None else wanted, templates, each_line)
        for layout in found.layouts:
            pushed = []
            made = push_deltas(releases, layout, extras.scratch, found.target.limits)
            for delta in made if wanted else ():
                pushed.append(delta)
                each_line(f"pushed {delta}")
            if prune:
                removed = prune_deltas(releases, layout, tuple(pushed))
                each_line(f"removed {count(removed, 'delta')} of {layout.platform}")


def _statements(found: FoundImage, extras: Extras | None) -> list[tuple[Statement, ...]]:
    """SBOM, provenance and report of each platform; none without an origin."""
    if extras is None or extras.origin is None:
        return []
    return [
        (
            *statements(
                found.target.tag,
                each.layout.image,
                each.result,
                extras.origin,
                each.report.created,
                extras.scratch,
                found.target.limits,
            ),
            _report(found, each, extras),
        )
        for each in found.platforms
    ]


def _report(found: FoundImage, platform: FoundPlatform, extras: Extras) -> Statement:
    """The report of a platform, for `ci-slim history`."""
    made = compact.compact(platform.report, found.target.name, platform.result)
    text = to_json(redacted(made, extras.hide))
    version = {compact.VERSION: found.names[0].tag}
    return Statement(compact.MEDIA_TYPE, text.encode(), "report.json", version)


def _repositories(names: Sequence[ImageName]) -> Iterator[ImageName]:
    """The first name in each repository."""
    seen = set()
    for name in names:
        if (name.host, name.repository) not in seen:
            seen.add((name.host, name.repository))
            yield name


def _over_budget(
    reports: Sequence[tuple[Report, Path]], found: Mapping[str, FoundImage]
) -> Iterator[str]:
    """Lines about images that break a budget. They are pushed all the same: `run` decides what
    fails."""
    for report, _ in reports:
        for image in report.images:
            for p in image.platforms if image.name in found else ():
                if any(verdict.status == "fail" for verdict in p.verdicts):
                    yield f"{image.name} on {p.platform} is over budget"
