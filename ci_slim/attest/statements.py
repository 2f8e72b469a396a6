"""The SBOM and the provenance of one image, as statements that are pushed with it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ci_slim.attest import provenance, sbom
from ci_slim.attest.packages import distribution, packages
from ci_slim.attest.provenance import Origin
from ci_slim.attest.referrer import Statement
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import Descriptor, Manifest
from ci_slim.image.unpacking import compression_of, unpacked
from ci_slim.platforms import Platform
from ci_slim.result import PlatformReport


def statements(
    name: str,
    folder: Path,
    manifest: Manifest,
    platform: Platform,
    report: PlatformReport,
    origin: Origin,
    created: str,
    scratch: Path,
) -> tuple[Statement, ...]:
    """Both statements about the image in an OCI layout. Its layers are uncompressed into `scratch`
    as tars. No file is extracted from them."""
    with ExitStack() as stack:
        tars = [
            stack.enter_context(_tar(folder, layer, scratch, number))
            for number, layer in enumerate(manifest.layers)
        ]
        index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
        contents = LayerContents(index, tars)
        found = packages(index, contents)
        release = distribution(index, contents)
    digest = manifest.digest
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


def _tar(folder: Path, layer: Descriptor, scratch: Path, number: int) -> BinaryIO:
    """A layer of the layout, uncompressed, as a file without a name."""
    path = scratch / f"layer-{number}.tar"
    tar = path.open("w+b")
    path.unlink()
    with (folder / blob_name(layer.digest)).open("rb") as blob:
        kind = compression_of(blob.read(4))
        blob.seek(0)
        for piece in unpacked(blob, kind, layer.digest):
            tar.write(piece)
    tar.seek(0)
    return tar
