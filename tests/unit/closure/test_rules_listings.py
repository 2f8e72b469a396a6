"""Tests that the content of a listed folder is kept, because the program may use any of it."""

import pytest
from small_image import SmallImage

from ci_slim.observe.observation import How

IMAGE = SmallImage(
    {
        "/app/plugins/a.js": "a",
        "/app/plugins/b.js": "-> ../more/b.js",
        "/app/plugins/sub": None,
        "/app/plugins/sub/c.js": "c",
        "/app/more/b.js": "b",
        "/plugins": "-> app/plugins",
        "/bin": "-> usr/bin",
        "/opt/tool/bin/helper": "h",
        "/usr/bin/env": "e",
        "/usr/lib/x86_64-linux-gnu/libx.so": "x",
        "/usr/lib/x86_64-linux-gnu/gio/libm.so": "m",
        "/usr/lib/python3.13/this.py": "t",
        "/usr/lib/python3.13/json/tool.py": "t",
        "/venv/lib/python3.13/site-packages/pkg/odd.py": "o",
    },
    config={"Env": ["PATH=/usr/bin:/opt/tool/bin"]},
)


@pytest.mark.parametrize("folder", ["/app/plugins", "/plugins", "/app/plugins/sub/.."])
def test_the_content_of_a_listed_folder_is_kept(folder: str) -> None:
    keep = IMAGE.keep(folder, how=How.LIST)
    assert {"/app/plugins/a.js", "/app/plugins/b.js", "/app/more/b.js"} <= set(keep.paths)
    assert "listed: in /app/plugins" in keep.reasons["/app/plugins/a.js"]
    assert "/app/plugins/sub" in keep
    assert "/app/plugins/sub/c.js" not in keep


def test_a_folder_that_was_opened_like_a_file_was_read_too() -> None:
    keep = IMAGE.keep("/app/plugins", how=How.OPEN)
    assert {"/app/plugins/a.js", "/app/plugins/b.js", "/app/more/b.js"} <= set(keep.paths)


@pytest.mark.parametrize(
    ("folder", "file", "kept"),
    [
        ("/bin", "/usr/bin/env", False),
        ("/opt/tool/bin", "/opt/tool/bin/helper", False),
        ("/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/libx.so", False),
        ("/usr/lib/x86_64-linux-gnu/gio", "/usr/lib/x86_64-linux-gnu/gio/libm.so", True),
        ("/usr/lib/python3.13", "/usr/lib/python3.13/this.py", False),
        ("/usr/lib/python3.13/json", "/usr/lib/python3.13/json/tool.py", False),
        (
            "/venv/lib/python3.13/site-packages/pkg",
            "/venv/lib/python3.13/site-packages/pkg/odd.py",
            False,
        ),
    ],
)
def test_folders_that_programs_and_modules_are_searched_in_are_not_kept_whole(
    folder: str, file: str, kept: bool
) -> None:
    assert (file in IMAGE.keep(folder, how=How.LIST)) == kept


def test_the_content_of_a_folder_that_was_only_checked_is_not_kept() -> None:
    assert "/app/plugins/a.js" not in IMAGE.keep("/app/plugins", how=How.STAT)
