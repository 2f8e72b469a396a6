"""A fat image read through a container that was never used: its listing, and the kept bytes.

This is how `--layers merge` gets by without reading the whole image, which for a large one takes
longer than everything else. Layers and exact sizes are not known this way.
"""

import contextlib
import functools
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from ci_slim.closure.keep_set import KeepSet
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.fat.listing import FIND_FORMAT, listing
from ci_slim.fat.saved import filtered_layers
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import Entry, FileIndex, Kind, LayerFiles, Slice, read_layer
from ci_slim.image.image import Image, slim_image
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.sizes import ImageSizes, sizes
from ci_slim.image.small_tar import packed
from ci_slim.observe.observation import How
from ci_slim.observe.toolkit import FOLDER, OUT, Toolkit
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan

HIDDEN = ("/proc", "/sys", "/dev", FOLDER)
"""Folders that are the container's, not the image's: every engine makes them anew."""

PACKAGES = ("/var/lib/dpkg/status", "/var/lib/dpkg/info/", "/lib/apk/db/", "/usr/lib/apk/db/")

FEW = 8
"""So many calls of the API take no longer than running tar once."""

PROVIDED = (
    "/.dockerenv",
    "/run/.containerenv",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
)
"""Files that Docker and podman put into every container by themselves."""

TOOLS_ALONE = {
    **dict.fromkeys(("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "TAR_OPTIONS"), ""),
    "NVIDIA_VISIBLE_DEVICES": "void",
}
"""What the image may say in its ENV to the loader and to tar is not meant for ours; and NVIDIA's
runtime is not to lay the machine's drivers over the image's files."""

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


def shows_all(image: Mapping[str, Any]) -> bool:
    """Whether a container shows its image, of which this is what `docker inspect` says, as it is.
    One with volumes does not: they lie over the image's folders with times of their own, and
    Docker makes the folders that are missing."""
    return not (image.get("Config") or {}).get("Volumes")


class ReaderContainer:
    """A container of the fat image in which nothing runs but our own tools. It is started when
    more is wanted of it than some files."""

    def __init__(self, engine: Engine, reader: Toolkit, image: str, folder: Path) -> None:
        """What is fetched lies below `folder`."""
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
        """Do what takes time for files that may be asked for because they were used."""
        if len(uses) > FEW:
            self.start()
        for path, how in uses.items():
            if how & How.EXEC:  # no folder, then, which would come with all that is in it
                with contextlib.suppress(KeyError):
                    self._fetch_one(path)

    def start(self) -> None:
        """Make it able to fetch many files at once; nothing when it is."""
        if not self._started:
            self._engine.put(self._id, "/", self._reader.archive)
            self._engine.start(self._id)
            self._started = True

    def files(self) -> LayerFiles:
        """All files of the image, without what is the container's own."""
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
        """A tar of exactly these paths, as a file on disk; hard links among them stay links."""
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
        """Files that will be read soon, fetched in one go where they are many."""
        wanted = set(paths) - self._fetched.keys()
        if len(wanted) <= FEW:
            return
        spool = self.fetch(wanted)
        self._fetched |= {entry.path: (spool, entry) for entry in read_layer(spool, 0).entries}

    def entry(self, path: str) -> Entry:
        """What tar says of a file. KeyError when it is not there."""
        if path not in self._fetched:
            self._fetch_one(path)
        return self._fetched[path][1]

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """Bytes of a file. KeyError when it is not there."""
        entry = self.entry(path)
        spool, _ = self._fetched[path]
        spool.seek(entry.data + offset)
        rest = max(0, entry.size - offset)
        return spool.read(rest if size < 0 else min(size, rest))

    def _fetch_one(self, path: str) -> None:
        """The archive call of the API is quicker than running tar, for one file."""
        if not _is_text(path):  # no address can hold it
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
        """Where all files lie that were fetched alone."""
        return self._spool()

    def _spool(self) -> BinaryIO:
        self._spools += 1
        return (self._folder / f"pristine.{self._spools}.tar").open("w+b")


class ContainerImage:
    """The fat image behind such a container."""

    def __init__(
        self, engine: Engine, container: ReaderContainer, image: str, platform: Platform
    ) -> None:
        self._container, self._platform = container, platform
        self.config = config_of(engine, image, platform, _history(engine, image))
        self.index = FileIndex.of([container.files()])
        self.contents = self
        self.sizes = self._measure(image, str(engine.inspect_image(image)["Id"]))
        self.disk_bytes = self.sizes.disk_bytes or 0
        self._packages = _packages(self.index)

    def _measure(self, reference: str, digest: str) -> ImageSizes:
        """What is seen through the container: the files of all layers together, each once."""
        entries = [self.index[path] for path in self.index]
        tar = sum(512 + (-(-e.size // 512) * 512 if not e.hardlink else 0) for e in entries)
        merged = Layer(Descriptor(LAYER, "", tar), "", "none", io.BytesIO, tar, len(entries))
        config = self.config.with_layers([""], [{"created_by": "all layers, merged"}])
        image = Image(self._platform, config, b"", b"", (merged,))
        found = sizes(image, reference, disk_exact=False)
        return replace(found, digest=digest, config_digest="")

    def filter(
        self, keep: KeepSet, folder: Path, plan: SlimPlan, created: str | None = None
    ) -> Image:
        """The kept files as an image of one new layer below `folder`."""
        spool = self._container.fetch(keep.reasons)
        index = FileIndex.of([read_layer(spool, 0)])
        layers = filtered_layers(index, [spool], keep, folder, plan)
        return slim_image(self.config, layers, self._platform, created)

    def whole(self, folder: Path, plan: SlimPlan) -> None:
        """What the layers are cannot be seen from inside a container."""

    def expect(self, paths: Iterable[str]) -> None:
        """See `image.files.Contents`."""
        self._container.expect(path for path in paths if self.index[path].kind is Kind.FILE)

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """See `image.files.Contents`."""
        if path in self._packages:
            packages, self._packages = self._packages, frozenset()
            self._container.expect(packages)
        return self._container.read(path, offset, size)


def _packages(index: FileIndex) -> frozenset[str]:
    """The many small files of the package database: when one of them is read, others are soon."""
    return frozenset(
        path for path in index if path.startswith(PACKAGES) and index[path].kind is Kind.FILE
    )


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def config_of(
    engine: Engine, image: str, platform: Platform, history: Iterable[Mapping[str, object]] = ()
) -> ImageConfig:
    """The image's config as the daemon tells it, put back into the form of the OCI image spec."""
    seen = engine.inspect_image(image)
    document = {
        "created": seen.get("Created"),
        "author": seen.get("Author") or None,
        "architecture": platform.architecture,
        "os": platform.os,
        "variant": platform.variant or None,
        "os.version": seen.get("OsVersion") or None,
        "config": seen.get("Config") or {},
        "rootfs": {"type": "layers", "diff_ids": seen.get("RootFS", {}).get("Layers") or []},
        "history": list(history),
    }
    return ImageConfig({key: value for key, value in document.items() if value is not None})


def _history(engine: Engine, image: str) -> list[dict[str, object]]:
    """The image's history. The containerd store tells it of unpacked images only (`snapshot … does
    not exist`), and a build for another platform leaves its image packed until the first container
    is made of it."""
    return [
        {
            "created_by": str(entry.get("CreatedBy") or ""),
            **({"empty_layer": True} if not entry.get("Size") else {}),
        }
        for entry in reversed(engine.image_history(image))
    ]
