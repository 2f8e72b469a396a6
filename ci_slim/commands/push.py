"""`ci-slim push`: what reports tell of, from the OCI layouts beside them to its registries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ci_slim.engine.push import Layout, push, read_layout
from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.image.reference import parse_name
from ci_slim.platforms import Platform
from ci_slim.report.model import ImageReport, PlatformReport, Report


def pushed(
    reports: Sequence[tuple[Report, Path]],
    tags: Mapping[str, str],
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
) -> dict[str, str]:
    """Push every image of the reports that has a tag; what was pushed, image → `tag@digest`.

    Each report comes with the folder that its layouts lie in; platforms of one image in several
    reports become one name. Nothing is pushed unless all of it can be: UsageError when a platform
    is not there or was not proved, EngineError when a registry refuses.
    """
    found: dict[str, dict[Platform, Layout]] = {}
    for report, folder in reports:
        for image in report.images:
            if image.name in tags:
                found.setdefault(image.name, {}).update(_layouts(image, folder))
    if not found:
        raise UsageError(
            "there is no image with a tag to push",
            where="the report",
            hint="name it with `tag:` in the settings file (--tag, or the input `tag`)",
        )
    done = {}
    for image_name, layouts in found.items():
        tag = tags[image_name]
        name = parse_name(tag, f"{image_name}, tag")
        if name.digest:
            raise UsageError("a digest cannot be given, it follows", where=f"{image_name}, {tag}")
        each_line(f"push {name} …")
        with Registry.of(name.host, environment, "pull,push") as registry:
            digest = push(registry, name, list(layouts.values()), each_line)
        done[image_name] = f"{tag}@{digest}"
    return done


def _layouts(image: ImageReport, folder: Path) -> Iterator[tuple[Platform, Layout]]:
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
        yield p.platform, layout


def _folder(p: PlatformReport, folder: Path, where: str) -> Path:
    layout = p.artifacts.oci_layout
    if layout is None:
        raise UsageError(
            "the report names no OCI layout of it",
            where=where,
            hint="give `run` an --output folder, and a tag to the image",
        )
    found = (folder / layout).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise UsageError("its OCI layout is outside the report's folder", where=where)
    return found
