"""The groups by which `layers: split` divides the kept files: how often they change.

`closure.groups` decides them, and `filter` writes one layer for each group.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ci_slim.image.entry import Entry


class Group(IntEnum):
    """A group of files, from those that change least to those that change most. It is one layer."""

    BASE = 0
    """Files of the base image."""
    DEPENDENCIES = 1
    """What was installed or copied before the first of the application's own files."""
    LATER_DEPENDENCIES = 2
    """Files of packages that came together with the application or after it. They are apart,
    because they may get new times with each build."""
    APPLICATION = 3
    CONFIGURATION = 4
    """Settings of the application."""

    @property
    def label(self) -> str:
        """The name for people, as in the history of the image."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of an image. `layers` has the group of each layer of the fat image, `paths` that
    of each kept path."""

    layers: tuple[Group, ...]
    paths: Mapping[str, Group]

    def of(self, entry: Entry) -> Group:
        """The group of an entry: that of its path, or that of its layer."""
        return self.paths.get(entry.path, self.layers[entry.layer])

    def with_layer(self, group: Group, added: Collection[str]) -> "Grouping":
        """The grouping of the image with one more layer on top, which brings the `added` paths."""
        left = {path: each for path, each in self.paths.items() if path not in added}
        return Grouping((*self.layers, group), left)
