"""Nodes → lists and mappings."""

from collections.abc import Mapping

from ci_slim import platforms
from ci_slim.errors import UsageError
from ci_slim.image.reference import is_tag
from ci_slim.options import Option
from ci_slim.settings.document import Node, Scalar, Sequence
from ci_slim.settings.readers.numbers import count
from ci_slim.settings.readers.texts import choice, platform, reference
from ci_slim.settings.shapes import describe, key_of, mapping, scalar, text


def items(node: Node, option: Option) -> tuple[Node, ...]:
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Scalar) and node.origin != "file":
        return (node,)
    shown = f": [{node.text}]" if isinstance(node, Scalar) else ""
    raise UsageError(
        f"`{key_of(option)}` must be a list, not {describe(node)}",
        where=node.where,
        hint=f"write it as a list{shown}",
    )


def texts(node: Node, option: Option) -> tuple[str, ...]:
    return tuple(text(item) for item in items(node, option))


def choices(node: Node, option: Option) -> tuple[str, ...]:
    words = tuple(choice(item, option) for item in items(node, option))
    for index, word in enumerate(words):
        if word in words[:index]:
            raise UsageError(f"`{word}` is listed twice", where=items(node, option)[index].where)
    return words


def platform_list(node: Node, option: Option) -> tuple[platforms.Platform, ...]:
    found: list[platforms.Platform] = []
    for item in items(node, option):
        one = platform(item)
        if one in found:
            raise UsageError(f"the platform {one} is listed twice", where=item.where)
        found.append(one)
    if not found:
        raise UsageError(
            "the list of platforms is empty",
            where=node.where,
            hint="without this key, ci-slim uses the daemon's own platform",
        )
    return tuple(found)


def globs(node: Node, option: Option) -> tuple[str, ...]:
    for item in items(node, option):
        glob = text(item)
        if ".." in glob.split("/"):
            raise UsageError(
                f"`{glob}` contains `..`",
                where=item.where,
                hint="write the path without `..`, from the root of the image",
            )
        if not glob.startswith("/"):
            raise UsageError(
                f"`{glob}` is not an absolute path in the image",
                where=item.where,
                hint=f"start it with `/`: `/{glob.lstrip('./')}` or `/**/{glob.lstrip('./')}`",
            )
    return texts(node, option)


def values(node: Node, option: Option) -> Mapping[str, str]:
    """Name → text. A number or the like is the text in the file: `1.10` is "1.10"."""
    name = key_of(option)
    if isinstance(node, Sequence):
        raise UsageError(
            f"`{name}` must be a mapping, not a list",
            where=node.where,
            hint="write `KEY: value`, not `- KEY=value`",
        )
    found: dict[str, str] = {}
    for key, value in mapping(node, name).entries.items():
        where = mapping(node, name).keys[key]
        if not key or "=" in key or "\0" in key:
            raise UsageError(f"`{key}` is not a name for a variable", where=where)
        if isinstance(value, Scalar) and value.kind == "nothing":
            raise UsageError(
                f"`{key}` has no value",
                where=where,
                hint=f'write {key}: "" for an empty value, or {key}: ${{{key}}} to pass it on',
            )
        found[key] = scalar(value, "a text").text
        if "\0" in found[key]:
            raise UsageError(f"the value of `{key}` contains a NUL character", where=value.where)
    return found


def candidates(node: Node, option: Option) -> Mapping[str, tuple[str, ...]]:
    table = mapping(node, key_of(option))
    found: dict[str, tuple[str, ...]] = {}
    for key, value in table.entries.items():
        if not key or any(char.isspace() for char in key):
            raise UsageError(f"`{key}` is not a pattern for images", where=table.keys[key])
        found[key] = tuple(reference(item, option) for item in items(value, option))
    return found


def releases(node: Node, option: Option) -> int | tuple[str, ...]:
    if isinstance(node, Scalar):
        return count(node, option)
    tags = texts(node, option)
    for tag, item in zip(tags, items(node, option), strict=True):
        if not is_tag(tag):
            raise UsageError(
                f"`{tag[:80]}` is not a tag",
                where=item.where,
                hint="write the tags of earlier releases, without the name of the image",
            )
    return tags
