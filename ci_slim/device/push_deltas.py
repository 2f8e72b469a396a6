"""Makes the deltas of a pushed image, verifies each, and pushes them as its referrers."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci_slim.attest.referrer import Referrer
from ci_slim.device.artifact import ARTIFACT, SOURCE
from ci_slim.device.from_release import delta_from
from ci_slim.device.make_delta import Delta
from ci_slim.device.releases import Release, Releases
from ci_slim.engine.push import Layout
from ci_slim.engine.referrers import attach, attached, detach
from ci_slim.image import documents
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import parse_manifest
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.units import factor, size


@dataclass(frozen=True, slots=True)
class PushedDelta:
    """A delta that is stored with the new image in the registry, and the release from which it
    starts."""

    release: Release
    delta: Delta

    def __str__(self) -> str:
        delta, plain = self.delta, self.delta.update_bytes
        beside = (
            f", a plain pull {size(plain)} ({factor(plain, delta.delta_bytes)})" if plain else ""
        )
        return f"{delta.platform} from {self.release.name}: delta {size(delta.delta_bytes)}{beside}"


def push_deltas(
    releases: Releases, layout: Layout, scratch: Path, limits: Limits = LIMITS
) -> Iterator[PushedDelta]:
    """Push a delta from each earlier release to the image in a layout, which must be in the
    registry already. If no delta can be made from a release, the log says so. Raises EngineError if
    the registry refuses a delta."""
    subject = layout.image.digest
    earlier = releases.before(layout.platform, subject)
    if not earlier:
        releases.line(f"no delta for {layout.platform}: there is no earlier release")
    for release in earlier:
        folder = scratch / "delta"
        try:
            made = delta_from(releases, release, layout.image, folder, limits)
            if made.delta is None:
                releases.line(f"no delta for {layout.platform} from {release.name}: {made.why}")
                continue
            artifact = read_artifact(folder / "layout")
            attach(releases.registry, releases.name, subject, [artifact])
            yield PushedDelta(release, made.delta)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def read_artifact(layout: Path) -> Referrer:
    """The delta in an OCI layout that `make_delta` wrote."""
    index = documents.load_object((layout / "index.json").read_bytes(), str(layout))
    (entry,) = documents.objects(index, "manifests", str(layout))
    digest = documents.digest(str(entry["digest"]), str(layout))
    raw = (layout / blob_name(digest)).read_bytes()
    manifest = parse_manifest(raw, digest)
    blobs = (*manifest.layers, manifest.config)
    files = tuple((each, layout / blob_name(each.digest)) for each in blobs)
    notes = documents.string_map(documents.load_object(raw, digest), "annotations", digest)
    return Referrer(ARTIFACT, raw, files, notes)


def prune_deltas(releases: Releases, layout: Layout, kept: tuple[PushedDelta, ...]) -> int:
    """Remove the deltas of one platform that lead to an earlier release, and the deltas to the new
    image that are not `kept`. Returns their number. The tags must not have moved yet."""
    subject, sources = layout.image.digest, {each.delta.source for each in kept}
    older = {each.image.digest for each in releases.before(layout.platform, subject)}
    older |= {each.image.digest for each in releases.named()} - {subject}
    removed, deleted = 0, True
    for digest in (subject, *sorted(older)):
        found = attached(releases.registry, releases.name, digest, ARTIFACT)
        gone = {
            str(each.get("digest"))
            for each in found
            if digest != subject or _source(each) not in sources
        }
        if gone:
            deleted &= detach(releases.registry, releases.name, digest, gone)
            removed += len(gone)
    if not deleted:
        releases.line(
            "the registry does not delete manifests, so removed deltas still take space there; "
            "devices do not find them any more"
        )
    return removed


def _source(entry: dict[str, object]) -> object:
    notes = entry.get("annotations")
    return notes.get(SOURCE) if isinstance(notes, dict) else None
