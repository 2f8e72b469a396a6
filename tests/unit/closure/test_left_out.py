"""What a rule does not keep because it is too large is named, with the line that keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.closure.keep_set import KeepSet, LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.patterns import matches
from ci_slim.observe.observation import How, Observation

SITE = "/usr/lib/python3/dist-packages"
LIB = "/usr/lib/python3.13"
RUBY = "/usr/lib/ruby/vendor_ruby"
PERL = "/usr/share/perl5"
COPIED = ({"created_by": "base"}, {"created_by": "COPY . /app # buildkit"})
MUCH = "x" * 9_000_000
LARGE = elf_file() + MUCH.encode()


@dataclass(frozen=True)
class Case:
    """The files of an image, of which `used` were used. The rule names `left`."""

    rule: str
    files: Mapping[str, bytes | str | None]
    used: tuple[str, ...]
    left: str
    keep: tuple[str, ...] = ()
    kind: str = "dropped_nearby"
    history: tuple[Mapping[str, object], ...] = COPIED
    config: dict[str, object] = field(default_factory=dict)
    how: How = How.OPEN

    def kept(self, *without: str) -> KeepSet:
        """What the image keeps without some rules."""
        image = SmallImage(dict(self.files), config=self.config, history=self.history)
        return image.keep(*self.used, how=self.how, safety="balanced", without=without)


CASES = {
    "a plugin": Case(
        "plugins",
        {"/usr/lib/x/a.so": elf_file(), "/usr/lib/x/webp.so": LARGE},
        ("/usr/lib/x/a.so",),
        "/usr/lib/x/webp.so",
    ),
    "another program of the software": Case(
        "companions",
        {"/usr/bin/store-server": elf_file(), "/usr/bin/store-check": LARGE},
        ("/usr/bin/store-server",),
        "/usr/bin/store-check",
        how=How.EXEC,
    ),
    "a package for a Python that the run did not use": Case(
        "named packages",
        {
            "/app/run": "x",
            "/usr/bin/cert": "#!/usr/bin/python3\n",
            "/usr/bin/python3": "-> python3.13",
            "/usr/bin/python3.13": elf_file(),
            "/usr/lib/python3.13/os.py": "x",
            "/var/lib/dpkg/info/cert.list": "/usr/bin/cert\n",
        },
        ("/app/run",),
        "cert",
        keep=("/usr/bin/cert",),
        kind="named_unused",
        history=({"created_by": "RUN /bin/sh -c apt-get install -y cert # buildkit"},),
    ),
    "a program that C starts": Case(
        "commands",
        {"/app/run": elf_file() + b"\0execvp\0tool\0", "/usr/bin/tool": LARGE},
        ("/app/run",),
        "/usr/bin/tool",
        kind="literal_dropped",
    ),
    "a program that a script calls": Case(
        "children",
        {"/app/run.sh": "#!/bin/sh\ntool\n", "/bin/sh": elf_file(), "/usr/bin/tool": LARGE},
        ("/app/run.sh",),
        "/usr/bin/tool",
        kind="literal_dropped",
    ),
    "data of a library": Case(
        "system data",
        {
            "/usr/lib/libhunspell-1.7.so.0": elf_file(),
            "/usr/share/hunspell/de_DE.dic": MUCH,
            "/usr/share/hunspell/de_AT.dic": "-> de_DE.dic",
        },
        ("/usr/lib/libhunspell-1.7.so.0",),
        "/usr/share/hunspell/de_DE.dic",
    ),
    "time zones": Case(
        "system data",
        {"/app/run": "x", "/etc/localtime": "x", "/usr/share/zoneinfo/UTC": "x" * 200},
        ("/app/run", "/etc/localtime"),
        "/usr/share/zoneinfo",
        ("/usr/share/zoneinfo/**",),
    ),
    "the rest of a package": Case(
        "named packages",
        {
            "/usr/bin/a": "x",
            "/usr/lib/tools/b": MUCH,
            "/var/lib/dpkg/info/tools.list": "/usr/bin/a\n/usr/lib/tools/b\n",
        },
        ("/usr/bin/a",),
        "/usr/lib/tools/b",
        history=({"created_by": "RUN /bin/sh -c apt-get install -y tools # buildkit"},),
    ),
    "a module of Lua": Case(
        "lua modules",
        {"/app/run.lua": 'require "a"', "/usr/lib/lua/5.4/a.so": LARGE},
        ("/app/run.lua",),
        "/usr/lib/lua/5.4/a.so",
        kind="literal_dropped",
    ),
    "a package of Tcl": Case(
        "tcl packages",
        {
            "/app/run.tcl": "package require a",
            "/usr/share/tcltk/a/pkgIndex.tcl": "package ifneeded a 1 {}",
            "/usr/share/tcltk/a/a.so": LARGE,
        },
        ("/app/run.tcl",),
        "/usr/share/tcltk/a/pkgIndex.tcl",
        ("/usr/share/tcltk/a/a.so", "/usr/share/tcltk/a/pkgIndex.tcl"),
        kind="literal_dropped",
    ),
    "a module of Perl": Case(
        "perl modules",
        {
            f"{PERL}/A.pm": "use X::Y;",
            f"{PERL}/X/Y.pm": "",
            f"{PERL}/auto/X/Y/C.so": LARGE,
        },
        (f"{PERL}/A.pm",),
        f"{PERL}/X/Y.pm",
        (f"{PERL}/X/Y.pm", f"{PERL}/auto/X/Y/C.so"),
        kind="literal_dropped",
    ),
    "a library of Ruby": Case(
        "ruby libraries",
        {"/app/run.rb": "require 'a'", f"{RUBY}/a.rb": "", f"{RUBY}/a/b.rb": MUCH},
        ("/app/run.rb", f"{RUBY}/x.rb"),
        f"{RUBY}/a",
        (f"{RUBY}/a/**",),
    ),
    "a library of PHP": Case(
        "php libraries",
        {"/usr/share/php/a/x.php": "", "/usr/share/php/a/y.php": MUCH},
        ("/usr/share/php/a/x.php",),
        "/usr/share/php/a",
        ("/usr/share/php/a/**",),
        history=(),
    ),
    "a package of Node.js": Case(
        "node modules",
        {
            "/app/run.js": "require('a')",
            "/app/node_modules/a/package.json": "{}",
            "/app/node_modules/a/x.js": MUCH * 2,
        },
        ("/app/run.js",),
        "/app/node_modules/a",
        ("/app/node_modules/a/**",),
    ),
    "data of a package of Python": Case(
        "python modules",
        {f"{SITE}/a/__init__.py": "", f"{SITE}/a/t.json": MUCH, f"{LIB}/os.py": ""},
        (f"{SITE}/a/__init__.py", f"{LIB}/os.py"),
        f"{SITE}/a/t.json",
    ),
    "a distribution that pip was asked to install": Case(
        "python modules",
        {
            f"{SITE}/a.py": "",
            f"{SITE}/b/x.py": MUCH,
            f"{SITE}/b-1.dist-info/REQUESTED": "",
            f"{SITE}/b-1.dist-info/RECORD": "b/x.py,,",
        },
        (f"{SITE}/a.py",),
        "b",
        (f"{SITE}/b/**",),
        kind="named_unused",
    ),
    "a distribution whose description is kept": Case(
        "python modules",
        {
            f"{SITE}/a.py": "",
            f"{SITE}/c.py": MUCH,
            f"{SITE}/c-1.dist-info/REQUESTED": "",
            f"{SITE}/c-1.dist-info/METADATA": "",
            f"{SITE}/c-1.dist-info/RECORD": "c.py,,\nc-1.dist-info/METADATA,,",
        },
        (f"{SITE}/a.py", f"{SITE}/c-1.dist-info/METADATA"),
        "c",
        (f"{SITE}/c.py", f"{SITE}/c-1.dist-info/**"),
        kind="named_unused",
    ),
    "a small distribution that requires a large one": Case(
        "python modules",
        {
            f"{SITE}/a.py": "",
            f"{SITE}/c/x.py": "import d",
            f"{SITE}/c-1.dist-info/REQUESTED": "",
            f"{SITE}/c-1.dist-info/METADATA": "Requires-Dist: d",
            f"{SITE}/c-1.dist-info/RECORD": "c/x.py,,",
            f"{SITE}/d.py": MUCH,
            f"{SITE}/d-1.dist-info/METADATA": "",
            f"{SITE}/d-1.dist-info/RECORD": "d.py,,",
        },
        (f"{SITE}/a.py",),
        "c",
        (f"{SITE}/c/**",),
        kind="named_unused",
    ),
    "a distribution that holds nothing but its description": Case(
        "python modules",
        {
            f"{SITE}/a.py": "",
            f"{SITE}/c-1.dist-info/REQUESTED": "",
            f"{SITE}/c-1.dist-info/METADATA": "Requires-Dist: d",
            f"{SITE}/c-1.dist-info/RECORD": "c-1.dist-info/METADATA,,",
            f"{SITE}/d.py": MUCH,
            f"{SITE}/d-1.dist-info/METADATA": "",
            f"{SITE}/d-1.dist-info/RECORD": "d.py,,",
        },
        (f"{SITE}/a.py",),
        "c",
        (f"{SITE}/d.py", f"{SITE}/c-1.dist-info/**"),
        kind="named_unused",
    ),
    "data of a library of Ruby": Case(
        "package data",
        {f"{RUBY}/a.rb": "", f"{RUBY}/a/t.json": MUCH},
        (f"{RUBY}/a.rb",),
        f"{RUBY}/a/t.json",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_too_large_is_named(case: Case) -> None:
    found = [(left.kind, left.what, left.keep) for left in case.kept().left_out]
    assert found == [(case.kind, case.left, case.keep or (case.left,))]
    assert case.kept(case.rule).left_out == ()


def test_what_another_rule_keeps_is_not_named() -> None:
    case = CASES["a plugin"]
    image = SmallImage(dict(case.files), history=COPIED)
    assert image.keep(*case.used, safety="balanced").left_out
    assert not image.keep(*case.used, case.left, safety="balanced").left_out


def test_many_files_are_named_by_the_folder_that_they_share() -> None:
    files: dict[str, bytes | str | None] = {
        f"/usr/lib/x/p{number:02}.so": elf_file() + b"x" * 2_000_000 for number in range(11)
    }
    keep = SmallImage({**files, "/usr/lib/x/a.so": elf_file()}).keep(
        "/usr/lib/x/a.so", safety="balanced"
    )
    (left,) = keep.left_out
    assert (left.what, left.keep) == ("/usr/lib/x", ("/usr/lib/x/**",))
    assert left.bytes > 22_000_000


def test_many_files_in_several_folders_are_named_without_what_lies_beside_them() -> None:
    names = [f"/usr/share/tools/{number:02}" for number in range(11)]
    names += [f"/usr/lib/x/{number:02}.so" for number in range(11)]
    names += [f"/opt/{number:02}" for number in range(3)]
    builder = builder_of([*names, "/opt/other", "/usr/lib/other"])
    builder.left_out.add_files("dropped_nearby", dict.fromkeys(names, 10))
    assert {left.keep: left.bytes for left in builder.left_out.remaining()} == {
        ("/usr/share/**",): 110,
        ("/usr/lib/x/**",): 110,
        **{(f"/opt/{number:02}",): 10 for number in range(3)},
    }


def test_an_item_of_many_files_has_the_patterns_of_folders_that_hold_only_these() -> None:
    module = "/usr/share/perl5/Net/SSLeay.pm"
    parts = [f"/usr/share/perl5/auto/Net/SSLeay/{number:02}.al" for number in range(11)]
    builder = builder_of([module, *parts, "/usr/share/perl5/Net/Other.pm"])
    item = LeftOut("literal_dropped", module, 9, (module, *parts))
    builder.left_out.add(item)
    (left,) = builder.left_out.remaining()
    assert left.keep == (module, "/usr/share/perl5/auto/**")
    assert (left.what, left.bytes) == (module, 9)


def test_the_lightest_of_many_files_are_one_item() -> None:
    names = [f"/usr/lib/{number:02}" for number in range(14)]
    builder = builder_of([*names, "/usr/lib/other"])
    weights = {name: 100 - number for number, name in enumerate(names)}
    builder.left_out.add_files("dropped_nearby", weights)
    *heavy, rest = builder.left_out.remaining()
    assert [left.keep for left in heavy] == [(name,) for name in names[:10]]
    assert (rest.what, rest.keep) == ("4 more beside /usr/lib", tuple(names[10:]))


def test_a_group_does_not_name_what_another_rule_kept_later() -> None:
    names = [f"/usr/lib/{number:02}" for number in range(14)]
    builder = builder_of([*names, "/usr/lib/other"])
    builder.left_out.add_files("dropped_nearby", dict.fromkeys(names, 10))
    for name in names[11:13]:
        builder.add(name, "another rule")
    *_, rest = builder.left_out.remaining()
    assert (rest.what, rest.bytes) == ("2 more beside /usr/lib", 20)
    assert rest.keep == (names[10], names[13])


def test_very_many_light_files_are_one_folder_with_all_that_it_brings() -> None:
    names = [f"/usr/share/wiki/i18n/{number:02}.json" for number in range(70)]
    builder = builder_of([*names, "/usr/share/wiki/i18n/qqq"], {"/usr/share/wiki/other": "x" * 30})
    builder.left_out.add_files("dropped_nearby", dict.fromkeys(names, 1))
    (left,) = builder.left_out.remaining()
    assert (left.what, left.bytes) == ("/usr/share/wiki/i18n", 71)
    assert left.keep == ("/usr/share/wiki/i18n/**",)


def test_the_names_of_one_file_are_one_item_and_count_once() -> None:
    links = [f"/usr/lib/git/git-{number:02}" for number in range(14)]
    sizes = {"/usr/lib/git/git": "x" * 50, **dict.fromkeys(links, "-> git")}
    builder = builder_of(["/usr/lib/git/other"], sizes)
    builder.left_out.add_files("dropped_nearby", dict.fromkeys(links, 50))
    (left,) = builder.left_out.remaining()
    assert left.what == "/usr/lib/git/git-00 and 13 other names"
    assert (left.bytes, left.keep) == (50, tuple(links))


def test_a_path_with_signs_of_patterns_is_named_by_a_pattern_that_matches_it() -> None:
    page = "/app/[slug]/page.js"
    builder = builder_of([page, "/app/s/page.js"])
    builder.left_out.add_files("dropped_nearby", {page: 10})
    (left,) = builder.left_out.remaining()
    assert list(matches(left.keep[0], builder.index)) == [page]


def test_a_large_file_does_not_take_the_place_of_small_ones() -> None:
    builder = builder_of(["/p/a/large", "/p/a/b/small"], {"/p/a/large": "x" * 200})
    kept = builder.add_small(["/p/a/large", "/p/a/b/small"], 100, "data", "/p/a")
    assert kept == ["/p/a/b/small"]
    assert [left.what for left in builder.left_out.remaining()] == ["/p/a/large"]


def builder_of(names: list[str], sizes: Mapping[str, str] | None = None) -> KeepSetBuilder:
    image = SmallImage({**dict.fromkeys(names, "x"), **(sizes or {})})
    return KeepSetBuilder(image.index(), image, Observation({}), image)
