"""Tests what language runtimes need beyond the files of one run."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

LIBRARY = "/usr/lib/python3.13"
SITE = "/usr/local/lib/python3.13/site-packages"


@pytest.mark.parametrize(
    ("used", "also"),
    [
        (f"{SITE}/a/__pycache__/b.cpython-313.pyc", {f"{SITE}/a/b.py"}),
        (f"{SITE}/a/b.py", set()),
        ("/srv/old.pyc", {"/srv/old.py"}),
    ],
)
def test_the_source_of_loaded_compiled_code_is_kept(used: str, also: set[str]) -> None:
    image = SmallImage(
        dict.fromkeys(
            (
                f"{SITE}/a/b.py",
                f"{SITE}/a/bb.py",
                f"{SITE}/a/__pycache__/b.cpython-313.pyc",
                "/srv/old.py",
                "/srv/old.pyc",
            ),
            "x",
        )
    )
    assert image.kept(used) == {used} | also


@pytest.mark.parametrize(
    ("used", "info"),
    [
        ("yaml/__init__.py", "PyYAML-6.0.dist-info"),
        ("six.py", "six-1.16.dist-info"),
        ("flask/app.py", "Flask-3.0.egg-info"),
    ],
)
def test_the_metadata_of_a_used_distribution_is_kept(used: str, info: str) -> None:
    image = SmallImage(
        {
            f"{SITE}/yaml/__init__.py": "x",
            f"{SITE}/six.py": "x",
            f"{SITE}/flask/app.py": "x",
            f"{SITE}/PyYAML-6.0.dist-info/RECORD": (
                "yaml/__init__.py,sha256=x,1\n__pycache__/x.pyc,,\n../../bin/x,,\n"
            ),
            f"{SITE}/six-1.16.dist-info/RECORD": "six.py,sha256=x,1\n__pycache__/six.pyc,,\n",
            f"{SITE}/Flask-3.0.egg-info/PKG-INFO": "x",
            f"{SITE}/unused-1.dist-info/METADATA": "x",
        }
    )
    keep = image.keep(f"{SITE}/{used}")
    assert [path for path in keep.paths if path.endswith("-info")] == [f"{SITE}/{info}"]


def test_the_error_path_of_python_is_kept_with_its_library() -> None:
    image = SmallImage(
        dict.fromkeys(
            (
                f"{LIBRARY}/os.py",
                f"{LIBRARY}/traceback.py",
                f"{LIBRARY}/__pycache__/traceback.cpython-313.pyc",
                f"{LIBRARY}/encodings/cp437.py",
                f"{LIBRARY}/re/__init__.py",
                f"{LIBRARY}/re/_parser.py",
                f"{LIBRARY}/tkinter/__init__.py",
                "/usr/lib/python3.11/traceback.py",
            ),
            "x",
        )
    )
    assert image.kept(f"{LIBRARY}/os.py") == set(image.files) - {
        f"{LIBRARY}/__pycache__/traceback.cpython-313.pyc",
        f"{LIBRARY}/tkinter/__init__.py",
        "/usr/lib/python3.11/traceback.py",
    }


@pytest.mark.parametrize(
    ("used", "also", "not_kept"),
    [
        (
            "/app/node_modules/x/lib/a.js",
            "/app/node_modules/x/package.json",
            "/app/node_modules/y/package.json",
        ),
        (
            "/var/gems/gems/rack-3.0.1/lib/rack.rb",
            "/var/gems/specifications/rack-3.0.1.gemspec",
            "/var/gems/specifications/rake-1.gemspec",
        ),
        ("/lib/ruby/3.3.0/enc/encdb.so", "/lib/ruby/3.3.0/enc/trans/single_byte.so", "/lib/ruby/x"),
        ("/opt/jdk/lib/server/libjvm.so", "/opt/jdk/lib/modules", "/opt/jdk/lib/src.zip"),
        ("/opt/jdk/lib/server/libjvm.so", "/opt/jdk/conf/security/java.policy", "/opt/jdk/man"),
        ("/opt/jdk/lib/server/libjvm.so", "/opt/jdk/lib/libmanagement.so", "/opt/jdk/lib/src.zip"),
        ("/opt/jdk/lib/server/libjvm.so", "/opt/jdk/lib/jspawnhelper", "/opt/jdk/bin/jcmd"),
        ("/usr/bin/php8.2", "/etc/php/8.2/cli/conf.d/10-opcache.ini", "/usr/share/php/x.php"),
        ("/usr/lib/perl/5.40/auto/List/Util/Util.so", "/usr/lib/perl/5.40/List/Util.pm", "/x"),
        ("/usr/share/perl/5.40/strict.pm", "/usr/share/perl/5.40/Carp.pm", "/x"),
        ("/app/web.dll", "/app/web.runtimeconfig.json", "/app/appsettings.Development.json"),
    ],
)
def test_configuration_is_kept_with_its_runtime(used: str, also: str, not_kept: str) -> None:
    image = SmallImage({used: elf_file(), also: "x", not_kept: "x"})
    assert image.kept(used) == {used, also}


def test_late_imports_of_node_are_kept() -> None:
    image = SmallImage(
        {
            "/app/server.js": "require('./a'); x = () => import(\"./b.mjs\")\nrequire('./lib/..')",
            "/app/a.js": "import c from '../shared/c.js'\nexport * from './folder'\n",
            "/app/b.mjs": "require(`./${name}`); // from './gone'\nrequire('express')",
            "/app/folder/index.js": "import'./data.json'",
            "/app/folder/data.json": "{}",
            "/shared/c.js": "",
            "/shared/package.json": "{}",
        }
    )
    others = {
        "/app/unused.js": "",
        "/app/node_modules/express/lib/late.js": "",
        "/app/node_modules/express/index.js": "() => require('./lib/late')",
    }
    fat = SmallImage({**image.files, **others})
    used = ("/app/server.js", "/app/node_modules/express/index.js")
    assert fat.kept(*used) == {*image.files, "/app/node_modules/express/index.js"}


@pytest.mark.parametrize(
    "runtime",
    [
        "/usr/bin/python3.13",
        "/usr/lib/x86_64-linux-gnu/libpython3.13.so.1.0",
        "/usr/local/bin/node",
        "/usr/bin/perl",
        "/usr/lib/libperl.so.5.40",
        "/usr/lib/libruby-3.3.so.3.3",
        "/usr/sbin/php-fpm8.4",
        "/usr/lib/apache2/modules/libphp8.4.so",
        "/usr/bin/luajit",
        "/usr/lib/x86_64-linux-gnu/liblua5.4.so.0",
    ],
)
def test_a_runtime_keeps_the_shell_that_it_starts_commands_with(runtime: str) -> None:
    shell: dict[str, str | bytes | None] = {"/bin/sh": "-> dash", "/bin/dash": "x"}
    image = SmallImage({runtime: elf_file(), **shell})
    assert image.kept(runtime) >= {"/bin/sh", "/bin/dash"}
    assert image.keep(runtime).explain("/bin/sh") == (
        f"/bin/sh is kept: shell: {runtime} may start commands with it"
    )


@pytest.mark.parametrize("call", ["system", "popen"])
def test_a_started_program_keeps_the_shell_that_the_c_library_starts_commands_with(
    call: str,
) -> None:
    program = elf_file() + f"\0{call}\0".encode()
    image = SmallImage({"/opt/server": program, "/bin/sh": "x"}, config={"Cmd": ["/opt/server"]})
    assert "/bin/sh" in image.keep("/opt/server", safety="balanced")
    assert "/bin/sh" not in image.keep("/opt/server", safety="tight")
    image = SmallImage({**image.files, "/opt/server": elf_file()})
    assert "/bin/sh" not in image.keep("/opt/server", safety="balanced", without=("console",))


@pytest.mark.parametrize("program", ["/opt/server", "/usr/bin/pythonish", "/usr/bin/node-red"])
def test_programs_that_start_no_commands_keep_no_shell(program: str) -> None:
    image = SmallImage({program: elf_file(), "/bin/sh": "-> dash", "/bin/dash": "x"})
    assert "/bin/sh" not in image.kept(program)


@pytest.mark.parametrize(
    ("module", "table"),
    [("_charnames.pm", "unicore/Name.pl"), ("diagnostics.pm", "pod/perldiag.pod")],
)
def test_a_perl_module_keeps_the_table_beside_it(module: str, table: str) -> None:
    library = "/usr/share/perl/5.40.1"
    image = SmallImage({f"{library}/{module}": "1;", f"{library}/{table}": "x"})
    assert f"{library}/{table}" in image.keep(f"{library}/{module}")


def test_perl_keeps_what_the_interpreter_loads() -> None:
    base = "/usr/lib/perl-base"
    files: dict[str, str | bytes | None] = {
        f"{base}/attributes.pm": "1;", f"{base}/auto/attributes/attributes.so": elf_file()
    }  # fmt: skip
    keep = SmallImage({f"{base}/strict.pm": "1;", **files}).keep(f"{base}/strict.pm")
    assert set(files) <= set(keep.paths)
