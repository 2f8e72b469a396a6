"""Tests what an application can do to its own traces, because it may write to their folder."""

import io
import tarfile
from collections.abc import Iterator
from typing import Any, cast

import pytest

from ci_slim.engine.docker import Engine
from ci_slim.observe.observation import How
from ci_slim.observe.trace.fetch import fetch_observation
from ci_slim.observe.trace.parse import LONGEST

LINE = b'7 openat(AT_FDCWD</>, "/etc/motd", O_RDONLY) = 3</etc/motd>\n'
MAIN = {"trace.main": True}


class Daemon:
    """Sends the files in the folder of traces: bytes, the target of a link, or nothing."""

    def __init__(self, **files: bytes | str) -> None:
        self._files = files
        self.sent = 0

    def get(self, _container: str, path: str) -> Iterator[bytes]:
        name = path.removeprefix("/.ci-slim/out/trace.")
        if name not in self._files:
            raise KeyError(path)
        content = self._files[name]
        member = tarfile.TarInfo(f"trace.{name}")
        if isinstance(content, str):
            member.type, member.linkname, content = tarfile.SYMTYPE, content, b""
        member.size = len(content)
        archive = io.BytesIO(member.tobuf() + content + bytes(-len(content) % 512 + 1024))
        while piece := archive.read(10_000):
            self.sent += len(piece)
            yield piece


def seen(daemon: Daemon, wanted: dict[str, bool] = MAIN) -> Any:
    return fetch_observation(cast(Engine, daemon), "c", wanted, "/")


def test_only_the_known_traces_are_read() -> None:
    forged = LINE.replace(b"motd", b"shadow")
    found = seen(Daemon(main=LINE * 1000, evil=forged))
    assert found.uses == {"/etc/motd": How.OPEN}
    assert not found.lost


@pytest.mark.parametrize("files", [{}, {"main": "/etc/passwd"}])
def test_a_trace_that_is_gone_or_replaced_is_a_loss(files: dict[str, bytes | str]) -> None:
    (lost,) = seen(Daemon(exec1=LINE, **files), {"trace.main": True, "trace.exec1": True}).lost
    assert "trace.main" in lost.detail


def test_an_optional_trace_may_be_missing() -> None:
    assert not seen(Daemon(main=LINE), MAIN | {"trace.exec1": False}).lost


def test_a_trace_filled_up_with_nothing_is_a_loss_and_not_read_to_its_end() -> None:
    daemon = Daemon(main=LINE + bytes(3 * LONGEST))
    found = seen(daemon)
    assert found.lost
    assert found.uses == {"/etc/motd": How.OPEN}
    assert daemon.sent < 2 * LONGEST
