"""Tests that no image makes the rules take quadratic time, fail, or go past a limit.

Nothing measures the time: what is not linear runs into the time-out of a test.
"""

from itertools import pairwise

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.closure.keep_set import KeepSet
from ci_slim.closure.left_out import LeftOutItems
from ci_slim.closure.owners import Owners
from ci_slim.closure.rules import CAUTIOUS
from ci_slim.closure.steps import steps
from ci_slim.closure.why import heaviest
from ci_slim.observe.observation import How

pytestmark = pytest.mark.timeout(20)

COPIED = ({"created_by": "COPY . / # buildkit"},)
BASE = ({"created_by": "base"}, {"created_by": "COPY . /app # buildkit"})
SITE = "/usr/lib/python3.13/site-packages"
GCONV = "/usr/lib/x86_64-linux-gnu/gconv"
MANY = 20_000


def but(rule: str) -> tuple[str, ...]:
    """The rules for unused files, without one of them."""
    return tuple(CAUTIOUS.keys() - {rule})


@pytest.mark.parametrize(
    "made",
    [
        "RUN " + " " * 300_000 + "x",
        "RUN " + "install " * 60_000,
        "RUN " + "add gcc1 " * 60_000,
        "|1 " + "=" * 300_000,
        "|1 " + "a=" * 150_000,
        "|1 a=b " + "a=b=" * 150_000,
    ],
    ids=lambda text: repr(text[:16]),
)
def test_no_history_takes_quadratic_time(made: str) -> None:
    assert len(steps([{"created_by": made}], 0)) == 1


def test_a_build_argument_is_not_part_of_a_command() -> None:
    [step] = steps([{"created_by": "|2 A=b=c D= /bin/sh -c apk add x # buildkit"}], 0)
    assert (step.kind, step.text) == ("RUN", "apk add x")


@pytest.mark.parametrize(
    ("command", "base"),
    [
        ("apt-get install -y make gcc", True),
        ("apk add gcc; true", True),
        ("echo gcc | apk add make", False),
        ("apk add make && echo gcc", False),
        ("apk add golang1.22", True),
        ("gcc install", False),
    ],
)
def test_a_step_installs_a_compiler_if_one_command_does(command: str, base: bool) -> None:
    made = [{"created_by": f"RUN /bin/sh -c {command} # buildkit"}]
    assert [step.base for step in steps(made, 0)] == [base]


def test_many_blank_lines_between_name_services() -> None:
    files = {"/etc/nsswitch.conf": "\n" * 200_000 + "-\nhosts: files x", "/lib/libnss_x.so.2": "1"}
    image = SmallImage({**files, "/lib/libc.so.6": elf_file()})
    assert "/lib/libnss_x.so.2" in image.kept("/lib/libc.so.6")


def test_a_configuration_of_the_loader_that_includes_itself() -> None:
    files: dict[str, bytes | str | None] = {
        f"/etc/ld.so.conf.d/{number}.conf": "include ld.so.conf.d/*.conf\n" * 3
        for number in range(100)
    }
    files |= {"/etc/ld.so.conf": "include ld.so.conf.d/*.conf\n/opt/x\n", "/opt/x/a.so": elf_file()}
    image = SmallImage({**files, "/app/a": elf_file("a.so")})
    assert "/opt/x/a.so" in image.kept("/app/a")


def test_other_names_of_encodings_take_no_memory() -> None:
    modules = "".join(f"module A// INTERNAL c{number} 1\n" for number in range(3000))
    aliases = "".join(f"alias ISO{number}// A//\n" for number in range(MANY))
    names = " ".join(f"iso{number}" for number in range(MANY))
    image = SmallImage(
        {
            f"{GCONV}/gconv-modules": modules + aliases,
            f"{GCONV}/c7.so": "1",
            "/usr/lib/x86_64-linux-gnu/libxml2.so.2": elf_file(),
            "/app/a.py": names,
        },
        history=COPIED,
    )
    used = ("/app/a.py", "/usr/lib/x86_64-linux-gnu/libxml2.so.2")
    assert f"{GCONV}/c7.so" in image.kept(*used, safety="balanced", without=but("locales"))


def test_many_modules_beside_a_compiled_one_with_odd_names() -> None:
    here = f"{SITE}/p"
    words = b"\0".join(b"m%d" % number for number in range(0, 2 * MANY, 2))
    image = SmallImage(
        {
            f"{here}/a.so": elf_file() + b"\0" + words + b"\0\xffm\0" + b"x" * 2_000_000,
            f"{here}/\udcffm.py": "1",
            f"{here}/m7.py": "1",
            **{f"{here}/m{number}.py": "1" for number in range(0, MANY, 2)},
        }
    )
    kept = image.kept(f"{here}/a.so", safety="balanced")
    assert {f"{here}/\udcffm.py", f"{here}/m8.py"} <= kept
    assert f"{here}/m7.py" not in kept


def test_many_patterns_of_a_folder_with_many_files() -> None:
    image = SmallImage(
        {
            "/app/a.conf": "\n".join(f"/srv/d/e/*{number}" for number in range(MANY)),
            **{f"/srv/d/e/{number:06}": "1" for number in range(MANY)},
        },
        history=BASE,
    )
    kept = image.kept("/app/a.conf", safety="balanced", without=but("literals"))
    assert "/srv/d/e/000000" in kept


def test_many_beginnings_of_names_in_a_folder_with_many_files() -> None:
    imports = "\n".join(f"import(`./m/a{number}${{x}}`)" for number in range(MANY))
    loads = "import_module\n" + "\n".join(f"'m.a{number}' + x" for number in range(MANY))
    image = SmallImage(
        {
            "/app/a.js": imports,
            "/app/a.py": loads.replace("' +", ".' +").replace("m.a", "m.") + "\n'm.a1' + x",
            **{f"/app/m/b{number:06}.js": "" for number in range(MANY)},
        },
        history=BASE,
    )
    kept = image.kept("/app/a.js", "/app/a.py", safety="balanced", without=("own files",))
    assert "/app/a.js" in kept


def test_many_commands_and_many_folders_of_programs() -> None:
    folders = [f"/p/{number}" for number in range(2000)]
    image = SmallImage(
        {
            "/app/a.sh": "\n".join(f"c{number}" for number in range(MANY)),
            **{f"{folder}/x": "1" for folder in folders},
            "/usr/bin/c7": "1",
        },
        config={"Env": ["PATH=" + ":".join((*folders, "/usr/bin"))]},
        history=BASE,
    )
    assert "/usr/bin/c7" in image.kept("/app/a.sh", safety="balanced")


def test_the_ends_of_the_strings_of_a_tool() -> None:
    programs = {f"/usr/bin/tool{number}": "1" for number in range(MANY)}
    tool = elf_file() + b"\0execvp\0mytool7\0" + b"x" * 4_000_000
    image = SmallImage({**programs, "/usr/bin/call": tool, "/app/a.sh": "call x\n"}, history=BASE)
    kept = image.kept("/app/a.sh", safety="balanced")
    assert "/usr/bin/tool7" in kept
    assert "/usr/bin/tool8" not in kept


def test_scripts_that_name_each_other_one_by_one() -> None:
    image = SmallImage(
        {f"/etc/x/{number}.conf": f"/etc/x/{number + 1}.conf" for number in range(6000)},
        history=({"created_by": "base"},),
    )
    assert "/etc/x/5999.conf" in image.kept("/etc/x/0.conf", safety="balanced")


def test_services_of_pam_that_include_many() -> None:
    names = [f"s{number}" for number in range(MANY // 2)]
    last = "".join(f"@include {name}\n" for name in names[-40:])
    image = SmallImage(
        {
            "/lib/libpam.so.0": elf_file(),
            "/etc/pam.d/app": "".join(f"@include {name}\n" for name in names),
            **{f"/etc/pam.d/{name}": last for name in names},
        }
    )
    assert "/etc/pam.d/s7" in image.kept(
        "/lib/libpam.so.0", safety="balanced", without=but("system data")
    )


def test_many_groups_of_entry_points() -> None:
    groups = "".join(f"[{'g' * 80}{number}]\na = p\n" for number in range(MANY))
    image = SmallImage(
        {
            f"{SITE}/p/__init__.py": "",
            f"{SITE}/q-1.dist-info/entry_points.txt": groups + "[mine]\na = p.plug\n",
            f"{SITE}/p/plug.py": "1",
            "/app/a.py": "entry_points('mine')" + "x" * 1_000_000,
        },
        history=BASE,
    )
    kept = image.kept("/app/a.py", f"{SITE}/p/__init__.py", safety="balanced")
    assert f"{SITE}/p/plug.py" in kept


def test_many_programs_of_one_package_that_ran() -> None:
    ran = [f"/usr/bin/a{number}" for number in range(1000)]
    others = [f"/usr/bin/b{number}" for number in range(1000)]
    image = SmallImage(
        {
            **dict.fromkeys((*ran, *others), "1"),
            "/var/lib/dpkg/info/a.list": "\n".join((*ran, *others)),
            "/var/lib/dpkg/status": "Package: a\n",
        }
    )
    assert "/usr/bin/b7" in image.kept(*ran, how=How.EXEC, safety="balanced")


def test_a_package_of_very_many_files_of_which_one_is_used() -> None:
    files = [f"/usr/share/tool/{number}" for number in range(5 * MANY)]
    image = SmallImage(
        {**dict.fromkeys(files, "1"), "/var/lib/dpkg/info/tool.list": "\n".join(files)},
        history=({"created_by": "RUN apt-get install -y tool"},),
    )
    assert files[-1] in image.kept(files[0], safety="balanced")


def test_a_chain_of_reasons_has_one_cause() -> None:
    files = [f"/x/{number}" for number in range(20_000)]
    reasons = {files[0]: ("exec: executed",)}
    reasons |= {path: (f"elf: needed by {before}",) for before, path in pairwise(files)}
    keep = KeepSet(reasons, sizes=dict.fromkeys(reversed(files), 1))
    [line] = heaviest(keep)
    assert "exec: executed" in line


def test_deep_folders_with_many_files_that_are_left_out() -> None:
    deep = "/x" + "/d" * 1500
    large = [f"{deep}/{number}" for number in range(2 * MANY)]
    image = SmallImage({"/y": "1", "/x/d/small": "1", **dict.fromkeys(large, "2")})
    tops = LeftOutItems(image.index(), ()).tops([*large, "/y"])
    assert {top: len(files) for top, files in tops.items()} == {"/x/d/d/**": len(large), "/y": 1}


def test_deep_folders_with_many_scripts_of_an_application() -> None:
    root, deep = "/usr/share/wiki", "/d" * 1200
    opened = [f"{root}/{name}.php" for name in "abcd"]
    late = [f"{root}{deep}/{number}/x.php" for number in range(1000)]
    beside = [f"{root}{deep[: 2 * number]}/y.php" for number in range(1200)]
    listed = "\n".join((*opened, *late, *beside))
    files = {
        **dict.fromkeys((*opened, *late, *beside), "1"),
        "/var/lib/dpkg/info/wiki.list": listed,
    }
    image = SmallImage({**files, "/var/lib/dpkg/status": ""})
    kept = image.kept(*opened, late[0], safety="balanced", without=("literals",))
    assert set(late) <= kept


def test_lists_of_one_package_for_many_architectures() -> None:
    image = SmallImage(
        {
            **{f"/var/lib/dpkg/info/a:{number}.list": f"/x\n/f/{number}" for number in range(MANY)},
            **{f"/f/{number}": "" for number in range(MANY)},
            "/x": "1",
        }
    )
    assert len(Owners.of(image.index(), image).files["a"]) == MANY + 1


def test_many_copies_to_one_folder() -> None:
    made = tuple({"created_by": f"COPY a /srv/d{'/' * (n % 9)}"} for n in range(2000))
    image = SmallImage({f"/srv/d/{number}": "1" for number in range(MANY)}, history=made)
    assert "/srv/d/7" in image.kept("/srv/d/1", safety="balanced")


def test_a_word_of_a_command_of_a_megabyte() -> None:
    made = ({"created_by": "base"}, {"created_by": "RUN apk add tool " + "a" * 1_000_000})
    database = "P:tool\nF:usr/bin\nR:tool\n"
    image = SmallImage({"/lib/apk/db/installed": database, "/usr/bin/tool": "1"}, history=made)
    assert "/usr/bin/tool" in image.kept(safety="balanced")


def test_deep_folders_and_long_exports_of_a_package_of_node() -> None:
    names = "\n".join(f"require('p/b{number}'); require('q{number}')" for number in range(MANY))
    exports = ",".join(f'"./a{number}*":"./x"' for number in range(5000))
    deep = "/app" + "/d" * 900
    image = SmallImage(
        {
            "/app/node_modules/p/package.json": f'{{"exports":{{{exports},"./b7":"./c.mjs"}}}}',
            "/app/node_modules/p/c.mjs": "x" * 600_000,
            "/app/node_modules/p/d.mjs": "x" * 10_000_000,
            f"{deep}/a.js": names,
        },
        history=BASE,
    )
    kept = image.kept(f"{deep}/a.js", safety="balanced", without=("literals",))
    assert "/app/node_modules/p/c.mjs" in kept
    assert "/app/node_modules/p/d.mjs" not in kept


def test_many_distributions_that_require_each_other() -> None:
    files: dict[str, bytes | str | None] = {f"{SITE}/d0/__init__.py": ""}
    for number in range(6000):
        info = f"{SITE}/d{number}-1.dist-info"
        files |= {f"{info}/RECORD": f"d{number}/__init__.py,,", f"{info}/REQUESTED": ""}
        files |= {f"{SITE}/d{number}/__init__.py": ""}
        files |= {f"{info}/METADATA": f"Requires-Dist: d{number + 1}"}
    kept = SmallImage(files).kept(f"{SITE}/d0/__init__.py", safety="balanced")
    assert f"{SITE}/d5999/__init__.py" in kept
    assert f"{SITE}/d7/__init__.py" not in kept


def test_many_folders_of_modules_of_lua() -> None:
    image = SmallImage(
        {
            **{f"/x{number}/lua/5.4/b7.lua": "" for number in range(5000)},
            "/app/a.lua": "\n".join(f"require 'b{number}'" for number in range(MANY // 4)),
        },
        history=BASE,
    )
    assert "/x0/lua/5.4/b7.lua" in image.kept(
        "/app/a.lua", safety="balanced", without=but("lua modules")
    )


# -- limits ---------------------------------------------------------------------------------------


def test_a_large_module_does_not_keep_the_others_out() -> None:
    image = SmallImage(
        {
            "/app/a.js": "import(`./m/h${x}`)",
            "/app/m/h1.js": "x" * 11_000_000,
            "/app/m/h2.js": "1",
        },
        history=({"created_by": "base"},),
    )
    image = SmallImage(image.files, {"Cmd": ["/app/a.js"]}, history=BASE)
    keep = image.keep("/app/a.js", safety="balanced", without=("own files", "literals"))
    assert "/app/m/h2.js" in keep
    assert "/app/m/h1.js" not in keep
    assert "/app/m/h1.js" in {item.what for item in keep.left_out}


def test_what_is_kept_already_counts_nothing_and_a_link_as_much_as_its_file() -> None:
    package = f"{SITE}/p"
    image = SmallImage(
        {
            f"{package}/__init__.py": "1",
            f"{package}/a.json": "x" * 1_900_000,
            f"{package}/b.json": "x" * 1_500_000,
        }
    )
    kept = image.kept(f"{package}/__init__.py", f"{package}/a.json", safety="balanced")
    assert f"{package}/b.json" in kept
    beside: dict[str, bytes | str | None]
    beside = {f"{SITE}/p/b_{number}.py": f"-> /big/{number}" for number in range(4)}
    large: dict[str, bytes | str | None]
    large = {f"/big/{number}": "x" * 1_500_000 for number in range(4)}
    module: dict[str, bytes | str | None]
    module = {f"{package}/__init__.py": "__import__('b_%s' % x)"}
    image = SmallImage(beside | large | module)
    kept = image.kept(f"{package}/__init__.py", safety="balanced")
    assert len([path for path in kept if path.startswith("/big/")]) == 1


@pytest.mark.parametrize("shell", ["busybox", "dash"])
def test_a_kept_shell_has_its_name(shell: str) -> None:
    image = SmallImage({f"/bin/{shell}": elf_file() + bytes(900_000), "/bin/sh": f"-> {shell}"})
    assert "/bin/sh" in image.kept(f"/bin/{shell}", how=How.EXEC, safety="balanced")


def test_a_line_for_a_file_with_the_name_of_a_pattern_keeps_nothing_else() -> None:
    large = "x" * 6_000_000
    image = SmallImage({"/app/a": "1", "/app/**": large, "/app/b/c": "1"}, history=BASE)
    keep = image.keep("/app/a", safety="balanced", without=("literals",))
    assert [item.keep for item in keep.left_out] == [("/app/[*][*]",)]


def test_a_line_that_drops_a_file_is_a_pattern_in_yaml_for_it_alone() -> None:
    names = ("/app/[id].js", "/app/a b,c.js")
    files: dict[str, bytes | str | None] = dict.fromkeys(names, "1")
    keep = SmallImage(files).keep(*names)
    [line] = heaviest(keep)
    assert line.endswith('`drop: ["/app/[[]id].js", "/app/a b,c.js"]`')
