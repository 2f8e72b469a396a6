"""Makes the slim image of one round: what it keeps, how it is written, how it is finished after the
proof."""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ci_slim.closure.close import KeepOptions, KeepSet, close
from ci_slim.engine.background import BackgroundTask
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image.blob import compressed
from ci_slim.image.compression import Blob, Workers, compressor
from ci_slim.image.image import Image, image_of
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.image.sizes import ImageSizes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.settings.plans import SlimPlan


class Compression:
    """Compresses the layers of a slim image in the background during the proof.

    It leaves one processor free, because the daemon is being waited for. zstd would take that one
    too, for long, so it starts after the proof.
    """

    def __init__(self, made: Image, files: Sequence[BinaryIO], kind: Blob) -> None:
        processors = os.cpu_count() or 1
        self._workers = Workers(few=processors - 1, all=processors)
        self._made, self._files, self._kind = made, files, kind
        self._task = BackgroundTask(self._run, "compress") if kind == "gzip" else None

    def wait(self) -> None:
        """Wait until nothing is compressed any more."""
        if self._task is not None:
            with contextlib.suppress(Exception):  # `result` raises the error
                self._task.result()

    def result(self) -> Image:
        """The image with compressed layers, as a registry needs it. Uses all processors for the
        rest."""
        self._workers.hurry()
        return self._run() if self._task is None else self._task.result()

    def _run(self) -> Image:
        layers = tuple(
            compressed(layer, file, compressor(self._kind, self._workers))
            for layer, file in zip(self._made.layers, self._files, strict=True)
        )
        return image_of(self._made.raw_config, layers, self._made.platform, self._made.tags)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A slim image in the daemon that is not proved yet."""

    reference: str
    image: Image
    """The image with its layers uncompressed, as they are in the daemon."""
    compression: Compression | None
    """None if nobody needs compressed layers."""

    def finish(self) -> Image:
        """The image as it is delivered."""
        return self.image if self.compression is None else self.compression.result()


class SizesInBackground:
    """Measures the sizes of the fat image in the background, if they have to be estimated.

    They are needed last. So this starts when the slim image runs, and continues after the
    compression, because it would take processor time from the daemon before that.
    """

    def __init__(self, fat: FatImage, after: Candidate) -> None:
        self._fat, self._after = fat, after
        self._task: BackgroundTask[ImageSizes] | None = None

    def start(self) -> None:
        """Start. Does nothing if it was started before."""
        if self._task is None:
            self._task = BackgroundTask(self._sizes, "sizes")

    def wait(self) -> None:
        """Wait until the sizes of the fat image are known. Raises the error of the estimation."""
        if self._task is not None:
            self._task.result()

    def _sizes(self) -> ImageSizes:
        if self._after.compression is not None:
            self._after.compression.wait()
        return self._fat.sizes


def keep_set(image: FatImage, before: Exercise, plan: SlimPlan, healed: frozenset[str]) -> KeepSet:
    """What the slim image keeps, with the `healed` paths. See `closure.close`."""
    options = KeepOptions(
        plan.keep,
        plan.drop,
        plan.packages,
        plan.safety,
        plan.without,
        plan.dockerfile,
        plan.layers in ("split", "shared"),
    )
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
    """Write the slim image of round `number` and load it into the daemon.

    Returns None if it would not be smaller, and is not to be packed either. The layers are loaded
    uncompressed, as the daemon needs them.
    """
    folder = workspace.folder / f"round{number}"
    slim = image.filter(keep, folder, plan, workspace.created)
    size = sum(layer.blob_bytes for layer in slim.layers)
    if size >= image.disk_bytes and not plan.pack.enabled:
        return None
    return load_candidate(workspace, slim, folder, plan, f"{workspace.reference}-{number}")


def load_candidate(
    workspace: Workspace, slim: Image, folder: Path, plan: SlimPlan, reference: str
) -> Candidate:
    """Load an image whose layers are uncompressed under a name, and begin to compress them into
    files below `folder`."""
    made = replace(slim, tags=(reference,))
    with tempfile.TemporaryFile(dir=workspace.folder) as archive:
        write_tar(layout_members([made]), archive)
        archive.seek(0)
        compression = None
        if workspace.blobs:
            files = [(folder / f"blob{n}").open("w+b") for n in range(len(slim.layers))]
            compression = Compression(made, files, plan.compression)
        workspace.engine.load(archive, reference, keep=False)
    return Candidate(reference, made, compression)
