"""A delta of a layer gives the same tar again, and takes what the old image has from there."""

import io
import random
import tarfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_slim.device.layer_delta import write_layer_delta
from ci_slim.device.old_image import OldImage
from ci_slim.device.tar_diff import ADD, COPY, DATA, OPEN, PATCH, apply, make_patch, operations
from ci_slim.image.files import FileIndex, LayerContents, read_layer

RANDOM = random.Random(7)
NOISE = RANDOM.randbytes(200_000)
PROGRAM = b"\x7fELF" + b"".join(
    number.to_bytes(4, "little") + b"\x48\x8b\x05\x90" for number in range(0, 60_000, 3)
)


def tar_of(files: Mapping[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out


def old_image(*layers: Mapping[str, bytes]) -> OldImage:
    tars = [tar_of(files) for files in layers]
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    return OldImage(index, LayerContents(index, tars))


def delta_of(old: OldImage, new: Mapping[str, bytes], version: int = 2) -> io.BytesIO:
    out = io.BytesIO()
    write_layer_delta(tar_of(new), old, out, 1 if version == 1 else 2)
    out.seek(0)
    return out


def kinds(delta: io.BytesIO) -> set[int]:
    found = {operation.kind for operation in operations(delta)}
    delta.seek(0)
    return found


def rebuilt(delta: io.BytesIO, old: OldImage) -> bytes:
    return b"".join(apply(delta, old.read, old.size))


CHANGED = NOISE[:90_000] + b"changed" + NOISE[90_000:]
ADDRESSES = PROGRAM.replace(b"\x48\x8b\x05\x90", b"\x48\x8b\x15\x90")
CASES = {
    "the same file": ({"a": NOISE}, {"a": NOISE}, {OPEN, COPY}),
    "a file that moved": ({"a": NOISE}, {"opt/b": NOISE}, {OPEN, COPY}),
    "a file that changed": ({"a": NOISE}, {"a": CHANGED}, {OPEN, COPY}),
    "a file that moved and changed": ({"lib/a": NOISE}, {"opt/b": CHANGED}, {OPEN, COPY}),
    "a larger file that changed": ({"a": NOISE * 2}, {"a": CHANGED * 2}, {OPEN, PATCH}),
    "a new version's folder": (
        {"app-1.2.dist-info/RECORD": NOISE[:5000]},
        {"app-1.3.dist-info/RECORD": NOISE[:5000] + b"more"},
        {OPEN, PATCH},
    ),
    "a file that nothing resembles": ({"a": NOISE}, {"b": bytes(reversed(NOISE))}, set()),
    "an empty file": ({"a": NOISE}, {"a": b""}, set()),
}


@pytest.mark.parametrize(("old", "new", "used"), CASES.values(), ids=CASES)
def test_what_the_old_image_has_is_taken_from_it(
    old: dict[str, bytes], new: dict[str, bytes], used: set[int]
) -> None:
    image = old_image(old)
    delta = delta_of(image, new)
    assert kinds(delta) - {DATA} == used
    assert rebuilt(delta, image) == tar_of(new).getvalue()


def test_a_delta_of_a_changed_file_is_a_fraction_of_the_file() -> None:
    assert len(delta_of(old_image({"a": NOISE}), {"a": CHANGED}).getvalue()) < 500


def test_a_program_whose_addresses_changed_is_added_to_byte_by_byte() -> None:
    image = old_image({"bin/app": PROGRAM})
    delta = delta_of(image, {"bin/app": ADDRESSES})
    assert ADD in kinds(delta)
    assert rebuilt(delta, image) == tar_of({"bin/app": ADDRESSES}).getvalue()


def test_of_a_file_with_a_new_time_only_the_time_is_in_the_delta() -> None:
    old, new = NOISE[:8] + b"1111" + NOISE[12:], NOISE[:8] + b"2222" + NOISE[12:]
    image = old_image({"a.pyc": old})
    delta = delta_of(image, {"a.pyc": new})
    assert [each.size for each in operations(delta) if each.kind in (ADD, PATCH)] == [12]
    delta.seek(0)
    assert rebuilt(delta, image) == tar_of({"a.pyc": new}).getvalue()


def test_a_program_too_large_for_a_patch_is_added_to_where_it_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta.SOURCE_MOST", 100_000)
    image = old_image({"bin/app": NOISE})
    moved = bytearray(NOISE[:50_000] + b"moved" * 100 + NOISE[50_000:])
    moved[::40] = bytes(len(moved[::40]))
    delta = delta_of(image, {"bin/app": bytes(moved)})
    assert ADD in kinds(delta)
    assert len(delta.getvalue()) < 20_000
    assert rebuilt(delta, image) == tar_of({"bin/app": bytes(moved)}).getvalue()


PROGRAM_OF_NOISE = b"\x7fELF" + NOISE


def every(step: int, data: bytes) -> bytes:
    """The program with every `step`th byte after its magic changed."""
    return data[:4] + bytes(b ^ 9 if at % step == 0 else b for at, b in enumerate(data[4:]))


def test_neither_a_patch_nor_bsdiff_is_tried_where_a_difference_is_clearly_smaller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels: list[int] = []

    def noted(source: bytes, target: bytes, level: int) -> bytes:
        levels.append(level)
        return make_patch(source, target, level)

    monkeypatch.setattr("ci_slim.device.layer_delta.make_patch", noted)
    monkeypatch.setattr("ci_slim.device.bsdiff.regions", None)
    image = old_image({"bin/app": PROGRAM_OF_NOISE})
    delta_of(image, {"bin/app": every(2000, PROGRAM_OF_NOISE)})
    assert levels == []
    delta_of(image, {"bin/app": every(10, PROGRAM_OF_NOISE)})
    assert levels == [9]


def test_a_text_is_not_compared_byte_by_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta.align", None)
    text = NOISE.hex().encode()[:90_000]
    image = old_image({"a.py": text})
    new = {"a.py": text[:9000] + b"changed" + text[9000:]}
    assert rebuilt(delta_of(image, new), image) == tar_of(new).getvalue()


def test_of_two_sources_the_more_similar_one_is_taken() -> None:
    image = old_image({"1.0/a": NOISE[:50_000] + bytes(9), "1.1/a": NOISE[30_000:80_000] + b"x"})
    delta = delta_of(image, {"2.0/a": NOISE[29_999:79_000]})
    assert [each.data for each in operations(delta) if each.kind == OPEN] == [b"1.1/a"]


def test_no_other_file_is_read_if_one_has_the_name_in_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = old_image({"app-1.2.dist-info/RECORD": NOISE[:5000], "other": NOISE[9000:]})
    monkeypatch.setattr(image, "resembling", None)
    new = {"app-1.3.dist-info/RECORD": NOISE[:5000] + b"more"}
    assert len(delta_of(image, new).getvalue()) < 500


def test_the_files_are_those_that_a_container_of_the_old_image_sees() -> None:
    image = old_image({"a": NOISE, "gone": CHANGED}, {".wh.gone": b"", "a": b"new" * 100})
    assert image.sizes == {"a": 300}
    new = {"gone": CHANGED}
    delta = delta_of(image, new)
    assert rebuilt(delta, image) == tar_of(new).getvalue()


@pytest.mark.parametrize("new", [CHANGED, bytes(reversed(NOISE)), ADDRESSES])
def test_version_1_has_no_patches_of_zstd(new: bytes) -> None:
    image = old_image({"a": NOISE})
    delta = delta_of(image, {"a": new}, version=1)
    assert delta.getvalue().startswith(b"tardf1\n\0")
    assert PATCH not in kinds(delta)
    assert rebuilt(delta, image) == tar_of({"a": new}).getvalue()


def test_a_file_too_large_for_a_patch_is_copied_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta.SOURCE_MOST", 100_000)
    image = old_image({"a": NOISE})
    delta = delta_of(image, {"a": CHANGED})
    assert {COPY, PATCH} & kinds(delta) == {COPY}
    assert len(delta.getvalue()) < 30_000
    assert rebuilt(delta, image) == tar_of({"a": CHANGED}).getvalue()


def test_the_same_images_give_the_same_bytes() -> None:
    old, new = {"a": NOISE, "b": PROGRAM}, {"a": CHANGED, "c": PROGRAM[:4000] + NOISE}
    assert delta_of(old_image(old), new).getvalue() == delta_of(old_image(old), new).getvalue()


CONTENT = st.one_of(
    st.binary(max_size=300),
    st.tuples(st.integers(0, 150_000), st.integers(0, 40_000)).map(lambda r: NOISE[r[0] :][: r[1]]),
)
NAMES = st.sampled_from(["a", "b", "lib/x-1.0/y", "lib/x-1.1/y", "usr/bin/é"])
FILES = st.dictionaries(NAMES, CONTENT, max_size=5)


@settings(max_examples=40)
@given(old=FILES, new=FILES, version=st.sampled_from([1, 2]))
def test_any_layer_comes_out_as_it_was(
    old: dict[str, bytes], new: dict[str, bytes], version: int
) -> None:
    image = old_image(old)
    assert rebuilt(delta_of(image, new, version), image) == tar_of(new).getvalue()
