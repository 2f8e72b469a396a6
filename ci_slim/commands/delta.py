"""`ci-slim delta`: what a device downloads to get from one image to another."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import show
from ci_slim.device.layer_delta import Format
from ci_slim.device.make_delta import Delta, OpenImage, make_delta
from ci_slim.engine import transports
from ci_slim.engine.opener import ImageOpener
from ci_slim.errors import UsageError
from ci_slim.image import estimate
from ci_slim.image.layer import Layer
from ci_slim.image.sizes import sizes
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.open import uncompressed
from ci_slim.platforms import parse, same
from ci_slim.report.deltas import to_json, to_text
from ci_slim.requests import DeltaRequest


def delta(request: DeltaRequest, edge: Edge) -> int:
    """Make the delta for each platform that both images have, and show its savings. Returns the
    exit code."""
    version: Format = 1 if request.tar_diff == "1" else 2
    with edge.held.scratch("ci-slim-") as folder, ExitStack() as stack:
        wanted = parse(request.platform) if request.platform else None
        limits = limits_of(request.unpack_limit)
        opener = ImageOpener(edge.environment, folder, wanted, stack, edge.held, limits=limits)
        old, new = (_opened(opener, text) for text in (request.old, request.new))
        pairs = [
            (before, after)
            for after in new
            for before in old
            if same(before.image.platform, after.image.platform)
        ]
        if not pairs:
            there = ", ".join(str(each.image.platform) for each in old)
            raise UsageError(
                f"the images have no platform in common: {request.old} is for {there}",
                where=request.new,
                hint=f"it is for {', '.join(str(each.image.platform) for each in new)}",
            )
        made = [_made(*pair, Path(request.output), version) for pair in pairs]
    show(to_json(made) if request.format == "json" else to_text(made))
    return 0


def _opened(opener: ImageOpener, text: str) -> list[OpenImage]:
    return [
        OpenImage(
            name,
            image,
            tuple(
                uncompressed(layer, opener.scratch, name, opener.limits) for layer in image.layers
            ),
            sizes(image, name, estimated=_estimated),
        )
        for name, image in opener.images(transports.parse(text))
    ]


def _estimated(layer: Layer) -> int:
    return estimate.compressed(layer.open(), layer.blob_bytes)


def _made(old: OpenImage, new: OpenImage, output: Path, version: Format) -> Delta:
    """Make the delta in its folder. The folder of an earlier delta stays until it is complete."""
    place = output / new.image.platform.slug
    making = place.with_name(f".{place.name}.making")
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        made = make_delta(old, new, making, version)
        shutil.rmtree(place, ignore_errors=True)
        making.rename(place)
    except OSError as error:
        raise UsageError(
            f"the delta cannot be written: {error.strerror}",
            where=str(place),
            hint="name another folder with --output",
        ) from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return made.at(str(place))
