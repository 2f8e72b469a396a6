"""The settings file as a tree of sections and options, made from the declarations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from ci_slim.options.every import OPTIONS
from ci_slim.options.option import Option

SECTIONS: Mapping[str, str] = {
    "images": "the images, by name",
    "images.*": "one image",
    "images.*.build": "how the image is built",
    "images.*.deltas": "deltas that are pushed with the image, see docs/devices.md",
    "images.*.build.builder": "the builder that does the build",
    "images.*.run": "how the container runs while it is probed",
    "images.*.run.files": "files to copy into the container, by their path there",
    "images.*.run.files.*": "one file",
    "images.*.run.compose": "a Compose file with the services that the application depends on",
    "images.*.run.services": "containers that the application talks to, by host name",
    "images.*.run.services.*": "one service",
    "images.*.run.ready": "when the container is ready for probes",
    "images.*.slim": "how the slim image is made",
    "device": "the devices that run the images, see docs/devices.md",
    "images.*.slim.pack": "how its programs and libraries are made smaller after the proof",
    "advise": "what `ci-slim advise` tries, see docs/advice.md",
    "baseline": "what the image is compared with",
    "approval": "what approves a change that loosens protected settings",
    "remote": "Docker hosts on real hardware",
}
"""The mappings of the settings file, each with its description."""


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of the settings file: its known keys, or `named` if the user chooses the keys."""

    path: str
    help: str
    keys: "dict[str, Section | Option]" = field(default_factory=dict)
    named: "Section | None" = None
    items: "Section | None" = None
    """For a list: the keys of each item."""

    def option(self, key: str) -> Option:
        """The option declared under `key`."""
        found = self.keys[key]
        assert isinstance(found, Option), key
        return found

    def section(self, key: str) -> "Section":
        """The section declared under `key`; under any name if the user chooses the keys."""
        found = self.named or self.keys[key]
        assert isinstance(found, Section), key
        return found


@cache
def file_tree(path: str = "") -> Section:
    """The settings file as declared: the section at `path` and everything below it."""
    prefix = f"{path}." if path else ""
    keys: dict[str, Section | Option] = {}
    for known in SECTIONS:
        key = known.removeprefix(prefix)
        if known.startswith(prefix) and key and "." not in key:
            keys[key] = file_tree(known)
    for option in OPTIONS:
        file_key = option.file_key or ""
        key = file_key.removeprefix(prefix)
        if file_key.startswith(prefix) and key and "." not in key:
            keys.setdefault(key, option)
    named = keys.pop("*", None)
    return Section(
        path, SECTIONS.get(path, ""), keys, named if isinstance(named, Section) else None
    )
