"""Try each change alone, then all proven changes together, within a time limit."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ci_slim.advise.advice import Advice, Bytes, Threshold, Together, Tried
from ci_slim.advise.compare_images import Comparison, Original, Stage, told
from ci_slim.advise.given import Given
from ci_slim.advise.patch import Patch, patched
from ci_slim.advise.try_change import OneChange
from ci_slim.advise.workbench import Workbench
from ci_slim.errors import EngineError, ProbeFailed
from ci_slim.platforms import Platform

SINGLE_SHARE = 0.6
"""The share of the time in which single changes may start; the rest is for all together."""
_TIMED_MOST = 120.0
"""The most seconds of a build that is only timed."""


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
        comparison = Comparison(self.bench, self.stage, self.clock, deadline)
        with contextlib.closing(comparison):
            original = comparison.original(native)
            emulated = next((each for each in platforms if each != native), None)
            several = emulated is not None
            subject = self.given.subject(native, original.facts, emulated=several)
            found = self.given.findings(subject)
            one = OneChange(self.given, self.threshold, comparison, emulated)
            tried = []
            for finding in found:
                over = self.clock() > deadline - (1 - SINGLE_SHARE) * self.seconds
                tried.append(one.tried(finding, original, over=over))
            proven = [each for each in tried if each.outcome == "proven"]
            proven.sort(key=lambda each: -each.largest.disk)
            together = self._together(proven, platforms, comparison) if proven else None
            if together is not None and together.diff:
                together = replace(together, seconds=self._seconds(together, original, comparison))
            return Advice(
                self.given.sources.dockerfile.path,
                self.given.image,
                tuple(tried),
                together,
                {platform: each.bytes for platform, each in comparison.originals.items()},
            )

    def _together(
        self, proven: Sequence[Tried], platforms: Sequence[Platform], comparison: Comparison
    ) -> Together:
        """All proven changes together. If they fail together, only the one that saves most."""
        together = self._all(proven, platforms, comparison)
        if together.diff or len(proven) == 1:
            return together
        alone = self._all(proven[:1], platforms, comparison)
        rule = f"only {proven[0].finding.rule} in line {proven[0].finding.line} is applied"
        return replace(alone, why=(*together.why, *((rule,) if alone.diff else alone.why)))

    def _all(
        self, proven: Sequence[Tried], platforms: Sequence[Platform], comparison: Comparison
    ) -> Together:
        patch = patched(self.given.sources, [each.finding for each in proven])
        why = [
            f"{each.rule} in line {each.line} is left out: another change, which saves more, "
            "replaces it or changes the same lines"
            for each in patch.conflicts
        ]
        saved: dict[Platform, Bytes] = {}
        for platform in platforms:
            if self.clock() > comparison.deadline:
                why.append(f"not tried on {platform}: the time was over")
                continue
            try:
                saved[platform] = self._union(patch, comparison.original(platform), comparison)
            except (EngineError, ProbeFailed) as error:
                which = "all changes together fail" if len(proven) > 1 else "the change fails"
                return Together("", why=(*why, f"{which} on {platform}: {told(error)}"))
        if len(saved) < len(platforms):
            return Together("", saved, why=tuple(why))  # nothing that was not proven is written
        return Together(patch.diff, saved, patch.texts, tuple(why))

    def _union(self, patch: Patch, original: Original, comparison: Comparison) -> Bytes:
        with (
            self.stage(str(original.platform), "try all proven changes together"),
            comparison.image(self.given.files(patch.texts), original.platform) as changed,
        ):
            problems = comparison.problems(changed, original)
            if problems:
                raise EngineError(problems[0], where=str(original.platform))
            return comparison.saved(changed, original)

    def _seconds(
        self, together: Together, original: Original, comparison: Comparison
    ) -> tuple[Platform, float, float] | None:
        """The time of a build without cache, before and after; None if the time is too short."""
        limit = min(_TIMED_MOST, (comparison.deadline - self.clock()) / 2)
        files = self.given.files(together.texts)
        if limit <= 1:
            return None
        with (
            contextlib.suppress(EngineError),
            self.stage(str(original.platform), "build without cache, before and after"),
        ):
            before = comparison.build_seconds({}, original.platform, limit)
            after = comparison.build_seconds(files, original.platform, limit)
            return original.platform, before, after
        return None
