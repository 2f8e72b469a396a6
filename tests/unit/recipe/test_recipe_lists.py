"""The lists of what is kept: one a layer, whole folders as one line, each with the reason."""

import pytest
from tarballs import index_of

from ci_slim.errors import UsageError
from ci_slim.recipe.lists import FatFiles, Line, layer_lists

BASE = """
    d 0755 0:0 /usr
    f 0755 0:0 /usr/bin/x x
    l /bin -> usr/bin
    d 1777 0:0 /tmp
"""
APP = """
    d 0755 5:5 /opt/app
    f 0644 0:0 /opt/app/a 1
    f 0644 0:0 /opt/app/b 2
    f 0644 0:0 /opt/app/c 3
"""
REASONS = {
    "/usr/bin/x": "exec: executed; elf: needed by /y",
    "/usr/bin/gone": "",
    "/opt/app/a": "own files: of /opt/app",
    "/opt/app/b": "own files: of /opt/app",
    "/opt/app/c": "opened: read",
}


def test_each_layer_has_a_list_and_a_whole_folder_is_one_line() -> None:
    lower, upper = layer_lists(index_of(BASE, APP), FatFiles(REASONS, True), "app")
    assert lower == (
        Line("/bin", "links"),
        Line("/tmp", "folders in which nothing is kept"),
        Line("/usr/bin/x", "exec", "executed"),
    )
    assert upper == (Line("/opt/", "own files", "of /opt/app"),)


@pytest.mark.parametrize(
    "fat",
    [
        FatFiles({**REASONS, "/opt/app/d": ""}, True),
        FatFiles(REASONS, False),
        FatFiles({p: r for p, r in REASONS.items() if p != "/opt/app/b"}, True),
    ],
    ids=["one file is not kept", "not all files are known", "one file is not known"],
)
def test_a_folder_is_one_line_only_if_surely_all_is_kept(fat: FatFiles) -> None:
    _, upper = layer_lists(index_of(BASE, APP), fat, "app")
    assert [line.path for line in upper] == ["/opt/app/a", "/opt/app/b", "/opt/app/c"]


def test_a_folder_of_two_layers_is_not_one_line() -> None:
    more = "f 0644 0:0 /opt/app/b 2"
    app = APP.replace("    f 0644 0:0 /opt/app/b 2\n", "")
    _, one, two = layer_lists(index_of(BASE, app, more), FatFiles(REASONS, True), "app")
    assert [line.path for line in (*one, *two)] == ["/opt/app/a", "/opt/app/c", "/opt/app/b"]


def test_a_folder_s_own_entry_may_be_in_a_lower_layer_than_its_files() -> None:
    files = APP.replace("    d 0755 5:5 /opt/app\n", "")
    lower, upper = layer_lists(
        index_of("d 0755 5:5 /opt/app", files), FatFiles(REASONS, True), "app"
    )
    assert [line.path for line in (*lower, *upper)] == ["/opt/"]


def test_records_that_ci_slim_wrote_are_left_out_and_a_distroless_image_s_are_not() -> None:
    index = index_of("f 0644 0:0 /var/lib/dpkg/status.d/base text")
    assert layer_lists(index, FatFiles(REASONS, True), "app") == ((),)
    fat = FatFiles({"/var/lib/dpkg/status.d/base": "packages: of base"}, True)
    ((line,),) = layer_lists(index, fat, "app")
    assert line.path == "/var/lib/dpkg/status.d/base"


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("c 0666 /dev/null 1:3", "it is a device"),
        ("f 0644 0:0 /bad\udcff x", "its name is not UTF-8"),
        ("f 0644 0:0 /bad\x01 x", "its name has a control character"),
    ],
)
def test_what_no_list_can_say_is_refused(member: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        layer_lists(index_of(member), FatFiles(), "app")
