"""The caches of a build, in the syntax of buildx, so that platforms do not overwrite each other's.
Pure.

ci-slim builds each platform separately, and a cache is always written as a whole. With one name for
two platforms, only the last cache would remain. So each platform has its own name, made from the
given one.

https://docs.docker.com/build/cache/backends/
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from ci_slim.errors import UsageError
from ci_slim.platforms import Platform

VARIABLES = frozenset({
    "ACTIONS_CACHE_URL", "ACTIONS_CACHE_SERVICE_V2", "ACTIONS_RESULTS_URL", "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_RUNTIME_URL",
})  # fmt: skip
"""Variables of GitHub's runner about its cache service. Only buildx gets them."""

_NAMED = {"gha": "scope", "s3": "name", "azblob": "name"}
"""The field that distinguishes caches, by type. Its default is `buildkit` for all of them."""


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache: its type and the other fields, in order."""

    type: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        out = StringIO()
        csv.writer(out, lineterminator="").writerow(
            [f"type={self.type}", *(f"{key}={value}" for key, value in self.fields.items())]
        )
        return out.getvalue()

    def with_field(self, key: str, value: str) -> "Cache":
        return Cache(self.type, {**self.fields, key: value})


def parse(entry: str, where: str) -> Cache:
    """Read a cache from `type=registry,ref=…`, or from the name of an image. Raises UsageError for
    other texts."""
    (words,) = csv.reader([entry])
    if len(words) == 1 and "=" not in entry:
        return Cache("registry", {"ref": entry})
    pairs = [word.partition("=") for word in words]
    fields = {key.strip().lower(): value for key, equals, value in pairs if equals}
    kind = fields.pop("type", "")
    if not kind or len(fields) + 1 != len(words):
        raise UsageError(
            f"`{entry}` is not a cache",
            where=where,
            hint="write type=registry,ref=NAME or type=gha or type=local,dest=FOLDER",
        )
    return Cache(kind, fields)


def written(entry: str, platform: Platform) -> Cache:
    """The cache to write for one platform."""
    return _own(_cache_service(parse(entry, "cache_to")), platform)


def read(entry: str, platform: Platform, is_there: Callable[[str], bool]) -> tuple[Cache, ...]:
    """The caches to read for one platform: its own, and the one with the given name, which another
    tool may have written. Missing folders are left out."""
    given = _cache_service(parse(entry, "cache_from"))
    own = _own(given, platform)
    both = (own,) if own == given else (own, given)
    if given.type == "local":
        return tuple(each for each in both if is_there(f"{each.fields.get('src', '')}/index.json"))
    return both


def exports(entries: Sequence[str]) -> frozenset[str]:
    """The types of the written caches, without those that are stored in the image itself."""
    return frozenset(parse(entry, "cache_to").type for entry in entries) - {"inline"}


def imports(entries: Sequence[str]) -> frozenset[str]:
    """The types of the caches that are read."""
    return frozenset(parse(entry, "cache_from").type for entry in entries)


def _cache_service(cache: Cache) -> Cache:
    """Add the version of GitHub's cache service. Since April 2025 there is only the second one."""
    if cache.type != "gha" or "version" in cache.fields or "url" in cache.fields:
        return cache
    return cache.with_field("version", "2")


def _own(cache: Cache, platform: Platform) -> Cache:
    if cache.type == "registry":
        return cache.with_field("ref", _reference(cache.fields.get("ref", ""), platform))
    if cache.type == "local":
        key = "dest" if "dest" in cache.fields else "src"
        return cache.with_field(key, f"{cache.fields.get(key, '').rstrip('/')}/{platform.slug}")
    if cache.type in _NAMED:
        key = _NAMED[cache.type]
        return cache.with_field(key, f"{cache.fields.get(key, 'buildkit')}-{platform.slug}")
    return cache


def _reference(name: str, platform: Platform) -> str:
    if "@" in name:
        return name
    if not re.search(r":[\w.-]+$", name):
        name = f"{name}:latest"
    return f"{name}-{platform.slug}"
