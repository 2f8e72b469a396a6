"""A container of a fat image in which only the toolkit runs: it lists and fetches files."""

import contextlib
import functools
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.fat.listing import FIND_FORMAT, listing
from ci_slim.image.files import Entry, LayerFiles, Slice, read_layer
from ci_slim.image.small_tar import packed
from ci_slim.observe.observation import How
from ci_slim.observe.toolkit import FOLDER, OUT, Toolkit

HIDDEN = ("/proc", "/sys", "/dev", FOLDER)
"""Folders that belong to the container, not to the image. Every engine creates them."""

PACKAGES = ("/var/lib/dpkg/status", "/var/lib/dpkg/info/", "/lib/apk/db/", "/usr/lib/apk/db/")

FEW = 8
"""Up to this number of files, calls of the API are as fast as running tar once."""

PROVIDED = (
    "/.dockerenv",
    "/run/.containerenv",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
)
"""Files that Docker and podman create in every container."""

TOOLS_ALONE = {
    **dict.fromkeys(("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "TAR_OPTIONS"), ""),
    "NVIDIA_VISIBLE_DEVICES": "void",
}
"""Environment variables of the image for the loader and for tar, which must not affect the toolkit.
NVIDIA's runtime must not mount the machine's drivers over the image's files."""

TAR_OPTIONS = (
    "--format=posix",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=*",
    "--no-recursion",
    "--null",
    "--verbatim-files-from",
    *("-C", "/"),
    *("-c", "-f", "-"),
)


class ReaderContainer:
    """A container of the fat image in which only the toolkit runs. It is started when many files
    are needed."""

    def __init__(self, engine: Engine, reader: Toolkit, image: str, folder: Path) -> None:
        """Fetched files are stored below `folder`."""
        self._engine, self._reader, self._folder = engine, reader, folder
        self._fetched: dict[str, tuple[BinaryIO, Entry]] = {}
        self._spools = 0
        self._started = False
        argv = reader.command("sleep", "86400")
        self._id = engine.create(
            image,
            entrypoint=argv[:1],
            command=argv[1:],
            environment=TOOLS_ALONE,
            user="0:0",
            working_dir="/",
            healthcheck={"Test": ["NONE"]},
            host={"network_mode": "none"},
        )

    def prepare(self, uses: Mapping[str, How]) -> None:
        """Fetch in advance what takes time for files that may be needed, because the run
        used them."""
        if len(uses) > FEW:
            self.start()
        for path, how in uses.items():
            if how & How.EXEC:  # not for a folder, because its whole content would come with it
                with contextlib.suppress(KeyError):
                    self._fetch_one(path)

    def start(self) -> None:
        """Start the container, so that it can fetch many files at once. Does nothing if it is
        started."""
        if not self._started:
            self._engine.put(self._id, "/", self._reader.archive)
            self._engine.start(self._id)
            self._started = True

    def files(self) -> LayerFiles:
        """All files of the image, without the files of the container itself."""
        prune: list[str] = []
        for path in HIDDEN:
            prune += ["-path", path, "-prune", "-o"]
        argv = self._reader.command("find", "/", *prune, "-printf", FIND_FORMAT)
        self.start()
        done = self._engine.execute(self._id, argv, speaks=True)
        if done.code != 0:
            raise EngineError(
                "the files of the image could not be listed",
                details=tuple(done.stderr.decode("utf-8", "replace").splitlines()[-5:]),
            )
        return listing(done.stdout, without=(*HIDDEN, *PROVIDED))

    def fetch(self, paths: Iterable[str]) -> BinaryIO:
        """A tar of exactly these paths, as a file on disk. Hard links among them stay
        hard links."""
        names = b"".join(
            path.lstrip("/").encode("utf-8", "surrogateescape") + b"\0" for path in sorted(paths)
        )
        spool = self._spool()
        self.start()
        self._engine.put(self._id, OUT, packed({f"list.{self._spools}": names}))
        argv = self._reader.command("tar", *TAR_OPTIONS, "-T", f"{OUT}/list.{self._spools}")
        done = self._engine.execute(self._id, argv, sink=spool, speaks=True)
        if done.code != 0:
            raise EngineError(
                "the files to keep could not be read from the image",
                details=tuple(done.stderr.decode("utf-8", "replace").splitlines()[-5:]),
            )
        spool.seek(0)
        return spool

    def expect(self, paths: Iterable[str]) -> None:
        """Fetch files that will be read soon, all at once if there are many."""
        wanted = set(paths) - self._fetched.keys()
        if len(wanted) <= FEW:
            return
        spool = self.fetch(wanted)
        self._fetched |= {entry.path: (spool, entry) for entry in read_layer(spool, 0).entries}

    def entry(self, path: str) -> Entry:
        """What tar says about a file. Raises KeyError if the file does not exist."""
        if path not in self._fetched:
            self._fetch_one(path)
        return self._fetched[path][1]

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """Bytes of a file. Raises KeyError if the file does not exist."""
        entry = self.entry(path)
        spool, _ = self._fetched[path]
        spool.seek(entry.data + offset)
        rest = max(0, entry.size - offset)
        return spool.read(rest if size < 0 else min(size, rest))

    def _fetch_one(self, path: str) -> None:
        """Fetch one file through the API's archive call, which is faster than running tar."""
        if not _is_text(path):  # too long for the address of a request
            spool = self.fetch([path])
        else:
            start = self._single.seek(0, io.SEEK_END)
            self._single.writelines(self._engine.get(self._id, path))
            self._single.flush()
            spool = Slice(self._single, start, self._single.tell() - start)
        for entry in read_layer(spool, 0).entries:
            self._fetched[path] = (spool, entry)

    @functools.cached_property
    def _single(self) -> BinaryIO:
        """The file that holds all files that were fetched one by one."""
        return self._spool()

    def _spool(self) -> BinaryIO:
        self._spools += 1
        return (self._folder / f"pristine.{self._spools}.tar").open("w+b")


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
