"""`ci-slim measure` and `ci-slim diff`: images are opened wherever they are, and read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from ci_slim.cleanup import Cleanup
from ci_slim.engine import transports
from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.docker import Engine
from ci_slim.engine.transports import Reference
from ci_slim.errors import UsageError
from ci_slim.image import estimate
from ci_slim.image.digests import unpack, verify
from ci_slim.image.duplicates import duplicates
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.sizes import by_directory, by_file, by_package, sizes, waste
from ci_slim.measure.diff import Diff, diff, pairs
from ci_slim.measure.measured import LayerDetails, Measured
from ci_slim.platforms import Platform, parse, same


def measure(
    images: Sequence[str],
    platform: str | None,
    environment: Mapping[str, str],
    scratch: Path,
    held: Cleanup,
    *,
    read: bool = False,
) -> tuple[Measured, ...]:
    """The images measured, in their order.

    With `platform` only that one is measured, else all that an image has. Of `docker://` images
    the manifests and configs alone are fetched unless `read` is true: then the layers as well,
    and what is in them is told. `scratch` holds what is spooled; `held` closes the daemon's client.
    """
    references = [transports.parse(text) for text in images]
    wanted = parse(platform) if platform else None
    with ExitStack() as stack:
        opener = _ImageOpener(environment, scratch, wanted, read, stack, held)
        return tuple(one for each in references for one in opener.measured(each))


def compare(
    before: str,
    after: str,
    platform: str | None,
    environment: Mapping[str, str],
    scratch: Path,
    held: Cleanup,
    *,
    read: bool = False,
) -> tuple[Diff, ...]:
    """What differs from one image to another, for each platform that both have; arguments as
    those of `measure`. UsageError when they have none in common."""
    references = [transports.parse(text) for text in (before, after)]
    wanted = parse(platform) if platform else None
    with ExitStack() as stack:
        opener = _ImageOpener(environment, scratch, wanted, read, stack, held, paths=True)
        old, new = (tuple(opener.measured(each)) for each in references)
    found = pairs(old, new)
    if not found:
        there = ", ".join(dict.fromkeys(str(one.platform) for one in old))
        raise UsageError(
            f"the images have no platform in common: {before} is for {there}",
            where=after,
            hint=f"it is for {', '.join(dict.fromkeys(str(one.platform) for one in new))}",
        )
    return tuple(diff(*pair) for pair in found)


@dataclass
class _ImageOpener:
    """Opens references, each with what it takes; the daemon is asked only when one lies there."""

    environment: Mapping[str, str]
    scratch: Path
    platform: Platform | None
    read: bool
    stack: ExitStack
    held: Cleanup
    paths: bool = False
    """Keep the size of every file."""
    _engine: list[Engine] = field(default_factory=list)

    def measured(self, reference: Reference) -> Iterator[Measured]:
        """Every image of the reference, on every platform that is wanted."""
        if reference.transport == "docker":
            yield from self._remote(reference)
        elif reference.transport == "docker-daemon":
            path = self.scratch / "saved.tar"
            engine = self._daemon()
            engine.inspect_image(reference.name)  # an error before gigabytes are on their way
            with path.open("wb") as out:
                out.writelines(engine.save(reference.name))
            yield from self._stored(reference, transports.archived(path, reference.text))
            path.unlink()
        else:
            yield from self._stored(reference, transports.stored(reference, self.scratch))

    def _stored(self, reference: Reference, images: Sequence[Image]) -> Iterator[Measured]:
        wanted = [
            image for image in images if not self.platform or same(image.platform, self.platform)
        ]
        if not wanted:
            present = ", ".join(dict.fromkeys(str(image.platform) for image in images))
            raise UsageError(
                f"the image is not there for {self.platform}",
                where=reference.text,
                hint=f"there is {present}",
            )
        several = len({image.platform for image in wanted}) < len(wanted)
        for image in wanted:
            tag = f" ({image.tags[0]})" if several and image.tags else ""
            yield measured(reference.text + tag, image, self.scratch, paths=self.paths)

    def _remote(self, reference: Reference) -> Iterator[Measured]:
        from ci_slim.engine.registry import Registry
        from ci_slim.engine.remote import download, remote_images

        name = reference.registry_name
        with Registry.of(name.host, self.environment) as registry:
            for image in remote_images(registry, name, self.platform):
                if self.read:
                    saved = download(registry, name, image, self.scratch)
                    yield measured(reference.text, saved, self.scratch, paths=self.paths)
                    continue
                yield Measured(
                    image.platform, sizes(image, reference.text), None, image.config.slimmed
                )

    def _daemon(self) -> Engine:
        if not self._engine:
            engine = Engine.connect(self.environment, self.scratch.name[-8:])
            self._engine.append(self.stack.enter_context(self.held.closing(engine)))
        return self._engine[0]


def measured(reference: str, image: Image, scratch: Path, *, paths: bool = False) -> Measured:
    """Read an image whole; layers that are compressed are unpacked into files in `scratch`.

    With `paths` the size of every file is kept, and no duplicates are looked for."""
    checking = BackgroundTask(lambda: _verify(image, reference), "verify")
    tars = [_tar(layer, scratch, reference) for layer in image.layers]
    files = [read_layer(tar, number) for number, tar in enumerate(tars)]
    index = FileIndex.of(files)
    contents = LayerContents(index, tars)
    read = zip(image.layers, files, strict=True)
    layers = tuple(replace(layer, tar_bytes=inside.size) for layer, inside in read)
    whole = replace(image, layers=layers)
    checking.result()
    return Measured(
        image.platform,
        sizes(whole, reference, files=len(index), estimated=_estimated),
        LayerDetails(
            files=len(index),
            waste_bytes=waste(index),
            folders=by_directory(index),
            packages=by_package(index, contents),
            duplicates=() if paths else duplicates(index, contents),
            paths=by_file(index) if paths else {},
        ),
        image.config.slimmed,
    )


def _tar(layer: Layer, scratch: Path, reference: str) -> BinaryIO:
    """The layer uncompressed and seekable; unpacked into a file that is gone when it is closed.
    UsageError when what was unpacked is not what its digest says."""
    if layer.compression == "none":
        return layer.open()
    path = scratch / f"{layer.diff_id.replace(':', '-')}.tar"
    tar = path.open("w+b")
    path.unlink()
    unpack(layer, tar, reference)
    tar.seek(0)
    return tar


def _verify(image: Image, reference: str) -> None:
    for layer in image.layers:
        if layer.compression == "none":
            verify(layer, reference)


def _estimated(layer: Layer) -> int:
    return estimate.compressed(layer.open(), layer.blob_bytes)
