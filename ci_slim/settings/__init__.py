"""The settings file `.ci-slim.yml` and the flags → Settings, checked."""

from ci_slim.settings.reading import from_flags, load, parse, read_file
from ci_slim.settings.requests import make
from ci_slim.settings.unwritten import is_unwritten, load_or_find
from ci_slim.settings.values import (
    AdviseSettings,
    BaselineSettings,
    ImageSettings,
    Settings,
    with_own_platforms,
    without_slimming,
)

__all__ = [
    "AdviseSettings",
    "BaselineSettings",
    "ImageSettings",
    "Settings",
    "from_flags",
    "is_unwritten",
    "load",
    "load_or_find",
    "make",
    "parse",
    "read_file",
    "with_own_platforms",
    "without_slimming",
]
