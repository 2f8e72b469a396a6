"""Tests `run` probes: each has a container of its own, with the settings of the target."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from ci_slim.engine.docker import Engine, State
from ci_slim.engine.execution import Executed
from ci_slim.engine.identity import Identity
from ci_slim.errors import CannotStart, EngineError, ProbeFailed
from ci_slim.image.config import ImageConfig
from ci_slim.observe import watch
from ci_slim.observe.exercise import OutOfTime, refuse_failed, run_untraced, under_probes
from ci_slim.observe.observation import Exercise, Observation, Patience
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.target import Target
from ci_slim.observe.toolkit import Toolkit
from ci_slim.observe.traces import Traces
from ci_slim.observe.watched_container import WatchedContainer
from ci_slim.platforms import parse
from ci_slim.probes import HttpProbe, Probe
from ci_slim.probes.run import RunProbe
from ci_slim.settings.plans import HostPlan, PutFile, Ready, RunPlan, Service

KIT = Toolkit("ld.so", b"")
CONFIG: dict[str, Any] = {"Entrypoint": ["books"], "Cmd": ["help"], "Env": []}


@dataclass
class Daemon:
    """A daemon with containers that end at once, or that `hang` until they are killed."""

    platform: Any = field(default_factory=lambda: parse("amd64"))
    created: list[tuple[list[str], dict[str, Any]]] = field(default_factory=list)
    stdin: list[bytes] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    fails: EngineError | None = None
    hang: bool = False
    early: int = 0
    """So many containers exit with 1, because a service is still starting."""
    killed: dict[str, threading.Event] = field(default_factory=dict)

    def create(self, image: str, entrypoint: list[str], command: list[str], **more: Any) -> str:
        self.created.append(([*entrypoint, *command], more))
        name = f"c{len(self.created)}"
        self.left.add(name)
        self.killed[name] = threading.Event()
        return name

    def put(self, container: str, folder: str, archive: bytes) -> None:
        assert container in self.left

    def start(self, container: str) -> None:
        raise AssertionError("the image itself must not be started")

    def run(self, container: str, started: Any, *, stdin: bytes, limit: int) -> Executed:
        if self.fails is not None:
            raise self.fails
        started()
        self.stdin.append(stdin)
        if self.hang:
            self.killed[container].wait(30)
        code = 137 if self.hang else int(len(self.stdin) <= self.early)
        return Executed(code, f"said by {container}".encode(), b"")

    def identity(self, container: str) -> Identity:
        return Identity(container * 32, "name", ())

    def signal(self, container: str, name: str) -> None:
        self.killed[container].set()

    def state(self, container: str) -> State:
        return State(False, 0, False, "")

    def remove(self, container: str) -> None:
        self.left.discard(container)


def spec(*probes: Probe, run: RunPlan | None = None, **config: Any) -> RunSpec:
    image = ImageConfig({"config": {**CONFIG, **config}})
    return RunSpec("books:1", parse("amd64"), image, run or RunPlan(), probes, "books:1")


def engine(daemon: Daemon) -> Engine:
    return cast(Engine, daemon)


def tools() -> Tools:
    return Tools(KIT, lambda _: KIT)


def exercise(daemon: Daemon, asked: RunSpec) -> Exercise:
    return run_untraced(engine(daemon), tools(), asked)


def test_each_probe_runs_the_image_with_its_arguments() -> None:
    daemon = Daemon()
    run = RunPlan(
        {"A": "1"}, user="9", files=(PutFile("/etc/a", b""),), host=HostPlan(("/data",), init=True)
    )
    probes = (
        RunProbe("run"),
        RunProbe("run totals", ("totals", "a.csv")),
        RunProbe("twice", ("x",), repeat=True, stdin=b"in"),
    )
    found = exercise(daemon, spec(*probes, run=run))
    commands = [command for command, _ in daemon.created]
    twice = ["books", "x"]
    assert commands == [["books", "help"], ["books", "totals", "a.csv"], twice, twice, twice]
    for _, settings in daemon.created:
        assert settings["environment"] == {"A": "1"}
        assert (settings["user"], settings["volumes"]) == ("9", ["/data"])
        assert settings["host"] == {"init": True, "network_mode": "bridge"}
    assert [settings["stdin_open"] for _, settings in daemon.created] == [False, False, *[True] * 3]
    assert daemon.stdin == [b"", b"", b"in", b"in", b"in"]
    assert [(probe.name, answer.body) for probe, answer in (*found.answers, *found.repeats)] == [
        ("run", b"said by c1"),
        ("run totals", b"said by c2"),
        *(("twice", f"said by c{number}".encode()) for number in (3, 4, 5)),
    ]
    assert (found.problem, found.went_on, found.exit_code) == ("", True, None)
    assert not daemon.left


@pytest.mark.parametrize(
    ("services", "early", "within", "patience", "statuses", "runs"),
    [
        ((), 1, 60.0, None, [1, 0], 2),
        ((Service("db", "db"),), 0, 60.0, None, [0, 0], 2),
        ((Service("db", "db"),), 3, 60.0, None, [0, 0], 5),
        ((Service("db", "db"),), 1, 0.0, None, [1, 0], 2),
        ((Service("db", "db"),), 3, 0.0, Patience(5.0, {"run": 60.0}), [0, 0], 5),
        ((Service("db", "db"),), 1, 60.0, Patience(5.0, {"run": -60.0}), [1, 0], 2),
    ],
)
def test_a_run_that_fails_is_repeated_while_services_may_start(
    services: tuple[Service, ...],
    early: int,
    within: float,
    patience: Patience | None,
    statuses: list[int],
    runs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ci_slim.observe.sender.SLOWEST_POLL", 0.0)
    monkeypatch.setattr("ci_slim.observe.services.Services.start", lambda _: None)
    daemon = Daemon(early=early)
    run = RunPlan(services=services, ready=Ready(within=within))
    asked = replace(spec(RunProbe("run"), RunProbe("more"), run=run), patience=patience)
    found = exercise(daemon, asked)
    assert [answer.status for _, answer in found.answers] == statuses
    assert len(daemon.created) == runs
    assert found.answered.keys() == {"run", "more"}
    assert not daemon.left


def test_the_command_of_the_plan_replaces_that_of_the_image() -> None:
    daemon = Daemon()
    run = RunPlan(command=("mine",), entrypoint=("other",))
    exercise(daemon, spec(RunProbe("run"), RunProbe("run a", ("a",)), run=run))
    assert [command for command, _ in daemon.created] == [["other", "mine"], ["other", "a"]]


@pytest.mark.parametrize(
    ("probes", "run", "config", "starts"),
    [
        ((RunProbe("run"),), RunPlan(), {}, False),
        ((), RunPlan(), {}, True),
        ((RunProbe("run"), HttpProbe("GET /")), RunPlan(), {}, True),
        ((RunProbe("run"),), RunPlan(), {"ExposedPorts": {"80/tcp": {}}}, True),
        ((RunProbe("run"),), RunPlan(port=80), {}, True),
        ((RunProbe("run"),), RunPlan(ready=Ready("log", pattern="up")), {}, True),
        ((RunProbe("run"),), RunPlan(ready=Ready("none")), {}, True),
        ((RunProbe("run"),), RunPlan(observe_for=60.0), {}, True),
    ],
)
def test_what_serves_nothing_is_not_started_for_run_probes_alone(
    probes: tuple[Probe, ...], run: RunPlan, config: dict[str, Any], starts: bool
) -> None:
    asked = spec(*probes, run=run, **config)
    assert Target(engine(Daemon()), tools(), asked, watch.UNTRACED).starts is starts


@pytest.mark.parametrize("tracer", [None, KIT])
def test_a_run_that_hangs_is_killed_and_removed(tracer: Toolkit | None) -> None:
    daemon = Daemon(hang=True)
    asked = spec(RunProbe("run", timeout=0.05), RunProbe("again", timeout=0.05))
    with Target.start(engine(daemon), tools(), asked, watch.Watch(tracer)) as target:
        found = under_probes(target, asked)
    told = "timed out after 0.05 s; if it needs longer, raise `timeout` of the probe"
    assert [answer.error for _, answer in found.answers] == [told, told]
    assert all(each.is_set() for each in daemon.killed.values())
    assert not daemon.left
    with pytest.raises(ProbeFailed) as failed:
        refuse_failed(found, asked)
    assert failed.value.hint == "correct the probe or the image"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('exec: "books": executable file not found in $PATH', 127),
        ('exec: "/books": stat /books: no such file or directory', 127),
        ("exec: /books: permission denied", 126),
    ],
)
def test_a_program_that_cannot_be_started_is_an_exit_code(said: str, code: int) -> None:
    daemon = Daemon(fails=CannotStart(said))
    ((_, answer),) = exercise(daemon, spec(RunProbe("run"))).answers
    assert (answer.ok, answer.status, answer.stderr) == (False, code, said)
    assert not daemon.left


@pytest.mark.parametrize("tracer", [None, KIT])
def test_an_error_of_the_daemon_leaves_no_container(tracer: Toolkit | None) -> None:
    daemon = Daemon(fails=EngineError("the connection to the Docker daemon broke"))
    asked = spec(RunProbe("run"))
    with (
        pytest.raises(EngineError) as raised,
        Target.start(engine(daemon), tools(), asked, watch.Watch(tracer)) as target,
    ):
        under_probes(target, asked)
    assert raised.value.where == "books:1 (linux/amd64)"
    assert not daemon.left


def test_no_further_container_runs_after_the_time_of_all_probes() -> None:
    daemon = Daemon(hang=True)
    asked = spec(RunProbe("run"), RunProbe("again"))
    with pytest.raises(OutOfTime):
        run_untraced(engine(daemon), tools(), asked, 0.05)
    assert daemon.stdin == [b""]
    assert not daemon.left


def test_what_a_container_used_belongs_to_the_part_of_its_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    container = WatchedContainer(
        engine(Daemon()), tools(), spec(), watch.Watch(KIT), cast(Any, None)
    )

    def trace(path: str) -> Traces:
        made = Traces(container)
        monkeypatch.setattr(made, "_collect", lambda _: Observation(missed=frozenset({path})))
        return made

    traces = Traces(container, starts=False)
    monkeypatch.setattr(traces, "_collect", lambda _: Observation.none())
    traces.mark()
    traces.add_container(trace("/a"))
    traces.add_container(trace("/b"))
    traces.mark()
    traces.add_container(trace("/c"))
    traces.mark()
    found = [set(part.missed) for part in traces.parts()]
    assert found == [set(), {"/a", "/b"}, {"/c"}, set()]
    assert traces.observation().missed == {"/a", "/b", "/c"}
