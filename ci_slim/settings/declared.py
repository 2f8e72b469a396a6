"""All keys of the settings file: those in `options`, and those of the budget rules."""

from dataclasses import replace
from functools import cache

from ci_slim import options
from ci_slim.judge import rules
from ci_slim.options import Section


@cache
def file_tree() -> Section:
    """The settings file as declared, as a tree of sections."""
    root = options.file_tree()
    images = root.section("images")
    image = images.section("*")
    image = replace(image, keys={**image.keys, "budget": rules.section()})
    return replace(root, keys={**root.keys, "images": replace(images, named=image)})


def image_section() -> Section:
    """The keys of one image."""
    return file_tree().section("images").section("*")
