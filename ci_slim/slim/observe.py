"""Run an image under the carried tracer, send it the probes, and read what it used."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError, ProbeFailed
from ci_slim.slim import probes, watch
from ci_slim.slim.observation import Observation
from ci_slim.slim.probes import Answer, CrawlProbe, ExecProbe, Probe
from ci_slim.slim.readiness import wait_for_end
from ci_slim.slim.running import HEALTHCHECK, healthcheck
from ci_slim.slim.subject import Subject, Tools
from ci_slim.slim.target import LOG_LINES, Target

RUN_TO_END = "run to its end"


@dataclass(frozen=True, slots=True)
class Exercise:
    """What one run under probes showed."""

    answers: tuple[tuple[Probe, Answer], ...]
    observation: Observation = field(default_factory=Observation.none)
    """Which files it used; of nothing, where it was not watched for that."""
    problem: str = ""
    """Why the probes could not be sent: it ended early or never became ready. '' when they were."""
    log: tuple[str, ...] = ()
    """The last lines that the container wrote."""
    application_seconds: float = 0.0
    """The application's own start and its answers."""
    exit_code: int | None = None
    """What it ended with when it was stopped; 137 when it had to be killed."""
    went_on: bool = True
    """It ran until it was stopped."""


def observe(engine: Engine, tools: Tools, subject: Subject) -> Exercise:
    """Exercise the fat image. Raises ProbeFailed when it does not answer as expected, and
    EngineError when something of what it did was not seen."""
    exercise = run_under_probes(engine, tools, subject)
    where = f"{subject.image} ({subject.platform})"
    if exercise.problem:
        raise ProbeFailed(
            exercise.problem,
            where=where,
            hint="see its last lines below; set what it needs under `run:` (env, command, user, "
            "services, ready), or with --env, --command, --user, --ready",
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
            hint="mend the probe or the image first: a slim image is only as good as its probes",
            details=broken + exercise.log,
        )
    if exercise.observation.lost:
        raise EngineError(
            "something that the image did was not seen, so what it needs is not known",
            where=where,
            hint="the daemon must allow the capability SYS_PTRACE; else report the lines below",
            details=tuple(f"{lost.process}: {lost.detail}" for lost in exercise.observation.lost),
        )
    return exercise


def run_under_probes(
    engine: Engine, tools: Tools, subject: Subject, started: Callable[[], object] = lambda: None
) -> Exercise:
    """Exercise an image and see which files it uses. `started` is called once it runs."""
    with Target.started(engine, tools, subject, watch.for_files(tools.tracer)) as target:
        started()
        exercise = under_probes(target, subject)
        return replace(exercise, observation=target.observation())


def under_probes(target: Target, subject: Subject) -> Exercise:
    """Wait until a started container is ready, send it the probes, stop it."""
    began = time.monotonic()
    answers: tuple[tuple[Probe, Answer], ...] = ()
    if not subject.probes and not target.serves():
        problem = ""
        answers = (_run_to_end(target, subject),)
    else:
        problem = target.wait_until_ready()
        if not problem:
            answers = tuple(_answers(target, subject))
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
        exit_code=target.state().exit_code,
        went_on=went_on,
    )


def _run_to_end(target: Target, subject: Subject) -> tuple[Probe, Answer]:
    """An image that serves nothing: its own run is the probe, and its exit code the answer."""
    probe = ExecProbe(RUN_TO_END, ())
    began = time.monotonic()
    code = wait_for_end(target.state, subject.run.ready.within)
    milliseconds = round((time.monotonic() - began) * 1000)
    ran_on = (
        f"still running after {subject.run.ready.within:g} s; of what serves no port, say when it "
        "is ready (`ready`) or what exercises it (`probes`)"
    )
    return probe, Answer(
        ok=code in (0, None),
        status=code,
        ms=milliseconds,
        error=ran_on if code is None else "",
    )


def _answers(target: Target, subject: Subject) -> Iterator[tuple[Probe, Answer]]:
    """Send every probe in order, and the image's own health check last."""
    for probe in subject.probes:
        if isinstance(probe, CrawlProbe):
            # A crawl has a thousand pages, each of which may have a megabyte.
            yield from ((page, probes.judged(page, came)) for page, came in target.crawl(probe))
        else:
            yield probe, probes.judged(probe, target.send(probe))
    if check := healthcheck(subject.config):
        yield check, target.send(check)
