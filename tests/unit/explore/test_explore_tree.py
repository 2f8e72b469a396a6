"""The files of an image as folders with sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.explore.tree import ImageFile, Tree

FILES = (
    ImageFile("/usr/bin/app", 600, 600, 1, "app", "exec"),
    ImageFile("/usr/bin/cc", 300, None, 0, "gcc"),
    ImageFile("/usr/lib/x.so", 80, 50, 0, "libc"),
    ImageFile("/etc/new", None, 7, 1),
    ImageFile("/root", 1, 1),
)


def test_the_sums_of_a_folder_are_those_of_all_files_in_it() -> None:
    tree = Tree(FILES)
    assert {row.key: (row.fat, row.slim, row.files, row.kept) for row in tree.rows()} == {
        "/usr": (980, 650, 3, 2),
        "/etc": (0, 7, 0, 1),
        "/root": (1, 1, 1, 1),
    }
    whole = tree.row()
    assert (whole.fat, whole.slim, whole.files, whole.kept) == (981, 658, 4, 4)


@pytest.mark.parametrize(
    ("order", "names"),
    [("size", ["usr/", "etc/", "root"]), ("change", ["usr/", "etc/", "root"]),
     ("name", ["etc/", "root", "usr/"])],
)  # fmt: skip
def test_rows_are_sorted(order: str, names: list[str]) -> None:
    assert [row.name for row in Tree(FILES).rows("", order)] == names


def test_by_change_what_lost_most_comes_first() -> None:
    assert [row.name for row in Tree(FILES).rows("/usr/bin", "change")] == ["cc", "app"]


@pytest.mark.parametrize(
    ("group", "names"),
    [("layer", ["/layer 2", "/layer 1"]), ("package", ["/app", "/gcc", "/libc", "/no package"])],
)
def test_groups_are_the_outermost_folders(group: str, names: list[str]) -> None:
    tree = Tree(FILES, group)
    assert [row.key for row in tree.rows()] == names
    assert [row.file for row in tree.rows("/layer 1/usr/lib")] == (
        [FILES[2]] if group == "layer" else []
    )


def test_a_path_that_is_a_file_and_a_folder_is_shown_as_both() -> None:
    tree = Tree([ImageFile("/a", 1, 1), ImageFile("/a/b", 2, 2)])
    assert [(row.name, row.fat) for row in tree.rows()] == [("a/", 2), ("a", 1)]


def test_a_path_of_thousands_of_folders_is_no_problem() -> None:
    tree = Tree([ImageFile("/x" * 5000, 1, None)])
    assert tree.row("/x").fat == 1


PATHS = st.lists(st.lists(st.sampled_from(["a", "b", "", "..", "é"]), min_size=1, max_size=5))


@given(PATHS)
def test_no_file_is_lost_and_none_counts_twice(parts: list[list[str]]) -> None:
    files = [ImageFile("/" + "/".join(each), 2**n, None) for n, each in enumerate(parts)]
    for group in ("folder", "layer", "package"):
        tree = Tree(files, group)
        assert tree.row().fat == sum(file.fat or 0 for file in files)
        folders = ["", *tree.folders()]
        found = [row.file for each in folders for row in tree.rows(each) if row.file]
        assert sorted(file.fat or 0 for file in found) == [file.fat for file in files]
