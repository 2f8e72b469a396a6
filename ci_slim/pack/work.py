"""Makes the files of a decision smaller, batch by batch, and keeps the good results."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ci_slim.engine.docker import Engine
from ci_slim.image import estimate
from ci_slim.image.files import Contents
from ci_slim.image.replaced import Piece
from ci_slim.pack.container import PackContainer, batches
from ci_slim.pack.decide import Skipped, Task, worse
from ci_slim.pack.tools import PackTools
from ci_slim.result import PackedFile
from ci_slim.settings.plans import PackPlan
from ci_slim.units import count

BATCH = 100_000_000
"""The most bytes of a batch."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made smaller: its new bytes, and its entry in the report."""

    task: Task
    piece: Piece
    file: PackedFile


@dataclass(frozen=True, slots=True)
class Work:
    """All files that were made smaller: with all tools, and in `plainer` without UPX. Also the
    files that a tool could not make smaller, with the reason."""

    made: tuple[Made, ...]
    plainer: tuple[Made, ...]
    skipped: tuple[Skipped, ...]

    @property
    def used_upx(self) -> bool:
        return any("upx" in each.file.tools for each in self.made)


def work_on(
    engine: Engine,
    tools: PackTools,
    tasks: Sequence[Task],
    contents: Contents,
    plan: PackPlan,
    spool: BinaryIO,
    says: Callable[[str], object] = lambda _: None,
) -> Work:
    """Run the tools on the bytes of the tasks. The results are appended to `spool`."""
    made: list[Made] = []
    plainer: list[Made] = []
    skipped: list[Skipped] = []
    sizes = {number: task.size for number, task in enumerate(tasks)}
    with PackContainer(engine, tools) as container:
        for numbers in batches(sizes, BATCH):
            says(f"{count(len(numbers), 'file')}, the first is {tasks[numbers[0]].path}")
            batch = _Batch({n: tasks[n] for n in numbers}, contents, spool)
            batch.strip(container)
            plainer += batch.made()
            batch.upx(container, plan.upx_level)
            made += batch.made()
            skipped += batch.skipped
            container.forget(numbers)
    return Work(tuple(made), tuple(plainer), tuple(skipped))


class _Batch:
    """Some files with their present bytes."""

    def __init__(self, tasks: dict[int, Task], contents: Contents, spool: BinaryIO) -> None:
        self._tasks, self._spool = tasks, spool
        self._before = {number: contents.read(task.path) for number, task in tasks.items()}
        self._now = dict(self._before)
        self._tools: dict[int, list[str]] = {number: [] for number in tasks}
        self._pieces: dict[int, Piece] = {}
        self.skipped: list[Skipped] = []

    def strip(self, container: PackContainer) -> None:
        for library in (False, True):
            files = {
                number: self._now[number]
                for number, task in self._tasks.items()
                if task.strip and task.library is library
            }
            if files:
                self._take("strip", files, container.stripped(files, library=library))

    def upx(self, container: PackContainer, level: int) -> None:
        files = {number: self._now[number] for number, task in self._tasks.items() if task.upx}
        if files:
            self._take("upx", files, container.compressed(files, level=level))

    def _take(self, tool: str, files: dict[int, bytes], results: dict[int, bytes]) -> None:
        name = "UPX" if tool == "upx" else tool
        for number, before in files.items():
            after = results.get(number, before)
            reason = "it refuses the file" if after == before else ""
            reason = reason or worse(before, after, upx=tool == "upx")
            if reason:
                self.skipped.append(Skipped(self._tasks[number].path, f"{name}: {reason}"))
                continue
            self._now[number] = after
            self._tools[number].append(tool)
            start = self._spool.seek(0, io.SEEK_END)
            self._spool.write(after)
            self._pieces[number] = Piece(self._spool, start, len(after))

    def made(self) -> list[Made]:
        """The files that are smaller now."""
        return [
            Made(self._tasks[number], piece, self._file(number))
            for number, piece in sorted(self._pieces.items())
        ]

    def _file(self, number: int) -> PackedFile:
        before, after = self._before[number], self._now[number]
        return PackedFile(
            self._tasks[number].path,
            ", ".join(self._tools[number]),
            len(before),
            len(after),
            estimate.compressed(io.BytesIO(before), len(before)),
            estimate.compressed(io.BytesIO(after), len(after)),
        )
