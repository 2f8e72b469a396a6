"""`ci-slim push`: what reports tell of, from the OCI layouts beside them to its registries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from ci_slim import settings as reading
from ci_slim.attest.provenance import Origin, origin
from ci_slim.attest.referrer import Statement
from ci_slim.attest.statements import kinds, statements
from ci_slim.commands.edge import Edge, folder_of, read_report
from ci_slim.commands.exit import show
from ci_slim.engine.push import Layout, give, read_layout, upload
from ci_slim.engine.referrers import attach
from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.forges import opening
from ci_slim.image.reference import ImageName, parse_name
from ci_slim.options import BUILD, option_of
from ci_slim.plan import filled_tag
from ci_slim.platforms import Platform
from ci_slim.redact import foreign
from ci_slim.requests import PushRequest
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.settings import Settings


def push(request: PushRequest, edge: Edge) -> int:
    """Push what the reports tell of, and show what was pushed; the exit code."""
    reports = [(read_report(name), folder_of(name)) for name in request.reports]
    asked = request.asked
    if reading.is_unwritten(request.config):
        # Whichever Dockerfile it was of several: it is built already.
        asked = asked.instead(option_of(BUILD, "dockerfile"), "Dockerfile")
    found = opening.revision(edge.environment, reading.read_file)
    version = request.image_version or (found.version if found else "")
    wanted = push_targets(reading.load_or_find(request.config, edge.environment, asked), version)

    def line(text: str) -> None:
        click.echo(edge.hide(foreign(text)), err=True)

    with edge.held.scratch("ci-slim-") as scratch:
        attestation = Attestation(scratch, origin(edge.environment)) if request.attest else None
        for pushed in push_images(reports, wanted, edge.environment, line, attestation).values():
            show(str(pushed))
    return 0


@dataclass(frozen=True, slots=True)
class Attestation:
    """What SBOM and provenance are made with: a folder for unpacked layers, and where this runs."""

    scratch: Path
    origin: Origin


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where an image lies now: its names, the one that the settings call `tag` first."""

    names: tuple[str, ...]
    digest: str

    def __str__(self) -> str:
        return f"{self.names[0]}@{self.digest}"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """An image that is to be pushed: under this tag and further `tags`, for these platforms at
    least, with annotations of the index."""

    name: str
    tag: str
    platforms: tuple[Platform, ...] = ()
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)


def push_targets(settings: Settings, version: str) -> list[PushTarget]:
    """The images of the settings that have a tag. UsageError for a tag that wants a version where
    none is known: it would be another tag than the one of the run."""
    wanted = []
    for image in settings.images:
        if image.tag is None:
            continue
        first, *others = (filled_tag(tag, version) or "" for tag in (image.tag, *image.tags))
        others = [tag for tag in dict.fromkeys(others) if tag != first]
        wanted.append(
            PushTarget(image.name, first, image.platforms, tuple(others), image.annotations)
        )
    return wanted


@dataclass(frozen=True, slots=True)
class _Platform:
    """One platform of an image, with its report and the time of that."""

    layout: Layout
    report: PlatformReport
    created: str


@dataclass(frozen=True, slots=True)
class _Found:
    target: PushTarget
    names: tuple[ImageName, ...]
    """In the order of the target's tags."""
    platforms: tuple[_Platform, ...]

    @property
    def layouts(self) -> list[Layout]:
        return [each.layout for each in self.platforms]


def push_images(
    reports: Sequence[tuple[Report, Path]],
    wanted: Sequence[PushTarget],
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
    attestation: Attestation | None = None,
) -> dict[str, Pushed]:
    """Push the wanted images, by name; with an attestation, SBOM and provenance beside each.

    Each report comes with the folder that its layouts lie in; platforms of one image in several
    reports become one name. No name is given before all of it is there: UsageError when an image
    or a platform is missing or was not proved, EngineError when a registry refuses.
    """
    found = _found(reports, wanted)
    for line in _over_budget(reports, found):
        each_line(line)
    ready = {}
    for image, each in found.items():
        said = _statements(image, each, attestation)
        for name in _repositories(each.names):
            each_line(f"push {name} …")
            with Registry.of(name.host, environment, "pull,push") as registry:
                ready[image] = upload(
                    registry, name, each.layouts, each_line, each.target.annotations
                )
                for platform, statements in zip(each.platforms, said, strict=False):
                    subject = platform.layout.descriptor
                    attach(registry, name, subject, statements, platform.created)
                    each_line(f"attached {kinds(statements)} to {subject.digest}")
    done = {}
    for image, each in found.items():
        digest = ""
        for name in each.names:
            with Registry.of(name.host, environment, "pull,push") as registry:
                digest = give(registry, name, name.tag, *ready[image])
        done[image] = Pushed((each.target.tag, *each.target.tags), digest)
        for tag in done[image].names:
            each_line(f"pushed {tag}@{digest}")
    return done


def _statements(
    image: str, found: _Found, attestation: Attestation | None
) -> list[tuple[Statement, ...]]:
    """For each platform, what is said about it; nothing without an attestation."""
    if attestation is None:
        return []
    return [
        statements(
            found.target.tag,
            each.layout.folder,
            each.layout.manifest,
            each.layout.platform,
            each.report,
            attestation.origin,
            each.created,
            attestation.scratch,
        )
        for each in found.platforms
    ]


def _repositories(names: Sequence[ImageName]) -> Iterator[ImageName]:
    """The first name in each repository."""
    seen = set()
    for name in names:
        if (name.host, name.repository) not in seen:
            seen.add((name.host, name.repository))
            yield name


def _found(
    reports: Sequence[tuple[Report, Path]], wanted: Sequence[PushTarget]
) -> dict[str, _Found]:
    """Every wanted image with all its layouts, held against what the settings ask for."""
    if not wanted:
        raise UsageError(
            "there is no image with a tag to push",
            where="the settings",
            hint="name it with `tag:` in the settings file (--tag, or the input `tag`)",
        )
    found: dict[str, _Found] = {}
    for each in wanted:
        layouts: dict[Platform, _Platform] = {}
        for report, folder in reports:
            for image in report.images:
                for platform, layout in _layouts(image, folder) if image.name == each.name else ():
                    key = platform.platform
                    if key in layouts:
                        raise UsageError(
                            f"two reports have it: of {layouts[key].layout.folder} and of "
                            f"{layout.folder}",
                            where=f"{each.name}, {key}",
                        )
                    layouts[key] = _Platform(layout, platform, report.created)
        if missing := [str(p) for p in each.platforms or () if p not in layouts]:
            _refuse_missing(each.name, missing)
        if not layouts:
            _refuse_missing(each.name, [])
        names = tuple(_name(each.name, tag, found) for tag in (each.tag, *each.tags))
        ordered = sorted(layouts.items(), key=lambda item: str(item[0]))
        found[each.name] = _Found(each, names, tuple(platform for _, platform in ordered))
    return found


def _over_budget(
    reports: Sequence[tuple[Report, Path]], found: Mapping[str, _Found]
) -> Iterator[str]:
    """What is pushed though it breaks its budget: whether that fails is said to `run`, not here."""
    for report, _ in reports:
        for image in report.images:
            for p in image.platforms if image.name in found else ():
                if any(verdict.status == "fail" for verdict in p.verdicts):
                    yield f"{image.name} on {p.platform} is over budget"


def _refuse_missing(image: str, platforms: list[str]) -> None:
    of = f" of {', '.join(platforms)}" if platforms else ""
    raise UsageError(
        f"nothing is pushed, since the tag would lose it: no report tells{of}",
        where=image,
        hint="give the reports of all jobs; --image and --platform say which are wanted",
    )


def _name(wanted: str, tag: str, found: Mapping[str, _Found]) -> ImageName:
    name = parse_name(tag, f"{wanted}, tag")
    if name.digest:
        raise UsageError("a digest cannot be given, it follows", where=f"{wanted}, {tag}")
    for image, each in found.items():
        if name in each.names:
            raise UsageError(
                f"the images `{image}` and `{wanted}` have the same tag",
                where=str(name),
                hint="give each its own",
            )
    return name


def _layouts(image: ImageReport, folder: Path) -> Iterator[tuple[PlatformReport, Layout]]:
    for p in image.platforms:
        where = f"{image.name}, {p.platform}"
        if p.result is None:
            raise UsageError(
                "nothing is pushed, since devices of this platform would lose it: it "
                + ("failed" if p.outcome == "failed" else "was skipped"),
                where=where,
                hint="see the report; take the platform out of the settings if it is not wanted",
            )
        if p.slim is not None and not p.verified:
            raise UsageError("the slim image was not proved", where=where)
        layout = read_layout(_folder(p, folder, where), p.platform, p.result.digest)
        yield p, layout


def _folder(p: PlatformReport, folder: Path, where: str) -> Path:
    layout = p.artifacts.oci_layout
    if layout is None:
        raise UsageError(
            "the report names no OCI layout of it",
            where=where,
            hint="give `run` an --output folder, and a tag to the image",
        )
    try:
        found = (folder / layout).resolve()
    except (OSError, RuntimeError, ValueError):
        raise UsageError("its OCI layout is no folder", where=where) from None
    if not found.is_relative_to(folder.resolve()):
        raise UsageError("its OCI layout is outside the report's folder", where=where)
    return found
