"""Runs `strip` and `upx` on single files of an image, in a container that has nothing else.

The files are hostile, and the tools read them. So the tools run without a network, without any
capability and as nobody. The container is read-only except for a folder in memory, and its time,
memory and processes are limited. The files are named by numbers there. The result is an archive, of
which only regular files with these numbers are read, and only up to their earlier size.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ci_slim.engine.docker import Engine
from ci_slim.engine.execution import Executed
from ci_slim.errors import CiSlimError, EngineError
from ci_slim.image.small_tar import packed
from ci_slim.image.tar import scan
from ci_slim.pack.tools import PackTools

WORK = "/tmp/pack"
_USER = "65534:65534"
_MEMORY = 3 << 30
_WORK_BYTES = 1 << 30
_SECONDS = 300
"""The most seconds of one call."""
_LIFE = 6 * 3600
_HOST = {
    "network_mode": "none",
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,
    "tmpfs": {WORK: f"rw,noexec,nosuid,nodev,mode=1777,size={_WORK_BYTES}"},
    "mem_limit": _MEMORY,
    "pids_limit": 64,
}
_NOT_THERE = (126, 127)
"""Exit codes of a program that cannot be run, or is not there."""
_ENDED_BADLY = 124
"""The lowest exit code of a tool that `timeout` or a signal ended."""


class PackContainer:
    """The container, from its start until `close`. Used as a context manager."""

    def __init__(self, engine: Engine, tools: PackTools) -> None:
        self._engine, self._tools = engine, tools
        self._id = engine.create(
            tools.image,
            entrypoint=list(tools.command("sleep", str(_LIFE))),
            command=[],
            user=_USER,
            working_dir="/",
            host=_HOST,
        )

    def __enter__(self) -> "PackContainer":
        self._engine.start(self._id)
        for name in self._tools.names:
            if self._call(name, "--version").code in _NOT_THERE:
                raise EngineError(
                    f"the program {name!r}, which `slim.pack` needs, cannot be run",
                    where=self._tools.image,
                    hint="name an image that has it with `slim.pack.image`: see docs/packing.md",
                )
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.remove(self._id)

    def stripped(self, files: Mapping[int, bytes], *, library: bool) -> dict[int, bytes]:
        """Run `strip` on the files, by number. Of a library it removes only what no linker needs.
        The result lacks files that it refuses."""
        how = ["--strip-unneeded"] if library else ["--strip-all"]
        return self._run(files, ["strip", *how])

    def compressed(self, files: Mapping[int, bytes], *, level: int) -> dict[int, bytes]:
        """Run `upx` on the executables, by number. The result lacks those that it refuses and those
        that fail its own test."""
        done = self._run(files, ["upx", "--quiet", "--quiet", "--no-progress", f"-{level}"])
        return {
            number: data
            for number, data in done.items()
            if data != files[number] and self._call("upx", "-t", "-qq", _name(number)).code == 0
        }

    def forget(self, numbers: Iterable[int]) -> None:
        """Remove files, to make space for the next ones in the folder in memory."""
        self._call("rm", "-f", *map(_name, numbers))

    def _run(self, files: Mapping[int, bytes], argv: Sequence[str]) -> dict[int, bytes]:
        """Run a tool that changes all files in place. If it crashes or does not end, run it on each
        file separately, so that one bad file does not affect the others."""
        done = self._changed(files, argv)
        if done is None and len(files) > 1:
            done = {}
            for number, data in files.items():
                done |= self._changed({number: data}, argv) or {}
        return done or {}

    def _changed(self, files: Mapping[int, bytes], argv: Sequence[str]) -> dict[int, bytes] | None:
        names = [_name(number) for number in files]
        archive = packed({str(number): data for number, data in files.items()}, mode=0o755)
        put = self._call("tar", "-x", "-C", WORK, "-f", "-", stdin=archive)
        if put.code:
            raise EngineError(
                f"the files could not be handed to {argv[0]}: exit code {put.code}",
                hint="report the lines below, and run without `slim.pack`",
                details=(put.stderr.decode("utf-8", "replace")[:200],),
            )
        code = self._call(*argv, *names).code
        if code >= _ENDED_BADLY or code < 0:
            return None
        limit = sum(map(len, files.values())) + 1024 * (len(files) + 20)
        got = self._call("tar", "-c", "-C", WORK, "-f", "-", *map(str, files), limit=limit)
        return dict(_files(got.stdout, files))

    def _call(self, *argv: str, stdin: bytes = b"", limit: int = 1 << 16) -> Executed:
        tool = self._tools.command(*argv)
        command = [*self._tools.command("timeout", "-k", "2", str(_SECONDS)), *tool]
        return self._engine.execute(self._id, command, stdin=stdin, limit=limit, user=_USER)


def _name(number: int) -> str:
    return f"{WORK}/{number}"


def _files(archive: bytes, sent: Mapping[int, bytes]) -> Iterator[tuple[int, bytes]]:
    """The files in an archive from a container: only those that were sent, and not larger than
    before. Anything that is not an archive gives nothing."""
    names = {str(number).encode(): number for number in sent}
    try:
        for member in scan(io.BytesIO(archive)):
            number = names.get(member.name)
            if number is not None and member.type in b"\x000" and member.size <= len(sent[number]):
                yield number, archive[member.data : member.data + member.size]
    except CiSlimError:
        return


def batches(sizes: Mapping[int, int], most: int) -> Iterable[list[int]]:
    """The numbers in groups of at most so many bytes. A larger one is alone."""
    group: list[int] = []
    total = 0
    for number, size in sizes.items():
        if group and total + size > most:
            yield group
            group, total = [], 0
        group.append(number)
        total += size
    if group:
        yield group
