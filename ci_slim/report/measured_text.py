"""The result of `ci-slim measure` for a terminal."""

from collections.abc import Iterable, Sequence

from ci_slim.image.sizes import LayerSize
from ci_slim.image.space import Share
from ci_slim.measure.measured import Measured, SharedSizes, Update, together, updates
from ci_slim.report.cells import about
from ci_slim.report.columns import table
from ci_slim.report.foreign import visible
from ci_slim.report.summary import ESTIMATED
from ci_slim.report.text import WIDTH
from ci_slim.units import count, share, size

LARGEST = 10
"""The most folders, packages and common layers to show."""

UNREAD = "Disk sizes, files and packages need the layers: --read fetches them, without the daemon."
_DIGEST = 12


def to_text(images: Sequence[Measured], first: str) -> str:
    """For each image its sizes, layers, largest folders and packages; then what the images share,
    and what the updates from the image called `first` fetch."""
    blocks = [block for image in images for block in _image(image)]
    blocks += [_together(found) for found in together(images)]
    blocks.append(_updates(updates(images, first)))
    if any(not image.sizes.pull_exact for image in images):
        blocks.append(ESTIMATED)
    if any(image.inside is None for image in images):
        blocks.append(UNREAD)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _image(image: Measured) -> Iterable[str]:
    inside, sizes = image.inside, image.sizes
    disk = sizes.disk_bytes
    totals = [
        ("platform", visible(str(image.platform), 40)),
        ("pull", about(sizes.pull_bytes, sizes.pull_exact)),
        ("disk", about(disk, exact=True)),
        ("files", str(inside.files) if inside else about(None, exact=True)),
        ("layers", str(len(sizes.layers))),
    ]
    if inside:
        waste = inside.waste_bytes
        part = f" ({share(waste, disk or 0)} of the disk)" if waste else ""
        totals.append(("waste", size(waste) + part))
        if again := sum(one.bytes for one in inside.duplicates):
            part = f" ({share(again, disk or 0)} of the disk)"
            totals.append(("duplicates", size(again) + part))
    yield visible(image.reference, WIDTH)
    yield table(totals)
    if sizes.layers:
        rows = [_layer(number, layer, image) for number, layer in enumerate(sizes.layers)]
        head = ("layer", "digest", "pull", "disk", "created by")
        yield table(rows, head, right=(0, 2, 3))
    if inside:
        yield _largest("largest folders", inside.folders, disk or 0)
        yield _largest("largest packages", inside.packages, disk or 0)
        yield _largest("more than once", inside.duplicates, disk or 0)


def _layer(number: int, layer: LayerSize, image: Measured) -> tuple[str, ...]:
    return (
        str(number),
        _short(layer.digest),
        about(layer.pull_bytes, image.sizes.pull_exact),
        about(layer.disk_bytes, exact=True),
        visible(layer.created_by, 50),
    )


def _largest(title: str, ordered: Sequence[Share], whole: int) -> str:
    if not ordered:
        return ""
    rows = [
        (size(i.bytes), share(i.bytes, whole), count(i.files, "file"), visible(i.name, 60))
        for i in ordered[:LARGEST]
    ]
    return f"{title}\n{table(rows, right=(0, 1, 2))}{_left(len(ordered))}"


def _together(found: SharedSizes) -> str:
    saved = found.apart_bytes - found.together_bytes
    number = count(len(found.references), "image")
    what = "disk" if found.measure == "disk" else "bytes to pull"
    rows = [
        ("apart", size(found.apart_bytes)),
        ("together", size(found.together_bytes)),
        ("shared", f"{size(saved)} ({share(saved, found.apart_bytes)})"),
    ]
    text = f"{number} on one {visible(str(found.platform), 40)} device, {what}\n{table(rows)}"
    separator = "\n\n" if found.layers else "\n"
    return f"{text}{separator}{common_layers(found)}"


def common_layers(found: SharedSizes) -> str:
    """The layers that several images have, largest first."""
    if not found.layers:
        return "no layer in common"
    layers = [
        (
            _short(layer.name),
            size(layer.bytes),
            visible(", ".join(dict.fromkeys(layer.references)), 70),
        )
        for layer in found.layers[:LARGEST]
    ]
    shown = table(layers, ("common layer", found.measure, "in"), right=(1,))
    return f"{shown}{_left(len(found.layers))}"


def _updates(found: Sequence[Update]) -> str:
    if not found:
        return ""
    rows = [
        (
            visible(update.after, 50),
            visible(str(update.platform), 20),
            about(update.bytes, update.exact),
        )
        for update in found
    ]
    title = f"update of a device that has {visible(found[0].before, 70)}"
    return f"{title}\n{table(rows, ('to', 'platform', 'fetches'), right=(2,))}"


def _short(digest: str) -> str:
    return digest.partition(":")[2][:_DIGEST] or digest[:_DIGEST]


def _left(number: int) -> str:
    left = number - LARGEST
    return f"\n{count(left, 'smaller one')} not shown" if left > 0 else ""
