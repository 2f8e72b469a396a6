"""`ci-slim fleet`: what images share on one device, in layers and in equal files."""

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reports import sizes, slimmed
from stored_images import AMD64, ARMV6, BASE, Stored, folder_of

from ci_slim.cli import carry_out
from ci_slim.commands.edge import Edge
from ci_slim.errors import UsageError
from ci_slim.report.json import to_json
from ci_slim.result import Artifacts, ImageReport, Report, Tool

SCHEMA = json.loads(files("ci_slim.report").joinpath("fleet-v1.schema.json").read_text())
PYTHON = "f 0755 0:0 /usr/python " + "p" * 5000
IMAGES = {
    "hello": (BASE, PYTHON + "\nf 0644 0:0 /srv/hello h"),
    "weather": (BASE, PYTHON + "\nf 0644 0:0 /srv/weather ww"),
}


def fleet(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    images: Mapping[str, tuple[str, ...]],
    *more: str,
) -> dict[str, Any]:
    for name, layers in images.items():
        folder_of(folder / name, Stored(AMD64, layers=layers))
    names = [f"oci:{folder}/{name}" for name in images]
    assert carry_out(["fleet", *names, "--format", "json", *more], Edge()) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    (found,) = document["fleets"]
    result: dict[str, Any] = found
    return result


def test_a_common_layer_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = fleet(tmp_path, capsys, IMAGES)
    (layer,) = found["layers"]
    assert layer["references"] == [f"oci:{tmp_path}/{name}" for name in IMAGES]
    assert found["disk_apart_bytes"] - found["disk_together_bytes"] == layer["bytes"]
    assert found["pull_together_bytes"] < found["pull_apart_bytes"]
    assert [each["disk_alone_bytes"] + layer["bytes"] for each in found["images"]] == [
        each["disk_bytes"] for each in found["images"]
    ]
    alone = sum(each["pull_alone_bytes"] for each in found["images"])
    assert alone < found["pull_together_bytes"] < alone + 500


def test_equal_files_in_other_layers_are_what_could_be_shared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fleet(tmp_path, capsys, IMAGES)
    assert found["equal"] == found["same"] == {"bytes": 5000, "files": 1}


@pytest.mark.parametrize(
    ("other", "equal", "same"),
    [
        ("f 0700 0:0 /usr/python " + "p" * 5000, 1, 0),  # another mode
        ("f 0755 0:0 /opt/python " + "p" * 5000, 1, 0),  # another path
        ("f 0755 0:0 /usr/python " + "q" * 5000, 0, 0),  # another content
        # twice in one image: it needs both
        (f"{PYTHON}\nf 0755 0:0 /usr/python3 " + "p" * 5000, 1, 1),
        ("f 0755 0:0 /empty", 0, 0),
    ],
)
def test_files_are_equal_by_content_and_the_same_by_all_else(
    other: str, equal: int, same: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fleet(tmp_path, capsys, {"one": (PYTHON,), "two": (other,)})
    assert (found["equal"]["files"], found["same"]["files"]) == (equal, same)


def test_files_of_one_image_alone_are_not_shared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = f"{PYTHON}\nf 0755 0:0 /usr/python3 " + "p" * 5000
    found = fleet(tmp_path, capsys, {"one": (twice,)})
    assert found["equal"] == {"bytes": 0, "files": 0}
    assert found["layers"] == []


def test_an_update_of_all_fetches_each_new_layer_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {f"old-{name}": layers for name, layers in IMAGES.items()}
    before = [flag for name in old for flag in ("--before", f"oci:{tmp_path}/{name}")]
    for name, layers in old.items():
        folder_of(tmp_path / name, Stored(AMD64, layers=layers))
    same = fleet(tmp_path, capsys, IMAGES, *before)
    assert (same["update"]["apart_bytes"], same["update"]["together_bytes"]) == (0, 0)
    new = {name: ("f 0644 0:0 /new " + "n" * 900, *layers) for name, layers in IMAGES.items()}
    update = fleet(tmp_path, capsys, new, *before)["update"]
    assert update["from"] == [f"oci:{tmp_path}/{name}" for name in old]
    assert 0 < update["together_bytes"] < update["apart_bytes"]
    assert update["exact"] is True


BIG, SMALL = "f 0644 0:0 /base " + "b" * 9000, "f 0644 0:0 /base s"
APPS = {name: f"f 0644 0:0 /srv/{name} " + name * 100 for name in ("one", "two", "three")}


def on_bases(
    folder: Path, capsys: pytest.CaptureFixture[str], images: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """The images on each of the bases BIG and SMALL."""
    for name, layer in (("big", BIG), ("small", SMALL)):
        folder_of(folder / name, Stored(AMD64, layers=(layer,)))
    bases = [flag for name in ("big", "small") for flag in ("--base", f"oci:{folder}/{name}")]
    found = fleet(folder, capsys, images, *bases)
    return {each["base"].rpartition("/")[2]: each for each in found["bases"]} | {
        "now": found["disk_together_bytes"]
    }


def test_images_on_one_base_need_what_such_images_need(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = {"one": (BIG, APPS["one"]), "two": (SMALL, APPS["two"])}
    found = on_bases(tmp_path, capsys, now)
    assert list(found) == ["small", "big", "now"]
    assert found["big"]["moved"] == [f"oci:{tmp_path}/two"]
    assert found["small"]["moved"] == [f"oci:{tmp_path}/one"]
    for name, base in (("big", BIG), ("small", SMALL)):
        (folder := tmp_path / f"all-{name}").mkdir()
        built = fleet(folder, capsys, {each: (base, APPS[each]) for each in now})
        assert found[name]["disk_bytes"] == built["disk_together_bytes"]


def test_an_image_on_no_given_base_is_counted_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = {"one": (BIG, APPS["one"]), "three": ("f 0644 0:0 /other o", APPS["three"])}
    found = on_bases(tmp_path, capsys, now)
    assert found["big"]["apart"] == [f"oci:{tmp_path}/three"]
    assert (found["big"]["moved"], found["big"]["disk_bytes"]) == ([], found["now"])


def test_the_text_says_what_a_base_is_assumed_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_of(tmp_path / "one", Stored(AMD64, layers=(SMALL, APPS["one"])))
    folder_of(tmp_path / "big", Stored(AMD64, layers=(BIG,)))
    name, base = (f"oci:{tmp_path}/{each}" for each in ("one", "big"))
    assert carry_out(["fleet", name, "--base", base], Edge()) == 0
    text = capsys.readouterr().out
    assert "all images on" in text and "Nothing was built" in text


def test_a_layer_above_the_limit_is_not_unpacked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_of(tmp_path / "one", Stored(AMD64, layers=(PYTHON,)))
    with pytest.raises(UsageError, match="unpack"):
        carry_out(["fleet", f"oci:{tmp_path}/one", "--unpack-limit", "1 kB"], Edge())


def test_each_platform_is_a_fleet_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        folder_of(tmp_path / name, Stored(AMD64), Stored(ARMV6))
    names = [f"oci:{tmp_path}/{name}" for name in ("one", "two")]
    assert carry_out(["fleet", *names, "--format", "json"], Edge()) == 0
    platforms = [each["platform"] for each in json.loads(capsys.readouterr().out)["fleets"]]
    assert platforms == ["linux/amd64", "linux/arm/v6"]
    assert carry_out(["fleet", *names, "--platform", "linux/arm/v6"], Edge()) == 0
    assert "2 images on one linux/arm/v6 device" in capsys.readouterr().out


def report(folder: Path, **layouts: str) -> str:
    """A report on these images of linux/amd64, with the layouts beside it."""
    images = []
    for name, layout in layouts.items():
        made = slimmed(AMD64, sizes("a", 10, 20), replace(sizes("b", 5, 9), reference=""))
        made = replace(made, artifacts=Artifacts(oci_layout=layout or None))
        images.append(ImageReport(name, (made,)))
        if layout:
            folder_of(folder / layout, Stored(AMD64))
    path = folder / "report.json"
    path.write_text(to_json(Report(Tool("1"), "2026-11-23T10:20:30Z", tuple(images))))
    return str(path)


def test_a_report_names_all_its_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = report(tmp_path, hello="hello/linux-amd64", weather="weather/linux-amd64")
    assert carry_out(["fleet", name, "--format", "json"], Edge()) == 0
    (found,) = json.loads(capsys.readouterr().out)["fleets"]
    assert [each["reference"] for each in found["images"]] == ["hello", "weather"]
    assert found["disk_apart_bytes"] == 2 * found["disk_together_bytes"]


def test_an_image_that_is_only_in_the_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither beside the report nor in the daemon"):
        carry_out(["fleet", report(tmp_path, hello="")], Edge())


def test_the_text_says_what_is_shared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, layers in IMAGES.items():
        folder_of(tmp_path / name, Stored(AMD64, layers=layers))
    names = [f"oci:{tmp_path}/{name}" for name in IMAGES]
    assert carry_out(["fleet", *names, "--before", names[0]], Edge()) == 0
    text = capsys.readouterr().out
    for words in ("2 images on one linux/amd64 device", "pull, not shared", "together",
                  "common layer", "equal files", "same path, owner, mode and time",
                  f"update of a device that has oci:{tmp_path}/hello"[:60]):  # fmt: skip
        assert words in text, text


def test_an_image_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        carry_out(["fleet", f"oci:{tmp_path}/none"], Edge())
