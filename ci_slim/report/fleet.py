"""The result of `ci-slim fleet`, for a terminal and as JSON.

The JSON is described in `fleet-v1.schema.json` in this folder."""

import json
from collections.abc import Iterator, Sequence

from ci_slim import __version__
from ci_slim.measure.fleet import Copies, Fleet
from ci_slim.measure.measured import json_text
from ci_slim.report.cells import about
from ci_slim.report.columns import table
from ci_slim.report.foreign import visible
from ci_slim.report.measured_text import common_layers
from ci_slim.report.summary import ESTIMATED
from ci_slim.units import count, share, size

SCHEMA = "ci-slim/fleet/v1"
_ASSUMED = (
    "Nothing was built: the layers above the base are counted as they are. A slim image stands on "
    "no base."
)


def to_text(fleets: Sequence[Fleet]) -> str:
    """For each platform: the images, what a device needs for all, what they share, and what an
    update of all fetches."""
    blocks = [block for fleet in fleets for block in _fleet(fleet)]
    if any(not image.sizes.pull_exact for fleet in fleets for image in fleet.images):
        blocks.append(ESTIMATED)
    return "\n\n".join(blocks) + "\n"


def _fleet(fleet: Fleet) -> Iterator[str]:
    exact = all(image.sizes.pull_exact for image in fleet.images)
    number = count(len(fleet.images), "image")
    rows = [
        (
            visible(image.sizes.reference, 60),
            about(image.sizes.pull_bytes, image.sizes.pull_exact),
            about(image.sizes.disk_bytes, exact=True),
            about(image.pull_alone, image.sizes.pull_exact),
            about(image.disk_alone, exact=True),
        )
        for image in fleet.images
    ]
    head = ("image", "pull", "disk", "pull, not shared", "disk, not shared")
    yield (
        f"{number} on one {visible(str(fleet.platform), 40)} device\n"
        f"{table(rows, head, right=(1, 2, 3, 4))}"
    )
    disk = fleet.shared if fleet.shared and fleet.shared.measure == "disk" else None
    apart, both = (disk.apart_bytes, disk.together_bytes) if disk else (None, None)
    totals = [
        ("apart", about(fleet.pull_apart, exact), about(apart, exact=True)),
        ("together", about(fleet.pull_together, exact), about(both, exact=True)),
    ]
    yield table(totals, ("all images", "pull", "disk"), right=(1, 2))
    if fleet.shared:
        yield common_layers(fleet.shared)
    whole = both or 0
    yield table(
        [
            ("equal files", *_copied(fleet.equal, whole)),
            ("same path, owner, mode and time", *_copied(fleet.same, whole)),
        ],
        ("stored again in other layers", "disk", "part", "files"),
        right=(1, 2, 3),
    )
    if fleet.update:
        names = visible(", ".join(fleet.update.before), 70)
        fetched = [
            ("apart", about(fleet.update.apart, fleet.update.exact)),
            ("together", about(fleet.update.together, fleet.update.exact)),
        ]
        shown = table(fetched, ("all images", "fetches"), right=(1,))
        yield f"update of a device that has {names}\n{shown}"
    if fleet.bases:
        rows = [
            (
                visible(each.base, 60),
                about(each.pull, exact),
                about(each.disk, exact=True),
                str(len(each.moved)),
                str(len(each.apart)),
            )
            for each in fleet.bases
        ]
        head = ("all images on", "pull", "disk", "images moved", "on no given base")
        yield f"{table(rows, head, right=(1, 2, 3, 4))}\n{_ASSUMED}"


def _copied(copies: Copies, whole: int) -> tuple[str, str, str]:
    return size(copies.bytes), share(copies.bytes, whole), str(copies.files)


def to_json(fleets: Sequence[Fleet]) -> str:
    """Indented ASCII text, with a newline at the end."""
    value = {
        "schema": SCHEMA,
        "tool": {"name": "ci-slim", "version": __version__},
        "fleets": [_as_json(fleet) for fleet in fleets],
    }
    return json.dumps(value, indent=2) + "\n"


def _as_json(fleet: Fleet) -> dict[str, object]:
    shared, update = fleet.shared, fleet.update
    disk = shared if shared and shared.measure == "disk" else None
    return {
        "platform": str(fleet.platform),
        "images": [
            {
                "reference": json_text(image.sizes.reference),
                "digest": image.sizes.digest,
                "pull_bytes": image.sizes.pull_bytes,
                "pull_exact": image.sizes.pull_exact,
                "disk_bytes": image.sizes.disk_bytes,
                "pull_alone_bytes": image.pull_alone,
                "disk_alone_bytes": image.disk_alone,
            }
            for image in fleet.images
        ],
        "pull_apart_bytes": fleet.pull_apart,
        "pull_together_bytes": fleet.pull_together,
        "disk_apart_bytes": disk and disk.apart_bytes,
        "disk_together_bytes": disk and disk.together_bytes,
        "layers": [
            {
                "diff_id": layer.name,
                "bytes": layer.bytes,
                "references": [json_text(name) for name in layer.references],
            }
            for layer in (shared.layers if shared else ())
        ],
        "equal": {"bytes": fleet.equal.bytes, "files": fleet.equal.files},
        "same": {"bytes": fleet.same.bytes, "files": fleet.same.files},
        "update": update
        and {
            "from": [json_text(name) for name in update.before],
            "apart_bytes": update.apart,
            "together_bytes": update.together,
            "exact": update.exact,
        },
        "bases": [
            {
                "base": json_text(each.base),
                "pull_bytes": each.pull,
                "disk_bytes": each.disk,
                "moved": [json_text(name) for name in each.moved],
                "apart": [json_text(name) for name in each.apart],
            }
            for each in fleet.bases
        ],
    }
