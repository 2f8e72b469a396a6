"""Tests new files of the slim image, which are written as one more layer."""

import io
import tarfile
from pathlib import Path

import pytest

from ci_slim.closure.close import KeepSet
from ci_slim.fat.saved import filtered_layers
from ci_slim.image.files import FileIndex, read_layer
from ci_slim.image.filter import Mode
from ci_slim.image.grouping import Group, Grouping
from ci_slim.settings.plans import SlimPlan


def base() -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, mode, owner in (("./var", 0o755, 0), ("./var/db", 0o2750, 42)):
            member = tarfile.TarInfo(path)
            member.type, member.mode, member.gid, member.mtime = tarfile.DIRTYPE, mode, owner, 1000
            tar.addfile(member)
    return stream


@pytest.mark.parametrize(
    ("mode", "layer"),
    [
        (
            "preserve",
            [
                ("var", 0o755, 0, 1000),
                ("var/db", 0o2750, 42, 1000),
                ("var/db/status.d", 0o755, 0, 0),
                ("var/db/status.d/libc6", 0o644, 0, 0),
            ],
        ),
        (
            "merge",
            [
                ("var", 0o755, 0, 1000),
                ("var/db", 0o2750, 42, 1000),
                ("var/db/status.d", 0o755, 0, 0),
                ("var/db/status.d/libc6", 0o644, 0, 0),
            ],
        ),
    ],
)
def test_folders_of_added_files_stay_as_the_image_has_them(
    mode: Mode, layer: list[tuple[str, int, int, int]], tmp_path: Path
) -> None:
    tar = base()
    index = FileIndex.of([read_layer(tar, 0)])
    keep = KeepSet({"/": ("",)}, {"/var/db/status.d/libc6": b"Package: libc6\n"})
    *_, top = filtered_layers(index, [tar], keep, tmp_path / "out", SlimPlan(layers=mode))
    with tarfile.open(fileobj=top.open(), mode="r:") as read:
        assert [(each.name, each.mode, each.gid, each.mtime) for each in read] == layer


def test_added_files_are_among_the_dependencies_also_where_the_base_had_them(
    tmp_path: Path,
) -> None:
    tar = base()
    index = FileIndex.of([read_layer(tar, 0)])
    added = {"/var/db/status.d/libc6": b"Package: libc6\n"}
    paths = dict.fromkeys(("/var", "/var/db", *added), Group.BASE)
    keep = KeepSet({"/var/db": ("",)}, added, grouping=Grouping((Group.BASE,), paths))
    bottom, top = filtered_layers(index, [tar], keep, tmp_path / "out", SlimPlan(layers="split"))
    assert (bottom.label, top.label) == ("base", "dependencies")
    with tarfile.open(fileobj=bottom.open(), mode="r:") as read:
        assert [(each.name, each.mode) for each in read] == [("var", 0o755), ("var/db", 0o2750)]
