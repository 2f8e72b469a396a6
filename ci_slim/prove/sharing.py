"""Gives proved slim images of one platform common layers, and proves each of them again.

Common layers need the files of all images, so this comes last. An image that does worse with them
stays as it was proved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.fat.image import FatImage, StageTimer, Workspace
from ci_slim.image.common_layers import with_common_layers
from ci_slim.image.digests import unpack
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.observe.run_spec import RunSpec
from ci_slim.platforms import Platform
from ci_slim.prove.again import prove_again
from ci_slim.prove.candidate import load_candidate
from ci_slim.prove.profiles import Profiles
from ci_slim.prove.result import SlimResult
from ci_slim.settings.plans import SlimPlan

T = TypeVar("T")
_TOLD = 3
"""The most differences that a warning names."""


@dataclass(frozen=True, slots=True)
class ProvedImage:
    """A proved slim image, and what it is proved with again."""

    name: str
    workspace: Workspace
    spec: RunSpec
    fat: FatImage
    plan: SlimPlan
    done: SlimResult
    profiles: Profiles | None


Ended = tuple[T | ProvedImage, StageTimer, CiSlimError | None]


def share_layers(ended: Sequence[Ended[T]]) -> list[Ended[T]]:
    """The same results, in which the proved images of each platform share layers."""
    results = list(ended)
    platforms: dict[Platform, list[int]] = {}
    for number, (found, _, _) in enumerate(ended):
        if isinstance(found, ProvedImage) and found.done.image is not None:
            platforms.setdefault(found.spec.platform, []).append(number)
    for numbers in platforms.values():
        images = [found for n in numbers if isinstance(found := ended[n][0], ProvedImage)]
        timers = [ended[number][1] for number in numbers]
        for number, image in zip(numbers, _shared(images, timers), strict=True):
            results[number] = (image, *ended[number][1:])
    return results


def _shared(images: Sequence[ProvedImage], timers: Sequence[StageTimer]) -> list[ProvedImage]:
    if len(images) < 2:
        return list(images)
    folder = images[0].workspace.folder / "common"
    folder.mkdir()
    plain = [_uncompressed(each.done.image, folder) for each in images if each.done.image]
    numbers: Iterator[int] = iter(range(1 << 20))

    def sink() -> BinaryIO:
        return cast(BinaryIO, (folder / f"layer{next(numbers)}").open("w+b"))

    with timers[0]("write"):
        shared = with_common_layers(plain, [each.name for each in images], sink)
    return [
        _tried(each, image, timer)
        for each, image, timer in zip(images, shared, timers, strict=True)
    ]


def _uncompressed(image: Image, folder: Path) -> Image:
    return replace(image, layers=tuple(_plain(layer, folder) for layer in image.layers))


def _plain(layer: Layer, folder: Path) -> Layer:
    """The layer without compression. A layer that several images have is unpacked once."""
    if layer.compression == "none":
        return layer
    path = folder / f"{layer.diff_id.replace(':', '-')}.tar"
    if not path.exists():
        with path.open("w+b") as out:
            unpack(layer, out, "")
    size = path.stat().st_size
    return replace(
        layer,
        descriptor=Descriptor(LAYER, layer.diff_id, size),
        compression="none",
        open=lambda: path.open("rb"),
        tar_bytes=size,
    )


def _tried(of: ProvedImage, image: Image, timer: StageTimer) -> ProvedImage:
    """The result with this image, or as it was if the image cannot be proved."""
    try:
        with timer("replay"):
            found = _proved(of, image)
    except Interrupted:
        raise
    except CiSlimError as error:
        found = (str(error),)
    if isinstance(found, SlimResult):
        return replace(of, done=found)
    warning = f"the layers are not shared, since the proof failed: {'; '.join(found[:_TOLD])}"
    return replace(of, done=replace(of.done, warnings=(*of.done.warnings, warning)))


def _proved(of: ProvedImage, image: Image) -> SlimResult | tuple[str, ...]:
    """The result with this image, or why it does worse."""
    folder = of.workspace.folder / "shared"
    folder.mkdir()
    name = f"{of.workspace.reference}-shared"
    candidate = load_candidate(of.workspace, image, folder, of.plan, name)
    return prove_again(of.workspace, of.spec, of.fat, of.done, candidate)
