"""Measures what updates from earlier releases to a new image cost."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_slim.device.from_release import delta_from
from ci_slim.device.make_delta import plain_update
from ci_slim.device.releases import Release, Releases, Wanted
from ci_slim.engine.registry import Registry
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.image.image import Image
from ci_slim.image.reference import parse_name
from ci_slim.image.sizes import ImageSizes
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.result import Device, UpdateCost, Updates


def measure_updates(
    image: Image,
    sizes: ImageSizes,
    tag: str,
    templates: Sequence[str],
    wanted: Wanted | None,
    device: Device,
    environment: Mapping[str, str],
    scratch: Path,
    limits: Limits = LIMITS,
) -> Updates:
    """Measure what devices with earlier releases download for an image that will be pushed under
    `tag`.

    With `wanted`, a delta from each of these releases is made and verified. Without it, only the
    plain pull from the last release is measured. Errors become part of the result, so they do not
    fail the run.
    """
    host, slash, _ = tag.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        return Updates((), device, f"the tag {tag} names no registry")
    notes: list[str] = []
    try:
        name = parse_name(tag, "tag")
        with Registry.of(name.host, environment) as registry:
            releases = Releases(registry, name, wanted or 1, templates, notes.append)
            costs = tuple(
                _cost(releases, release, image, sizes, scratch, limits, deltas=wanted is not None)
                for release in releases.before(image.platform, image.digest)
            )
    except Interrupted:
        raise
    except CiSlimError as error:
        return Updates((), device, str(error))
    return Updates(costs, device, "" if costs else notes[0] if notes else "no earlier release")


def _cost(
    releases: Releases,
    release: Release,
    image: Image,
    sizes: ImageSizes,
    scratch: Path,
    limits: Limits,
    *,
    deltas: bool,
) -> UpdateCost:
    known = {layer.diff_id for layer in release.image.layers}
    pull = plain_update(image, sizes, known)
    plain = UpdateCost(release.name, release.image.digest, pull, sizes.pull_exact)
    if not deltas:
        return plain
    folder = scratch / "update"
    try:
        made = delta_from(releases, release, image, folder, limits)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return UpdateCost(
        plain.release,
        plain.digest,
        plain.pull_bytes,
        plain.pull_exact,
        made.delta.delta_bytes if made.delta else None,
        made.why,
        made.new_disk,
        made.old_disk,
        made.old_only_disk,
    )
