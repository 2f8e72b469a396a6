"""Try one change: what it saves of the image, of updates, or of the time of a build."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ci_slim.advise.advice import Bytes, Outcome, Threshold, Tried, Updates
from ci_slim.advise.compare_images import Comparison, Original, told
from ci_slim.advise.finding import Facts, Finding
from ci_slim.advise.given import Given
from ci_slim.advise.patch import Patch, patched
from ci_slim.advise.updates import filling, update_bytes
from ci_slim.errors import EngineError, ProbeFailed
from ci_slim.observe.exercise import OutOfTime
from ci_slim.platforms import Platform

_LEAST_SECONDS, _LEAST_SHARE = 5.0, 0.1
"""What a change must save of the time of a build: both."""


@dataclass(frozen=True)
class OneChange:
    """Tries the change of a finding alone. `emulated` is a platform that runs under QEMU, if the
    image is built for one."""

    given: Given
    threshold: Threshold
    comparison: Comparison
    emulated: Platform | None

    def tried(self, finding: Finding, original: Original, *, over: bool) -> Tried:
        """The result, and an estimate if it cannot be tried or the time is `over`."""
        patch = patched(self.given.sources, [finding])
        estimate = estimated(finding, patch, original.facts, original.platform)
        if not finding.changes:
            return estimate
        if over:
            return replace(estimate, why="not tried: the time was over")
        attempt = self._size
        if finding.saves_updates:
            attempt = self._order
        elif finding.saves_time:
            attempt = self._speed
        with self.comparison.stage(f"{finding.rule}, line {finding.line}", "try"):
            try:
                return attempt(estimate, patch, original)
            except OutOfTime as error:
                return replace(estimate, why=f"not proven: {error.message}")
            except (EngineError, ProbeFailed) as error:
                return replace(estimate, outcome="failed-to-build", saved={}, why=told(error))

    def _size(self, tried: Tried, patch: Patch, original: Original) -> Tried:
        with self._image(patch, original.platform) as changed:
            saved = self.comparison.saved(changed, original)
            tried = replace(tried, saved={original.platform: saved})
            if not self.threshold.is_met(saved, original.bytes):
                return _ended(tried, "too-small", "it saves less than the threshold")
            return self._checked(tried, changed, original, same_files=tried.finding.same_files)

    def _order(self, tried: Tried, patch: Patch, original: Original) -> Tried:
        """Another order of layers is held against the last commits."""
        history = self.given.history
        if not history:
            return replace(tried, why="not tried: no git history of the build context is known")
        (text,) = patch.texts.values()
        with self._image(patch, original.platform) as changed:
            before = self._updates(
                self.given.sources.dockerfile.text, original.reference, original.platform
            )
            after = self._updates(text, changed, original.platform)
            tried = replace(tried, updates=Updates(len(history), before, after))
            saved = Bytes(before - after, 1)
            if not self.threshold.is_met(saved, Bytes(before, original.bytes.disk)):
                return _ended(tried, "too-small", "it saves less than the threshold")
            return self._checked(tried, changed, original, same_files=True)

    def _updates(self, text: str, reference: str, platform: Platform) -> int:
        subject = self.given.subject(platform, None, text=text)
        layers = self.comparison.bench.pulls(reference, platform, len(filling(subject)))
        return update_bytes(subject, layers, self.given.history)

    def _speed(self, tried: Tried, patch: Patch, original: Original) -> Tried:
        """Builds without cache on the emulated platform."""
        if self.emulated is None:
            return tried
        emulated, files = self.comparison.original(self.emulated), self.given.files(patch.texts)
        share = self.comparison.left / 3
        before = self.comparison.build_seconds({}, self.emulated, share)
        after = self.comparison.build_seconds(files, self.emulated, share)
        tried = replace(tried, seconds=(self.emulated, before, after))
        if before - after < max(_LEAST_SECONDS, _LEAST_SHARE * before):
            return _ended(tried, "too-small", "it saves less than 5 s or 10 %")
        with self._image(patch, self.emulated) as changed:
            if foreign := self._machines(changed, self.emulated) - _machines(emulated.facts):
                why = f"it holds programs for another processor: {', '.join(sorted(foreign))}"
                return _ended(tried, "failed-probe", why)
            return self._checked(tried, changed, emulated, same_files=True)

    def _machines(self, reference: str, platform: Platform) -> frozenset[str]:
        return _machines(self.comparison.bench.facts(reference, platform)[1])

    def _checked(
        self, tried: Tried, changed: str, original: Original, *, same_files: bool
    ) -> Tried:
        problems = self.comparison.other_files(changed, original) if same_files else ()
        problems = problems or self.comparison.problems(changed, original)
        return _ended(tried, "failed-probe", problems[0]) if problems else _ended(tried, "proven")

    @contextmanager
    def _image(self, patch: Patch, platform: Platform) -> Iterator[str]:
        with self.comparison.image(self.given.files(patch.texts), platform) as changed:
            yield changed


def _machines(facts: Facts) -> frozenset[str]:
    return facts.origins.machines if facts.origins is not None else frozenset()


def _ended(tried: Tried, outcome: Outcome, why: str = "") -> Tried:
    return replace(tried, outcome=outcome, why=why)


def estimated(finding: Finding, patch: Patch, facts: Facts | None, platform: Platform) -> Tried:
    """An estimate from the image: the bytes of the files that a change removes. It assumes that
    they are compressed as well as the whole image."""
    saved: dict[Platform, Bytes] = {}
    if facts is not None and finding.takes:
        disk = facts.below(finding.takes)
        pull = disk * facts.pull_bytes // facts.disk_bytes if facts.disk_bytes else 0
        saved = {platform: Bytes(pull, disk)} if disk else {}
    why = "" if finding.changes else finding.unchanged
    why = "it saves time of builds, which was not measured" if finding.saves_time else why
    return Tried(finding, patch.diff, "estimated", saved, why)
