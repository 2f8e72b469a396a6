"""Run an image under the carried tracer, send it the probes, and read what it used."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ci_slim import probes
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError, ProbeFailed
from ci_slim.observe import watch
from ci_slim.observe.observation import RUN_TO_END, Exercise
from ci_slim.observe.readiness import ready_hint, wait_for_end
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import HEALTHCHECK, healthcheck
from ci_slim.observe.target import LOG_LINES, Target
from ci_slim.probes import Answer, ExecProbe, HttpProbe, Probe, judged


def observe(engine: Engine, tools: Tools, spec: RunSpec) -> Exercise:
    """Exercise the fat image; once more where QEMU crashed, which says nothing of the image."""
    exercise = run_under_probes(engine, tools, spec)
    return run_under_probes(engine, tools, spec) if exercise.emulator_crash else exercise


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
    engine: Engine, tools: Tools, spec: RunSpec, started: Callable[[], object] = lambda: None
) -> Exercise:
    """Exercise an image and see which files it uses. `started` is called once it runs."""
    how = watch.for_files(tools.tracer, spec.privileges)
    with Target.started(engine, tools, spec, how) as target:
        started()
        exercise = under_probes(target, spec)
        return replace(exercise, observation=target.observation())


def run_untraced(engine: Engine, tools: Tools, spec: RunSpec) -> Exercise:
    """Exercise an image as it runs on the device: nothing is put into it, and nothing is seen of
    its files."""
    with Target.started(engine, tools, spec, watch.UNTRACED) as target:
        return under_probes(target, spec)


def under_probes(target: Target, spec: RunSpec) -> Exercise:
    """Wait until a started container is ready, send it the probes, stop it."""
    began = time.monotonic()
    answers: tuple[tuple[Probe, Answer], ...] = ()
    repeats: tuple[tuple[Probe, Answer], ...] = ()
    if not spec.probes and not target.serves():
        problem = ""
        answers = (_run_to_end(target, spec),)
    else:
        problem = target.wait_until_ready()
        if not problem:
            answers = tuple(_answers(target, spec))
            repeats = tuple(_repeats(target, answers))
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
    )


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


def _answers(target: Target, spec: RunSpec) -> Iterator[tuple[Probe, Answer]]:
    """Send every probe in order, and the image's own health check last."""
    check = healthcheck(spec.config)
    for probe in (*spec.probes, *((check,) if check else ())):
        for found in target.send(probe):
            # A crawl has a thousand pages, each of which may have a megabyte.
            yield found.probe, judged(found.probe, found.answer)


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
    yield from ((found.probe, judged(found.probe, found.answer)) for found in sent)
