"""The earlier releases of an image in a registry.

A release is what a device may run: the image that a tag names now. If a tag such as `stable` moves,
the earlier releases have no name any more. But the deltas that were pushed for them still contain
their digests.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ci_slim.device.artifact import ARTIFACT, SOURCE
from ci_slim.engine.referrers import attached
from ci_slim.engine.registry import Registry
from ci_slim.engine.remote import remote_images
from ci_slim.engine.tags import list_tags
from ci_slim.errors import CiSlimError
from ci_slim.image import documents
from ci_slim.image.image import Image
from ci_slim.image.reference import ImageName
from ci_slim.platforms import Platform, same

Wanted = int | tuple[str, ...]
"""The number of last releases, or the tags of releases."""

_MOST = 60
"""The most releases that are read. Each costs a request for each platform."""
_VERSION = "{version}"
_REFERRERS = re.compile(r"sha256-[0-9a-f]{64}.*")
_PIECES = re.compile(r"\d+|\D+")


@dataclass(frozen=True, slots=True)
class Release:
    """An earlier release: its tag or digest, and its image without blobs."""

    name: str
    image: Image

    @property
    def order(self) -> tuple[object, ...]:
        """A later release is greater: by the time in the config, then by the version."""
        return self.image.config.created[:19], version_key(self.name)


def version_key(tag: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts tags by their numbers: 1.9 comes before 1.10."""
    pieces = _PIECES.findall(tag)
    return tuple((1, int(each), "") if each.isdecimal() else (0, 0, each) for each in pieces)


def release_tags(tags: Iterable[str], templates: Iterable[str]) -> list[str]:
    """The tags that these names, which may contain `{version}`, may have had. The highest version
    comes first. A template without `{version}` gives only its own tag."""
    patterns = [_pattern(tag_part(each)) for each in templates]
    found = {
        tag
        for tag in tags
        if not _REFERRERS.fullmatch(tag) and any(each.fullmatch(tag) for each in patterns)
    }
    return sorted(found, key=version_key, reverse=True)


def tag_part(name: str) -> str:
    """The tag in an image's name, or `latest` if there is none."""
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or "latest"


def _pattern(template: str) -> "re.Pattern[str]":
    parts = (re.escape(part) for part in template.split(_VERSION))
    return re.compile("[A-Za-z0-9_.-]+".join(parts))


@dataclass
class Releases:
    """The earlier releases of one image in one repository. `templates` are the names under which
    the image is pushed. `line` writes a line to the log."""

    registry: Registry
    name: ImageName
    wanted: Wanted
    templates: Sequence[str]
    line: Callable[[str], None]
    _named: list[Release] | None = field(default=None, init=False)

    def before(self, platform: Platform, digest: str) -> tuple[Release, ...]:
        """The requested releases before the image with this digest. If a number of them is
        requested, the newest come first."""
        found: dict[str, Release] = {}
        for each in self.named():
            if same(each.image.platform, platform) and each.image.digest != digest:
                found.setdefault(each.image.digest, each)
        if isinstance(self.wanted, tuple):
            return tuple(found.values())
        newest = sorted(found.values(), key=lambda each: each.order, reverse=True)
        newest = newest[: self.wanted]
        known = {digest, *(each.image.digest for each in newest)}
        for each in self._unnamed(platform, known):
            if len(newest) == self.wanted:
                break
            newest.append(each)
        return tuple(newest)

    def named(self) -> list[Release]:
        """The releases that tags name, for all platforms. They are read once."""
        if self._named is None:
            self._named = list(self._look())
        return self._named

    def _look(self) -> Iterator[Release]:
        if isinstance(self.wanted, tuple):
            tags = list(self.wanted)
        else:
            tags = release_tags(list_tags(self.registry, self.name.repository), self.templates)
            if len(tags) > _MOST:
                self.line(
                    f"{len(tags)} tags may be earlier releases: only the {_MOST} of the highest "
                    "versions are read; set the releases with `deltas: {from: [TAG]}`"
                )
        for tag in tags[:_MOST]:
            for image in self._images(ImageName(self.name.host, self.name.repository, tag)):
                yield Release(tag, image)

    def _images(self, name: ImageName, platform: Platform | None = None) -> tuple[Image, ...]:
        """The images of a name. If one cannot be read, the log says so and it does not count."""
        try:
            return remote_images(self.registry, name, platform)
        except CiSlimError as error:
            self.line(f"no delta from {name.wanted}: {error}")
            return ()

    def _unnamed(self, platform: Platform, known: set[str]) -> Iterator[Release]:
        """Releases that have no tag any more, found through the deltas of these images and the
        deltas of those."""
        todo = list(known)
        while todo and len(known) < _MOST:
            for source in self._sources(todo.pop(0)):
                if source in known:
                    continue
                known.add(source)
                todo.append(source)
                name = ImageName(self.name.host, self.name.repository, digest=source)
                for image in self._images(name, platform):
                    yield Release(source.partition(":")[2][:12], image)

    def _sources(self, digest: str) -> Iterator[str]:
        for entry in attached(self.registry, self.name, digest, ARTIFACT):
            notes = entry.get("annotations")
            found = notes.get(SOURCE) if isinstance(notes, dict) else None
            if isinstance(found, str):
                yield documents.digest(found, f"a delta of {digest}")
