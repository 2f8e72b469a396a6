"""The answers of the slim image held against those of the fat one. Pure.

What the fat image itself answers differently from run to run is no fault of the slim one: it is
learned where there are several runs of it, and where it is a status, it is called flaky.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_slim import probes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.running import HEALTHCHECK
from ci_slim.probes import Answer, Probe
from ci_slim.prove.learn import difference

KILLED = 137
"""The exit code of a container that did not end in time: how long it takes is no difference."""
ONLY_UNTRACED = (
    "under the tracer it did not: what the program does only without one could not be seen"
)
_LOG_LINES = 5

Sends = dict[str, tuple[Probe, tuple[Answer, ...]]]
"""The name of a probe → the probe, and its answers in the order in which it was sent."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where the slim image does worse than the fat one, and what nobody can tell, as sentences."""

    problems: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()


def compare(
    fat: Sequence[Exercise], slim: Sequence[Exercise], *, bodies: bool = True
) -> Comparison:
    """Each run of the slim image against all runs of the fat one; the last one is the latest, and
    of several, the first one was traced.

    With `bodies`, what the fat image's answers have in common must be in the slim one's too.
    A time-out, and a crash of QEMU itself, is no problem where the latest run does not repeat it.
    """
    known = [_sends(each) for each in fat if not each.problem]
    flaky = [
        f"the fat image itself failed in 1 of {len(fat)} runs: {each.problem}"
        for each in fat
        if each.problem
    ]
    flaky += _flaky(known, [_sends(each) for each in slim])
    found: dict[str, None] = {}
    traced, *untraced = ([*_worse(fat, known, run, bodies)] for run in slim)
    for number, run in enumerate((traced, *untraced), 1):
        for problem, passing in run:
            if passing and number < len(slim):
                flaky.append(f"{problem}, in 1 of {len(slim)} runs of the slim image")
            else:
                found.setdefault(problem)
    if not traced and any(not passing for run in untraced for _, passing in run):
        found.setdefault(ONLY_UNTRACED)
    return Comparison(tuple(found), tuple(dict.fromkeys(flaky)))


@dataclass(frozen=True, slots=True)
class Replay:
    """What the replay showed."""

    exercise: Exercise
    """The last run without a tracer, with the observation of the one under it."""
    problems: tuple[str, ...]
    """What the slim image does worse than the fat one; empty when it is verified."""
    missing: frozenset[str]
    """Paths that it looked for in vain, and that the fat image has."""
    flaky: tuple[str, ...] = ()
    """What the fat image itself answers differently from run to run."""
    runs: tuple[Exercise, ...] = ()
    """All runs of the slim image so far."""
    asked_again: bool = False

    @property
    def unseen(self) -> tuple[str, ...]:
        """Why `missing` may not be all; empty when everything was seen."""
        lost = self.exercise.observation.lost
        if not lost:
            return ()
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        return (
            "not all that the slim image did was seen, so it may have missed more: "
            f"{lost[0].process}: {lost[0].detail}{more}",
        )


Found = tuple[str, bool]
"""A problem, and whether it may pass by itself."""


def _worse(
    fat: Sequence[Exercise], known: Sequence[Sends], run: Exercise, bodies: bool
) -> Iterator[Found]:
    if run.problem:
        if run.emulator_crash:
            yield f"QEMU crashed, which says nothing of the image: {run.emulator_crash}", True
            return
        yield run.problem, False
        yield from ((line, False) for line in run.log[-_LOG_LINES:])
        return
    sent = _sends(run)
    for name, (probe, _) in known[0].items():
        before = [each[name][1] for each in known if name in each]
        if name in sent:
            yield from _answers(probe, before, sent[name][1], bodies)
        elif len(before) == len(known):
            yield f"{name}: not reached any more", False
    yield from _end(fat, run)


def _answers(
    probe: Probe, before: Sequence[Sequence[Answer]], after: Sequence[Answer], bodies: bool
) -> Iterator[Found]:
    """The answers to one probe: the first of the slim image is held against the firsts, and so on;
    what bodies say against all of them."""
    every = [answer for run in before for answer in run]
    for number, answer in enumerate(after):
        same = [run[number] for run in before if number < len(run)]
        if not same:
            continue
        found = _nearest(probe, same, answer)
        if not found and bodies and probe.name != HEALTHCHECK and probe.compare != "status":
            alike = [each for each in every if each.status == answer.status]
            found = tuple(_content(alike, answer, exact=probe.compare == "exact"))
        again = " (sent again)" if number else ""
        yield from ((f"{probe.name}{again}: {each}", answer.timed_out) for each in found)


def _nearest(probe: Probe, before: Sequence[Answer], after: Answer) -> tuple[str, ...]:
    """How an answer differs from that of the fat image which it is most like."""
    found = min((probes.differences(probe, each, after) for each in before), key=len)
    # What the fat image itself fails, such as a HEALTHCHECK, may go on failing.
    if found or any(probes.failures(probe, each) for each in before):
        return found
    return probes.failures(probe, after)


def _content(before: Sequence[Answer], after: Answer, *, exact: bool) -> Iterator[str]:
    """How body and headers differ from what all answers of the fat image have in common; with
    `exact`, how the body differs from each of them."""
    known, new = [each.compared for each in before], after.compared
    for header in sorted(probes.COMPARED_HEADERS):
        values = [each.headers.get(header, "").encode() for each in known]
        if values and (told := difference(values, new.headers.get(header, "").encode())):
            yield f"the header {header} differs: {told}"
    digests = {each.digest for each in known}
    if not before or new.digest in digests or after.unread or any(e.unread for e in before):
        return
    limit = probes.COMPARED_LIMIT
    if exact:
        told = difference([known[0].body], new.body, cut=True)
        yield f"the answer is not exactly the same: {told or 'it differs further behind'}"
        return
    cut = any(len(each.body) >= limit for each in (*known, new))
    if told := difference([each.body for each in known], new.body, cut=cut):
        yield f"the answer differs: {told}"
    elif cut and len(digests) == 1:
        yield f"the answer differs after its first {limit // 1024} KiB"


def _end(fat: Sequence[Exercise], run: Exercise) -> Iterator[Found]:
    fat = [each for each in fat if not each.problem]
    if all(each.went_on for each in fat) and not run.went_on and run.exit_code != 0:
        code = run.exit_code
        yield f"it ended by itself with exit code {code}; the fat image ran on", False
        yield from ((line, False) for line in run.log[-_LOG_LINES:])
    elif all(each.exit_code == 0 for each in fat) and run.exit_code not in (None, 0, KILLED):
        yield f"stopped, it ended with exit code {run.exit_code}; the fat image with 0", False


def _sends(run: Exercise) -> Sends:
    sends: Sends = {}
    for probe, answer in (*run.answers, *run.repeats):
        _, earlier = sends.get(probe.name, (probe, ()))
        sends[probe.name] = (probe, (*earlier, answer))
    return sends


def _flaky(fat: Sequence[Sends], slim: Sequence[Sends]) -> Iterator[str]:
    """The probes that the fat image itself answers differently from run to run."""
    for name in fat[0]:
        runs = [each[name][1] for each in fat if name in each]
        outcomes = {tuple(_outcome(answer) for answer in run) for run in runs}
        if len(outcomes) > 1:
            before, after = _counted(fat, name), _counted(slim, name)
            yield f"{name}: flaky: the fat image gave {before}; the slim image {after}"


def _counted(runs: Sequence[Sends], name: str) -> str:
    """`200 (5 of 6), timed out after 30 s (1 of 6)`."""
    answers = [answer for each in runs if name in each for answer in each[name][1]]
    counts = Counter(_outcome(answer) for answer in answers).most_common()
    told = [f"{outcome} ({count} of {len(answers)})" for outcome, count in counts]
    return ", ".join(told) or "no answer"


def _outcome(answer: Answer) -> str:
    return answer.error or str(answer.status)
