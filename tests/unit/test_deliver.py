"""What is written into a folder that somebody else may have filled."""

from pathlib import Path

import pytest
from stored_images import AMD64, Stored

from ci_slim.deliver import write_file, write_layout, write_text, write_through
from ci_slim.errors import UsageError


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
