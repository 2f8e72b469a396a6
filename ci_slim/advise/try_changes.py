"""Try each change alone, then all proven changes together, within a time limit."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ci_slim.advise.advice import Advice, Bytes, Outcome, Threshold, Together, Tried
from ci_slim.advise.finding import Context, Facts, Finding
from ci_slim.advise.patch import Patch, SourceFile, Sources, patched
from ci_slim.advise.rules import findings
from ci_slim.advise.subject import Subject
from ci_slim.advise.workbench import Size, Workbench
from ci_slim.errors import CiSlimError, EngineError, ProbeFailed
from ci_slim.image.instructions import read_dockerfile
from ci_slim.observe.exercise import refuse_failed
from ci_slim.observe.observation import Exercise
from ci_slim.platforms import Platform
from ci_slim.prove.comparison import compare

SINGLE_SHARE = 0.6
"""The share of the time in which single changes may start; the rest is for all together."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What advice works on: the files that it may change, their places, the built stage and its
    arguments, and the build context."""

    image: str
    sources: Sources
    places: Mapping[str, Path]
    """Where the files of `sources` are, by their paths there."""
    target: str | None
    arguments: Mapping[str, str]
    context: Context

    def subject(self, platform: Platform, facts: Facts | None, *, emulated: bool = True) -> Subject:
        """The Dockerfile with the variables of a platform."""
        variables = {
            "TARGETPLATFORM": str(platform),
            "TARGETOS": platform.os,
            "TARGETARCH": platform.architecture,
            "TARGETVARIANT": platform.variant,
            **self.arguments,
        }
        read = read_dockerfile(self.sources.dockerfile.text)
        return Subject(read, self.target, variables, facts, self.context, emulated)

    def files(self, texts: Mapping[str, str]) -> dict[Path, str]:
        """The changed texts by the place of their files."""
        return {self.places[path]: text for path, text in texts.items()}


@dataclass(frozen=True, slots=True)
class Original:
    """The unchanged image on one platform: its name, its sizes, and its answers."""

    reference: str
    platform: Platform
    size: Size
    bytes: Bytes
    exercise: Exercise


Stage = Callable[[str, str], AbstractContextManager[None]]


@dataclass
class Trials:
    """Tries changes on a workbench until the time is over."""

    bench: Workbench
    given: Given
    threshold: Threshold
    seconds: float
    stage: Stage
    """Shows progress: for which platform, and what."""
    clock: Callable[[], float] = time.monotonic

    def advise(self, platforms: Sequence[Platform], native: Platform) -> Advice:
        """Try all findings. Raises EngineError or ProbeFailed if the unchanged image does not build
        or does not answer. `native` is the platform on which single changes are tried."""
        deadline = self.clock() + self.seconds
        original, facts = self._original(native)
        several = any(platform != native for platform in platforms)
        found = findings(self.given.subject(native, facts, emulated=several))
        tried = []
        for finding in found:
            over = self.clock() > deadline - (1 - SINGLE_SHARE) * self.seconds
            tried.append(self._tried(finding, original, facts, deadline, over=over))
        proven = [each for each in tried if each.outcome == "proven"]
        proven.sort(key=lambda each: -each.largest.disk)
        originals = {native: original}
        together = self._together(proven, platforms, originals, deadline) if proven else None
        for each in originals.values():
            self.bench.drop(each.reference)
        return Advice(
            self.given.sources.dockerfile.path,
            self.given.image,
            tuple(tried),
            together,
            {platform: each.bytes for platform, each in originals.items()},
        )

    # -- one change ---------------------------------------------------------------------------

    def _tried(
        self,
        finding: Finding,
        original: Original,
        facts: Facts,
        deadline: float,
        *,
        over: bool,
    ) -> Tried:
        patch = patched(self.given.sources, [finding])
        estimate = estimated(finding, patch, facts, original.platform)
        if not finding.changes or finding.saves_time:
            return estimate
        if over:
            return replace(estimate, why="not tried: the time was over")
        with self.stage(f"{finding.rule}, line {finding.line}", "try"):
            outcome, saved, why = self._outcome(finding, patch, original, deadline)
        kept = {} if saved is None else {original.platform: saved}
        return Tried(finding, patch.diff, outcome, kept, why)

    def _outcome(
        self, finding: Finding, patch: Patch, original: Original, deadline: float
    ) -> tuple[Outcome, Bytes | None, str]:
        left = max(1.0, deadline - self.clock())
        try:
            with self._image(self.given.files(patch.texts), original.platform, left) as changed:
                size = self.bench.measured(changed, original.platform, original.size)
                saved = self.bench.saved(original.reference, original.platform, original.size, size)
                if not self.threshold.is_met(saved, original.bytes):
                    return "too-small", saved, "it saves less than the threshold"
                problems = self._other_files(changed, original) if finding.same_files else ()
                problems = problems or self._problems(changed, original)
        except EngineError as error:
            return "failed-to-build", None, _told(error)
        if problems:
            return "failed-probe", saved, problems[0]
        return "proven", saved, ""

    @contextmanager
    def _image(
        self, files: Mapping[Path, str], platform: Platform, seconds: float
    ) -> Iterator[str]:
        """A built image, which is removed at the end."""
        reference = self.bench.built(files, platform, seconds)
        try:
            yield reference
        finally:
            self.bench.drop(reference)

    def _other_files(self, changed: str, original: Original) -> tuple[str, ...]:
        """The first path that is not as it was in the image."""
        platform = original.platform
        before = self.bench.listing(original.reference, platform)
        after = self.bench.listing(changed, platform)
        paths = sorted(before.keys() | after.keys())
        other = next((path for path in paths if before.get(path) != after.get(path)), None)
        return () if other is None else (f"{other} is not as it was: its owner, mode or kind",)

    def _problems(self, changed: str, original: Original) -> tuple[str, ...]:
        """How the answers of a changed image are worse than those of the original. Before a problem
        is reported, both images are probed again."""
        platform, name = original.platform, original.reference
        patience = original.exercise.patience
        first = self.bench.exercised(changed, platform, name, patience)
        if not compare((original.exercise,), (first,)).problems:
            return ()
        again = self.bench.exercised(name, platform, name)
        second = self.bench.exercised(changed, platform, name, patience)
        return compare((original.exercise, again), (first, second)).problems

    # -- the image as it is -------------------------------------------------------------------

    def _original(self, platform: Platform) -> tuple[Original, Facts]:
        with self.stage(str(platform), "build the unchanged image"):
            reference = self.bench.built({}, platform)
        with self.stage(str(platform), "read it"):
            size, facts = self.bench.facts(reference, platform)
        with self.stage(str(platform), "send the probes"):
            exercise = self.bench.exercised(reference, platform, reference)
        refuse_failed(exercise, self.bench.spec(reference, platform, reference))
        whole = Bytes(facts.pull_bytes, facts.disk_bytes)
        return Original(reference, platform, size, whole, exercise), facts

    # -- all together -------------------------------------------------------------------------

    def _together(
        self,
        proven: Sequence[Tried],
        platforms: Sequence[Platform],
        originals: dict[Platform, Original],
        deadline: float,
    ) -> Together:
        """All proven changes together. If they fail together, only the one that saves most."""
        together = self._all(proven, platforms, originals, deadline)
        if together.diff or len(proven) == 1:
            return together
        alone = self._all(proven[:1], platforms, originals, deadline)
        rule = f"only {proven[0].finding.rule} in line {proven[0].finding.line} is applied"
        return replace(alone, why=(*together.why, *((rule,) if alone.diff else alone.why)))

    def _all(
        self,
        proven: Sequence[Tried],
        platforms: Sequence[Platform],
        originals: dict[Platform, Original],
        deadline: float,
    ) -> Together:
        patch = patched(self.given.sources, [each.finding for each in proven])
        why = [
            f"{each.rule} in line {each.line} is left out: another change, which saves more, "
            "changes the same lines"
            for each in patch.conflicts
        ]
        saved: dict[Platform, Bytes] = {}
        for platform in platforms:
            if self.clock() > deadline:
                why.append(f"not tried on {platform}: the time was over")
                continue
            try:
                saved[platform] = self._union(patch, platform, originals, deadline)
            except (EngineError, ProbeFailed) as error:
                which = "all changes together fail" if len(proven) > 1 else "the change fails"
                return Together("", why=(*why, f"{which} on {platform}: {_told(error)}"))
        return Together(patch.diff, saved, patch.texts, tuple(why))

    def _union(
        self,
        patch: Patch,
        platform: Platform,
        originals: dict[Platform, Original],
        deadline: float,
    ) -> Bytes:
        if platform not in originals:
            originals[platform], _ = self._original(platform)
        original = originals[platform]
        left = max(1.0, deadline - self.clock())
        with (
            self.stage(str(platform), "try all proven changes together"),
            self._image(self.given.files(patch.texts), platform, left) as changed,
        ):
            problems = self._problems(changed, original)
            if problems:
                raise EngineError(problems[0], where=str(platform))
            size = self.bench.measured(changed, platform, original.size)
            return self.bench.saved(original.reference, platform, original.size, size)


def estimated(finding: Finding, patch: Patch, facts: Facts | None, platform: Platform) -> Tried:
    """An estimate from the image: the bytes of the files that a change removes. It assumes that
    they are compressed as well as the whole image."""
    saved: dict[Platform, Bytes] = {}
    if facts is not None and finding.takes:
        disk = facts.below(finding.takes)
        pull = disk * facts.pull_bytes // facts.disk_bytes if facts.disk_bytes else 0
        saved = {platform: Bytes(pull, disk)} if disk else {}
    why = "" if finding.changes else "it cannot be changed safely"
    why = "it saves time of builds, which is not measured" if finding.saves_time else why
    return Tried(finding, patch.diff, "estimated", saved, why)


def _told(error: CiSlimError) -> str:
    """The message, and the last line of its output that is not empty."""
    said = [line for line in error.details if "ERROR" in line or "error" in line.lower()]
    more = f": {said[-1].strip()}" if said else ""
    text = f"{error.message}{more}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


__all__ = ["Advice", "Given", "SourceFile", "Trials", "estimated"]
