"""Tools are taken from this machine, or from an image for a daemon of another architecture."""

import io

import pytest
from small_elf import elf_file

from ci_slim.errors import EngineError
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.small_tar import packed
from ci_slim.observe.toolkit import OfImage, collect, is_own_architecture
from ci_slim.platforms import parse

ARM = 40


def image(files: dict[str, bytes]) -> OfImage:
    tar = io.BytesIO(packed(files))
    index = FileIndex.of([read_layer(tar, 0)])
    return OfImage(index, LayerContents(index, [tar]))


def arm(*needed: str, interpreter: str = "") -> bytes:
    return elf_file(*needed, interpreter=interpreter, machine=ARM, bits=32)


MUSL = "/lib/ld-musl-armhf.so.1"
FILES = {
    "usr/bin/strace": arm("libc.musl-armhf.so.1", "libdw.so.1", interpreter=MUSL),
    "usr/lib/libdw.so.1": arm("libc.musl-armhf.so.1"),
    "lib/libc.musl-armhf.so.1": arm(),
    "lib/ld-musl-armhf.so.1": arm(),
}


def test_an_image_s_programs_come_with_their_libraries_and_loader() -> None:
    made = collect(["strace"], parse("linux/arm/v6"), image(FILES))
    assert made.command("strace", "-V")[0] == "/.ci-slim/lib/ld-musl-armhf.so.1"
    names = {
        member.lstrip("/") for member in FileIndex.of([read_layer(io.BytesIO(made.archive), 0)])
    }
    assert {
        ".ci-slim/strace",
        ".ci-slim/lib/libdw.so.1",
        ".ci-slim/lib/libc.musl-armhf.so.1",
        ".ci-slim/lib/ld-musl-armhf.so.1",
    } <= names


@pytest.mark.parametrize(
    ("files", "daemon", "message"),
    [
        ({}, "linux/arm/v6", "is not in the image of tools"),
        (FILES, "linux/arm64", "is not a program for the daemon's architecture"),
        ({"usr/bin/strace": arm("libgone.so", interpreter=MUSL)}, "linux/arm", "libgone.so"),
    ],
)
def test_what_is_missing_is_told(files: dict[str, bytes], daemon: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        collect(["strace"], parse(daemon), image(files))


def test_a_machine_has_programs_of_its_own_architecture() -> None:
    assert is_own_architecture(parse("linux/amd64"), "x86_64")
    assert is_own_architecture(parse("linux/arm64"), "aarch64")
    assert not is_own_architecture(parse("linux/arm/v6"), "x86_64")
