"""Tests layers that hold groups of files which change together."""

import io
from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_trees import texts, tree
from tarballs import index_of, listing_of, tarball

from ci_slim.image.files import FileIndex, read_layer
from ci_slim.image.filter import filtered
from ci_slim.image.grouping import Group, Grouping
from ci_slim.image.layer import Layer

BASE, DEPENDENCIES, APPLICATION = Group.BASE, Group.DEPENDENCIES, Group.APPLICATION
CONFIGURATION = Group.CONFIGURATION


def split(
    texts: Sequence[str],
    keep: Collection[str],
    layers: Sequence[Group],
    paths: Mapping[str, Group] | None = None,
) -> tuple[Layer, ...]:
    tars = [tarball(text) for text in texts]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    return filtered(
        index, keep, tars, "split", io.BytesIO, Grouping(tuple(layers), dict(paths or {}))
    )


def listed(layer: Layer) -> str:
    return listing_of(io.BytesIO(layer.open().read()))


SYSTEM = "d 0755 0:0 /etc\nf 0644 0:0 /etc/group root\nd 0755 0:0 /usr\nf 0755 0:0 /usr/run x"
INSTALLED = "d 0711 0:0 /usr\nf 0644 0:0 /usr/lib libs\nd 0700 5:5 /app\nf 0644 5:5 /app/lib lib"
OWN = "d 0750 6:6 /app\nf 0644 6:6 /app/main one\nd 0755 0:0 /etc\nf 0600 0:0 /etc/app.conf a=1"
ALL = ("/etc/group", "/usr/run", "/usr/lib", "/app/lib", "/app/main", "/etc/app.conf")
KINDS = (BASE, DEPENDENCIES, APPLICATION)


def test_each_group_is_a_layer_with_the_folders_on_the_way() -> None:
    base, dependencies, application, configuration = split(
        [SYSTEM, INSTALLED, OWN], ALL, KINDS, {"/etc/app.conf": CONFIGURATION}
    )
    assert listed(base) == (  # folders as the base image has them
        "d 0755 0:0 etc\nf 0644 0:0 etc/group root\nd 0755 0:0 usr\nf 0755 0:0 usr/run x"
    )
    assert listed(dependencies) == (  # /app as it was before the application came
        "d 0700 5:5 app\nf 0644 5:5 app/lib lib\nd 0711 0:0 usr\nf 0644 0:0 usr/lib libs"
    )
    assert listed(application) == "d 0750 6:6 app\nf 0644 6:6 app/main one\nd 0755 0:0 etc"
    assert listed(configuration) == "d 0755 0:0 etc\nf 0600 0:0 etc/app.conf a=1"
    assert [layer.label for layer in (base, configuration)] == ["base", "configuration"]
    assert [layer.source for layer in (base, dependencies, application)] == [0, None, None]


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        (OWN.replace("one", "two"), [2]),
        (OWN.replace("a=1", "a=2"), [3]),
        (OWN.replace("0750 6:6 /app", "0751 6:7 /app"), [2]),
        (OWN + "\nd 0700 1:1 /usr", [2]),
        (OWN + "\nf 0644 0:0 /app/more x", [2]),
    ],
)
def test_a_change_changes_the_layer_of_its_group_alone(own: str, changed: list[int]) -> None:
    keep = [*ALL, *(["/app/more"] if "/app/more" in own else [])]
    paths = {"/etc/app.conf": CONFIGURATION}
    before = split([SYSTEM, INSTALLED, OWN], ALL, KINDS, paths)
    after = split([SYSTEM, INSTALLED, own], keep, KINDS, paths)
    pairs = enumerate(zip(before, after, strict=True))
    assert [n for n, (old, new) in pairs if old.digest != new.digest] == changed


def test_a_folder_that_only_a_higher_group_has_gets_the_mode_that_docker_gives() -> None:
    layers = ["f 0644 0:0 /a x", "d 0700 5:5 /c\nf 0600 5:5 /c/lib x\nf 0600 5:5 /c/main y"]
    groups = {"/c/lib": DEPENDENCIES}
    _, dependencies, application = split(
        layers, ["/a", "/c/lib", "/c/main"], [BASE, APPLICATION], groups
    )
    assert listed(dependencies) == "d 0755 0:0 c\nf 0600 5:5 c/lib x"
    assert listed(application) == "d 0700 5:5 c\nf 0600 5:5 c/main y"


def test_all_names_of_a_file_are_in_one_layer() -> None:
    layers = ["f 0644 0:0 /a x\nh /b => /a\nf 0644 0:0 /c y"]
    low, high = split(layers, ["/a", "/b", "/c"], [BASE], {"/b": APPLICATION})
    assert listed(low) == "f 0644 0:0 c y"
    assert listed(high) == "f 0644 0:0 a x\nh 0644 0:0 b -> a"


def test_without_a_group_of_the_base_no_layer_is_the_base_s() -> None:
    (layer,) = split(["f 0644 0:0 /a x"], ["/a"], [APPLICATION])
    assert (layer.source, layer.label) == (None, "application")


def test_an_empty_keep_set_has_no_layers() -> None:
    assert split([SYSTEM], [], [BASE]) == ()


def folders_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(2, len(parts))]


GROUPS = st.sampled_from(Group)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(texts(), min_size=1, max_size=4), st.data())
def test_the_layers_of_the_groups_together_are_the_merged_layer(
    layers: list[str], data: st.DataObject
) -> None:
    paths = list(index_of(*layers))
    keep = data.draw(st.lists(st.sampled_from(paths), unique=True))
    kinds = data.draw(st.lists(GROUPS, min_size=len(layers), max_size=len(layers)))
    groups = data.draw(st.dictionaries(st.sampled_from(paths), GROUPS))
    tars = [tarball(text) for text in layers]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    one = filtered(index, keep, tars, "merge", io.BytesIO)
    several = split(layers, keep, kinds, groups)
    assert tree(several) == tree(one)
    for layer in several:  # docker makes a folder that a layer does not have
        inside = read_layer(layer.open(), 0).table.paths
        ways = {up for path in inside for up in folders_of(path) if index[up].end}
        assert ways <= set(inside)
    again = split(layers, keep, kinds, groups)
    assert [layer.digest for layer in again] == [layer.digest for layer in several]
