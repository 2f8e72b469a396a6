"""`make fuzz`: coverage-guided fuzzing, by atheris, of all that reads what others wrote.

python -m fuzz TARGET SECONDS. What atheris gives seeds the mutation of a valid document. Anything
but a CiSlimError ends the run with a traceback: it becomes a unit test of that reader.
"""

import io
import struct
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["ci_slim"]):
    from reports import sample
    from small_class import class_file, jar_file
    from stored_images import AMD64, ARMV6, Stored, archive_of
    from tarballs import tarball

    from ci_slim.errors import CiSlimError
    from ci_slim.image import archive, elf, java_class
    from ci_slim.image.files import FileIndex, LayerContents, read_layer
    from ci_slim.image.image import Image
    from ci_slim.image.space import by_directory, by_package, waste
    from ci_slim.measure.open import measured
    from ci_slim.observe.trace.parse import parse as parse_trace
    from ci_slim.probes.dockerslim import from_dockerslim
    from ci_slim.report import RENDERINGS, render
    from ci_slim.report.checked import parse as parse_json
    from ci_slim.report.json import from_json, to_json
    from ci_slim.requests import Asked
    from ci_slim.settings import parse as parse_settings
    from ci_slim.settings.probes import expectation
    from fuzz.mutate import as_json, mutated, mutated_bytes

PROBES = {
    "commands": [
        {"resource": "/", "method": "POST", "headers": ["A: b"], "body": "x", "port": 80},
        {"resource": "/a?b=c", "crawl": True, "username": "u", "password": "p"},
        {"resource": "/x", "protocol": "https", "expect": {"status": [200, "2xx"], "body": "a"}},
    ]
}
SETTINGS = {
    "version": 1,
    "images": {
        "app": {
            "image": "app:1",
            "run": {"env": {"A": "b"}, "ready": {"port": 80, "within": "30s"}},
            "probes": [{"http": "GET /", "expect": {"status": 200}}, {"exec": "app --version"}],
            "keep": ["/usr/**"],
            "budget": {"pull": "12 MB", "growth": "2%", "layers": 10},
        }
    },
    "baseline": {"from": ["file"], "ref": "main"},
}
REPORT = parse_json(to_json(sample()), "sample").value
LAYOUT = archive_of(Stored(AMD64, ("app:1",)), Stored(ARMV6, ("app:1",)))
ELF = (
    b"\x7fELF\x02\x01\x01"
    + bytes(9)
    + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    + struct.pack("<IIQQQQQQ", 2, 4, 120, 120, 120, 32, 32, 8)
    + struct.pack("<qQqQ", 1, 1, 5, 0)
)
TAR = tarball(
    "d 0755 0:0 /etc\nf 0644 0:0 /etc/motd hello\nh /a => /etc/motd\nl /b -> a"
).getvalue()
TRACE = b"""7 execve("/app", ["app"], 0x7f /* 3 vars */) = 0
7 openat(AT_FDCWD</srv>, "x", O_RDONLY|O_CLOEXEC) = 3</srv/x>
7 readlink("/proc/self/exe", "/app", 4095) = 4
7 openat(AT_FDCWD</srv>, "\\303\\251" <unfinished ...>
8 +++ exited with 0 +++
7 <... openat resumed>, O_RDONLY) = 3</srv/\\303\\251>
"""
CLASS = class_file("java/lang/Runtime", literals=("sort",), long=True)
JAR = jar_file({"A.class": CLASS, "a.txt": b"text"})


def report(random: Random) -> None:
    made = from_json(as_json(mutated(REPORT, random)))
    for form in RENDERINGS:
        render(made, form)


def probes(random: Random) -> None:
    from_dockerslim(as_json(mutated(PROBES, random)), "f", expectation)


def settings(random: Random) -> None:
    def read(path: str) -> bytes:
        raise OSError(path)

    # JSON is YAML, too.
    parse_settings(as_json(mutated(SETTINGS, random)), "f", {"PORT": "80"}, Asked(), read)


def layout(random: Random) -> None:
    tar = io.BytesIO(mutated_bytes(LAYOUT, random))
    with tempfile.TemporaryDirectory() as folder:
        for image in archive.read_images(archive.archive_members(tar, "x"), "x"):
            _measured(image, Path(folder))


def _measured(image: Image, folder: Path) -> None:
    with suppress(CiSlimError):
        measured("x", image, folder)


def layer(random: Random) -> None:
    tar = io.BytesIO(mutated_bytes(TAR, random))
    index = FileIndex.of([read_layer(tar, 0), read_layer(tar, 1)])
    waste(index)
    by_directory(index)
    by_package(index, LayerContents(index, [tar, tar]))


def elf_file(random: Random) -> None:
    data = mutated_bytes(ELF, random)
    elf.read(data)
    elf.target(data)


def trace(random: Random) -> None:
    parse_trace(mutated_bytes(TRACE, random).splitlines(keepends=True), workdir="/srv")


def java(random: Random) -> None:
    for each in java_class.classes(mutated_bytes(random.choice((CLASS, JAR)), random)):
        java_class.strings(each)


TARGETS: dict[str, Callable[[Random], None]] = {
    "report": report,
    "probes": probes,
    "settings": settings,
    "layout": layout,
    "layer": layer,
    "elf": elf_file,
    "trace": trace,
    "java": java,
}


def main() -> None:
    name, seconds = sys.argv[1], sys.argv[2]

    def one(data: bytes) -> None:
        with suppress(CiSlimError):
            TARGETS[name](Random(data))

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=64"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
