"""Tests how files are fetched from a container that never ran its program."""

import io
import resource
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from ci_slim.engine.docker import Engine
from ci_slim.engine.execution import Executed
from ci_slim.errors import EngineError
from ci_slim.fat.reader_container import FEW, ReaderContainer
from ci_slim.observe.observation import How
from ci_slim.observe.toolkit import OUT, Toolkit

FILES = {f"/files/{number}": b"%d" % number * 3000 for number in range(1200)}
FILES["/odd/\udce9"] = b"no name in UTF-8"
FILES["/-rf"] = b"a name like an option"


def archive(*paths: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in paths:
            info = tarfile.TarInfo(path[1:])
            info.size = len(FILES[path])
            tar.addfile(info, io.BytesIO(FILES[path]))
    return out.getvalue()


class Daemon:
    """An engine with one container, which has FILES."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.calls: list[str] = []
        self.asked: list[str] = []

    def create(self, image: str, **settings: Any) -> str:
        assert settings["environment"]["NVIDIA_VISIBLE_DEVICES"] == "void"
        return f"container of {image}"

    def put(self, container: str, folder: str, data: bytes) -> None:
        self.calls.append("put")
        if folder == OUT:
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                names = tar.extractfile(tar.getmembers()[-1])
                assert names is not None
                self.asked = names.read().decode("utf-8", "surrogateescape").split("\0")[:-1]

    def start(self, container: str) -> None:
        self.calls.append("start")

    def execute(self, container: str, argv: list[str], *, sink: BinaryIO, speaks: bool) -> Executed:
        assert speaks
        self.calls.append("tar")
        if self.broken:
            return Executed(2, b"", b"tar: it is broken")
        sink.write(archive(*("/" + name for name in self.asked)))
        return Executed(0, b"", b"")

    def get(self, container: str, path: str) -> Iterator[bytes]:
        self.calls.append("get")
        path.encode()  # as docker-py does for the address
        if path not in FILES:
            raise KeyError(path)
        with tarfile.open(fileobj=io.BytesIO(archive(path))) as tar:
            (info,) = tar.getmembers()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            info.name = path.rpartition("/")[2]  # the API omits the folder
            tar.addfile(info, io.BytesIO(FILES[path]))
        yield from (out.getvalue()[at : at + 700] for at in range(0, len(out.getvalue()), 700))


def container(daemon: Daemon, folder: Path) -> ReaderContainer:
    return ReaderContainer(cast(Engine, daemon), Toolkit("ld", b""), "sha256:1", folder)


def test_few_files_are_fetched_one_by_one_without_starting_the_container(tmp_path: Path) -> None:
    daemon = Daemon()
    here = container(daemon, tmp_path)
    here.expect(list(FILES)[:FEW])
    for path in list(FILES)[:FEW]:
        assert here.read(path) == FILES[path]
        assert here.read(path, 10, 20) == FILES[path][10:30]
        assert here.entry(path).size == len(FILES[path])
    assert daemon.calls == ["get"] * FEW


def test_many_files_are_fetched_at_once(tmp_path: Path) -> None:
    daemon = Daemon()
    here = container(daemon, tmp_path)
    here.expect(FILES)
    assert daemon.calls == ["put", "start", "put", "tar"]
    for path, content in FILES.items():
        assert here.read(path) == content
    assert len(daemon.calls) == 4


def test_a_name_that_is_too_long_for_an_address(tmp_path: Path) -> None:
    daemon = Daemon()
    here = container(daemon, tmp_path)
    here.prepare({"/odd/\udce9": How.EXEC, "/files/7": How.EXEC, "/none": How.EXEC, "/": How.LIST})
    assert here.read("/odd/\udce9") == b"no name in UTF-8"
    assert daemon.calls == ["put", "start", "put", "tar", "get", "get"]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        container(Daemon(), tmp_path).read("/none")


def test_fetching_one_by_one_keeps_few_files_open(tmp_path: Path) -> None:
    here = container(Daemon(broken=True), tmp_path)
    with pytest.raises(EngineError, match="could not be read from the image"):
        here.expect(FILES)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, soft), hard))
    try:
        assert all(here.read(path) == FILES[path] for path in FILES if path.isascii())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
