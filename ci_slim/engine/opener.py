"""Opens images wherever they are: in the daemon, a registry, a layout or an archive."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.cleanup import Cleanup
from ci_slim.engine import transports
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.engine.transports import Reference
from ci_slim.errors import UsageError
from ci_slim.image.image import Image
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.platforms import Platform, same


@dataclass
class ImageOpener:
    """Opens references. It connects to the daemon only for an image of the daemon."""

    environment: Mapping[str, str]
    scratch: Path
    """The folder for archives and blobs."""
    platform: Platform | None
    """Open only images of this platform. None means all."""
    stack: ExitStack
    held: Cleanup
    blobs: bool = True
    """Fetch the blobs of images in a registry. If it is not set, only manifests and configs."""
    limits: Limits = LIMITS
    _engine: list[Engine] = field(default_factory=list)

    def images(self, reference: Reference) -> Iterator[tuple[str, Image]]:
        """Every matching image of the reference, with the name that messages use.

        A saved image of the daemon exists only until the next image is requested. Raises UsageError
        if there is no image, or none of the platform.
        """
        if reference.transport == "docker":
            yield from self._remote(reference)
        elif reference.transport == "docker-daemon":
            yield from self._saved(reference)
        else:
            yield from self._stored(
                reference, transports.stored(reference, self.scratch, self.limits)
            )

    def _saved(self, reference: Reference) -> Iterator[tuple[str, Image]]:
        path = self.scratch / "saved.tar"
        engine = self._daemon()
        engine.inspect_image(reference.name)  # raises an error before gigabytes are sent
        with path.open("wb") as out:
            out.writelines(engine.save(reference.name))
        images = transports.archived(path, reference.text)
        path.unlink()  # the images keep it open
        yield from self._stored(reference, images)

    def _stored(self, reference: Reference, images: Sequence[Image]) -> Iterator[tuple[str, Image]]:
        wanted = [
            image for image in images if not self.platform or same(image.platform, self.platform)
        ]
        if not wanted:
            present = ", ".join(dict.fromkeys(str(image.platform) for image in images))
            raise UsageError(
                f"there is no image for {self.platform}",
                where=reference.text,
                hint=f"there is {present}",
            )
        several = len({image.platform for image in wanted}) < len(wanted)
        for image in wanted:
            tag = f" ({image.tags[0]})" if several and image.tags else ""
            yield reference.text + tag, image

    def _remote(self, reference: Reference) -> Iterator[tuple[str, Image]]:
        from ci_slim.engine.registry import Registry
        from ci_slim.engine.remote import download, remote_images

        name = reference.registry_name
        with Registry.of(name.host, self.environment) as registry:
            for image in remote_images(registry, name, self.platform):
                fetched = download(registry, name, image, self.scratch) if self.blobs else image
                yield reference.text, fetched

    def _daemon(self) -> Engine:
        if not self._engine:
            run_id = Owner.this_process().run_id(self.scratch.name[-8:])
            engine = Engine.connect(self.environment, run_id)
            self._engine.append(self.stack.enter_context(self.held.closing(engine)))
        return self._engine[0]
