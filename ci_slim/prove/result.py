"""The result of slimming an image, and its messages. Pure."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.closure import nvidia
from ci_slim.closure.close import KeepSet, explain, unmatched
from ci_slim.closure.why import heaviest, heavy_listings
from ci_slim.errors import CannotStart, NotVerified
from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.image import Image
from ci_slim.image.inventory import Inventory, inventory
from ci_slim.observe.observation import RUN_TO_END, Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.comparison import ONLY_UNTRACED, Replay
from ci_slim.prove.privileges import gaining
from ci_slim.result import HeldOut, Packed
from ci_slim.settings.plans import SlimPlan

_NAME_IT = (
    "add what is missing to `keep:` (or --keep), or remove the pattern of `drop:` that drops it"
)
_NOTHING_MISSING = (
    "no file that it looked for is missing, so `keep:` does not help: compare the logs of both; if "
    "the answer may differ, as one with times of files does, give the probe `compare: status`; if "
    "it is slow, raise `timeout` of the probe or `ready.within`"
)
_UNTRACED = (
    "add the files that it uses only without a tracer to `keep:` (or --keep); if the answer may "
    "differ, as one with counts or times does, give the probe `compare: status`"
)
_SHOWN = 30
"""The most paths that an error names."""
_LOGGED = 10
"""The most lines of the log that an error shows."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What the user asks about the slim image: why these paths are in it or not, and what takes
    most space."""

    paths: tuple[str, ...] = ()
    heaviest: bool = False


NO_QUESTIONS = Questions()


@dataclass(frozen=True, slots=True)
class SlimResult:
    """The result of slimming. `image` is None if the slim image would not be smaller."""

    image: Image | None
    keep: KeepSet
    fat: Exercise
    slim: Exercise | None
    rounds: int
    healed: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    held_out: tuple[HeldOut, ...] = ()
    packed: Packed | None = None
    resized: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the files that are packed in `image`, by each of their names."""

    def explain(self, index: FileIndex, questions: Questions) -> tuple[str, ...]:
        """The answers: for each path, why it is kept or not, and what takes most space."""
        observed = self.fat.observation
        paths = (f"/{path.strip('/')}" for path in questions.paths)
        answers = (explain(self.keep, index, observed, path) for path in paths)
        return (*answers, *(heaviest(self.keep) if questions.heaviest else ()))

    def inventory(self, index: FileIndex, contents: Contents) -> Inventory:
        """The content of the delivered image: the slim image, or the fat image with these files."""
        if self.image is None:
            return inventory(index, contents)
        written = {path: len(content) for path, content in self.keep.added.items()}
        return inventory(index, contents, self.keep.reasons.keys(), written, self.resized)


def not_verified(
    spec: RunSpec,
    number: int,
    healed: frozenset[str],
    why: tuple[str, ...],
    shown: Replay,
    keep: KeepSet,
) -> NotVerified:
    """The error for a slim image that still does worse than the fat one after round `number`, with
    the `healed` paths in it."""
    error = NotVerified(
        f"the slim image does worse than the fat one, after {number} round{'s' * (number > 1)}",
        where=spec.where,
        hint=_hint(shown),
        details=(*why, *shown.flaky, *_looked_up(shown, keep), *_logged(shown, why)),
    )
    error.rounds, error.healed = number, healed
    return error


@contextlib.contextmanager
def slim_must_start(spec: RunSpec, number: int, healed: frozenset[str]) -> Iterator[None]:
    """A slim image whose program cannot be started is not verified: the fat image's could."""
    try:
        yield
    except CannotStart as cause:
        error = NotVerified(
            f"the slim image does not start: {cause.message}",
            where=spec.where,
            hint="remove what `drop` (--drop) says about this program, or keep it (--keep)",
        )
        error.rounds, error.healed = number, healed
        raise error from None


def _hint(shown: Replay) -> str:
    if ONLY_UNTRACED in shown.problems:
        return _UNTRACED
    return _NAME_IT if shown.missing else _NOTHING_MISSING


def _looked_up(verdict: Replay, keep: KeepSet) -> Iterator[str]:
    """The files that the slim image looked up in vain, and the pattern that dropped them."""
    missing = sorted(verdict.missing)
    for path in missing[:_SHOWN]:
        pattern = keep.dropped.get(path)
        yield f"looked for {path}" + (f", which `drop: {pattern}` drops" if pattern else "")
    if len(missing) > _SHOWN:
        yield f"and for {len(missing) - _SHOWN} more"


def _logged(shown: Replay, why: tuple[str, ...]) -> Iterator[str]:
    """What the slim image wrote to its log at last and the fat image did not, if no file is known
    to be missing: often the program names what it needs."""
    known = {*why, *(line for each in shown.others for line in each.log)}
    lines = [line for line in shown.exercise.log if line.strip() and line not in known]
    if lines and not shown.missing:
        yield "the last lines of its log:"
        yield from (f"  {line}" for line in lines[-_LOGGED:])


def warnings_of(
    spec: RunSpec,
    before: Exercise,
    plan: SlimPlan,
    index: FileIndex,
    shown: Replay,
    unhealed: frozenset[str],
    keep: KeepSet,
) -> tuple[str, ...]:
    """The warnings about a proved slim image. `unhealed` has paths that it misses."""
    return (
        *_unasked(before),
        *_unmatched(plan, index),
        *_unproved(unhealed),
        *heavy_listings(keep),
        *shown.flaky,
        *shown.unseen,
        *_unprivileged(spec, before, index),
        *_without_gpu(spec, before, index),
    )


def _without_gpu(spec: RunSpec, before: Exercise, index: FileIndex) -> Iterator[str]:
    env = spec.config.env | dict(spec.run.env)
    if said := nvidia.not_exercised(env, before.observation, index):
        yield said


def _unprivileged(spec: RunSpec, before: Exercise, index: FileIndex) -> Iterator[str]:
    if spec.privileges is None:
        for path in gaining(before.observation, index):
            yield f"{path} ran without the privileges that its file gives, because it was traced"


def _unmatched(plan: SlimPlan, index: FileIndex) -> Iterator[str]:
    for pattern in unmatched((*plan.keep, *plan.drop), index):
        yield f"the pattern {pattern} matches nothing in the image"


def _unasked(before: Exercise) -> Iterator[str]:
    """Warn if no probe was sent. A service then showed only its start. A program that ended showed
    everything."""
    if all(probe.name == RUN_TO_END and answer.status is None for probe, answer in before.answers):
        yield (
            "no probe was sent: what it uses later than at its start is not known and may be lost; "
            "say under `probes` what it is asked in use"
        )


def _unproved(new: frozenset[str]) -> Iterator[str]:
    if new:
        shown = ", ".join(sorted(new)[:5])
        yield f"it looked for {len(new)} more paths that only the fat image has: {shown}"
