"""What is written into a folder that somebody else may have filled."""

import errno
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from stored_images import AMD64, Stored

from ci_slim.deliver import refuse_full_disk, staged, write_text, write_through
from ci_slim.errors import EngineError, UsageError
from ci_slim.image.image import Image


def write_layout(image: Image, output: Path, below: str) -> None:
    with staged(output) as staging:
        assert staging is not None
        staging.layout(image, below)


def write_file(text: str | None, output: Path, below: str) -> None:
    with staged(output) as staging:
        assert staging is not None
        staging.file(text, below)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def test_a_file_takes_the_place_of_a_link_and_leaves_what_it_leads_to(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    path = tmp_path / "out/comment.md"
    path.parent.mkdir()
    path.symlink_to(victim)
    write_text(path, "ours")
    assert (path.is_symlink(), path.read_text(), victim.read_text()) == (False, "ours", "mine")
    assert [each.name for each in path.parent.iterdir()] == ["comment.md"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        write_text(tmp_path / "report.json", "x")
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_place_that_the_user_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_through(tmp_path / "link", "x")
    assert (tmp_path / "real").read_text() == "x"


@pytest.mark.parametrize("link", ["app", "app/linux-amd64"])
def test_a_layout_is_not_written_through_a_link(tmp_path: Path, link: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "linux-amd64").mkdir(parents=True)
    (elsewhere / "linux-amd64/precious").touch()
    output = tmp_path / "out"
    (output / link).parent.mkdir(parents=True)
    (output / link).symlink_to(elsewhere if link == "app" else elsewhere / "linux-amd64")
    with pytest.raises(UsageError, match="it is a link"):
        write_layout(Stored(AMD64).laid_out(), output, "app/linux-amd64")
    assert (elsewhere / "linux-amd64/precious").exists()


def test_a_layout_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "app/linux-amd64/blobs").mkdir(parents=True)
    (tmp_path / "app/linux-amd64/blobs/old").touch()
    write_layout(Stored(AMD64).laid_out(), tmp_path, "app/linux-amd64")
    assert not (tmp_path / "app/linux-amd64/blobs/old").exists()
    assert (tmp_path / "app/linux-amd64/index.json").is_file()


def test_a_profile_takes_the_place_of_an_earlier_one_or_takes_it_away(tmp_path: Path) -> None:
    write_file("first", tmp_path, "app/linux-amd64.seccomp.json")
    write_file("second", tmp_path, "app/linux-amd64.seccomp.json")
    assert (tmp_path / "app/linux-amd64.seccomp.json").read_text() == "second"
    write_file(None, tmp_path, "app/linux-amd64.seccomp.json")
    write_file(None, tmp_path, "other/linux-amd64.seccomp.json")
    assert [each.name for each in tmp_path.rglob("*")] == ["app"]


def test_a_profile_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.apparmor").write_text("precious")
    (tmp_path / "app").symlink_to(tmp_path / "elsewhere")
    for text in ("ours", None):
        with pytest.raises(UsageError, match="it is a link"):
            write_file(text, tmp_path, "app/x.apparmor")
    assert (tmp_path / "elsewhere/x.apparmor").read_text() == "precious"


# Nothing is there that is not complete


def fill_disk(monkeypatch: pytest.MonkeyPatch, *, after: int = 0) -> None:
    """From so many calls on, nothing more can be written to the disk."""
    calls = iter(range(1000))

    def fsync(_: int) -> None:
        if next(calls) >= after:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ci_slim.deliver.os.fsync", fsync)


@pytest.mark.parametrize("after", range(8))
def test_a_full_disk_leaves_the_layout_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    write_layout(Stored(AMD64, ("old:1",)).laid_out(), tmp_path, "app/linux-amd64")
    before = everything(tmp_path)
    fill_disk(monkeypatch, after=after)
    if after == 7:  # a layout of two layers has seven files
        write_layout(Stored(AMD64, ("new:1",)).laid_out(), tmp_path, "app/linux-amd64")
        assert everything(tmp_path) != before
        return
    with pytest.raises(EngineError, match=r"the disk is full: 1\.\d+ MB are needed") as caught:
        write_layout(Stored(AMD64, ("new:1",)).laid_out(), tmp_path, "app/linux-amd64")
    assert (caught.value.exit_code, caught.value.where) == (4, str(tmp_path / "app/linux-amd64"))
    assert everything(tmp_path) == before


@pytest.mark.parametrize("write", [write_text, write_through])
def test_a_full_disk_leaves_the_report_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, str], None]
) -> None:
    write(tmp_path / "report.json", "good")
    fill_disk(monkeypatch)
    with pytest.raises(EngineError, match="the disk is full"):
        write(tmp_path / "report.json", "half")
    assert everything(tmp_path) == {"report.json": b"good"}


def test_what_was_staged_before_a_failure_is_forgotten(tmp_path: Path) -> None:
    write_layout(Stored(AMD64, ("old:1",)).laid_out(), tmp_path, "app/linux-amd64")
    before = everything(tmp_path)
    with pytest.raises(KeyboardInterrupt), staged(tmp_path) as staging:
        assert staging is not None
        staging.layout(Stored(AMD64, ("new:1",)).laid_out(), "app/linux-amd64")
        staging.file("profile", "app/linux-amd64.seccomp.json")
        raise KeyboardInterrupt
    assert everything(tmp_path) == before


def test_a_blob_that_is_too_short_is_not_handed_out(tmp_path: Path) -> None:
    image = Stored(AMD64).laid_out()
    cut = replace(image.layers[0], open=partial(io.BytesIO, b"cut"))
    with pytest.raises(UsageError, match="bytes too short"):
        write_layout(replace(image, layers=(cut, *image.layers[1:])), tmp_path, "app")
    assert everything(tmp_path) == {}


def test_room_is_asked_for_before_it_is_needed(tmp_path: Path) -> None:
    refuse_full_disk(tmp_path / "not/there/yet", 1)
    with pytest.raises(EngineError, match=r"the disk is full: 1000000 TB are needed, .* free"):
        refuse_full_disk(tmp_path / "not/there/yet", 10**18)


def test_a_file_that_was_mounted_alone_is_written_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text("old")

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr("ci_slim.deliver.Path.replace", busy)
    write_through(tmp_path / "report.json", "new")
    assert everything(tmp_path) == {"report.json": b"new"}
