"""Images of one Dockerfile with and without a change: built, probed and compared."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.advise.advice import Bytes
from ci_slim.advise.finding import Facts
from ci_slim.advise.workbench import Size, Workbench
from ci_slim.errors import CiSlimError
from ci_slim.observe.exercise import refuse_failed
from ci_slim.observe.observation import Exercise
from ci_slim.platforms import Platform
from ci_slim.prove.comparison import compare

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Original:
    """The unchanged image on one platform: its name, its content and sizes, and its answers."""

    reference: str
    platform: Platform
    size: Size
    facts: Facts
    exercise: Exercise

    @property
    def bytes(self) -> Bytes:
        """The whole image."""
        return Bytes(self.facts.pull_bytes, self.facts.disk_bytes)


Stage = Callable[[str, str], AbstractContextManager[None]]


@dataclass
class Comparison:
    """Builds and probes images on a workbench, until `deadline` on `clock`."""

    bench: Workbench
    stage: Stage
    """Shows progress: for which platform, and what."""
    clock: Callable[[], float]
    deadline: float
    _originals: dict[Platform, Original] = field(default_factory=dict)

    @property
    def left(self) -> float:
        """The seconds that are left, at least one."""
        return max(1.0, self.deadline - self.clock())

    @property
    def originals(self) -> Mapping[Platform, Original]:
        """The unchanged images that were built."""
        return self._originals

    def original(self, platform: Platform) -> Original:
        """The unchanged image, built when it is first asked for. Raises EngineError or ProbeFailed
        if it does not build or does not answer."""
        if platform not in self._originals:
            with self.stage(str(platform), "build the unchanged image"):
                reference = self.bench.built({}, platform)
            with self.stage(str(platform), "read it"):
                size, facts = self.bench.facts(reference, platform)
            with self.stage(str(platform), "send the probes"):
                exercise = self.bench.exercised(reference, platform, reference)
            refuse_failed(exercise, self.bench.spec(reference, platform, reference))
            self._originals[platform] = Original(reference, platform, size, facts, exercise)
        return self._originals[platform]

    def close(self) -> None:
        """Remove the unchanged images."""
        for each in self._originals.values():
            self.bench.drop(each.reference)

    @contextmanager
    def image(
        self, files: Mapping[Path, str], platform: Platform, *, seconds: float | None = None,
        cached: bool = True,
    ) -> Iterator[str]:  # fmt: skip
        """A built image, which is removed at the end. The build is ended after so many seconds, by
        default when the time is over."""
        limit = self.left if seconds is None else seconds
        reference = self.bench.built(files, platform, limit, cached=cached)
        try:
            yield reference
        finally:
            self.bench.drop(reference)

    def build_seconds(self, files: Mapping[Path, str], platform: Platform, limit: float) -> float:
        """How long a build without the builder's cache takes. Raises EngineError after `limit`
        seconds."""
        began = self.clock()
        with self.image(files, platform, seconds=limit, cached=False):
            return self.clock() - began

    def saved(self, changed: str, original: Original) -> Bytes:
        """The bytes that a changed image saves."""
        size = self.bench.measured(changed, original.platform, original.size)
        return self.bench.saved(original.reference, original.platform, original.size, size)

    def other_files(self, changed: str, original: Original) -> tuple[str, ...]:
        """The first path that is not as it was in the image."""
        platform = original.platform
        before = self.bench.listing(original.reference, platform)
        after = self.bench.listing(changed, platform)
        paths = sorted(before.keys() | after.keys())
        other = next((path for path in paths if before.get(path) != after.get(path)), None)
        return () if other is None else (f"{other} is not as it was: its owner, mode or kind",)

    def problems(self, changed: str, original: Original) -> tuple[str, ...]:
        """How the answers of a changed image are worse than those of the original. Before a problem
        is reported, both images are probed again. Raises OutOfTime."""
        platform, name = original.platform, original.reference
        patience = original.exercise.patience
        first = self.bench.exercised(changed, platform, name, patience, self.left)
        if not compare((original.exercise,), (first,)).problems:
            return ()
        again = self.bench.exercised(name, platform, name, seconds=self.left)
        second = self.bench.exercised(changed, platform, name, patience, self.left)
        return compare((original.exercise, again), (first, second)).problems


def told(error: CiSlimError) -> str:
    """The message, and the last line of its output that is not empty."""
    said = [line for line in error.details if "ERROR" in line or "error" in line.lower()]
    more = f": {said[-1].strip()}" if said else ""
    text = f"{error.message}{more}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
