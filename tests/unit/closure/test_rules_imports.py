"""Tests that the imports of a Python application are kept, even if no probe reached them."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.closure.close import KeepOptions, close
from ci_slim.closure.rules.imports import imports
from ci_slim.observe.observation import How, Observation

LIB = "/usr/lib/python3.13"
SITE = "/usr/lib/python3/dist-packages"
SO = ".cpython-313-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import a", [("a", ())]),
        ("import a.b as c, d  # e", [("a.b", ()), ("d", ())]),
        ("from a.b import c as d, e", [("a.b", ("c", "e"))]),
        ("from . import x", [(".", ("x",))]),
        ("from ..y import *", [("..y", ("*",))]),
        ("from a import (\n    b,  # why\n    c,\n)\nimport d", [("a", ("b", "c")), ("d", ())]),
        ("from a import \\\n    b", [("a", ("b",))]),
        ("from a import (  # noqa\n    b,\n    c,\n)", [("a", ("b", "c"))]),
        ("def f():\n\timport a; g()", [("a", ())]),
        ("import a, b; from c import d", [("a", ()), ("b", ()), ("c", ("d",))]),
        ("def f(): import a\ntry: import b\nexcept ImportError: b = 0", [("a", ()), ("b", ())]),
        ("if TYPE_CHECKING: import a\nx = 'y: import b'\n# z: import c", []),
        ("try:\n    import a\nexcept ImportError:\n    import b", [("a", ()), ("b", ())]),
        ("if TYPE_CHECKING:\n    import a\n    from b import c\nimport d", [("d", ())]),
        ("if t.TYPE_CHECKING:\n    import a\nelse:\n    import b", [("b", ())]),
        ("if __name__ == '__main__':\n    import a", []),
        ("# import a\nx = 'import b'\nimportlib.x\nfrom_ = 1\nfrom a", []),
        ("from a import (b,", [("a", ("b",))]),
        ("import \\", []),
        ("import_module('csv')\n__import__( \".x.y\")", [("csv", ()), (".x.y", ())]),
        ("import_module(name)\nmy_import_module('a')\nimport_module('b' + c)", []),
        ("from a import b\x0c\nimport c\r\n", [("a", ("b",)), ("c", ())]),
    ],
)
def test_import_statements_are_read(source: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(imports(source)) == found


IMAGE = SmallImage(
    {
        "/srv/app.py": "import flask\ndef f():\n    import sqlite3\n    from shop import cart\n",
        "/srv/shop/__init__.py": "",
        "/srv/shop/cart.py": "from .price import total\nimport helper\n",
        "/srv/shop/price.py": "",
        "/srv/shop/unused.py": "import unused",
        "/srv/helper.py": "",
        f"{LIB}/os.py": "def f():\n    import subprocess\n",
        f"{LIB}/subprocess.py": "",
        f"{LIB}/unused.py": "",
        f"{LIB}/sqlite3/__init__.py": "from sqlite3.dbapi2 import *",
        f"{LIB}/sqlite3/dbapi2.py": "def f():\n    import datetime\nfrom _sqlite3 import *\n",
        f"{LIB}/sqlite3/dump.py": "",
        f"{LIB}/datetime.py": "",
        f"{LIB}/lib-dynload/_sqlite3{SO}": elf_file("libsqlite3.so.0"),
        "/usr/lib/libsqlite3.so.0": elf_file(),
        f"{SITE}/flask/__init__.py": "def f():\n    from flask import late\n    import pdb\n",
        f"{SITE}/flask/app.py": "def f():\n    import subprocess\n",
        f"{SITE}/flask/late.py": "",
        f"{LIB}/pdb.py": "",
    }
)
LOADED = (
    "/srv/app.py",
    f"{LIB}/os.py",
    f"{SITE}/flask/__init__.py",
    f"{SITE}/flask/app.py",
)


def test_late_imports_are_kept_with_their_own_imports() -> None:
    keep = IMAGE.keep(*LOADED)
    late = {
        f"{LIB}/sqlite3/__init__.py",
        f"{LIB}/sqlite3/dbapi2.py",
        f"{LIB}/lib-dynload/_sqlite3{SO}",
        "/usr/lib/libsqlite3.so.0",
        f"{LIB}/datetime.py",
        "/srv/shop/__init__.py",
        "/srv/shop/cart.py",
        "/srv/shop/price.py",
        "/srv/helper.py",
    }
    assert late <= set(keep.paths)
    assert keep.reasons[f"{LIB}/sqlite3/__init__.py"][0] == "python: imported by /srv/app.py"
    others = {f"{LIB}/sqlite3/dump.py", "/srv/shop/unused.py", f"{LIB}/unused.py"}
    assert others.isdisjoint(keep.paths)


def test_loaded_modules_are_followed_only_if_the_application_names_them() -> None:
    keep = IMAGE.keep(*LOADED)
    assert f"{SITE}/flask/late.py" in keep
    assert f"{LIB}/subprocess.py" not in keep


def test_modules_that_other_rules_keep_are_not_followed() -> None:
    """The modules of the error path would lead to half of the library."""
    image = SmallImage(
        {
            f"{LIB}/os.py": "",
            f"{LIB}/traceback.py": "def f():\n    import email\n",
            f"{LIB}/email.py": "",
            f"{LIB}/_strptime.py": "",
            f"{LIB}/lib-dynload/_codecs_jp{SO}": elf_file(),
        }
    )
    assert image.kept(f"{LIB}/os.py") == set(image.files) - {f"{LIB}/email.py"}


def test_debuggers_and_tests_are_kept_for_an_application_that_names_them() -> None:
    assert f"{LIB}/pdb.py" not in IMAGE.keep(*LOADED)
    image = SmallImage({**IMAGE.files, "/srv/app.py": "import pdb"})
    assert f"{LIB}/pdb.py" in image.keep(*LOADED)


def test_a_module_that_was_loaded_compiled_was_loaded() -> None:
    cache = f"{LIB}/__pycache__/os.cpython-313.pyc"
    image = SmallImage({**IMAGE.files, cache: "compiled"})
    assert f"{LIB}/subprocess.py" not in image.keep(cache)


def test_zones_come_with_the_module_that_reads_them() -> None:
    image = SmallImage(
        {
            "/srv/app.py": "def f():\n    from zoneinfo import ZoneInfo\n",
            f"{LIB}/os.py": "",
            f"{LIB}/zoneinfo/__init__.py": "def f():\n    import sysconfig\n",
            f"{LIB}/sysconfig.py": "",
            f"{LIB}/_sysconfigdata__x86_64-linux-gnu.py": "",
            "/usr/share/zoneinfo/Asia/Tokyo": "TZif",
        }
    )
    assert image.kept("/srv/app.py", f"{LIB}/os.py") == set(image.files)


def test_the_folders_of_pythonpath_and_of_the_image_are_searched() -> None:
    image = SmallImage(
        {
            "/opt/run.py": "import one, two\n",
            "/opt/more/one.py": "",
            "/work/two.py": "",
        },
        config={"Env": ["PYTHONPATH=:/opt/more"], "WorkingDir": "/work"},
    )
    assert image.kept("/opt/run.py") == set(image.files)


def test_without_python_nothing_is_read() -> None:
    image = SmallImage({"/srv/a.txt": "import b", "/srv/b.py": ""})
    seen = Observation({"/srv/a.txt": How.OPEN})
    keep = close(image.index(), seen, image, image, KeepOptions(packages=False))
    assert "/srv/b.py" not in keep


def test_a_script_is_followed_though_the_run_used_no_python() -> None:
    folder = f"{LIB}/dist-packages"
    image = SmallImage(
        {
            "/app/run.sh": "#!/bin/sh\npsbook x\n",
            "/usr/bin/psbook": "#!/usr/bin/python3.13\nfrom psutils import book\n",
            "/usr/bin/python3.13": elf_file(),
            f"{LIB}/os.py": "",
            f"{folder}/psutils/__init__.py": "",
            f"{folder}/psutils/book.py": "",
            f"{folder}/psutils/never.py": "",
        },
        config={"WorkingDir": "/app", "Env": ["PATH=/usr/bin"]},
    )
    kept = image.kept("/app/run.sh", safety="balanced")
    assert {f"{folder}/psutils/book.py", f"{LIB}/os.py"} <= set(kept)
    assert f"{folder}/psutils/never.py" not in kept
