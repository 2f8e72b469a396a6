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


WORDS = RANDOM.randbytes(400).hex().encode()
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
        {OPEN, COPY},
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
    program = bytes(byte & 0x3F for byte in NOISE)
    image = old_image({"bin/app": program})
    moved = bytearray(program[:50_000] + b"moved" * 100 + program[50_000:])
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


def test_a_large_program_is_not_tried_as_a_patch_if_its_difference_is_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta._TRY_BOTH", 100_000)
    monkeypatch.setattr("ci_slim.device.layer_delta.make_patch", None)
    image = old_image({"bin/app": PROGRAM_OF_NOISE})
    new = {"bin/app": every(10, PROGRAM_OF_NOISE)}
    assert rebuilt(delta_of(image, new), image) == tar_of(new).getvalue()


def test_a_file_with_the_same_name_and_content_needs_no_digest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ci_slim.device.old_image.sha256", None)
    image = old_image({"a": NOISE, "b": NOISE[:9000]})
    delta = delta_of(image, {"a": NOISE, "c": NOISE[:7000]})
    assert next(each.data for each in operations(delta) if each.kind == OPEN) == b"a"


def test_what_few_bytes_change_is_not_tried_as_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta._compressed", None)
    image = old_image({"a.pyc": NOISE[:9000]})
    new = {"a.pyc": b"changed" + NOISE[7:9000]}
    assert rebuilt(delta_of(image, new), image) == tar_of(new).getvalue()


def test_the_same_change_in_many_files_costs_its_bytes_once() -> None:
    def delta(files: int) -> int:
        texts = {f"{at}.txt": NOISE[at * 3000 :][:3000].hex().encode() for at in range(files)}
        changed = {name: text[:2000] + WORDS + text[2000:] for name, text in texts.items()}
        return len(delta_of(old_image(texts), changed).getvalue())

    assert delta(40) - delta(10) < 30 * 60
    assert len(WORDS) > 500


def test_a_file_is_made_of_two_old_files() -> None:
    image = old_image({"de.mo": NOISE[:40_000], "fr.mo": NOISE[50_000:90_000]})
    new = {"de.mo": NOISE[:20_000] + NOISE[52_000:72_000] + NOISE[20_000:40_000]}
    delta = delta_of(image, new)
    opened = {each.data for each in operations(delta) if each.kind == OPEN}
    assert opened == {b"de.mo", b"fr.mo"}
    assert len(delta.getvalue()) < 500
    delta.seek(0)
    assert rebuilt(delta, image) == tar_of(new).getvalue()


def test_the_second_old_file_may_have_the_same_name_in_another_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = old_image({"de/app.mo": NOISE[:9000], "fr/app.mo": NOISE[50_000:54_000]})
    monkeypatch.setattr(image, "resembling", lambda data, lacking: None)
    new = {"de/app.mo": NOISE[:4000] + NOISE[50_000:54_000] + NOISE[4000:9000]}
    delta = delta_of(image, new)
    assert b"fr/app.mo" in {each.data for each in operations(delta) if each.kind == OPEN}
    assert len(delta.getvalue()) < 500
    delta.seek(0)
    assert rebuilt(delta, image) == tar_of(new).getvalue()


def test_not_all_old_files_are_read_for_the_second_one_of_a_small_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = {f"{at}/b.mo": NOISE[at * 3000 : at * 3000 + 6000] for at in range(12)}
    image = old_image({"x/b.mo": WORDS * 9, **others, "large": bytes(1 << 19)})
    read = names_read(image, monkeypatch)
    new = {"x/b.mo": WORDS * 4 + NOISE[24_000:25_000] + WORDS * 5}
    delta = delta_of(image, new)
    assert {each.data for each in operations(delta) if each.kind == OPEN} >= {b"x/b.mo", b"7/b.mo"}
    assert read.count("large") <= 1  # for zeros


@pytest.mark.parametrize(("files", "wanted"), [(1, 0), (20, 1)])
def test_all_old_files_are_read_once_new_ones_are_worth_it(
    files: int, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = old_image({"a.so": bytes(600), "large": NOISE * 40})
    read = names_read(image, monkeypatch)
    new = {f"{at}.new": NOISE[at * 9000 :][:9000] + WORDS for at in range(files)}
    delta = delta_of(image, new)
    opened = [each.data for each in operations(delta) if each.kind == OPEN]
    assert opened.count(b"large") >= wanted * 10
    assert (read.count("large") > 0) is bool(wanted)


def names_read(image: OldImage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The old files that are read from now on."""
    read: list[str] = []
    real = image.read

    def reading(name: str, offset: int, size: int) -> bytes:
        read.append(name)
        return real(name, offset, size)

    monkeypatch.setattr(image, "read", reading)
    return read


def test_zeros_that_fill_up_a_file_are_copied_from_an_old_file() -> None:
    files = {"app": NOISE[:600], "lib/c.so": NOISE[:9] + bytes(511), "other": NOISE[:700]}
    image = old_image(files)
    delta = delta_of(image, files)
    found = [*operations(delta)]
    opened = [each.data for each in found if each.kind == OPEN]
    assert opened == [b"app", b"lib/c.so", b"other", b"lib/c.so"]
    sizes = [each.size for each in found if each.kind == COPY]
    assert sizes == [600, 424, 520, 504, 700, 324]
    delta.seek(0)
    assert rebuilt(delta, image) == tar_of(files).getvalue()


def test_what_fills_up_a_file_may_be_other_than_zeros() -> None:
    files = {"lib/c.so": NOISE[:9] + bytes(511), "other": NOISE[:700]}
    image = old_image(files)
    tar = bytearray(tar_of(files).getvalue())
    tar[512 + 520 : 1536] = b"x" * 504
    out = io.BytesIO()
    write_layer_delta(io.BytesIO(tar), image, out)
    out.seek(0)
    assert rebuilt(out, image) == tar


def test_noise_is_not_compared_with_an_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_slim.device.layer_delta.SOURCE_MOST", 100_000)
    monkeypatch.setattr("ci_slim.device.layer_delta.align", None)
    image = old_image({"a": NOISE})
    new = {"a": bytes(reversed(NOISE))}
    assert rebuilt(delta_of(image, new), image) == tar_of(new).getvalue()


def test_of_two_sources_the_more_similar_one_is_taken() -> None:
    image = old_image({"1.0/a": NOISE[:50_000] + bytes(9), "1.1/a": NOISE[30_000:80_000] + b"x"})
    delta = delta_of(image, {"2.0/a": NOISE[29_999:79_000]})
    assert [each.data for each in operations(delta) if each.kind == OPEN] == [b"1.1/a"]


def test_a_file_that_shares_only_a_long_run_of_zeros_is_no_source() -> None:
    """Libraries for arm64 have such runs between their segments, of 64 kB."""
    pages = bytes(150_000)
    image = old_image({"a.so": NOISE[:9000] + pages, "jpeg.so": pages + NOISE[9000:]})
    delta = delta_of(image, {"webp.so": pages + NOISE[9000:] + b"changed"})
    opened = {each.data for each in operations(delta) if each.kind == OPEN}
    assert b"jpeg.so" in opened
    assert len(delta.getvalue()) < 500


def test_a_digest_in_a_name_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    image = old_image({"libjpeg-4f13903d.so.62": NOISE[:5000], "libjpeg.txt": NOISE[9000:]})
    monkeypatch.setattr(image, "resembling", None)
    new = {"libjpeg-622c4989.so.62": NOISE[:5000] + b"more"}
    assert len(delta_of(image, new).getvalue()) < 500


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
