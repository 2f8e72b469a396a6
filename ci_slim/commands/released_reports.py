"""The reports that lie beside the images of a registry: one for each release and platform.

A release is what a tag names now. `ci-slim push` attached its reports, see `report.compact`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from ci_slim.device.releases import release_tags
from ci_slim.engine import transports
from ci_slim.engine.referrers import Entry, attached
from ci_slim.engine.registry import Registry
from ci_slim.engine.tags import list_tags
from ci_slim.engine.transports import Reference
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.manifest import Manifest, digest_of, parse_document, parse_manifest
from ci_slim.image.reference import ImageName, is_tag
from ci_slim.report.compact import MEDIA_TYPE, VERSION, compact
from ci_slim.report.json import from_json
from ci_slim.report.platform_json import CREATED
from ci_slim.result import Origin, Report
from ci_slim.units import count

RELEASES_MOST = 60
"""The most releases whose reports are read, the newest ones."""
TAGS_MOST = 200
"""The most tags that are looked at. Each costs a request or more."""
_PLATFORMS_MOST = 50
_ENTRIES_MOST = 1000
"""The most artifacts of one image that are looked at."""
_TRIES = 3
"""Anyone who may push can attach a newer report that is damaged. So many are tried."""
_FAILURES_MOST = 3
"""After so many failures of the registry the next one ends the command."""
_CREATED = "org.opencontainers.image.created"
T = TypeVar("T")


def released_reports(
    text: str, environment: Mapping[str, str], line: Callable[[str], None]
) -> list[Report]:
    """The reports beside the image `docker://registry/name:tag`, or of all releases without a tag.
    `line` writes a line to the log. Raises UsageError if there is none."""
    reference = transports.parse(text)
    name = reference.registry_name
    with Registry.of(name.host, environment) as registry:
        found = _Repository(registry, name, line).reports(None if _is_whole(reference) else name)
    if not found:
        raise UsageError(
            "no image there has a report of ci-slim",
            where=text,
            hint="`ci-slim push` attaches it, without --no-attest",
        )
    return found


def _is_whole(reference: Reference) -> bool:
    """Whether the reference names a repository: without tag and digest."""
    return ":" not in reference.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Release:
    """What tags name, the highest version first; none if a digest was given. `images` are the
    digests of its platforms."""

    tags: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Attached:
    """A report beside an image: when it was made, the tag it was pushed under, its digest."""

    created: str
    version: str
    digest: str


@dataclass
class _Repository:
    """Reads the reports of one repository."""

    registry: Registry
    name: ImageName
    line: Callable[[str], None]
    _known: dict[str, tuple[_Attached, ...]] = field(default_factory=dict, init=False)
    _failures: int = field(default=0, init=False)

    def reports(self, wanted: ImageName | None) -> list[Report]:
        """The reports of one image, or of the newest releases."""
        releases = self._releases() if wanted is None else [self._named(wanted)]
        dated = [(self._created(each), each) for each in releases]
        known = sorted(((c, each) for c, each in dated if c), key=lambda pair: pair[0])
        newest = [release for _, release in known[-RELEASES_MOST:]]
        if without := len(dated) - len(known):
            self.line(f"{self._where}: {count(without, 'release')} without a report")
        if left := len(known) - len(newest):
            self.line(f"{self._where}: {count(left, 'older release')} left out")
        return [report for release in newest for report in self._reports(release)]

    @property
    def _where(self) -> str:
        return f"{self.name.host}/{self.name.repository}"

    def _releases(self) -> list[_Release]:
        """What the tags name. Several tags of one image are one release."""
        listed = list_tags(self.registry, self.name.repository)
        tags = release_tags(filter(is_tag, listed), [":{version}"])
        if not tags:
            raise UsageError(
                "the registry has no tag of this repository", where=f"docker://{self._where}",
                hint="check the name, and whether an image was pushed",
            )  # fmt: skip
        if len(tags) > TAGS_MOST:
            self.line(
                f"{self._where}: {len(tags)} tags, only the {TAGS_MOST} of the highest versions "
                f"are looked at; name others as docker://{self._where}:TAG"
            )
        found: dict[str, _Release] = {}
        for tag in tags[:TAGS_MOST]:
            name = ImageName(self.name.host, self.name.repository, tag)
            pair = self._tried(tag, partial(self._manifest, name))
            if pair is not None:
                known = found.get(pair[0], _Release((), pair[1]))
                found[pair[0]] = replace(known, tags=(*known.tags, tag))
        return list(found.values())

    def _named(self, name: ImageName) -> _Release:
        return _Release((name.tag,) if name.tag else (), self._manifest(name)[1])

    def _manifest(self, name: ImageName) -> tuple[str, tuple[str, ...]]:
        """The digest behind a name, and the digests of its platforms."""
        raw = self.registry.manifest(name)
        document = parse_document(raw, str(name))
        if isinstance(document, Manifest):
            return document.digest, (document.digest,)
        images = [each.digest for each in document.manifests if not each.is_attestation]
        if len(images) > _PLATFORMS_MOST:
            documents.refuse(f"more than {_PLATFORMS_MOST} images", str(name))
        return digest_of(raw), tuple(dict.fromkeys(images))

    def _created(self, release: _Release) -> str:
        """When the first report of a release was made; "" if there is none."""
        found = (self._chosen(release, image) for image in release.images)
        return next((each[0].created for each in found if each), "")

    def _chosen(self, release: _Release, image: str) -> tuple[_Attached, ...]:
        """The reports of one platform, the newest first. An image that two releases share has
        reports of each."""
        if image not in self._known:
            self._known[image] = self._attached(image)
        known = self._known[image]
        named = tuple(each for each in known if each.version in release.tags)
        return (named or known)[:_TRIES]

    def _attached(self, image: str) -> tuple[_Attached, ...]:
        """What is attached to an image, the newest first, and a few of each version."""
        found = self._tried(image, partial(attached, self.registry, self.name, image, MEDIA_TYPE))
        read: list[_Attached] = []
        problems: list[UsageError] = []
        for entry in (found or ())[:_ENTRIES_MOST]:
            try:
                read.append(_entry(entry, image))
            except UsageError as error:
                problems.append(error)
        if problems:
            self.line(f"{count(len(problems), 'report')} of {image} left out: {problems[0]}")
        versions: Counter[str] = Counter()
        kept: list[_Attached] = []
        for each in sorted(read, reverse=True):
            versions[each.version] += 1
            if versions[each.version] <= _TRIES:
                kept.append(each)
        return tuple(kept)

    def _reports(self, release: _Release) -> Iterator[Report]:
        for image in release.images:
            for chosen in self._chosen(release, image):
                report = self._tried(image, partial(self._report, image, chosen.digest))
                if report is not None:
                    tag = chosen.version if chosen.version in release.tags else ""
                    yield _marked(report, tag or next(iter(release.tags), ""))
                    break

    def _report(self, image: str, artifact: str) -> Report:
        """The report of the platform with this digest. Anyone may have written it."""
        name = ImageName(self.name.host, self.name.repository, digest=artifact)
        manifest = parse_manifest(self.registry.manifest(name), str(name))
        layers = [each for each in manifest.layers if each.media_type == MEDIA_TYPE]
        if len(layers) != 1:
            documents.refuse(f"{count(len(layers), 'report')} in it instead of one", str(name))
        report = from_json(self.registry.document(name, layers[0]), str(name))
        for its in report.images:
            for p in its.platforms:
                if p.result is not None and p.result.digest == image:
                    return compact(report, its.name, p)
        raise UsageError("the report is about another image", where=str(name))

    def _tried(self, what: str, read: Callable[[], T]) -> T | None:
        """What `read` gives. If that cannot be read, the log says so, and the others count."""
        try:
            return read()
        except (UsageError, EngineError) as error:
            self._failures += isinstance(error, EngineError)
            if self._failures > _FAILURES_MOST:
                raise
            self.line(f"no report of {what}: {error}")
            return None


def _entry(entry: Entry, image: str) -> _Attached:
    where = f"a report of {image}"
    notes = documents.string_map(entry, "annotations", where)
    digest = documents.digest(documents.string(entry, "digest", where), where)
    created = notes.get(_CREATED, "")
    if not re.fullmatch(CREATED, created):
        documents.refuse("it does not say when it was made", where)
    return _Attached(created, notes.get(VERSION, ""), digest)


def _marked(report: Report, tag: str) -> Report:
    """The report with the tag of the release; without one, with the git tag of its run."""
    origin = report.origin or Origin()
    return replace(report, origin=replace(origin, tag=tag or origin.tag))
