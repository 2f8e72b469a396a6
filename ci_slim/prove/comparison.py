"""Compares the answers of the slim image with those of the fat image. Pure.

The fat image may answer differently from run to run. That is not a fault of the slim image: several
runs show what varies, and a probe whose status varies is reported as flaky.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ci_slim import probes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.running import HEALTHCHECK
from ci_slim.probes import Answer, Probe
from ci_slim.prove.learn import difference, differences
from ci_slim.prove.learn_json import Difference

KILLED = 137
"""The exit code of a container that was killed because it did not stop in time. Not compared."""
ONLY_UNTRACED = (
    "it does not do so under the tracer, so what the program does without a tracer is not known"
)
_NEVER_SAME = (
    "the fat image itself never gave the same bytes twice, so `compare: exact` cannot hold; leave "
    "it out, and what varies is learned"
)
_LOG_LINES = 5
_NOT_IN_LAST = {"temporary": 1, "body": 2, "number": 1}
"""Problems of these kinds pass if so many last runs do not have them, and a number only if less
than half of all runs have another one in its place."""
_RUNS_LEAST = 4
"""From so many runs on, numbers are forgiven like that. One wrong run of two without a tracer is
too many."""

Sends = dict[str, tuple[Probe, tuple[Answer, ...]]]
"""The name of a probe, to the probe and its answers in the order of sending."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the slim image does worse than the fat one, and what cannot be decided, as sentences."""

    problems: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    varies: bool = False
    """Whether not all runs of the slim image do worse in the same way."""
    only_bodies: bool = False
    """Whether all problems are bodies or headers; none is an outcome, such as a status."""


def compare(
    fat: Sequence[Exercise], slim: Sequence[Exercise], *, bodies: bool = True
) -> Comparison:
    """Compare each run of the slim image with all runs of the fat image.

    The last run is the latest. If there are several, the first one was traced. With `bodies`, the
    slim image's answers must contain what the fat image's answers have in common. A timeout or a
    crash of QEMU itself is not a problem if the latest run does not repeat it. Nor is another body,
    if the last two runs without a tracer have it right: what an application knows soon after its
    start, such as values of sensors, depends on the moment. A number in JSON is judged for itself:
    if less than half of the runs have another one, and not the last run, it is a count or a time.
    """
    known = [_sends(each) for each in fat if not each.problem]
    flaky = [
        f"the fat image itself failed in 1 of {len(fat)} runs: {each.problem}"
        for each in fat
        if each.problem
    ]
    flaky += _flaky(known, [_sends(each) for each in slim])
    found: dict[str, str] = {}
    passed: dict[str, set[int]] = {}
    worse = [[*_worse(fat, known, run, bodies)] for run in slim]
    runs_of = Counter(place for run in worse for place in _numbers(run))
    few = len(slim) < _RUNS_LEAST
    lasting = {place for place, runs in runs_of.items() if few or runs * 2 >= len(slim)}
    lasting |= _numbers(worse[-1])
    for number, run in enumerate(worse, 1):
        for each in run:
            kind = "body" if each.number in lasting else each.kind
            if number <= len(slim) - _NOT_IN_LAST.get(kind, len(slim)):
                passed.setdefault(each.problem, set()).add(number)
            else:
                found.setdefault(each.problem, kind)
    flaky += [
        f"{each}, in {len(numbers)} of {len(slim)} runs of the slim image"
        for each, numbers in passed.items()
        if each not in found
    ]
    told = [{each.problem for each in run if each.kind != "temporary"} for run in worse]
    varies = any(each != told[0] for each in told)
    bodies_differ = bool(found) and set(found.values()) <= {"body", "number"}
    if found and not worse[0] and any(told[1:]):
        found.setdefault(ONLY_UNTRACED, "lasting")
    return Comparison(tuple(found), tuple(dict.fromkeys(flaky)), varies, bodies_differ)


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay."""

    exercise: Exercise
    """The last run without a tracer, with the observation of the run under the tracer."""
    found: Comparison = Comparison()
    missing: frozenset[str] = frozenset()
    """Paths that it looked up and did not find, and that the fat image has."""
    runs: tuple[Exercise, ...] = ()
    """All runs of the slim image so far."""
    others: tuple[Exercise, ...] = ()
    """The runs of the fat image after the first one. Empty if it was not asked again."""
    asked_copy: bool = False
    """Whether a copy of the fat image was asked, too."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What the slim image does worse than the fat image. Empty if it is verified."""
        return self.found.problems

    @property
    def flaky(self) -> tuple[str, ...]:
        """What the fat image itself answers differently from run to run."""
        return self.found.flaky

    @property
    def unseen(self) -> tuple[str, ...]:
        """Why `missing` may be incomplete. Empty if the trace is complete."""
        lost = self.exercise.observation.lost
        if not lost:
            return ()
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        return (
            "the trace of the slim image is incomplete, so it may miss more files: "
            f"{lost[0].process}: {lost[0].detail}{more}",
        )


class Found(NamedTuple):
    """A problem, and whether another run may not have it. `number` is the place of a number, in
    one of the answers to a probe."""

    problem: str
    kind: Literal["lasting", "temporary", "body", "number"]
    number: str = ""


def _numbers(run: Sequence[Found]) -> set[str]:
    return {each.number for each in run if each.number}


def _worse(
    fat: Sequence[Exercise], known: Sequence[Sends], run: Exercise, bodies: bool
) -> Iterator[Found]:
    if run.problem:
        if run.emulator_crash:
            told = f"QEMU crashed. This says nothing about the image: {run.emulator_crash}"
            yield Found(told, "temporary")
            return
        yield Found(run.problem, "lasting")
        yield from (Found(line, "lasting") for line in run.log[-_LOG_LINES:])
        return
    sent = _sends(run)
    for name, (probe, _) in known[0].items():
        before = [each[name][1] for each in known if name in each]
        if name in sent:
            yield from _answers(probe, before, sent[name][1], bodies)
        elif len(before) == len(known):
            yield Found(f"{name}: no longer reached", "lasting")
    yield from _end(fat, run)


def _answers(
    probe: Probe, before: Sequence[Sequence[Answer]], after: Sequence[Answer], bodies: bool
) -> Iterator[Found]:
    """Compare the answers to one probe: the first answers with each other, and so on. Bodies are
    compared with all answers."""
    every = [answer for run in before for answer in run]
    for number, answer in enumerate(after):
        same = [run[number] for run in before if number < len(run)]
        if not same:
            continue
        found = _nearest(probe, same, answer)
        again = " (sent again)" if number else ""
        for each in found:
            told = f"{probe.name}{again}: {each}"
            yield Found(told, "temporary" if answer.timed_out else "lasting")
        if not found and bodies and probe.name != HEALTHCHECK and probe.compare != "status":
            alike = [each for each in every if each.status == answer.status]
            for what, place in _content(alike, answer, exact=probe.compare == "exact"):
                told = f"{probe.name}{again}: {what}"
                if place:
                    yield Found(told, "number", f"{probe.name} {place}")
                else:
                    yield Found(told, "body")


def _nearest(probe: Probe, before: Sequence[Answer], after: Answer) -> tuple[str, ...]:
    """How an answer differs from the most similar answer of the fat image."""
    found = min((probes.differences(probe, each, after) for each in before), key=len)
    # A probe that fails on the fat image, such as a HEALTHCHECK, may fail on the slim image too.
    if found or any(probes.failures(probe, each) for each in before):
        return found
    return probes.failures(probe, after)


def _content(before: Sequence[Answer], after: Answer, *, exact: bool) -> Iterator[Difference]:
    """How body and headers differ from what all answers of the fat image have in common. With
    `exact`, how the body differs from each of them."""
    known, new = [each.compared for each in before], after.compared
    for header in sorted(probes.COMPARED_HEADERS):
        values = [each.headers.get(header, "").encode() for each in known]
        if values and (told := difference(values, new.headers.get(header, "").encode())):
            yield Difference(f"the header {header} differs: {told}")
    digests = {each.digest for each in known}
    if not before or new.digest in digests or after.unread or any(e.unread for e in before):
        return
    limit = probes.COMPARED_LIMIT
    if exact:
        if 1 < len(before) == len(digests):
            yield Difference(_NEVER_SAME)
            return
        told = difference([known[0].body], new.body, cut=True)
        yield Difference(f"the answer is not exactly the same: {told or 'it differs later'}")
        return
    cut = any(len(each.body) >= limit for each in (*known, new))
    if found := differences([each.body for each in known], new.body, cut=cut):
        yield from (each._replace(told=f"the answer differs: {each.told}") for each in found)
    elif cut and len(digests) == 1:
        yield Difference(f"the answer differs after its first {limit // 1024} KiB")


def _end(fat: Sequence[Exercise], run: Exercise) -> Iterator[Found]:
    fat = [each for each in fat if not each.problem]
    if all(each.went_on for each in fat) and not run.went_on and run.exit_code != 0:
        code = run.exit_code
        told = f"it ended by itself with exit code {code}; the fat image kept running"
        yield Found(told, "lasting")
        yield from (Found(line, "lasting") for line in run.log[-_LOG_LINES:])
    elif all(each.exit_code == 0 for each in fat) and run.exit_code not in (None, 0, KILLED):
        told = (
            f"after the stop signal it ended with exit code {run.exit_code}; the fat image with 0"
        )
        yield Found(told, "lasting")


def _sends(run: Exercise) -> Sends:
    sends: Sends = {}
    for probe, answer in (*run.answers, *run.repeats):
        _, earlier = sends.get(probe.name, (probe, ()))
        sends[probe.name] = (probe, (*earlier, answer))
    return sends


def _flaky(fat: Sequence[Sends], slim: Sequence[Sends]) -> Iterator[str]:
    """The probes to which the fat image itself gives different answers."""
    for name in fat[0]:
        runs = [each[name][1] for each in fat if name in each]
        outcomes = {tuple(_outcome(answer) for answer in run) for run in runs}
        if len(outcomes) > 1:
            before, after = _counted(fat, name), _counted(slim, name)
            yield f"{name}: flaky: the fat image gave {before}; the slim image {after}"


def _counted(runs: Sequence[Sends], name: str) -> str:
    """The outcomes with their counts: `200 (5 of 6), timed out after 30 s (1 of 6)`."""
    answers = [answer for each in runs if name in each for answer in each[name][1]]
    counts = Counter(_outcome(answer) for answer in answers).most_common()
    told = [f"{outcome} ({count} of {len(answers)})" for outcome, count in counts]
    return ", ".join(told) or "no answer"


def _outcome(answer: Answer) -> str:
    return answer.error or str(answer.status)
