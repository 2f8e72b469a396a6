"""Other bytes in some files of an image; all else stays."""

import io
import itertools
from typing import BinaryIO

from tarballs import listing_of, tarball

from ci_slim.image.config import ImageConfig
from ci_slim.image.image import Image, image_of
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor, digest_of
from ci_slim.image.replaced import Piece, signed, with_files
from ci_slim.platforms import Platform

LONG = "long/" * 30
LOWER = "f 4755 7:8 /bin/su old bytes\nh /bin/sudo => /bin/su\nl /bin/sh -> su"
UPPER = f"""
    f 0700 1:2 {{SCHILY.xattr.security.capability=cap}} /{LONG}app old
    f 0644 0:0 {{SCHILY.xattr.security.ima=hash}} /checked text
    d 0711 3:3 /srv
"""
BASE = "f 0644 0:0 /etc/x stays"


def image(*texts: str) -> Image:
    layers = []
    for text in texts:
        tar = tarball(text).getvalue()
        blob = Descriptor(LAYER, digest_of(tar), len(tar))
        layers.append(Layer(blob, blob.digest, "none", lambda tar=tar: io.BytesIO(tar)))  # type: ignore[misc]
    config = ImageConfig({"architecture": "arm", "os": "linux"}).with_layers(
        [layer.diff_id for layer in layers], []
    )
    return image_of(config.to_bytes(), layers, Platform("linux", "arm", "v6"), ("a:b",))


def replaced(before: Image, files: dict[str, bytes]) -> tuple[Image, list[io.BytesIO]]:
    spool = io.BytesIO(b"".join(files.values()))
    starts = itertools.accumulate(map(len, files.values()), initial=0)
    pieces = {
        path: Piece(spool, start, len(data))
        for (path, data), start in zip(files.items(), starts, strict=False)
    }
    made: list[io.BytesIO] = []

    def sink() -> BinaryIO:
        made.append(io.BytesIO())
        return made[-1]

    return with_files(before, pieces, sink), made


def test_only_the_bytes_and_the_size_change() -> None:
    before = image(BASE, LOWER, UPPER)
    new = b"new and longer than before" * 30
    after, made = replaced(before, {"/bin/su": b"x", "/bin/sudo": b"x", f"/{LONG}app": new})
    assert after.layers[0] is before.layers[0]
    assert after.tags == ("a:b",)
    assert [layer.diff_id for layer in after.layers] == [
        before.layers[0].diff_id,
        *(digest_of(tar.getvalue()) for tar in made),
    ]
    assert list(after.config.diff_ids) == [layer.diff_id for layer in after.layers]
    lower, upper = map(listing_of, made)
    assert lower == listing_of(tarball(LOWER)).replace("old bytes", "x")
    assert upper == listing_of(tarball(UPPER)).replace("app old", f"app {new.decode()}")


def test_the_same_files_give_the_same_image() -> None:
    before = image(LOWER)
    one, two = (replaced(before, {"/bin/su": b"abc"})[0] for _ in range(2))
    assert one.digest == two.digest != before.digest


def test_files_that_the_kernel_checks_are_found() -> None:
    assert signed(image(LOWER, UPPER)) == {"/checked"}
