"""One image, one platform: observe, close, write, replay, and heal what is missing."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ci_slim.engine.beside import Beside
from ci_slim.errors import NotVerified
from ci_slim.image.blob import compressed
from ci_slim.image.compression import WORKERS, compressor
from ci_slim.image.files import FileIndex
from ci_slim.image.layout import LayoutImage, layout_members, write_tar
from ci_slim.image.oci import assemble, manifest_of
from ci_slim.image.sizes import ImageSizes
from ci_slim.plan import SlimPlan
from ci_slim.slim.closure import KeepOptions, KeepSet, close, explain, unmatched
from ci_slim.slim.observation import How, Observation
from ci_slim.slim.observe import RUN_TO_END, Exercise, observe
from ci_slim.slim.replay import Replay, replay
from ci_slim.slim.subject import Subject
from ci_slim.slim.workshop import Clock, Coming, FatImage, Workshop

_SHOWN = 30
"""Paths that an error names; more say nothing more."""


@dataclass(frozen=True, slots=True)
class Slimming:
    """How it went. `image` is None when the slim image would not be smaller."""

    image: LayoutImage | None
    keep: KeepSet
    fat: Exercise
    slim: Exercise | None
    rounds: int
    healed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def explained(self, index: FileIndex, paths: Iterable[str]) -> tuple[str, ...]:
        """For each path of the fat image: why it is kept, or why it is not."""
        return tuple(
            explain(self.keep, index, self.fat.observation, f"/{path.strip('/')}") for path in paths
        )


def slim(
    shop: Workshop,
    subject: Subject,
    fat: Coming,
    plan: SlimPlan,
    clock: Clock,
) -> Slimming:
    """Make a slim image of `subject` and prove it.

    `fat` is asked for the image only after the observation, so that reading it can go on
    meanwhile. Raises ProbeFailed, EngineError, and NotVerified after the last round.
    """
    with clock("observe"):
        before = observe(shop.engine, shop.tools, subject)
    clock.seconds["application"] = before.application_seconds
    fat.expect(before.observation.uses)
    with clock("read"):
        image = fat.result()
    healed: frozenset[str] = frozenset()
    sizing: Callable[[], Beside[ImageSizes]] | None = None
    for number in range(1, plan.rounds + 1):
        with clock("closure"):
            keep = _close(image, before, plan, healed)
        with clock("write"):
            made = _made(shop, subject, image, keep, plan, number)
            is_smaller = sum(layer.tar_bytes for layer in made.layers) < image.disk_bytes
            if is_smaller:
                compressing = _loaded(shop, made, plan, number)
        if not is_smaller:
            return Slimming(None, keep, before, None, number)
        sizing = sizing or functools.cache(functools.partial(_sized, image, compressing))
        with clock("replay"):
            made_subject = replace(subject, image=made.tags[0])
            verdict = replay(
                shop.engine, shop.tools, made_subject, before, image.index, keep, sizing
            )
        clock.seconds["application"] += verdict.exercise.application_seconds
        new = verdict.missing - healed
        if not verdict.problems and (not new or number == plan.rounds):
            sizing().result()
            return Slimming(
                compressing.result(),
                keep,
                before,
                verdict.exercise,
                number,
                tuple(sorted(healed)),
                tuple(_warnings(before, plan, image.index, verdict, new)),
            )
        if not new:
            break
        healed |= new
    raise NotVerified(
        f"the slim image does worse than the fat one, after {number} round{'s' * (number > 1)}",
        where=f"{subject.image} ({subject.platform})",
        hint="name what is missing under `keep:` (or --keep), or take back what `drop:` takes away",
        details=(*verdict.problems, *_looked_up(verdict, keep)),
    )


def _close(image: FatImage, before: Exercise, plan: SlimPlan, healed: frozenset[str]) -> KeepSet:
    options = KeepOptions(keep=plan.keep, drop=plan.drop, packages=plan.packages)
    observed = before.observation
    return close(image.index, observed, image.config, image.contents, options, healed)


def _made(
    shop: Workshop, subject: Subject, image: FatImage, keep: KeepSet, plan: SlimPlan, number: int
) -> LayoutImage:
    layers = image.write(keep, shop.folder / f"round{number}", plan)
    config, manifest = assemble(image.config, layers, subject.platform, shop.created)
    tags = (f"{shop.reference}-{number}",)
    return LayoutImage(subject.platform, config, manifest, layers, tags)


def _loaded(shop: Workshop, made: LayoutImage, plan: SlimPlan, number: int) -> Beside[LayoutImage]:
    """Load the image into the daemon, which wants layers unpacked. The image with its layers
    compressed, which goes on while it is proved, unless that takes the processors for long."""
    (reference,), folder = made.tags, shop.folder / f"round{number}"
    with (shop.folder / "load.tar").open("w+b") as archive:
        write_tar(layout_members([made]), archive)
        archive.seek(0)
        files = [(folder / f"blob{n}").open("w+b") for n in range(len(made.layers))]
        compressing = Beside(lambda: _compressed(made, files, plan), "compress")
        shop.engine.load(archive, reference, keep=False)
    if plan.compression == "zstd":
        compressing.result()
    return compressing


def _sized(image: FatImage, after: Beside[LayoutImage]) -> Beside[ImageSizes]:
    """The fat image's sizes, which may have to be estimated: wanted last of all, they come after
    what is compressed, and not to keep the processors from the daemon, once the slim image runs."""

    def sizes() -> ImageSizes:
        with contextlib.suppress(Exception):  # who wants what was compressed is told
            after.result()
        return image.sizes

    return Beside(sizes, "sizes")


def _compressed(made: LayoutImage, files: Sequence[BinaryIO], plan: SlimPlan) -> LayoutImage:
    # One processor is left to the daemon, which is waited for.
    workers = max(1, min(WORKERS, (os.cpu_count() or 1) - 1))
    layers = tuple(
        compressed(layer, file, compressor(plan.compression, workers=workers))
        for layer, file in zip(made.layers, files, strict=True)
    )
    return replace(made, manifest=manifest_of(made.config, layers), layers=layers)


def _looked_up(verdict: Replay, keep: KeepSet) -> Iterator[str]:
    """The files that the slim image looked for in vain, and who took them away."""
    missing = sorted(verdict.missing)
    for path in missing[:_SHOWN]:
        pattern = keep.dropped.get(path)
        yield f"looked for {path}" + (f", which `drop: {pattern}` takes away" if pattern else "")
    if len(missing) > _SHOWN:
        yield f"and for {len(missing) - _SHOWN} more"


def _warnings(
    before: Exercise, plan: SlimPlan, index: FileIndex, verdict: Replay, new: frozenset[str]
) -> Iterator[str]:
    """What is said of a slim image that was proved; `new` is missing and not in it."""
    yield from _unasked(before)
    yield from _unmatched(plan, index)
    yield from _unproved(new)
    yield from verdict.unseen
    yield from _unprivileged(before.observation, index)


def _unmatched(plan: SlimPlan, index: FileIndex) -> Iterator[str]:
    for pattern in unmatched((*plan.keep, *plan.drop), index):
        yield f"the pattern {pattern} matches nothing in the image"


def _unasked(before: Exercise) -> Iterator[str]:
    """A service that was asked nothing showed its start alone; a program that ended showed all."""
    if all(probe.name == RUN_TO_END and answer.status is None for probe, answer in before.answers):
        yield "no probe was sent: what it uses later than at its start is not known and may be lost"


def _unprivileged(seen: Observation, index: FileIndex) -> Iterator[str]:
    """Under strace's seccomp filter (no_new_privs) nothing gains privileges by being executed."""
    for path in sorted(path for path, how in seen.uses.items() if how & How.EXEC):
        entry = index.get(index.resolve(path).path or "")
        if entry is not None and (entry.mode & 0o6000 or entry.capability):
            yield f"{path} ran without the privileges that its file gives, since it was traced"


def _unproved(new: frozenset[str]) -> Iterator[str]:
    if new:
        shown = ", ".join(sorted(new)[:5])
        yield f"it looked for {len(new)} more paths that only the fat image has: {shown}"
