"""Packs the programs of the proved slim image, and proves the image again.

Packing comes last, after the image was proved without it. So a later failure is caused by packing,
and there is still an image to deliver.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from ci_slim.engine import process
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image import estimate
from ci_slim.image.image import Image
from ci_slim.image.replaced import signed, with_files
from ci_slim.image.sizes import ImageSizes, sizes
from ci_slim.observe.run_spec import RunSpec
from ci_slim.pack.decide import Skipped, by_reason, decide
from ci_slim.pack.tools import open_tools
from ci_slim.pack.work import Made, Work, work_on
from ci_slim.prove.again import prove_again
from ci_slim.prove.candidate import Candidate, load_candidate
from ci_slim.prove.result import SlimResult
from ci_slim.result import Packed
from ci_slim.settings.plans import SlimPlan

_TOLD = 3
"""The most differences that a report shows for a packed image that did worse."""


def pack(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    plan: SlimPlan,
    slim: Candidate,
    done: SlimResult,
) -> SlimResult:
    """The result of slimming with a packed image. If packing makes the image worse or no file
    smaller, the result has the unpacked image; if that is not smaller than the fat image, it has
    none. `slim` is the candidate with which `done` was proved.

    Raises EngineError if the tools are missing or cannot be run.
    """
    result = _packed(workspace, spec, fat, plan, slim, done)
    assert result.packed is not None
    if result.packed.disk_after < fat.disk_bytes:
        return result
    return replace(result, image=None, slim=None, resized={})


def _packed(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    plan: SlimPlan,
    slim: Candidate,
    done: SlimResult,
) -> SlimResult:
    decided = decide(fat.index, fat.contents, done.keep.reasons, plan.pack, signed(slim.image))
    if not decided.tasks:
        return replace(done, packed=_told(done, done, (), decided.skipped))
    tools = open_tools(plan.pack, workspace.engine, process.find)
    folder = workspace.folder / "pack"
    folder.mkdir()
    spool = (folder / "files").open("w+b")  # layers may be read from it until the run ends
    engine, says = workspace.engine, workspace.tools.show
    work = work_on(engine, tools, decided.tasks, fat.contents, plan.pack, spool, says)
    proof = _Proof(workspace, spec, fat, plan, slim, done, folder)
    skipped = (*decided.skipped, *work.skipped)
    why: tuple[str, ...] = ()
    for number, made in enumerate(_attempts(work)):
        tried = proof.of(made, number)
        if isinstance(tried, SlimResult):
            left = tuple(Skipped(path, _worse("UPX", why)) for path in _given_up(work, made))
            resized = {path: each.piece.size for each in made for path in each.task.paths}
            told = _told(done, tried, made, (*skipped, *left))
            return replace(tried, packed=told, resized=resized)
        why = tried
    return replace(
        done, packed=_told(done, done, (), skipped, _worse("packed files", why) if why else "")
    )


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a packed image is made from and compared with."""

    workspace: Workspace
    spec: RunSpec
    fat: FatImage
    plan: SlimPlan
    slim: Candidate
    done: SlimResult
    folder: Path

    def of(self, made: Sequence[Made], number: int) -> SlimResult | tuple[str, ...]:
        """The proved result with these files packed, or why it does worse."""
        packed = self._candidate(made, number)
        return prove_again(self.workspace, self.spec, self.fat, self.done, packed)

    def _candidate(self, made: Sequence[Made], number: int) -> Candidate:
        names = iter(range(len(self.slim.image.layers)))

        def sink() -> BinaryIO:
            return cast(BinaryIO, (folder / f"layer{next(names)}").open("w+b"))

        folder = self.folder / str(number)
        folder.mkdir()
        files = {path: each.piece for each in made for path in each.task.paths}
        image = with_files(self.slim.image, files, sink)
        reference = f"{self.workspace.reference}-packed{number}"
        return load_candidate(self.workspace, image, folder, self.plan, reference)


def _attempts(work: Work) -> Iterator[tuple[Made, ...]]:
    """The files of each attempt: all files, then those without UPX."""
    if work.made:
        yield work.made
    if work.used_upx and work.plainer:
        yield work.plainer


def _given_up(work: Work, made: Sequence[Made]) -> tuple[str, ...]:
    """The files that UPX made smaller but that are not packed in the end."""
    if made == work.made:
        return ()
    return tuple(each.file.path for each in work.made if "upx" in each.file.tools)


def _worse(what: str, why: tuple[str, ...]) -> str:
    return f"with {what} the image does worse ({'; '.join(why[:_TOLD])})"


def _told(
    before: SlimResult,
    after: SlimResult,
    made: Sequence[Made],
    skipped: Sequence[Skipped],
    given_up: str = "",
) -> Packed:
    old, new = _sizes(before.image), _sizes(after.image)
    assert before.slim is not None and after.slim is not None
    return Packed(
        old.disk_bytes or 0,
        new.disk_bytes or 0,
        old.pull_bytes,
        new.pull_bytes,
        round(before.slim.start_seconds * 1000),
        round(after.slim.start_seconds * 1000),
        tuple(each.file for each in made),
        by_reason(skipped),
        given_up,
    )


def _sizes(image: Image | None) -> ImageSizes:
    assert image is not None
    return sizes(image, estimated=estimate.layer)
