"""What to push: the images that the settings name, with the layouts of the reports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.device.releases import Wanted
from ci_slim.engine.push import Layout, read_layout
from ci_slim.errors import UsageError
from ci_slim.image.reference import ImageName, parse_name
from ci_slim.image.unpacking import LIMITS, Limits, limits_of
from ci_slim.plan import filled_tag
from ci_slim.platforms import Platform
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.settings import Settings


@dataclass(frozen=True, slots=True)
class PushTarget:
    """An image to push: under `tag` and `tags`, with annotations of the index. The reports must
    have at least these platforms."""

    name: str
    tag: str
    platforms: tuple[Platform, ...] = ()
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    deltas_from: Wanted | None = None
    """The releases that deltas are made from; None: no deltas."""
    templates: tuple[str, ...] = ()
    """The tags in the order of the settings, before `{version}` is filled in."""
    limits: Limits = LIMITS


def push_targets(settings: Settings, version: str) -> list[PushTarget]:
    """The images of the settings that have a tag. Raises UsageError for a tag with `{version}` if
    the version is not known."""
    wanted = []
    for image in settings.images:
        if image.tag is None:
            continue
        templates: dict[str, str] = {}
        for template in (image.tag, *image.tags):
            templates.setdefault(filled_tag(template, version) or "", template)
        first, *others = templates
        wanted.append(
            PushTarget(
                image.name,
                first,
                image.platforms,
                tuple(others),
                image.annotations,
                image.deltas_from,
                tuple(templates.values()),
                limits_of(image.unpack_limit),
            )
        )
    return wanted


@dataclass(frozen=True, slots=True)
class FoundPlatform:
    """One platform of an image, with its result and the whole report."""

    layout: Layout
    result: PlatformReport
    report: Report


@dataclass(frozen=True, slots=True)
class FoundImage:
    """A wanted image with the layouts of all its platforms."""

    target: PushTarget
    names: tuple[ImageName, ...]
    """In the order of the target's tags."""
    platforms: tuple[FoundPlatform, ...]

    @property
    def layouts(self) -> list[Layout]:
        return [each.layout for each in self.platforms]


def find_images(
    reports: Sequence[tuple[Report, Path]], wanted: Sequence[PushTarget]
) -> dict[str, FoundImage]:
    """Every wanted image with all its layouts. Raises UsageError if the settings want more."""
    if not wanted:
        raise UsageError(
            "there is no image with a tag to push",
            where="the settings",
            hint="name it with `tag:` in the settings file (--tag, or the input `tag`)",
        )
    found: dict[str, FoundImage] = {}
    for each in wanted:
        layouts: dict[Platform, FoundPlatform] = {}
        for report, folder in reports:
            for image in report.images:
                for platform, layout in _layouts(image, folder) if image.name == each.name else ():
                    key = platform.platform
                    if key in layouts:
                        raise UsageError(
                            f"two reports have this platform, with {layouts[key].layout.folder} "
                            f"and with {layout.folder}",
                            where=f"{each.name}, {key}",
                        )
                    layouts[key] = FoundPlatform(layout, platform, report)
        if missing := [str(p) for p in each.platforms or () if p not in layouts]:
            _refuse_missing(each.name, missing)
        if not layouts:
            _refuse_missing(each.name, [])
        names = tuple(_name(each.name, tag, found) for tag in (each.tag, *each.tags))
        ordered = sorted(layouts.items(), key=lambda item: str(item[0]))
        found[each.name] = FoundImage(each, names, tuple(platform for _, platform in ordered))
    return found


def _refuse_missing(image: str, platforms: list[str]) -> None:
    on = f" for {', '.join(platforms)}" if platforms else ""
    raise UsageError(
        f"nothing is pushed: no report has this image{on}, so the tag would lose it",
        where=image,
        hint="give the reports of all jobs, or choose with --image and --platform",
    )


def _name(wanted: str, tag: str, found: Mapping[str, FoundImage]) -> ImageName:
    name = parse_name(tag, f"{wanted}, tag")
    if name.digest:
        raise UsageError("a tag to push must not have a digest", where=f"{wanted}, {tag}")
    for image, each in found.items():
        if name in each.names:
            raise UsageError(
                f"the images `{image}` and `{wanted}` have the same tag",
                where=str(name),
                hint="give each image its own tag",
            )
    return name


def _layouts(image: ImageReport, folder: Path) -> Iterator[tuple[PlatformReport, Layout]]:
    for p in image.platforms:
        where = f"{image.name}, {p.platform}"
        if p.result is None:
            raise UsageError(
                "nothing is pushed: this platform "
                + ("failed" if p.outcome == "failed" else "was skipped")
                + ", so the tag would lose it",
                where=where,
                hint="see the report; remove the platform from the settings if you do not want it",
            )
        if p.slim is not None and not p.verified:
            raise UsageError("the slim image was not proved", where=where)
        layout = read_layout(_folder(p, folder, where), p.platform, p.result.digest)
        yield p, layout


def _folder(p: PlatformReport, folder: Path, where: str) -> Path:
    layout = p.artifacts.oci_layout
    if layout is None:
        raise UsageError(
            "the report names no OCI layout for it",
            where=where,
            hint="run `ci-slim run` with --output, and give the image a tag",
        )
    try:
        found = (folder / layout).resolve()
    except (OSError, RuntimeError, ValueError):
        raise UsageError("its OCI layout is not a folder", where=where) from None
    if not found.is_relative_to(folder.resolve()):
        raise UsageError("its OCI layout is outside the report's folder", where=where)
    return found
