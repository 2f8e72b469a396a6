"""Runs an image under the tracer, sends it the probes, and reads what it used."""

import itertools
import threading
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
    """Exercise the fat image. If QEMU crashes, try once more, because the crash says nothing about
    the image. With `apart`, the result shows what each probe used."""
    by_hand = spec.run.observe_for
    exercise = run_under_probes(engine, tools, spec, apart=apart, by_hand=by_hand)
    if exercise.emulator_crash:
        return run_under_probes(engine, tools, spec, apart=apart)
    return exercise


def refuse_failed(exercise: Exercise, spec: RunSpec) -> None:
    """Raise ProbeFailed if the fat image did not answer as expected, and EngineError if something
    that it did was not observed."""
    where = spec.where
    if exercise.emulator_crash:
        raise EngineError(
            f"QEMU crashed twice. This says nothing about the image: {exercise.emulator_crash}",
            where=where,
            hint="update the emulators (--emulators), or run ci-slim on a machine of this platform",
            details=exercise.log,
        )
    if exercise.problem:
        raise ProbeFailed(
            exercise.problem,
            where=where,
            hint="see its last lines above; set what it needs under `run:` (env, command, user, "
            f"services, ready), or with --env, --command, --user; {ready_hint(exercise.log)}",
            details=exercise.log,
        )
    failed = [
        (probe, failure)
        for probe, answer in exercise.answers
        if probe.name != HEALTHCHECK
        for failure in probes.failures(probe, answer)
    ]
    if failed:
        early = f"; if the application was not ready yet, {ready_hint(exercise.log)}"
        if all(probes.has_own_container(probe) for probe, _ in failed):
            early = ""
        broken = tuple(f"{probe.name}: {failure}" for probe, failure in failed)
        raise ProbeFailed(
            f"{len(broken)} probe{'s' if len(broken) > 1 else ''} failed on the fat image",
            where=where,
            hint=f"correct the probe or the image{early}",
            details=broken + exercise.log,
        )
    if exercise.observation.lost:
        raise EngineError(
            "the trace is incomplete, so ci-slim does not know everything that the image needs",
            where=where,
            hint="allow the capability SYS_PTRACE in the daemon; if that does not help, report the "
            "lines below",
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
    """Exercise an image and observe which files it uses.

    With `apart`, the result shows which probe used which file. After the probes, somebody may use
    the image by hand for `by_hand` seconds. `started` is called once the container runs.
    """
    how = watch.for_files(tools.tracer, spec.privileges)
    with Target.start(engine, tools, spec, how) as target:
        started()
        exercise = under_probes(target, spec, apart=apart, by_hand=by_hand)
        exercise = replace(exercise, observation=target.observation())
        return replace(exercise, parts=_parts(target, exercise.parts)) if apart else exercise


def _parts(target: Target, sent: Mapping[str, Part]) -> Mapping[str, Part]:
    """What each probe used, by its name. The name "" stands for what belongs to no probe."""
    start, *found = target.parts() or (Observation.none(),)
    parts = {
        name: replace(part, observation=seen)
        for (name, part), seen in zip(sent.items(), found, strict=False)
    }
    for seen in found[len(sent) :]:
        start = start.merge(seen)
    return {**parts, "": Part(start, ())}


class OutOfTime(EngineError):
    """The probes were not over in the time that was given."""


def run_untraced(
    engine: Engine, tools: Tools, spec: RunSpec, seconds: float | None = None
) -> Exercise:
    """Exercise an image as it runs on the device. Nothing is copied into it, and its files are not
    observed. After so many seconds the container is killed, and OutOfTime is raised."""
    over = threading.Event()
    with Target.start(engine, tools, spec, watch.UNTRACED) as target:

        def kill() -> None:
            over.set()
            target.kill()

        limit = threading.Timer(seconds or 0, kill)
        limit.daemon = True
        if seconds is not None:
            limit.start()
        late = OutOfTime(f"the probes were not over in {seconds or 0:.0f} s", where=spec.where)
        try:
            found = under_probes(target, spec)
        except EngineError:
            if over.is_set():
                raise late from None
            raise
        finally:
            limit.cancel()
        if over.is_set():
            raise late
        return found


def under_probes(
    target: Target, spec: RunSpec, *, apart: bool = False, by_hand: float = 0.0
) -> Exercise:
    """Wait until a started container is ready, send it the probes, and stop it. If none is started,
    only send the probes. With `apart`, each probe ends a part of the trace."""
    began = time.monotonic()
    sent: dict[str, Part] = {}
    answers: Answers = ()
    repeats: Answers = ()
    problem = ""
    if not target.starts:
        sent, repeats = _send_all(target, spec, apart=apart)
    elif not spec.probes and not target.serves():
        answers = (_run_to_end(target, spec),)
    else:
        problem = target.wait_until_ready()
        if not problem:
            time.sleep(spec.later)
            sent, repeats = _send_all(target, spec, apart=apart)
            if check := healthcheck(spec.config):
                answers = tuple(_send(target, check))
            if by_hand:
                target.wait_for_use_by_hand(by_hand)
            target.settle()
    seconds = time.monotonic() - began
    problem = problem or target.tracer_problem()
    went_on = not target.starts or target.state().running
    target.stop()
    return Exercise(
        (*(each for part in sent.values() for each in part.answers), *answers),
        problem=problem,
        log=target.log_lines(LOG_LINES),
        application_seconds=seconds,
        start_seconds=target.start_seconds,
        exit_code=target.state().exit_code,
        went_on=went_on,
        repeats=repeats,
        parts=sent,
        answered=target.answered,
    )


def _send_all(target: Target, spec: RunSpec, *, apart: bool) -> tuple[dict[str, Part], Answers]:
    """The answers to each probe, and the answers to the repeated probes. The probes are repeated
    after all probes, or with `apart` after each probe."""
    parts: dict[str, Part] = {}
    repeats: list[tuple[Probe, Answer]] = []
    if apart:
        target.mark()
    for probe in spec.probes:
        answers = tuple(_send(target, probe))
        parts[probe.name] = Part(Observation.none(), answers)
        if apart:
            repeats += _send_again(target, answers)
            target.mark()
    if not apart:
        every = [each for part in parts.values() for each in part.answers]
        repeats += _send_again(target, every)
    return parts, tuple(repeats)


def _run_to_end(target: Target, spec: RunSpec) -> tuple[Probe, Answer]:
    """Let an image that serves nothing run to its end. The run is the probe, and the exit code is
    the answer."""
    probe = ExecProbe(RUN_TO_END, ())
    began = time.monotonic()
    code = wait_for_end(target.state, spec.run.ready.within)
    milliseconds = round((time.monotonic() - began) * 1000)
    ran_on = (
        f"still running after {spec.run.ready.within:g} s; it serves no port, so set "
        "`ready` (when it is ready) or `probes` (what exercises it)"
    )
    return probe, Answer(
        ok=code in (0, None),
        status=code,
        ms=milliseconds,
        error=ran_on if code is None else "",
    )


def _send(target: Target, probe: Probe) -> Iterator[tuple[Probe, Answer]]:
    """Send a probe and yield its answer. A crawl has one answer for each page."""
    for found in target.send(probe):
        # A crawl may have a thousand pages of a megabyte each.
        yield found.probe, judged(found.probe, found.answer, target.mask)


def _send_again(
    target: Target, answers: Sequence[tuple[Probe, Answer]]
) -> Iterator[tuple[Probe, Answer]]:
    """Send each probe that may be repeated twice more, in reverse order. This finds files that are
    needed only from the second request on, or only after another request."""
    again = [probe for probe, answer in reversed(answers) if probes.repeated(probe)]
    asked = [probe for probe in again for _ in range(2) if isinstance(probe, HttpProbe)]
    sent = target.send_again(asked)
    for probe in again:
        if not isinstance(probe, HttpProbe):
            sent = itertools.chain(sent, target.send(probe), target.send(probe))
    for found in sent:
        yield found.probe, judged(found.probe, found.answer, target.mask)
