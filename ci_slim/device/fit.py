"""Whether a new release fits on a device's disk during the update, together with the running one.
Pure.

What the engines need during an update, measured with df (docs/devices.md):

- A pull keeps the compressed layers until they are unpacked.
- `ci-slim-update` saves the old image, of which docker makes a copy first, and rebuilds the new
  layers beside what it saved. Then it removes the saved image, and `docker load` copies the new
  layers before it unpacks them.
"""

from dataclasses import dataclass

from ci_slim.device.tar_diff import SOURCE_MOST
from ci_slim.image.sizes import ImageSizes
from ci_slim.result import Updates


@dataclass(frozen=True, slots=True)
class Peaks:
    """Bytes on disk at the worst moment of an update: by pull, and by delta if there is one.
    `stale` of them are earlier releases that are kept in addition to the running one."""

    pull: int
    delta: int | None
    stale: int


def peaks(new: ImageSizes, updates: Updates | None, others: int) -> Peaks | None:
    """The peaks of an image. `others` are the bytes of the device's other images. None if a size is
    not known. Without an earlier release it is a first install."""
    costs = updates.costs if updates is not None else ()
    keep = updates.device.keep if updates is not None else 0
    if not costs:
        if new.disk_bytes is None or new.pull_bytes is None:
            return None
        return Peaks(others + new.disk_bytes + new.pull_bytes, None, 0)
    running = costs[0]
    if running.old_disk is None or running.new_disk is None or running.old_only_disk is None:
        return None
    if running.pull_bytes is None:
        return None
    alone = [cost.old_only_disk or 0 for cost in costs[1 : 1 + keep]]
    # A release that was not read counts as large as the running one.
    alone += [running.old_only_disk] * (keep - len(alone))
    stale = sum(alone)
    there = others + running.old_disk + stale
    delta = None
    if running.delta_bytes is not None:
        old, made = running.old_disk, running.new_disk
        work = max(2 * old, old + made + min(old, SOURCE_MOST), 3 * made)
        delta = there + work + running.delta_bytes
    return Peaks(there + running.pull_bytes + running.new_disk, delta, stale)
