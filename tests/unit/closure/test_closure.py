"""Tests the keep set of used paths: links, folders, patterns, packages, and reasons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_image import SmallImage

from ci_slim.closure import patterns
from ci_slim.closure.close import KeepOptions, KeepSet, close, explain, healable, unmatched
from ci_slim.errors import UsageError
from ci_slim.observe.observation import How, Observation

MERGED = SmallImage(
    {
        "/lib": "-> usr/lib",
        "/usr/lib/a.so.1": "library",
        "/usr/lib/a.so": "-> a.so.1",
        "/usr/lib/unused": "x",
        "/srv/www/index.html": "page",
        "/srv/www/other.html": "page",
        "/srv/current": "-> www",
        "/srv/dangling": "-> /run/later",
        "/srv/loop": "-> loop",
        "/opt/link": "-> /srv/www",
        "/opt/b": "beside the link",
        "/srv/b": "beside what the link leads to",
        "/var/log": None,
        "/var/cache/deep": None,
        "/data": None,
        "/data/one": "1",
    }
)


def test_a_path_as_deep_as_the_kernel_takes_is_kept() -> None:
    deep = "/" + "/".join("a" * 2000)
    assert len(SmallImage({deep: "x"}).keep(deep)) == 2001


@pytest.mark.parametrize(
    ("used", "how", "kept"),
    [
        ("/lib/a.so", How.OPEN, {"/lib", "/usr/lib/a.so", "/usr/lib/a.so.1"}),
        ("/usr/lib/a.so", How.LINK, {"/usr/lib/a.so"}),
        ("/usr/lib/a.so", How.LINK | How.STAT, {"/usr/lib/a.so", "/usr/lib/a.so.1"}),
        ("/srv/current/index.html", How.OPEN, {"/srv/current", "/srv/www/index.html"}),
        ("/srv/dangling", How.WRITE, {"/srv/dangling"}),
        ("/srv/loop", How.LINK, {"/srv/loop"}),
        ("/opt/link/../b", How.OPEN, {"/opt/link", "/srv/b"}),
        ("/made/../opt/b", How.OPEN, {"/opt/b"}),
        ("/srv/www/index.html", How.STAT, {"/srv/www/index.html"}),
        ("/srv/www/index.html", How.REMOVE, {"/srv/www/index.html"}),
        ("/srv/www", How.STAT, set()),
        ("/nowhere", How.OPEN, set()),
        ("/proc/self/exe", How.OPEN, set()),
        ("/", How.STAT, set()),
    ],
)
def test_a_used_path_brings_every_link_on_its_way(used: str, how: How, kept: set[str]) -> None:
    assert MERGED.kept(used, how=how) == kept


@pytest.mark.parametrize(
    ("used", "how", "folder"),
    [
        ("/srv/www", How.STAT, "/srv/www"),
        ("/var/log/app/app.log", How.CREATE, "/var/log"),
        ("/var/cache/deep/x/y", How.WRITE | How.CREATE, "/var/cache/deep"),
        ("/data/one", How.OPEN, "/data"),
        ("/var/log/s.sock", How.CONNECT, "/var/log"),
    ],
)
def test_folders_are_kept_without_their_content(used: str, how: How, folder: str) -> None:
    keep = MERGED.keep(used, how=how)
    assert folder in keep
    assert "/srv/www/index.html" not in keep
    assert "/" in keep


def test_a_name_of_a_hard_link_that_was_not_used_is_not_kept() -> None:
    image = SmallImage({"/bin/busybox": "box"}, hardlinks={"/bin/sh": "/bin/busybox"})
    assert image.kept("/bin/sh", how=How.EXEC) == {"/bin/sh"}


def test_every_path_has_its_reason() -> None:
    keep = MERGED.keep("/lib/a.so", healed=frozenset({"/srv/b"}))
    assert keep.reasons["/usr/lib/a.so.1"] == ("opened: read",)
    assert keep.reasons["/lib"] == ("links: on the way to /lib/a.so",)
    assert keep.reasons["/usr/lib"] == ("folders: of kept files",)
    assert keep.reasons["/srv/b"] == ("healed: looked up by the slim image",)
    assert keep.by_reason() == {"folders": 9, "healed": 1, "links": 2, "opened": 1}


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("/srv/www/index.html", {"/srv/www/index.html"}),
        ("/srv/www", {"/srv/www", "/srv/www/index.html", "/srv/www/other.html"}),
        ("/srv/www/", {"/srv/www", "/srv/www/index.html", "/srv/www/other.html"}),
        ("/srv/www/**", {"/srv/www/index.html", "/srv/www/other.html"}),
        ("/srv/*/i*.html", {"/srv/www/index.html"}),
        ("/srv/*.html", set()),
        ("*.html", {"/srv/www/index.html", "/srv/www/other.html"}),
        ("www/index.html", {"/srv/www/index.html"}),
        ("/lib/*.so", {"/usr/lib/a.so"}),
        ("/lib/a.so", {"/lib", "/usr/lib/a.so", "/usr/lib/a.so.1"}),
        ("/**/o[n-t]*", {"/data/one", "/srv/www/other.html", "/opt", "/opt/link", "/opt/b"}),
        ("/data/[!x]ne", {"/data/one"}),
        ("/data/on?", {"/data/one"}),
        ("/d.ta/*", set()),
        ("/srv/dangling", {"/srv/dangling"}),
        ("/missing/*", set()),
    ],
)
def test_patterns(pattern: str, meant: set[str]) -> None:
    assert set(patterns.matches(pattern, MERGED.index())) == meant


def test_patterns_that_match_nothing_are_reported() -> None:
    index = MERGED.index()
    assert unmatched(("/srv/**", "/serv/**", "*.so", "*.dll"), index) == ("/serv/**", "*.dll")


def test_an_invalid_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the pattern '/data/\[z-a\]' is invalid"):
        list(patterns.matches("/data/[z-a]", MERGED.index()))


@given(st.text("/*?[]!^-ab.\\", min_size=1, max_size=12))
def test_no_pattern_fails_otherwise(pattern: str) -> None:
    index = SmallImage({"/a/b": "x", "/ab": "x"}).index()
    try:
        found = set(patterns.matches(pattern, index))
    except UsageError:
        return
    assert found <= set(index)


def test_keep_and_drop_patterns_of_the_user_win() -> None:
    keep = MERGED.keep("/srv/www/index.html", keep=("/srv/www/**",), drop=("*index*", "/srv"))
    assert [path for path in keep.paths if path.startswith("/srv")] == []
    assert keep.dropped["/srv/www/index.html"] == "*index*"
    keep = MERGED.keep("/srv/www/index.html", keep=("/srv/www/**",), drop=("*index*", "www"))
    assert "/srv/www/other.html" not in keep


def test_a_folder_with_a_kept_file_is_not_dropped() -> None:
    keep = MERGED.keep("/srv/www/index.html", "/srv/b", drop=("/s*v/www/index*", "/srv/ww?"))
    assert {"/srv", "/srv/b"} <= set(keep.paths)
    image = SmallImage({"/a/b/c": "x"})
    assert "/a/b" in image.keep("/a/b/c", drop=("/a/[b]",), keep=("/a/b/c",)).dropped
    assert set(image.keep("/a/b/c", drop=("/a/b/d",)).paths) == {"/", "/a", "/a/b", "/a/b/c"}


STATUS = """\
Package: libfoo
Status: install ok installed
Architecture: arm64
Version: 1.0

Package: unused
Status: install ok installed
Version: 2.0

Package: removed
Status: deinstall ok config-files
Version: 3.0
"""
DEBIAN = SmallImage(
    {
        "/lib": "-> usr/lib",
        "/usr/lib/libfoo.so": "x",
        "/usr/lib/unused.so": "x",
        "/usr/share/doc/libfoo/copyright": "-> ../common/copyright",
        "/usr/share/doc/common/copyright": "free",
        "/usr/share/doc/unused/copyright": "free",
        "/etc/os-release": "-> ../usr/lib/os-release",
        "/usr/lib/os-release": "ID=debian",
        "/var/lib/dpkg/status": STATUS,
        "/var/lib/dpkg/info/libfoo:arm64.list": "/.\n/lib\n/lib/libfoo.so\n",
        "/var/lib/dpkg/info/unused.list": "/.\n/usr/lib\n/usr/lib/unused.so\n",
        "/var/lib/dpkg/info/removed.list": "/etc/removed\n",
    }
)


def test_scanners_still_see_the_packages_of_kept_files() -> None:
    keep = DEBIAN.keep("/lib/libfoo.so", packages=True)
    assert dict(keep.added) == {
        "/var/lib/dpkg/status.d/libfoo": (
            b"Package: libfoo\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1.0\n"
        )
    }
    assert {
        "/etc/os-release",
        "/usr/lib/os-release",
        "/usr/share/doc/libfoo/copyright",
        "/usr/share/doc/common/copyright",
        "/var/lib/dpkg",
    } <= set(keep.paths)
    assert "/usr/share/doc/unused/copyright" not in keep
    assert "/var/lib/dpkg/status" not in keep
    assert keep.explain("/var/lib/dpkg/status.d/libfoo") == (
        "/var/lib/dpkg/status.d/libfoo is a new file: the filtered package database"
    )


def test_scanners_still_see_the_python_packages_of_kept_files() -> None:
    site = "/opt/app"
    image = SmallImage({
        f"{site}/click/__init__.py": "",
        f"{site}/click/odd, name.py": "",
        f"{site}/click-8.dist-info/METADATA": "Name: click\nVersion: 8\n",
        f"{site}/click-8.dist-info/RECORD": (
            'click/__init__.py,sha256=a,1\n"click/odd, name.py",sha256=b,1\nx,,\n'
        ),
        f"{site}/gone/__init__.py": "",
        f"{site}/gone-1.dist-info/METADATA": "Name: gone\nVersion: 1\n",
        f"{site}/gone-1.dist-info/RECORD": "gone/__init__.py,sha256=a,1\n",
    })  # fmt: skip
    for path in ("click/__init__.py", "click/odd, name.py"):
        kept = image.keep(f"{site}/{path}", packages=True).paths
        assert f"{site}/click-8.dist-info/METADATA" in kept
        assert f"{site}/gone-1.dist-info/METADATA" not in kept


def test_without_packages_the_database_is_not_kept() -> None:
    keep = DEBIAN.keep("/lib/libfoo.so", packages=False)
    assert (dict(keep.added), "/usr/lib/os-release" in keep) == ({}, False)


def test_apks_database_is_filtered() -> None:
    database = "P:musl\nV:1\nF:lib\nR:ld-musl.so\n\nP:zlib\nV:2\nF:usr/lib\nR:libz.so\nZ:Q1\n\n"
    image = SmallImage(
        {"/usr/lib/libz.so": "x", "/lib/ld-musl.so": "x", "/lib/apk/db/installed": database}
    )
    assert dict(image.keep("/usr/lib/libz.so", packages=True).added) == {
        "/lib/apk/db/installed": b"P:zlib\nV:2\nF:usr/lib\nR:libz.so\nZ:Q1\n\n"
    }


def test_distroless_stanzas_stay_with_their_files() -> None:
    image = SmallImage(
        {
            "/usr/lib/libz.so": "x",
            "/var/lib/dpkg/status.d/zlib1g": "Package: zlib1g\n",
            "/var/lib/dpkg/status.d/zlib1g.md5sums": "0123  usr/lib/libz.so\n",
            "/var/lib/dpkg/status.d/other": "Package: other\n",
            "/var/lib/dpkg/status.d/other.md5sums": "0123  usr/lib/other.so\n",
            "/var/lib/dpkg/status.d/base": "Package: base\n",
        }
    )
    stanzas = [
        path.rpartition("/")[2]
        for path in image.keep("/usr/lib/libz.so", packages=True).paths
        if "status.d/" in path
    ]
    assert stanzas == ["base", "zlib1g", "zlib1g.md5sums"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/usr/lib/a.so.1", "/usr/lib/a.so.1 is kept: opened: read"),
        (
            "/usr/lib/unused",
            "/usr/lib/unused is not kept: the run did not use it and no rule needs it. "
            "To keep it, add a probe that uses it or a keep pattern",
        ),
        (
            "/srv/b",
            "/srv/b is not kept: dropped by the pattern '/srv/[b]'",
        ),
        ("/srv/www", "/srv/www is not kept: nothing in it was used and no rule needs it"),
        (
            "/srv/current",
            "/srv/current leads to /srv/www. "
            "/srv/www is not kept: nothing in it was used and no rule needs it",
        ),
        (
            "/gone",
            "/gone is not in the fat image (missing). A look-up of it failed in the run, too.",
        ),
        ("/srv/loop", "/srv/loop is not in the fat image (loop)."),
    ],
)
def test_every_path_is_explained(path: str, text: str) -> None:
    index = MERGED.index()
    observation = Observation({"/lib/a.so": How.OPEN, "/srv/b": How.OPEN}, frozenset({"/gone"}))
    keep = close(index, observation, MERGED, MERGED, KeepOptions(drop=("/srv/[b]",)))
    assert explain(keep, index, observation, path) == text


def test_a_hard_link_that_is_not_kept_is_explained_by_the_one_that_is() -> None:
    image = SmallImage({"/bin/busybox": "box"}, hardlinks={"/bin/sh": "/bin/busybox"})
    keep = image.keep("/bin/sh")
    assert explain(keep, image.index(), Observation.none(), "/bin/busybox") == (
        "/bin/busybox is not kept, but another name of the same file is: /bin/sh"
    )


def test_only_what_the_fat_image_has_can_be_healed() -> None:
    keep = MERGED.keep("/srv/b")
    missed = frozenset({"/srv/b", "/srv/www/index.html", "/nowhere", "/srv/dangling"})
    assert healable(MERGED.index(), missed, keep) == {"/srv/www/index.html", "/srv/dangling"}


def test_a_look_up_through_a_link_that_finds_nothing_is_not_healed() -> None:
    keep = MERGED.keep("/usr/lib/a.so.1")
    assert "/lib" not in keep
    assert healable(MERGED.index(), {"/lib/none", "/lib/a.so.1"}, keep) == {"/lib/a.so.1"}


@pytest.mark.parametrize("path", ["/opt/link/../b", "/data/../srv/www/../b"])
def test_a_folder_before_a_dot_dot_is_kept(path: str) -> None:
    """The kernel enters the folder before it reads the `..`."""
    keep = MERGED.keep(path)
    assert {"/srv/b", "/srv/www"} <= set(keep.paths)
    assert keep.reasons["/srv/www"] == (f"folders: on the way to {path}",)
    assert "/srv/www/index.html" not in keep
    without = MERGED.keep("/srv/b", "/opt/link", how=How.LINK)
    assert healable(MERGED.index(), {path}, without) == {path}


def test_of_a_large_image_only_what_was_used_is_kept() -> None:
    files: dict[str, bytes | str | None] = {
        f"/usr/share/d{number % 400}/s{number % 7}/f{number}": "x" for number in range(34_000)
    }
    image = SmallImage(files)
    index = image.index()
    uses = dict.fromkeys(list(files)[:2000], How.OPEN)
    keep = close(index, Observation(uses), image, image, KeepOptions())
    assert len([path for path in keep.paths if path in files]) == 2000


def test_the_keep_set_does_not_depend_on_the_order_of_uses() -> None:
    uses = {"/lib/a.so": How.OPEN, "/srv/b": How.STAT, "/srv/www": How.LIST}
    backwards = dict(reversed(uses.items()))

    def closed(order: dict[str, How]) -> KeepSet:
        return close(MERGED.index(), Observation(order), MERGED, MERGED, KeepOptions())

    assert closed(uses).paths == closed(backwards).paths


NAMES = st.sampled_from("abc")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
TARGETS = st.one_of(PATHS, st.sampled_from(["a", "../b", "../../c", ".", "a/b", "/"]))


@given(st.dictionaries(PATHS, TARGETS, max_size=8), st.lists(PATHS, max_size=4))
def test_all_links_and_folders_of_kept_files_are_kept(
    links: dict[str, str], used: list[str]
) -> None:
    files: dict[str, bytes | str | None] = {}
    for number, (path, target) in enumerate(sorted(links.items())):
        if not any(path.startswith(other + "/") for other in files):
            files[path] = f"-> {target}" if number % 2 else "content"
    image = SmallImage(files)
    index = image.index()
    keep = image.keep(*used)
    assert set(keep.paths) <= set(index)
    for path in keep.paths:
        assert (path.rpartition("/")[0] or "/") in keep
    for path in used:
        found = index.resolve(path)
        assert set(found.links) <= set(keep.paths)
        assert found.path is None or found.path in keep
