"""`load` reads the settings file; `parse` and `from_flags` are pure and make Settings.

`options` declares the keys of the file. How settings depend on each other is checked here and in
the modules of the sections.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.judge.gate import Approval
from ci_slim.options import Section
from ci_slim.platforms import Platform
from ci_slim.requests import Asked
from ci_slim.settings import cleaning, document, shapes
from ci_slim.settings.build import build_plan, check_tag, chosen_platforms
from ci_slim.settings.declared import file_tree, image_section
from ci_slim.settings.device import device_of, with_fit
from ci_slim.settings.document import Scalar, Table
from ci_slim.settings.files import Files, is_flag, told
from ci_slim.settings.overlay import overlay
from ci_slim.settings.plans import PackPlan, SlimPlan
from ci_slim.settings.probes import read_probes
from ci_slim.settings.readers.texts import platform as platform_of
from ci_slim.settings.remote import remote_settings
from ci_slim.settings.run import run_plan
from ci_slim.settings.values import AdviseSettings, BaselineSettings, ImageSettings, Settings

VERSION = 1

MAX_FILE = 16 * 1024 * 1024
"""The most bytes of a file that the settings name, such as a probe file or a body."""

Read = Callable[[str], bytes]
_NOTHING = Asked()

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}", re.ASCII)


def load(path: str, environment: Mapping[str, str], asked: Asked = _NOTHING) -> Settings:
    """The settings of the file at `path`; what was `asked` overrides them. Raises UsageError."""
    try:
        data = read_file(path)
    except OSError as error:
        raise UsageError(
            f"the settings file cannot be read: {told(error)}",
            where=path,
            hint="name it with --config; `slim IMAGE` and `check` with --budget work without it",
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines = data[: error.start].split(b"\n")
        raise UsageError(
            "the settings file is not UTF-8 text",
            where=f"{path}:{len(lines)}:{len(lines[-1]) + 1}",
            hint="save it as UTF-8",
        ) from None
    return parse(text, path, environment, asked, read_file)


def read_file(path: str) -> bytes:
    """The bytes of a file that the user named. Raises OSError."""
    with Path(path).open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise OSError(f"larger than {MAX_FILE // 1024**2} MiB")
    return data


def _no_files(path: str) -> bytes:
    raise OSError(f"{path} cannot be read here")


def parse(
    text: str,
    name: str,
    environment: Mapping[str, str],
    asked: Asked = _NOTHING,
    read: Read = _no_files,
) -> Settings:
    """The settings in a text.

    `name` is the path of the file, for messages and because paths in the file are relative to its
    folder. `environment` fills in `${VAR}`. `asked` chooses images and overrides their settings.
    `read` reads the files that probes name, and may raise OSError. Raises UsageError; its `where`
    is file:line:column, or the flag or input.
    """
    root = document.read(text, name, environment)
    if root is None:
        raise UsageError(
            "the settings file is empty",
            where=f"{name}:1:1",
            hint="it starts with `version: 1`, then `images:`",
        )
    if not isinstance(root, Table):
        raise UsageError(
            f"the settings file must be a mapping, not {shapes.describe(root)}",
            where=f"{name}:1:1",
            hint="it starts with `version: 1`, then `images:`",
        )
    section = file_tree()
    _check_version(root, section)
    cleaning.refuse_unknown(root, section)
    files = Files(str(PurePosixPath(name).parent), read, environment)
    device = device_of(root, section.section("device"))
    images = tuple(
        with_fit(_image(chosen, overlay(table, asked, environment), files), device)
        for chosen, table in _chosen(root, asked)
    )
    _check_tags(images)
    baseline = cleaning.leaves(shapes.child(root, "baseline"), section.section("baseline"))
    report = str(PurePosixPath(name).parent / baseline["file"])
    own = cleaning.leaves(root, section)
    approval = cleaning.leaves(shapes.child(root, "approval"), section.section("approval"))
    return Settings(
        images,
        BaselineSettings(baseline["from"], baseline["ref"], report),
        own["fail_on"],
        own["protect"],
        Approval(**approval),
        device,
        remote_settings(shapes.child(root, "remote"), section.section("remote")),
        AdviseSettings(**cleaning.leaves(shapes.child(root, "advise"), section.section("advise"))),
    )


def from_flags(
    image: str, asked: Asked, environment: Mapping[str, str], read: Read = read_file
) -> Settings:
    """The settings for one existing image, without a settings file, for `ci-slim slim IMAGE`."""
    table = Table({"image": Scalar(image, "text", "IMAGE", "flag")}, {"image": "IMAGE"}, "IMAGE")
    table = overlay(table, asked, environment)
    return Settings(
        (_image(short_name(image), table, Files(".", read, environment)),),
        BaselineSettings((), None),
    )


def short_name(reference: str) -> str:
    """A name for folders and headings: `docker-daemon:registry:5000/team/app:1.0` → `app`. The id
    of an image is cut to the twelve digits that Docker shows."""
    if image_id := re.fullmatch(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}", reference):
        return image_id[1]
    path = re.sub(r"^(docker-daemon|docker|oci|oci-archive|docker-archive):", "", reference)
    last = path.partition("@")[0].rstrip("/").rpartition("/")[2].partition(":")[0]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", last).strip("-.") or "image"


def _check_version(root: Table, section: Section) -> None:
    node = shapes.given(root, "version")
    if node is None:
        cleaning.refuse_unknown(root, section)
        raise UsageError(
            "the version of the settings file is missing",
            where=root.where,
            hint=f"start the file with `version: {VERSION}`",
        )
    found = cleaning.read(node, section.option("version"))
    if found != VERSION:
        raise UsageError(
            f"version {found} of the settings file is not known",
            where=node.where,
            hint=f"this ci-slim reads `version: {VERSION}`; a later one may read {found}",
        )


def _chosen(root: Table, asked: Asked) -> Iterator[tuple[str, Table]]:
    """Name and table of the images that are asked for by name, or of all images."""
    images = shapes.child(root, "images")
    if not images.entries:
        raise UsageError(
            "there are no images",
            where=root.keys.get("images", root.where),
            hint="add at least one below `images:`",
        )
    chosen = asked.texts("images")
    for wanted in chosen:
        if wanted not in images.entries:
            raise UsageError(
                f"there is no image `{wanted}` in the settings file",
                where=asked.place("images"),
                hint=shapes.nearest(wanted, images.entries),
            )
    for name, node in images.entries.items():
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"`{name}` cannot be the name of an image",
                where=images.keys[name],
                hint="use letters, digits, `_`, `.` and `-`; write the name to push as `tag`",
            )
        if name in (chosen or images.entries):
            empty = shapes.given(images, name) is None
            yield name, Table({}, {}, images.keys[name]) if empty else shapes.mapping(node, name)


def _image(name: str, table: Table, files: Files) -> ImageSettings:
    section = image_section()
    values = cleaning.leaves(table, section)
    build, source = shapes.given(table, "build"), shapes.given(table, "image")
    if build is None and source is None:
        raise UsageError(
            f"the image `{name}` has neither `build` nor `image`",
            where=table.where,
            hint="say how to build it (`build`), or name an existing image (`image`)",
        )
    if build is not None and source is not None:
        raise UsageError(
            f"the image `{name}` has both `build` and `image`",
            where=source.where,
            hint="remove one of the two",
        )
    platforms: tuple[Platform, ...] = values["platforms"]
    plan = None
    if build is not None:
        build_table = shapes.mapping(build, "build")
        plan, built = build_plan(build_table, section.section("build"), files)
        platforms = chosen_platforms(platforms, built, table)
    if values["tag"] is not None:
        check_tag(values["tag"], table.entries["tag"].where)
    tags: tuple[str, ...] = values["tags"]
    for each in tags:
        check_tag(each, table.entries["tags"].where)
    if tags and values["tag"] is None:
        values["tag"], tags = tags[0], tags[1:]
    slim = cleaning.leaves(shapes.child(table, "slim"), section.section("slim"))
    _check_profiles(shapes.child(table, "slim"), slim)
    pack_table = shapes.child(shapes.child(table, "slim"), "pack")
    pack = PackPlan(**cleaning.leaves(pack_table, section.section("slim").section("pack")))
    return ImageSettings(
        name=name,
        where=table.where,
        build=plan,
        source=values["image"],
        tag=values["tag"],
        tags=tags,
        deltas_from=cleaning.leaves(shapes.child(table, "deltas"), section.section("deltas"))[
            "from"
        ],
        annotations=values["annotations"],
        unpack_limit=values["unpack_limit"],
        platforms=platforms,
        run=run_plan(shapes.child(table, "run"), section.section("run"), files),
        probes=read_probes(shapes.given(table, "probes"), files),
        slim=SlimPlan(keep=values["keep"], drop=values["drop"], pack=pack, **slim),
        budget=_budget(
            shapes.child(table, "budget"),
            section.section("budget"),
            () if is_flag(shapes.given(table, "platforms")) else platforms,
        ),
    )


def _check_profiles(table: Table, slim: Mapping[str, Any]) -> None:
    """Raise UsageError for profiles of an image that is not slimmed, as it is never run. A flag
    applies only to the images that are slimmed."""
    node = shapes.given(table, "profiles")
    if slim["profiles"] and not slim["enabled"] and node is not None and not is_flag(node):
        raise UsageError(
            "an image that is not slimmed cannot have `profiles`",
            where=node.where,
            hint="remove `enabled: false`, or `profiles`",
        )


def _budget(table: Table, section: Section, built: tuple[Platform, ...]) -> BudgetRules:
    """The limits. Raises UsageError for a platform that is never built: its limit would never be
    checked."""
    tables = shapes.child(table, "platforms")
    platforms: dict[Platform, Limits] = {}
    for key, where in tables.keys.items():
        platform = platform_of(Scalar(key, "text", where))
        if platform in platforms:
            raise UsageError(f"the platform {platform} is listed twice", where=where)
        if built and platform not in built:
            raise UsageError(
                f"a limit for {platform}, but the image is not made for that platform",
                where=where,
                hint=shapes.nearest(str(platform), map(str, built)),
            )
        limits = shapes.mapping(tables.entries[key], key)
        platforms[platform] = Limits(
            **cleaning.leaves(limits, section.section("platforms").section("*"))
        )
    return BudgetRules(Limits(**cleaning.leaves(table, section)), platforms)


def _check_tags(images: tuple[ImageSettings, ...]) -> None:
    """Raise UsageError for two images with the same tag: they would overwrite each other."""
    seen: dict[str, str] = {}
    for image in images:
        if image.tag is not None and image.tag in seen:
            raise UsageError(
                f"the images `{seen[image.tag]}` and `{image.name}` have the same tag",
                where=image.where,
                hint="give each image its own tag; with --tag, choose one image with --image",
            )
        if image.tag is not None:
            seen[image.tag] = image.name
