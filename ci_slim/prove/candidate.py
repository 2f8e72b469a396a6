"""The slim image of one round: what it keeps, how it is made, what is said once it is proved."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ci_slim.closure.close import KeepOptions, KeepSet, close
from ci_slim.engine.background import BackgroundTask
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image.blob import compressed
from ci_slim.image.compression import WORKERS, compressor
from ci_slim.image.image import Image, image_of
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.image.sizes import ImageSizes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.settings.plans import SlimPlan


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slim image in the daemon that is not proved yet."""

    reference: str
    compressed: BackgroundTask[Image]
    """The image with its layers compressed, as a registry takes it."""


class SizesInBackground:
    """The sizes of the fat image, estimated in the background where they have to be.

    They are wanted last of all. So they are begun when the slim image runs, and come after what
    is compressed: before that they would keep the processors from the daemon.
    """

    def __init__(self, fat: FatImage, after: BackgroundTask[Image]) -> None:
        self._fat, self._after = fat, after
        self._task: BackgroundTask[ImageSizes] | None = None

    def start(self) -> None:
        """Begin; nothing when it was begun before."""
        if self._task is None:
            self._task = BackgroundTask(self._sizes, "sizes")

    def wait(self) -> None:
        """Return when the fat image knows its sizes; raises what estimating them raised."""
        if self._task is not None:
            self._task.result()

    def _sizes(self) -> ImageSizes:
        with contextlib.suppress(Exception):  # whoever wants what was compressed is told
            self._after.result()
        return self._fat.sizes


def keep_set(image: FatImage, before: Exercise, plan: SlimPlan, healed: frozenset[str]) -> KeepSet:
    """What the slim image keeps, `healed` included; see `closure.close`."""
    options = KeepOptions(keep=plan.keep, drop=plan.drop, packages=plan.packages)
    observed = before.observation
    return close(image.index, observed, image.config, image.contents, options, healed)


def make_candidate(
    workspace: Workspace,
    spec: RunSpec,
    image: FatImage,
    keep: KeepSet,
    plan: SlimPlan,
    number: int,
) -> Candidate | None:
    """Write the slim image of round `number` and load it; None when it would not be smaller.

    The daemon is given unpacked layers, which it wants. They are compressed in the background
    while the image is proved, unless that takes the processors for long.
    """
    folder = workspace.folder / f"round{number}"
    slim = image.filter(keep, folder, plan, workspace.created)
    if sum(layer.blob_bytes for layer in slim.layers) >= image.disk_bytes:
        return None
    reference = f"{workspace.reference}-{number}"
    made = replace(slim, tags=(reference,))
    with (workspace.folder / "load.tar").open("w+b") as archive:
        write_tar(layout_members([made]), archive)
        archive.seek(0)
        files = [(folder / f"blob{n}").open("w+b") for n in range(len(slim.layers))]
        compressing = BackgroundTask(lambda: _compressed(made, files, plan), "compress")
        workspace.engine.load(archive, reference, keep=False)
    if plan.compression == "zstd":
        compressing.result()
    return Candidate(reference, compressing)


def _compressed(made: Image, files: Sequence[BinaryIO], plan: SlimPlan) -> Image:
    # One processor is left to the daemon, which is waited for.
    workers = max(1, min(WORKERS, (os.cpu_count() or 1) - 1))
    layers = tuple(
        compressed(layer, file, compressor(plan.compression, workers=workers))
        for layer, file in zip(made.layers, files, strict=True)
    )
    return image_of(made.raw_config, layers, made.platform, made.tags)
