"""Tests the files for the C library, TLS, time and users, and the folders that must exist."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.observe.observation import How

GNU = "/usr/lib/x86_64-linux-gnu"


def test_the_files_of_the_c_library_are_kept() -> None:
    image = SmallImage(
        {
            f"{GNU}/libc.so.6": elf_file(),
            f"{GNU}/libnss_files.so.2": elf_file(),
            f"{GNU}/libnss_myhostname.so.2": elf_file(),
            f"{GNU}/libnss_nis.so.2": elf_file(),
            f"{GNU}/libgcc_s.so.1": elf_file(),
            "/etc/nsswitch.conf": "# x: nis\nhosts: files [NOTFOUND=return] myhostname # nis\n",
            "/etc/hosts": "x",
            "/etc/gai.conf": "x",
            "/etc/motd": "x",
        }
    )
    assert image.kept(f"{GNU}/libc.so.6") == set(image.files) - {
        f"{GNU}/libnss_nis.so.2",
        "/etc/motd",
    }


@pytest.mark.parametrize(
    ("used", "kept"),
    [
        (
            f"{GNU}/gconv/UTF-16.so",
            {"UTF-16.so", "UTF-7.so", "gconv-modules", "gconv-modules.cache"},
        ),
        (f"{GNU}/gconv/gconv-modules.cache", {"gconv-modules", "gconv-modules.cache"}),
    ],
)
def test_all_converters_are_kept_when_one_was_used(used: str, kept: set[str]) -> None:
    names = ("UTF-16.so", "UTF-7.so", "gconv-modules", "gconv-modules.cache")
    image = SmallImage({f"{GNU}/gconv/{name}": "x" for name in names})
    assert image.kept(used) == {f"{GNU}/gconv/{name}" for name in kept}


@pytest.mark.parametrize(
    ("env", "locale"),
    [
        (["LANG=de_DE.UTF-8"], {"/usr/lib/locale/de_DE.utf8/LC_TIME"}),
        (["LC_ALL=C.UTF-8", "LANG=C"], {"/usr/lib/locale/C.utf8/LC_CTYPE"}),
        (["LANG=C"], set()),
        ([], set()),
    ],
)
def test_the_images_locale_is_kept(env: list[str], locale: set[str]) -> None:
    image = SmallImage(
        {
            f"{GNU}/libc.so.6": elf_file(),
            "/usr/lib/locale/de_DE.utf8/LC_TIME": "x",
            "/usr/lib/locale/C.utf8/LC_CTYPE": "x",
        },
        config={"Env": env},
    )
    assert image.kept(f"{GNU}/libc.so.6") == {f"{GNU}/libc.so.6"} | locale


CERTIFICATES = {
    "/etc/ssl/certs/ca-certificates.crt": "bundle",
    "/etc/ssl/certs/1234.0": "-> One.pem",
    "/etc/ssl/certs/One.pem": "-> /usr/share/ca-certificates/one.crt",
    "/usr/share/ca-certificates/one.crt": "x",
    "/etc/ssl/openssl.cnf": "x",
    "/usr/lib/ssl/misc/CA.pl": "#!/usr/bin/env perl\n",
    "/usr/lib/ssl/certs": "-> /etc/ssl/certs",
}


@pytest.mark.parametrize(
    ("used", "content", "kept"),
    [
        ("/bin/app", elf_file(go=True), {"/etc/ssl/certs/ca-certificates.crt"}),
        ("/bin/app", elf_file(), set()),
        ("/opt/certifi/cacert.pem", "bundle", {"/etc/ssl/certs/ca-certificates.crt"}),
        ("/usr/lib/libssl.so.3", elf_file(), {*CERTIFICATES} - {"/usr/lib/ssl/misc/CA.pl"}),
        ("/usr/lib/libgnutls.so.30", elf_file(), {*CERTIFICATES} - {"/usr/lib/ssl/misc/CA.pl"}),
    ],
)
def test_certificates_are_kept_for_what_speaks_tls(
    used: str, content: bytes, kept: set[str]
) -> None:
    image = SmallImage({**CERTIFICATES, used: content})
    assert image.kept(used) == {used} | kept


ZONES = {
    "/etc/localtime": "-> /usr/share/zoneinfo/Etc/UTC",
    "/etc/timezone": "Etc/UTC",
    "/usr/share/zoneinfo/Etc/UTC": "x",
    "/usr/share/zoneinfo/UTC": "-> Etc/UTC",
    "/usr/share/zoneinfo/Europe/Berlin": "x",
    "/usr/share/zoneinfo/tzdata.zi": "x",
}
LOCAL = {"/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo/Etc/UTC"}


@pytest.mark.parametrize(
    ("env", "used", "kept"),
    [
        ([], [], LOCAL),
        ([], ["/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"], LOCAL),
        ([], ["/usr/share/zoneinfo/Europe/Berlin"], set(ZONES)),
        ([], ["/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/Etc/UTC"], set(ZONES)),
        (
            ["TZ=UTC"],
            ["/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/Etc/UTC"],
            LOCAL | {"/usr/share/zoneinfo/UTC"},
        ),
        (
            ["TZ=:Europe/Berlin"],
            ["/usr/share/zoneinfo/Europe/Berlin"],
            LOCAL | {"/usr/share/zoneinfo/Europe/Berlin"},
        ),
    ],
)
def test_all_time_zones_are_kept_when_a_program_chooses(
    env: list[str], used: list[str], kept: set[str]
) -> None:
    assert SmallImage(ZONES, config={"Env": env}).kept(*used) == kept


PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nbad line\n"


@pytest.mark.parametrize(
    ("user", "home"),
    [
        ("", "/root"),
        ("app", "/home/app"),
        ("1000:1000", "/home/app"),
        ("app:staff", "/home/app"),
        ("4711", None),
    ],
)
def test_the_home_of_the_images_user_is_kept_empty(user: str, home: str | None) -> None:
    image = SmallImage(
        {
            "/etc/passwd": PASSWD,
            "/etc/group": "x",
            "/etc/shadow": "x",
            "/root/.profile": "x",
            "/home/app/notes": "x",
        },
        config={"User": user},
    )
    keep = image.keep()
    assert image.kept() == {"/etc/passwd", "/etc/group"}
    assert [path for path in ("/root", "/home/app") if path in keep] == ([home] if home else [])


def test_folders_that_a_run_expects_are_kept() -> None:
    image = SmallImage(
        {
            "/tmp": None,
            "/tmp/left-over": "x",
            "/run": None,
            "/var/run": "-> /run",
            "/proc": None,
            "/srv/app": None,
            "/srv/app/file": "x",
            "/var/lib/db/first": "x",
            "/var/lib/other/file": "x",
            "/var/log/alternatives.log": "x",
            "/usr/games/chess": "x",
        },
        config={"WorkingDir": "/srv/app", "Volumes": {"/var/lib/db": {}, "/new": {}}},
    )
    assert image.keep().paths == (
        "/", "/proc", "/run", "/srv", "/srv/app", "/tmp", "/var", "/var/lib", "/var/lib/db",
        "/var/lib/db/first", "/var/log", "/var/run",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "holds", "owner", "kept"),
    [
        ("/var/lib/php/sessions", None, (0o1733, 0, 0), True),
        ("/var/lib/php/sessions", "sess_1", (0o1733, 0, 0), True),
        ("/var/spool/queue", "old", (0o755, 33, 33), True),
        ("/var/log/service", "old", (0o2775, 0, 4), True),
        ("/var/log/service", "old", (0o755, 0, 4), False),
        ("/app/uploads", None, (0o755, 0, 0), True),
        ("/app/uploads", ".gitkeep", (0o755, 0, 0), True),
        ("/app/uploads", "first.jpg", (0o755, 0, 0), False),
        ("/app/node_modules/x", "index.js", (0o755, 1000, 1000), False),
        ("/usr/local/tomcat/temp", None, (0o755, 0, 0), True),
        ("/usr/share/man", None, (0o755, 0, 0), False),
        ("/etc/apt/keyrings", None, (0o755, 0, 0), False),
    ],
)
def test_empty_folders_for_written_files_are_kept(
    folder: str, holds: str | None, owner: tuple[int, int, int], kept: bool
) -> None:
    """The first session, upload or log may come after all probes."""
    files: dict[str, bytes | str | None] = {folder: None}
    if holds:
        files[f"{folder}/{holds}"] = "x"
    keep = SmallImage(files, owners={folder: owner}).keep()
    assert (folder in keep) == kept
    assert f"{folder}/{holds}" not in keep


def test_a_static_program_in_a_fat_image_keeps_nothing_of_the_toolchain() -> None:
    image = SmallImage(
        {
            **CERTIFICATES,
            "/usr/local/bin/listener": elf_file(go=True),
            "/usr/local/go/bin/go": elf_file(go=True),
            "/etc/passwd": PASSWD,
            "/etc/group": "x",
            "/etc/nsswitch.conf": "x",
            "/etc/hosts": "x",
            "/etc/ld.so.cache": "x",
            "/tmp": None,
        },
        config={"Entrypoint": ["/usr/local/bin/listener"]},
    )
    assert image.kept("/usr/local/bin/listener", how=How.EXEC) == {
        "/usr/local/bin/listener",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/passwd",
        "/etc/group",
    }
