"""The plan: what to build, run, probe and allow, for each image and platform. Pure.

The settings say what the user wants. The plan says what this daemon can do, and why it cannot do
the rest.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ci_slim.errors import UsageError
from ci_slim.image.reference import ImageName, parse_name
from ci_slim.image.unpacking import LIMITS, Limits, limits_of
from ci_slim.judge.budget import BudgetRules
from ci_slim.platforms import Platform, emulated, handler_name, normalised, same
from ci_slim.settings.plans import BuildPlan, RunPlan, SlimPlan

if TYPE_CHECKING:
    from ci_slim.probes import Probe
    from ci_slim.result import Device
    from ci_slim.settings import ImageSettings, Settings


@dataclass(frozen=True, slots=True)
class PlatformPlan:
    """What happens for one platform; `reason` says why it is emulated or skipped."""

    platform: Platform
    how: Literal["native", "emulated", "skipped"]
    reason: str = ""
    host: str = ""
    """The Docker host that it is proved on, for people; "" for the daemon of the run."""


@dataclass(frozen=True, slots=True)
class OtherDaemon:
    """A daemon on another host: its platform, those that it runs, and those of them that it runs
    without QEMU."""

    shown: str
    platform: Platform
    handlers: Collection[str]
    native: Collection[Platform] = ()


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """One image: built (`build`) or existing (`source`), never both."""

    name: str
    build: BuildPlan | None
    source: str | None
    tag: str | None
    platforms: tuple[PlatformPlan, ...]
    run: RunPlan
    probes: tuple["Probe", ...]
    slim: SlimPlan
    budget: BudgetRules
    templates: tuple[str, ...] = ()
    """The tags as the settings have them, with `{version}` in them."""
    deltas_from: int | tuple[str, ...] | None = None
    """The releases that deltas are made from."""
    device: "Device | None" = None
    """The devices that the image is for."""
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True)
class Plan:
    """All images, in the order of the settings file."""

    images: tuple[ImagePlan, ...]


def make_plan(
    settings: "Settings",
    daemon: Platform,
    handlers: Collection[str],
    *,
    native: Collection[Platform] = (),
    version: str = "dev",
    dockerfiles: Mapping[str, str] | None = None,
    hosts: Mapping[Platform, OtherDaemon] = MappingProxyType({}),
) -> Plan:
    """Plan what the settings want on this daemon. An image without platforms is made for the
    daemon's own platform.

    `handlers` are the names in binfmt_misc on the daemon's machine (`qemu-arm`), or the platforms
    that its builder lists (`linux/arm/v6`). `native` are further platforms that run without QEMU.
    `version` replaces `{version}` in tags. `dockerfiles` are the texts of the Dockerfiles by the
    name of the image. `hosts` are the daemons that prove a platform instead of this one. Raises
    UsageError for a version that a tag cannot contain.
    """
    daemon = normalised(daemon)

    def planned(image: "ImageSettings", platform: Platform) -> PlatformPlan:
        other = hosts.get(platform) if image.slim.enabled else None
        if other is None:
            return platform_plan(platform, daemon, handlers, native)
        there = platform_plan(platform, other.platform, other.handlers, other.native)
        return replace(there, host=other.shown)

    def image_plan(image: "ImageSettings") -> ImagePlan:
        return ImagePlan(
            name=image.name,
            build=image.build,
            source=image.source,
            tag=filled_tag(image.tag, version),
            platforms=tuple(planned(image, each) for each in image.platforms or (daemon,)),
            run=image.run,
            probes=image.probes,
            slim=replace(image.slim, dockerfile=(dockerfiles or {}).get(image.name, "")),
            budget=image.budget,
            templates=tuple(tag for tag in (image.tag, *image.tags) if tag),
            deltas_from=image.deltas_from,
            device=settings.device,
            limits=limits_of(image.unpack_limit),
        )

    images = tuple(image_plan(image) for image in settings.images)
    _check_tags(images)
    return Plan(images)


def platform_plan(
    platform: Platform,
    daemon: Platform,
    handlers: Collection[str],
    native: Collection[Platform] = (),
) -> PlatformPlan:
    """Whether a platform is native, emulated or skipped, with the reason. The arguments are those
    of `make_plan`."""
    if not emulated(platform, daemon, native):
        return PlatformPlan(platform, "native")
    handler = handler_name(platform)
    if handler is None:
        return PlatformPlan(platform, "skipped", f"QEMU has no emulator for {platform}")
    if _registered(platform, handler, handlers):
        return PlatformPlan(
            platform, "emulated", f"through {handler}, because the daemon is {daemon}"
        )
    return PlatformPlan(
        platform,
        "skipped",
        f"the daemon ({daemon}) has no handler for {platform} ({handler}); register it with "
        f"`docker run --privileged --rm tonistiigi/binfmt --install {platform.architecture}`",
    )


def _registered(platform: Platform, handler: str, handlers: Collection[str]) -> bool:
    names = {handler, f"{handler}-static", str(platform)}
    if same(platform, Platform("linux", "amd64")):
        names.add("rosetta")  # Docker Desktop on Apple's machines
    return not names.isdisjoint(handlers)


_VERSION = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


def tag_of(image: ImagePlan, platform: Platform) -> str | None:
    """The name of the result of one platform in a daemon. A tag holds one image there, so with
    several platforms each tag ends with its platform."""
    tag = image.tag
    if tag is None or len(image.platforms) == 1:
        return tag
    suffix = f"{platform.architecture}{platform.variant}"
    return f"{tag}-{suffix}" if ":" in tag.rpartition("/")[2] else f"{tag}:{suffix}"


def _check_tags(images: Sequence[ImagePlan]) -> None:
    """Raise UsageError for two images with one name, which would overwrite each other, and for an
    invalid name."""
    seen: dict[ImageName, str] = {}
    for image in images:
        named = [image.tag, *(tag_of(image, planned.platform) for planned in image.platforms)]
        for tag in filter(None, named):
            name = parse_name(tag, f"{image.name}, tag")
            if seen.setdefault(name, image.name) != image.name:
                raise UsageError(
                    f"the images `{seen[name]}` and `{image.name}` have the same tag",
                    where=str(name),
                    hint="give each image its own tag; with --tag, choose one image with --image",
                )


def filled_tag(tag: str | None, version: str) -> str | None:
    """The tag with `{version}` filled in. Raises UsageError if the version is not known, or a tag
    cannot contain it."""
    if tag is None or "{version}" not in tag:
        return tag
    if not version:
        raise UsageError(
            f"the tag `{tag}` needs a version, but the version is not known",
            where="--image-version",
            hint="give it with --image-version VERSION, or the input `image_version`",
        )
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"the version `{version}` cannot be a part of the tag `{tag}`",
            where="--image-version",
            hint="a tag has only letters, digits, `_`, `.` and `-`: try "
            f"`{re.sub(r'[^A-Za-z0-9_.-]+', '-', version)[:100].strip('-') or 'dev'}`",
        )
    return tag.replace("{version}", version)
