"""Tests that no text of an image makes the rules take quadratic time or fail.

Nothing measures the time: what is not linear runs into the time-out of a test. Each text is in a
file of the language whose rule reads it, and in a library of that language.
"""

import pytest
from small_image import SmallImage

from ci_slim.closure import owners

pytestmark = pytest.mark.timeout(20)

SIZE = 60_000
COPIED = ({"created_by": "COPY . / # buildkit"},)
SITE = "/usr/lib/python3.13/site-packages"
BLANKS = (" ", "\n", " \n")


def text(part: str, first: str = "") -> str:
    """A hostile text: a part again and again."""
    return first + part * (SIZE // len(part)) + "x"


PYTHON = (
    *(text(each, word) for word in ("", "import", "from", "import a, (") for each in BLANKS),
    *map(text, ("import (\n", "import \\\n", "import a \\\n", "from\n", "open ", "'a.", "-m ")),
    *map(text, ("a: ", ":import a", ";import a", "import a;")),
    *map(text, ("if TYPE_CHECKING:\n", "if TYPE_CHECKING:\n import a\n", "import_module('")),
    "if TYPE_CHECKING:\nimport a\n" * 10_000,
    "".join(f"{' ' * depth}if TYPE_CHECKING:\n" for depth in range(600)),
)
RUBY = (
    *(text(each, word) for word in ("require", "autoload", "require(") for each in BLANKS),
    *(text(each, "autoload :a") for each in BLANKS),
    *map(text, ("require '", "require File.join(", "'a/a", "%x(")),
)
PERL = (
    *(text(each, word) for word in ("", "{", "use", "'a'", "'a' =>", "qw") for each in BLANKS),
    *map(text, ("open ", "open,", "use parent \n", "use base a\n", "=a\n", "A::", "'A", "qw(")),
)
NODE = (
    *(text(each, word) for word in ("import", "require(", "export a") for each in BLANKS),
    *map(text, ("export ", "export from ", "import '", "import 'a' ", "'@a/")),
)
CALLS = (
    *(text(each, word) for word in ("open", "open(", "open(cmd", "`") for each in BLANKS),
    *map(text, ("open(", "os.exec", "open('a", "&& ", "`a")),
    text("| ", '"a '),
    text("&& ", "'a "),
)
SHELL = (
    *(text(each, word) for word in ("", "then", "tini", "a=") for each in BLANKS),
    *map(text, ("a=(", ";a=", "a=x ", "a=x\n", "-a ", "-a\n", "(-a", "-exec ", "(a", "{ ")),
)
TCL = tuple(text(each, word) for word in ("package", "package require") for each in BLANKS)
LUA = tuple(text(each, "require") for each in BLANKS)
OTHERS = tuple(map(text, (*BLANKS, "a=(", "[[", "'a", '"a: ', "/a/", "a:b:", "\0", "Europe/A")))
LANGUAGES = [
    (".py", "#!/usr/bin/python3\n", PYTHON, f"{SITE}/big/a.py"),
    (".rb", "", RUBY, "/usr/lib/ruby/vendor_ruby/a.rb"),
    (".pm", "", PERL, "/usr/share/perl5/A.pm"),
    (".js", "", NODE, "/node_modules/a/index.js"),
    (".rb", "", CALLS, "/usr/lib/ruby/vendor_ruby/b.rb"),
    (".sh", "#!/bin/sh\n", SHELL, "/usr/bin/start"),
    (".tcl", "", TCL, "/usr/share/tcltk/a.tcl"),
    (".lua", "", LUA, "/usr/share/lua/5.4/a.lua"),
    (".json", "", OTHERS, "/usr/share/a.txt"),
]


@pytest.mark.parametrize(
    ("ending", "head", "hostile", "library"),
    [(*each[:2], one, each[3]) for each in LANGUAGES for one in each[2]],
    ids=lambda value: repr(value[:24]),
)
def test_no_text_takes_quadratic_time(ending: str, head: str, hostile: str, library: str) -> None:
    own = f"/app/own{ending}"
    image = SmallImage({own: head + hostile, library: head + hostile}, history=COPIED)
    assert own in image.kept(own, library, safety="balanced")


def test_nested_json_and_nested_folders_are_no_failure() -> None:
    deep = "/usr/lib/x" + "/a" * 1500
    image = SmallImage(
        {
            "/app/a.js": "require('x')",
            "/app/node_modules/x/package.json": "[" * SIZE,
            "/app/node_modules/x/index.js": "1",
            "/app/a.tcl": "package require X",
            "/usr/lib/x/pkgIndex.tcl": "package ifneeded X 1",
            f"{deep}/f.tcl": "1",
        },
        history=COPIED,
    )
    kept = image.kept("/app/a.js", "/app/a.tcl", safety="balanced")
    assert {"/app/node_modules/x/index.js", f"{deep}/f.tcl"} <= kept


def test_nested_targets_of_a_package_are_found() -> None:
    exports = '{"a": [' * 200 + '"./b.js"' + "]}" * 200
    image = SmallImage(
        {
            "/app/a.js": "require('x')",
            "/app/node_modules/x/package.json": f'{{"exports": {exports}}}',
            "/app/node_modules/x/b.js": "1",
        },
        history=COPIED,
    )
    assert "/app/node_modules/x/b.js" in image.kept("/app/a.js", safety="balanced")


@pytest.mark.parametrize("source", ["Source: \n", "Source:  \n", ""])
def test_a_package_without_a_source_has_its_own_name(source: str) -> None:
    status = f"Package: a\n{source}Status: install ok installed\n"
    image = SmallImage({"/var/lib/dpkg/status": status, "/var/lib/dpkg/info/a.list": "/a\n"})
    assert owners.Owners.of(image.index(), image).source == {"a": "a"}
