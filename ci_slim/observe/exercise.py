"""Run an image under the carried tracer, send it the probes, and read what it used."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ci_slim import probes
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError, ProbeFailed
from ci_slim.observe import watch
from ci_slim.observe.observation import RUN_TO_END, Exercise, Observation, Part
from ci_slim.observe.readiness import ready_hint, wait_for_end
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import HEALTHCHECK, healthcheck
from ci_slim.observe.target import LOG_LINES, Target
from ci_slim.probes import Answer, ExecProbe, HttpProbe, Probe, judged

Answers = tuple[tuple[Probe, Answer], ...]


def observe(engine: Engine, tools: Tools, spec: RunSpec, *, apart: bool = False) -> Exercise:
    """Exercise the fat image; once more where QEMU crashed, which says nothing of the image. With
    `apart`, what each probe showed is told apart."""
    by_hand = spec.run.observe_for
    exercise = run_under_probes(engine, tools, spec, apart=apart, by_hand=by_hand)
    if exercise.emulator_crash:
        return run_under_probes(engine, tools, spec, apart=apart)
    return exercise


def refuse_failed(exercise: Exercise, spec: RunSpec) -> None:
    """Raise ProbeFailed when the fat image did not answer as expected, and EngineError when
    something of what it did was not seen."""
    where = spec.where
    if exercise.emulator_crash:
        raise EngineError(
            f"QEMU crashed twice, which says nothing of the image: {exercise.emulator_crash}",
            where=where,
            hint="update the emulators (--emulators), or run ci-slim on a machine of this platform",
            details=exercise.log,
        )
    if exercise.problem:
        raise ProbeFailed(
            exercise.problem,
            where=where,
            hint="its last lines are above; set what it needs under `run:` (env, command, user, "
            f"services, ready), or with --env, --command, --user; {ready_hint(exercise.log)}",
            details=exercise.log,
        )
    broken = tuple(
        f"{probe.name}: {failure}"
        for probe, answer in exercise.answers
        if probe.name != HEALTHCHECK
        for failure in probes.failures(probe, answer)
    )
    if broken:
        raise ProbeFailed(
            f"{len(broken)} probe{'s' if len(broken) > 1 else ''} failed on the fat image",
            where=where,
            hint="correct the probe or the image; if the application was not ready yet, "
            f"{ready_hint(exercise.log)}",
            details=broken + exercise.log,
        )
    if exercise.observation.lost:
        raise EngineError(
            "something that the image did was not seen, so what it needs is not known",
            where=where,
            hint="the daemon must allow the capability SYS_PTRACE; else report the lines below",
            details=tuple(f"{lost.process}: {lost.detail}" for lost in exercise.observation.lost),
        )


def run_under_probes(
    engine: Engine,
    tools: Tools,
    spec: RunSpec,
    started: Callable[[], object] = lambda: None,
    *,
    apart: bool = False,
    by_hand: float = 0.0,
) -> Exercise:
    """Exercise an image and see which files it uses; with `apart`, which probe uses which. After
    the probes, it may be used by hand for so many seconds. `started` is called once it runs."""
    how = watch.for_files(tools.tracer, spec.privileges)
    with Target.started(engine, tools, spec, how) as target:
        started()
        exercise = under_probes(target, spec, apart=apart, by_hand=by_hand)
        exercise = replace(exercise, observation=target.observation())
        return replace(exercise, parts=_parts(target, exercise.parts)) if apart else exercise


def _parts(target: Target, sent: Mapping[str, Part]) -> Mapping[str, Part]:
    """What each probe showed; what belongs to none has the name ""."""
    start, *found = target.parts() or (Observation.none(),)
    parts = {
        name: replace(part, observation=seen)
        for (name, part), seen in zip(sent.items(), found, strict=False)
    }
    for seen in found[len(sent) :]:
        start = start.merge(seen)
    return {**parts, "": Part(start, ())}


def run_untraced(engine: Engine, tools: Tools, spec: RunSpec) -> Exercise:
    """Exercise an image as it runs on the device: nothing is put into it, and nothing is seen of
    its files."""
    with Target.started(engine, tools, spec, watch.UNTRACED) as target:
        return under_probes(target, spec)


def under_probes(
    target: Target, spec: RunSpec, *, apart: bool = False, by_hand: float = 0.0
) -> Exercise:
    """Wait until a started container is ready, send it the probes, stop it. With `apart`, a part of
    its trace ends with each probe."""
    began = time.monotonic()
    sent: dict[str, Part] = {}
    answers: Answers = ()
    repeats: Answers = ()
    if not spec.probes and not target.serves():
        problem = ""
        answers = (_run_to_end(target, spec),)
    else:
        problem = target.wait_until_ready()
        if not problem:
            sent, repeats = _sent(target, spec, apart=apart)
            answers = tuple(each for part in sent.values() for each in part.answers)
            if check := healthcheck(spec.config):
                answers = (*answers, *_answers(target, check))
            if by_hand:
                target.wait_for_hands(by_hand)
            target.settle()
    seconds = time.monotonic() - began
    problem = problem or target.tracer_problem()
    went_on = target.state().running
    target.stop()
    return Exercise(
        answers,
        problem=problem,
        log=target.log_lines(LOG_LINES),
        application_seconds=seconds,
        start_seconds=target.start_seconds,
        exit_code=target.state().exit_code,
        went_on=went_on,
        repeats=repeats,
        parts=sent,
    )


def _sent(target: Target, spec: RunSpec, *, apart: bool) -> tuple[dict[str, Part], Answers]:
    """The answers of each probe, and those of what was sent again: all at the end, or with
    `apart` each behind its first."""
    parts: dict[str, Part] = {}
    repeats: list[tuple[Probe, Answer]] = []
    if apart:
        target.mark()
    for probe in spec.probes:
        answers = tuple(_answers(target, probe))
        parts[probe.name] = Part(Observation.none(), answers)
        if apart:
            repeats += _repeats(target, answers)
            target.mark()
    if not apart:
        every = [each for part in parts.values() for each in part.answers]
        repeats += _repeats(target, every)
    return parts, tuple(repeats)


def _run_to_end(target: Target, spec: RunSpec) -> tuple[Probe, Answer]:
    """An image that serves nothing: its own run is the probe, and its exit code the answer."""
    probe = ExecProbe(RUN_TO_END, ())
    began = time.monotonic()
    code = wait_for_end(target.state, spec.run.ready.within)
    milliseconds = round((time.monotonic() - began) * 1000)
    ran_on = (
        f"still running after {spec.run.ready.within:g} s; of what serves no port, say when it "
        "is ready (`ready`) or what exercises it (`probes`)"
    )
    return probe, Answer(
        ok=code in (0, None),
        status=code,
        ms=milliseconds,
        error=ran_on if code is None else "",
    )


def _answers(target: Target, probe: Probe) -> Iterator[tuple[Probe, Answer]]:
    """Send a probe: its answer, of a crawl that of each page."""
    for found in target.send(probe):
        # A crawl has a thousand pages, each of which may have a megabyte.
        yield found.probe, judged(found.probe, found.answer, target.mask)


def _repeats(
    target: Target, answers: Sequence[tuple[Probe, Answer]]
) -> Iterator[tuple[Probe, Answer]]:
    """Send each probe that may be repeated twice in a row, in the other order: what is needed from
    the second request on, or after another one, is found by it."""
    again = [probe for probe, answer in reversed(answers) if probes.repeated(probe)]
    asked = [probe for probe in again for _ in range(2) if isinstance(probe, HttpProbe)]
    sent = target.send_again(asked)
    for probe in again:
        if not isinstance(probe, HttpProbe):
            sent = itertools.chain(sent, target.send(probe), target.send(probe))
    for found in sent:
        yield found.probe, judged(found.probe, found.answer, target.mask)
