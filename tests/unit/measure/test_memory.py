"""The memory that `measure` and `diff` need for each entry of an image. It may have a million."""

import gc
import io
import tarfile
import tracemalloc
from collections.abc import Callable

from ci_slim.image.duplicates import SMALLEST, duplicates
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.inventory import SizeChange
from ci_slim.image.sizes import image_sizes
from ci_slim.image.space import by_directory, waste
from ci_slim.measure.diff import Diff
from ci_slim.measure.measured import Measured, Update
from ci_slim.platforms import Platform
from ci_slim.report.diffed import to_json

AMD64 = Platform("linux", "amd64")
NAME = "usr/lib/node_modules/package{:04}/dist/module{:012}.js"
PATH_BYTES = len("/" + NAME.format(0, 0)) + 49
"""The bytes of a path in memory."""


def layer(files: int, size: int = 0) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number in range(files):
            member = tarfile.TarInfo(NAME.format(number // 100, number))
            member.size = size
            archive.addfile(member, io.BytesIO(number.to_bytes(8, "big") * (size // 8)))
    return stream


def peak(call: Callable[[], object]) -> int:
    """The most bytes that a call needs at once, with its result."""
    call()  # what is imported or stored at the first call does not count
    gc.collect()
    tracemalloc.start(1)
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_entry_needs_125_bytes_besides_its_path() -> None:
    number, tar = 20_000, layer(20_000)

    def read() -> object:
        index = FileIndex.of([read_layer(tar, 0)])
        return len(index), waste(index), by_directory(index), sum(size for _, size in index.sizes())

    assert peak(read) / number - PATH_BYTES < 125


def test_a_file_that_is_compared_with_others_needs_250_bytes() -> None:
    number, tar = 2_000, layer(2_000, SMALLEST)
    index = FileIndex.of([read_layer(tar, 0)])
    contents = LayerContents(index, [tar])
    assert peak(lambda: duplicates(index, contents)) / number < 250


def test_a_changed_file_needs_800_bytes_until_it_is_json() -> None:
    number = 10_000
    files = tuple(SizeChange("/" + NAME.format(0, each), 1, 2) for each in range(number))
    image = Measured(AMD64, image_sizes("", "sha256:1", 1, [], files=number), None)
    found = Diff(image, image, Update("a", "b", AMD64, 1, True), (), (), (), files)
    assert peak(lambda: to_json([found])) / number < 800
