"""Small images of several platforms, as OCI layouts in folders and archives."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

from tarballs import tarball

from ci_slim.image.blob import compressed
from ci_slim.image.compression import Workers, compressor
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import FileIndex, read_layer
from ci_slim.image.filter import filtered
from ci_slim.image.image import Image, slim_image
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.platforms import Platform

ARMV6 = Platform("linux", "arm", "v6")
ARMV7 = Platform("linux", "arm", "v7")
AMD64 = Platform("linux", "amd64")

BASE = "d 0755 0:0 /etc\nf 0644 0:0 /etc/os-release debian"
APP = "d 0755 0:0 /usr\nf 0755 0:0 /usr/app app\nf 0644 0:0 /etc/os-release slim"


@dataclass(frozen=True, slots=True)
class Stored:
    """An image with layers in the text form of `tarballs`."""

    platform: Platform
    tags: tuple[str, ...] = ()
    layers: tuple[str, ...] = (BASE, APP)

    def laid_out(self) -> Image:
        tars = [tarball(text) for text in self.layers]
        index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
        everything = {entry.path for layer in index.layers for entry in layer.entries}
        plain = filtered(index, everything, tars, "preserve", io.BytesIO)
        one = Workers(1, 1)
        new = [compressed(layer, io.BytesIO(), compressor("gzip", one)) for layer in plain]
        history = [{"created_by": f"COPY {number}"} for number in range(len(tars))]
        document = {
            "architecture": self.platform.architecture,
            "os": "linux",
            "variant": self.platform.variant,
            "config": {"Cmd": ["/usr/app"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{'0' * 64}" for _ in tars]},
            "history": history,
        }
        return replace(slim_image(ImageConfig(document), new, self.platform), tags=self.tags)


def archive_of(*images: Stored) -> bytes:
    """The layout as a tar."""
    out = io.BytesIO()
    write_tar(layout_members([image.laid_out() for image in images]), out)
    return out.getvalue()


def folder_of(folder: Path, *images: Stored) -> None:
    """The layout as a folder."""
    for name, content, _ in layout_members([image.laid_out() for image in images]):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read())
