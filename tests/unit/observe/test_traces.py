from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ci_slim.engine.execution import Executed
from ci_slim.observe.observation import Observation
from ci_slim.observe.toolkit import TRACER, Toolkit
from ci_slim.observe.traces import Traces
from ci_slim.observe.watched_container import WatchedContainer


class Container:
    """A container whose application grows a trace. It has the programs of the tracer only."""

    def __init__(self) -> None:
        self.trace = b""
        self.watch = SimpleNamespace(tracer=Toolkit("ld.so", b""))
        self.spec = SimpleNamespace(config=SimpleNamespace(config={}))
        self.engine, self.id = None, "it"

    def opens(self, path: str) -> None:
        self.trace += f'7 openat(AT_FDCWD, "{path}", O_RDONLY) = 3<{path}>\n'.encode()

    def run_inside(self, argv: list[str], *, sink: Any = None, **_: object) -> Executed:
        program, *arguments = argv[3:]
        name = program.rpartition("/")[2]
        if name not in TRACER:
            return Executed(127, b"", b"cannot open shared object file")
        assert (name, arguments[0]) == ("tail", "-c")
        sink.write(self.trace[int(arguments[1]) - 1 :])
        return Executed(0, b"", b"")


def test_each_part_of_a_run_has_what_was_used_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    container = Container()

    def fetch(*args: Any) -> Iterator[object]:
        read: Callable[[Iterator[bytes]], object] = args[3]
        yield read(iter(container.trace.splitlines(keepends=True)))

    monkeypatch.setattr("ci_slim.observe.trace.fetch.fetch_traces", fetch)
    traces = Traces(cast(WatchedContainer, container))
    for path in ("/start", "/a", "/b"):
        container.opens(path)
        traces.mark()
    container.opens("/end")
    monkeypatch.setattr(traces, "_collect", lambda _: Observation.none())
    found = [set(part.uses) & {"/start", "/a", "/b", "/end"} for part in traces.parts()]
    assert found == [{"/start"}, {"/a"}, {"/b"}, {"/end"}]
