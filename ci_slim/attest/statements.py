"""The SBOM and the provenance of one image, as statements that are pushed with it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ci_slim.attest import provenance, sbom
from ci_slim.attest.packages import distribution, packages
from ci_slim.attest.provenance import Origin
from ci_slim.attest.referrer import Statement
from ci_slim.image.digests import unpack
from ci_slim.image.files import FileIndex, LayerContents
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.result import PlatformReport


def statements(
    name: str,
    image: Image,
    report: PlatformReport,
    origin: Origin,
    created: str,
    scratch: Path,
    limits: Limits = LIMITS,
) -> tuple[Statement, ...]:
    """Both statements about an image. Its layers are uncompressed into `scratch` as tars. No file
    is extracted from them."""
    with ExitStack() as stack:
        tars = [
            stack.enter_context(_tar(layer, scratch, number, limits))
            for number, layer in enumerate(image.layers)
        ]
        index = FileIndex.of_tars(tars)
        contents = LayerContents(index, tars)
        found = packages(index, contents)
        release = distribution(index, contents)
    digest, platform = image.digest, image.platform
    bill = sbom.sbom(name, digest, platform, found, release, created)
    made = provenance.provenance(name, digest, platform, report, origin, created)
    return (
        Statement(sbom.MEDIA_TYPE, bill, "sbom.cdx.json"),
        Statement(
            provenance.MEDIA_TYPE,
            made,
            "provenance.json",
            {"in-toto.io/predicate-type": provenance.PREDICATE},
        ),
    )


def kinds(statements: Sequence[Statement]) -> str:
    """The names of their files, for a line of the log."""
    return ", ".join(each.title for each in statements)


def _tar(layer: Layer, scratch: Path, number: int, limits: Limits) -> BinaryIO:
    """The tar of a layer, as a file without a name."""
    path = scratch / f"layer-{number}.tar"
    tar = path.open("w+b")
    path.unlink()
    unpack(layer, tar, layer.digest, limits)
    tar.seek(0)
    return tar
