"""Tests starting a container and running a command in it: which output is kept."""

import contextlib
import io
import re
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any, cast

import docker
import pytest
from docker.errors import APIError

from ci_slim.engine.docker import Engine
from ci_slim.errors import CannotStart, EngineError


class Writer:
    """A daemon with a container in which a command writes these pieces of stdout and stderr."""

    def __init__(self, *pieces: tuple[bytes | None, bytes | None]) -> None:
        self._pieces = pieces

    def exec_create(self, container: str, argv: list[str]) -> dict[str, str]:
        assert (container, argv) == ("c1", ["yes"])
        return {"Id": "e1"}

    def exec_start(self, name: str, **_: Any) -> Iterator[tuple[bytes | None, bytes | None]]:
        assert name == "e1"
        yield from self._pieces

    def exec_inspect(self, name: str) -> dict[str, int]:
        assert name == "e1"
        return {"ExitCode": 3}


PIECES = ((b"abc", None), (b"def", b"123"), (None, b"456"), (b"ghi", None))


@pytest.mark.parametrize(
    ("limit", "out", "err"),
    [
        (None, b"abcdefghi", b"123456"),
        (100, b"abcdefghi", b"123456"),
        (5, b"abcde", b"23456"),
        (3, b"abc", b"456"),
    ],
)
def test_the_first_of_stdout_and_the_last_of_stderr_are_kept(
    limit: int | None, out: bytes, err: bytes
) -> None:
    engine = Engine(cast(docker.APIClient, Writer(*PIECES)), "r1")
    done = engine.execute("c1", ["yes"], limit=limit)
    assert (done.code, done.stdout, done.stderr) == (3, out, err)


def test_a_sink_takes_all_of_stdout() -> None:
    engine = Engine(cast(docker.APIClient, Writer(*PIECES)), "r1")
    sink = io.BytesIO()
    assert engine.execute("c1", ["yes"], sink=sink, limit=1).stdout == b""
    assert sink.getvalue() == b"abcdefghi"


def test_images_of_files_have_names_of_their_own() -> None:
    """If a name were used twice, the first image would stay without a name."""

    class Importer:
        def __init__(self) -> None:
            self.tags: list[str] = []

        def import_image_from_data(self, data: bytes, repository: str, tag: str) -> None:
            self.tags.append(f"{repository}:{tag}")

    client = Importer()
    engine = Engine(cast(docker.APIClient, client), "r1")
    made = [engine.import_files(b"tar", "platforms") for _ in range(2)]
    assert made == client.tags
    assert len(set(made)) == 2


LOST = (
    "failed to create task for container: runc create failed: unable to start container process: "
    "waiting for init preliminary setup: read init-p: connection reset by peer"
)


class LostOnce(Writer):
    """A daemon whose runc loses its first process so many times."""

    def __init__(self, lost: int, *, said: str = LOST, code: int = 126) -> None:
        super().__init__((b"done", None))
        self.lost, self.said, self.code = lost, said, code
        self.begun = 0

    def exec_start(self, name: str, **_: Any) -> Iterator[tuple[bytes | None, bytes | None]]:
        self.begun += 1
        yield (self.said.encode(), None) if self.begun <= self.lost else (b"done", None)

    def exec_inspect(self, name: str) -> dict[str, int]:
        return {"ExitCode": self.code if self.begun <= self.lost else 0}


@pytest.mark.parametrize(
    ("daemon", "code", "begun"),
    [
        (LostOnce(0), 0, 1),
        (LostOnce(1), 0, 2),
        (LostOnce(2), 126, 2),
        (LostOnce(1, said="permission denied"), 126, 1),
        (LostOnce(1, code=1), 1, 1),
    ],
)
def test_a_command_that_runc_lost_is_repeated(daemon: LostOnce, code: int, begun: int) -> None:
    engine = Engine(cast(docker.APIClient, daemon), "r1")
    done = engine.execute("c1", ["yes"], limit=1000)
    assert (done.code, daemon.begun) == (code, begun)
    assert (done.stdout == b"done") == (code == 0)


class Starter:
    """A daemon that fails to start a container with these errors, one after the other."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        self.starts = 0

    def start(self, container: str) -> None:
        self.starts += 1
        if self.reasons:
            raise APIError("500", explanation=self.reasons.pop(0))


@pytest.mark.parametrize(
    ("reasons", "starts", "problem"),
    [
        ((), 1, ""),
        ((LOST,), 2, ""),
        ((LOST, LOST), 2, "init preliminary setup"),
        (("exec: no such file",), 1, "no such file"),
        ((LOST, "exec: no such file"), 2, "no such file"),
    ],
)
def test_a_start_that_runc_lost_is_repeated(
    reasons: tuple[str, ...], starts: int, problem: str
) -> None:
    daemon = Starter(*reasons)
    engine = Engine(cast(docker.APIClient, daemon), "r1")
    if problem:
        with pytest.raises(EngineError, match=problem):
            engine.start("c1")
    else:
        engine.start("c1")
    assert daemon.starts == starts


class Losing(Writer):
    """A daemon that loses the output of the first calls, which end with exit code 0."""

    def __init__(self, lost: int, *pieces: tuple[bytes | None, bytes | None]) -> None:
        super().__init__(*pieces)
        self.lost, self.begun = lost, 0

    def exec_start(self, name: str, **_: Any) -> Iterator[tuple[bytes | None, bytes | None]]:
        self.begun += 1
        return super().exec_start(name) if self.begun > self.lost else iter(())

    def exec_inspect(self, name: str) -> dict[str, int]:
        return {"ExitCode": 0}


@pytest.mark.parametrize(
    ("lost", "pieces", "speaks", "begun"),
    [
        (0, PIECES, True, 1),
        (1, PIECES, True, 2),
        (9, PIECES, True, 2),
        (0, ((None, b"on stderr alone"),), True, 1),
        (1, PIECES, False, 1),
    ],
)
@pytest.mark.parametrize("sink", [None, io.BytesIO()])
def test_a_command_whose_output_was_lost_is_repeated(
    lost: int,
    pieces: tuple[tuple[bytes | None, bytes | None], ...],
    speaks: bool,
    begun: int,
    sink: io.BytesIO | None,
) -> None:
    daemon = Losing(lost, *pieces)
    Engine(cast(docker.APIClient, daemon), "r1").execute("c1", ["yes"], sink=sink, speaks=speaks)
    assert daemon.begun == begun


class Unpacking:
    """A daemon that fails to unpack so many times, with this message."""

    def __init__(self, times: int, words: str) -> None:
        self.times, self.words, self.asked = times, words, 0

    def put_archive(self, container: str, folder: str, archive: bytes) -> bool:
        self.asked += 1
        if self.asked <= self.times:
            raise APIError("500", explanation=self.words)
        return True


BROKEN = "passing bulk input to subprocess: write |1: broken pipe"


@pytest.mark.parametrize(
    ("times", "words", "asked", "fails"),
    [
        (0, BROKEN, 1, False),
        (1, BROKEN, 2, False),
        (9, BROKEN, 4, True),
        (1, "no space left on device", 1, True),
    ],
)
def test_a_tar_is_sent_again_where_podman_lost_its_padding(
    times: int, words: str, asked: int, fails: bool
) -> None:
    daemon = Unpacking(times, words)
    engine = Engine(cast(docker.APIClient, daemon), "r1")
    with contextlib.ExitStack() as stack:
        if fails:
            stack.enter_context(pytest.raises(EngineError, match=words.replace("|", ".")))
        engine.put("c1", "/", b"")
    assert daemon.asked == asked


RUNC = (
    "failed to create task for container: runc create failed: unable to start container process: "
)


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        (
            f'{RUNC}exec: "x": not found in $PATH: unknown',
            CannotStart,
            'exec: "x": not found in $PATH',
        ),
        (f"{RUNC}error during container init: exec: /x: denied", CannotStart, "exec: /x: denied"),
        (f"{RUNC}unable to apply cgroup configuration", EngineError, "unable to apply cgroup"),
    ],
)
def test_a_program_that_cannot_be_executed_is_an_error_of_its_own(
    said: str, kind: type[EngineError], message: str
) -> None:
    class Refusing:
        def start(self, container: str) -> None:
            raise APIError("400", explanation=said)

    engine = Engine(cast(docker.APIClient, Refusing()), "r1")
    with pytest.raises(EngineError, match=re.escape(message)) as caught:
        engine.start("0123456789abcdef")
    assert type(caught.value) is kind


class Runner:
    """A daemon whose container answers with its input on stdout, and with a word on stderr."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def attach_socket(self, container: str, wanted: dict[str, int]) -> socket.socket:
        self.calls.append(f"attach {' '.join(wanted)}")
        self.own, other = socket.socketpair()
        return other

    def start(self, container: str) -> None:
        self.calls.append("start")

        def answer() -> None:
            with self.own:
                said = b""
                while "stdin" in self.calls[0] and (piece := self.own.recv(100)):
                    said += piece
                for stream, text in ((1, b"got "), (2, b"warned"), (1, said)):
                    self.own.sendall(struct.pack(">BxxxL", stream, len(text)) + text)

        threading.Thread(target=answer).start()

    def wait(self, container: str) -> dict[str, int]:
        self.calls.append("wait")
        return {"StatusCode": 7}


@pytest.mark.parametrize(
    ("stdin", "limit", "out", "err", "attached"),
    [
        (b"", None, b"got ", b"warned", "attach stdout stderr stream"),
        (b"a word", None, b"got a word", b"warned", "attach stdout stderr stream stdin"),
        (b"a word", 5, b"got a", b"arned", "attach stdout stderr stream stdin"),
    ],
)
def test_a_container_is_attached_started_and_waited_for(
    stdin: bytes, limit: int | None, out: bytes, err: bytes, attached: str
) -> None:
    daemon = Runner()
    engine = Engine(cast(docker.APIClient, daemon), "r1")
    done = engine.run("c1", lambda: daemon.calls.append("told"), stdin=stdin, limit=limit)
    assert (done.code, done.stdout, done.stderr) == (7, out, err)
    assert daemon.calls == [attached, "start", "told", "wait"]
