"""`ci-slim explore`: an image, a fat and a slim one, or a report, in the terminal."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import SIGNALS, leave
from ci_slim.commands.file_table import listed_platforms
from ci_slim.engine import transports
from ci_slim.engine.opener import ImageOpener
from ci_slim.errors import Interrupted, UsageError
from ci_slim.explore.tree import Explored, ImageFile
from ci_slim.image.files import FileIndex, LayerContents
from ci_slim.image.image import Image
from ci_slim.image.space import inodes, package_of
from ci_slim.image.unpacking import limits_of
from ci_slim.measure.open import uncompressed
from ci_slim.platforms import Platform, parse, same
from ci_slim.requests import ExploreRequest

if TYPE_CHECKING:
    from ci_slim.explore.app import Explorer

_AGAIN = 0.05
"""Seconds until an explorer that has not started yet is asked again to end."""


def explore(request: ExploreRequest, edge: Edge) -> int:
    """Show the files until the user quits. Returns the exit code."""
    _refuse_without_terminal()
    try:
        from ci_slim.explore.app import Explorer
    except ImportError as missing:
        raise UsageError(
            f"the explorer needs the Python package {missing.name}, which is not installed",
            hint="pip install 'ci-slim[explore]'; `ci-slim measure` needs nothing more",
        ) from None
    images = load(request, edge)
    _run(Explorer(images), edge)
    return 0


def _run(app: "Explorer", edge: Edge) -> None:
    """Show the explorer until the user quits or a signal stops it.

    A signal ends the explorer like a key. The exception that stops every other command would be
    raised in the middle of one of textual's tasks, and the others wait for that one (seen: the
    process never ended). So the signal is raised again after the terminal was given back.
    """
    import asyncio

    stopped_by: list[int] = []
    handlers = {number: signal.getsignal(number) for number in SIGNALS}

    async def shown() -> None:
        loop = asyncio.get_running_loop()

        def stop(number: int, _: object) -> None:
            if not sys.stdin.isatty():
                # The terminal is gone. Textual would wait for ever for a thread that could not
                # write to it any more (seen).
                edge.held.close_all()
                leave(Interrupted.exit_code, edge.hide)
            stopped_by.append(number)
            if not loop.is_closed():
                loop.call_soon_threadsafe(end)

        def end() -> None:
            if app.is_running:
                app.exit()
            else:  # it is about to start
                loop.call_later(_AGAIN, end)

        for number in SIGNALS:
            signal.signal(number, stop)
        await app.run_async()

    try:
        asyncio.run(shown())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if stopped_by:
        signal.raise_signal(stopped_by[0])


def _refuse_without_terminal() -> None:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(each is not None and each.isatty() for each in streams):
        raise UsageError(
            "the explorer needs a terminal",
            hint="`ci-slim measure IMAGE` and `ci-slim diff A B` print what an image contains",
        )


def load(request: ExploreRequest, edge: Edge) -> tuple[Explored, ...]:
    """Every platform that is looked through. Raises UsageError if there is none."""
    wanted = parse(request.platform) if request.platform else None
    if ":" not in request.target and Path(request.target).is_file():
        if request.slim is not None:
            raise UsageError(
                "a report names its slim images itself",
                where="--slim",
                hint="leave out --slim, or name an image instead of the report",
            )
        found = tuple(_reported(request.target, wanted))
    else:
        found = tuple(_images(request, edge, wanted))
    if not found:
        raise UsageError(
            "there is nothing to look through for this platform",
            where=request.target,
            hint="leave out --platform",
        )
    return found


def _reported(name: str, wanted: Platform | None) -> Iterator[Explored]:
    listed = False
    for p in listed_platforms(name):
        listed = True
        if wanted is not None and not same(parse(p.platform), wanted):
            continue
        table = p.table()
        columns = (table.paths, table.sizes, table.layers, table.packages, table.reasons)
        files = tuple(
            ImageFile(
                path,
                size,
                size if reason >= 0 else None,
                layer,
                table.package_names[package] if package >= 0 else "",
                table.reason_names[reason] if reason >= 0 else "",
            )
            for path, size, layer, package, reason in zip(*columns, strict=True)
        )
        yield Explored(p.image, p.platform, files, p.layers, p.slim, table.left)
    if not listed:
        raise UsageError(
            "the report has no list of files",
            where=name,
            hint="give the report.html of `ci-slim run --output FOLDER`, the report.json in that "
            "folder, or an image",
        )


def _images(request: ExploreRequest, edge: Edge, wanted: Platform | None) -> Iterator[Explored]:
    with edge.held.scratch("ci-slim-") as folder, ExitStack() as stack:
        opener = ImageOpener(
            edge.environment, folder, wanted, stack, edge.held, True,
            limits_of(request.unpack_limit),
        )  # fmt: skip
        slim = dict(_opened(opener, request.slim)) if request.slim is not None else None
        for platform, (name, made, files) in _opened(opener, request.target):
            if slim is None:
                yield Explored(name, str(platform), tuple(files.values()), made)
                continue
            twin = next((each for key, each in slim.items() if same(key, platform)), None)
            if twin is not None:
                pairs = tuple(_pairs(files, twin[2]))
                yield Explored(f"{name} → {twin[0]}", str(platform), pairs, made, both=True)


_Opened = tuple[str, tuple[str, ...], dict[str, ImageFile]]
"""The name of an image, how its layers were made, and its files by path."""


def _opened(opener: ImageOpener, text: str) -> Iterator[tuple[Platform, _Opened]]:
    for name, image in opener.images(transports.parse(text)):
        yield image.platform, (name, image.config.created_by, _listed(opener, image, name))


def _listed(opener: ImageOpener, image: Image, name: str) -> dict[str, ImageFile]:
    tars = [uncompressed(layer, opener.scratch, name, opener.limits) for layer in image.layers]
    index = FileIndex.of_tars(tars)
    packages = package_of(index, LayerContents(index, tars))
    return {
        e.path: ImageFile(e.path, e.size, e.size, e.layer, packages.get(e.path, ""))
        for e in inodes(index, index.entries())
    }


def _pairs(fat: dict[str, ImageFile], slim: dict[str, ImageFile]) -> Iterator[ImageFile]:
    for path, each in fat.items():
        yield replace(each, slim=slim[path].slim if path in slim else None)
    for path, each in slim.items():
        if path not in fat:
            yield replace(each, fat=None)
