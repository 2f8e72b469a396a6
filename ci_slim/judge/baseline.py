"""The baseline: the image of the base branch that ours is compared with, and what changed since.

Images are matched by their name in the settings and by platform with its variant. Two layers are
the same if their blobs or their uncompressed tars are the same: a registry may have compressed the
tar again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ci_slim.image.inventory import Inventory, growth
from ci_slim.image.sizes import ImageSizes, update_bytes
from ci_slim.platforms import Platform, same
from ci_slim.result import BaseImage, Baseline, Origin, PlatformReport, Point, Report

HISTORY_MAX = 50
"""The most earlier runs in a report."""


@dataclass(frozen=True, slots=True)
class Previous:
    """An image of the base branch on one platform: what was delivered, and the fat image if that is
    known. `source` says where it was found."""

    name: str
    platform: Platform
    source: str
    delivered: ImageSizes
    fat: ImageSizes | None = None
    history: tuple[Point, ...] = ()
    """Its run and the runs before, oldest first."""
    inventory: Inventory | None = None
    """The content of the image; None if only its sizes are known."""


def previous_of(report: Report, source: str) -> Iterator[Previous]:
    """Every image that was delivered, from a report of the base branch."""
    origin = report.origin or Origin()
    for image in report.images:
        for p in image.platforms:
            if p.result is not None:
                now = p.result
                point = Point(
                    report.created, origin.commit, now.pull_bytes, now.disk_bytes, origin.tag
                )
                history = (*p.history, point)[-HISTORY_MAX:]
                yield Previous(
                    image.name, p.platform, source, p.result, p.fat, history, p.inventory
                )


def match(known: Iterable[Previous], name: str, platform: Platform) -> Previous | None:
    """The image with this name and platform; `arm/v6` is not `arm/v7`. None if there is none."""
    return next((p for p in known if p.name == name and same(p.platform, platform)), None)


def compared(report: PlatformReport, previous: Previous) -> PlatformReport:
    """The report with its baseline and update size, without verdicts."""
    now, old = report.result, previous.delivered
    base: BaseImage = "unknown"
    base_growth = None
    if now is not None:
        base = _base_image(report.fat, now, previous)
        base_growth = _base_growth(now, old)
    grown = None
    if report.inventory is not None and previous.inventory is not None:
        grown = growth(previous.inventory, report.inventory)
    return replace(
        report,
        baseline=Baseline(
            previous.source,
            old.reference,
            old.digest,
            old.pull_bytes,
            old.disk_bytes,
            base,
            base_growth,
            grown,
            None if now is None else _shared(now, old),
        ),
        no_baseline="",
        next_baseline="",
        history=previous.history,
        update_bytes=None if now is None else update(now, old),
    )


def update(new: ImageSizes, old: ImageSizes) -> int | None:
    """Compressed bytes that a device with `old` downloads to get `new`: config and blobs that `old`
    does not have. None if one of these sizes is unknown."""
    if new.digest and new.digest == old.digest:
        return 0
    held = {old.config_digest, *_names(old)} - {""}
    blobs: list[tuple[str, int | None]] = [(new.config_digest or "config", new.config_bytes)]
    for number, layer in enumerate(new.layers):
        if layer.diff_id not in held:
            blobs.append((layer.digest or f"layer {number}", layer.pull_bytes))
    return update_bytes(blobs, held)


def _shared(new: ImageSizes, old: ImageSizes) -> tuple[int, ...]:
    """The layers of `new`, by number, that `old` has."""
    held = {*_names(old)} - {""}
    layers = enumerate(new.layers)
    return tuple(number for number, layer in layers if held & {layer.digest, layer.diff_id})


def _names(sizes: ImageSizes) -> Iterator[str]:
    for layer in sizes.layers:
        yield layer.digest
        yield layer.diff_id


def _base_image(fat: ImageSizes | None, now: ImageSizes, previous: Previous) -> BaseImage:
    """Whether the base image changed. The fat images show that. If only a slim image is known,
    equal layers mean the same base image; other layers may only have other files of it."""
    if fat is not None and previous.fat is not None:
        ours, theirs = _base_layers(fat), _base_layers(previous.fat)
        if ours and theirs:
            return "same" if ours == theirs else "changed"
    ours, theirs = _base_layers(now), _base_layers(previous.delivered)
    return "same" if ours and ours == theirs else "unknown"


def _base_layers(sizes: ImageSizes) -> tuple[str, ...]:
    names = [layer.diff_id or layer.digest for layer in sizes.layers if layer.base]
    return tuple(names) if all(names) else ()


def _base_growth(now: ImageSizes, old: ImageSizes) -> int | None:
    """The growth of the base image's layers; None if an image has no such layers, or if their sizes
    are unknown."""
    ours, theirs = _base_pull(now), _base_pull(old)
    return None if ours is None or theirs is None else ours - theirs


def _base_pull(sizes: ImageSizes) -> int | None:
    blobs = {layer.digest: layer.pull_bytes for layer in sizes.layers if layer.base}
    known = [size for size in blobs.values() if size is not None]
    return sum(known) if known and len(known) == len(blobs) else None
