"""Tests the inventory of an image in a report, and the differences between two."""

from small_image import SmallImage

from ci_slim.image.inventory import (
    CHANGES,
    FILES,
    WRITTEN,
    Growth,
    Inventory,
    LayerFileSizes,
    SizeChange,
    growth,
    inventory,
)

IMAGE = SmallImage(
    {
        "/usr": None,
        "/usr/bin": None,
        "/usr/bin/app": "x" * 100,
        "/usr/bin/curl": "x" * 30,
        "/usr/share/zoneinfo/Europe/Berlin": "x" * 5,
        "/bin": "-> usr/bin",
        "/var/lib/dpkg/info/curl.list": "/.\n/usr/bin/curl\n/usr/share/doc/gone\n",
        "/etc/x": "",
    },
    hardlinks={"/usr/bin/app2": "/usr/bin/app"},
)
LIST = "/var/lib/dpkg/info/curl.list"
LIST_BYTES = len(str(IMAGE.files[LIST]))


def test_a_fat_image_is_listed_largest_first_and_an_inode_once() -> None:
    assert inventory(IMAGE.index(), IMAGE) == Inventory(
        {"curl": 30},
        {
            "/usr/bin": 130,
            "/var/lib/dpkg": LIST_BYTES,
            "/usr/share/zoneinfo": 5,
            "/etc": 0,
        },
        (
            LayerFileSizes(
                0,
                {
                    "/usr/bin/app": 100,
                    LIST: LIST_BYTES,
                    "/usr/bin/curl": 30,
                    "/usr/share/zoneinfo/Europe/Berlin": 5,
                    "/etc/x": 0,
                },
            ),
        ),
    )


def test_of_a_slim_image_only_what_is_kept_and_what_was_written_counts() -> None:
    kept = ("/usr", "/usr/bin", "/usr/bin/app2", "/etc/x")
    assert inventory(IMAGE.index(), IMAGE, kept, {"/etc/x": 7, "/new": 1}) == Inventory(
        {},
        {"/usr/bin": 100, "/etc": 7, "/": 1},
        (
            LayerFileSizes(WRITTEN, {"/etc/x": 7, "/new": 1}),
            LayerFileSizes(0, {"/usr/bin/app2": 100}),
        ),
    )


def test_files_beyond_the_limit_of_a_report_are_summed() -> None:
    many = SmallImage({f"/{n:05}": "x" * (n + 1) for n in range(FILES + 3)})
    held = inventory(many.index(), many)
    assert (len(held.files), held.rest) == (FILES, 1 + 2 + 3)


def files(sizes: dict[str, int], layer: int = 0) -> Inventory:
    return Inventory(layers=(LayerFileSizes(layer, sizes),))


def test_a_grown_file_has_its_present_layer() -> None:
    before = Inventory(
        {"curl": 3, "tzdata": 9}, {"/usr": 5}, (LayerFileSizes(0, {"/a": 5, "/b": 1}),)
    )
    after = Inventory(
        {"curl": 7}, {"/usr": 5}, (LayerFileSizes(2, {"/a": 8}), LayerFileSizes(3, {"/c": 4}))
    )
    assert growth(before, after) == Growth(
        (SizeChange("tzdata", 9, None), SizeChange("curl", 3, 7)),
        (),
        (SizeChange("/c", None, 4, 3), SizeChange("/a", 5, 8, 2), SizeChange("/b", 1, None)),
    )


def test_a_file_that_may_only_have_left_the_list_is_not_a_change() -> None:
    """Both lists were cut, so an item of one list may be in the other image with fewer bytes."""
    before = {f"/{n}": 1000 + n for n in range(FILES)}
    after = {**before, "/new": 5000, "/0": 9000}
    del after["/1"]  # 1001 bytes: it may be there still, with up to 1000
    found = growth(files(before), files(after)).files
    assert found == (SizeChange("/0", 1000, 9000, 0), SizeChange("/new", None, 5000, 0))


def test_only_the_largest_changes_are_kept() -> None:
    found = growth(files({}), files({f"/{n:03}": 500 - n for n in range(300)})).files
    assert [change.name for change in found] == [f"/{n:03}" for n in range(CHANGES)]
