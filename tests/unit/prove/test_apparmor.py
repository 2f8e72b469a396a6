"""Tests the AppArmor profile of an image and its runs. tests/engine parses it."""

import re

from hypothesis import given
from hypothesis import strategies as st
from small_image import SmallImage

from ci_slim.observe.observation import How
from ci_slim.prove.profiles.apparmor import Files, files_of, may_be_root, profile, quoted

IMAGE = SmallImage(
    {
        "/bin": "-> usr/bin",
        "/usr/bin/app": b"\x7fELF",
        "/usr/bin/find": b"\x7fELF",
        "/usr/lib/libc.so.6": b"\x7fELF",
        "/usr/lib/odd": b"\x7fELF",
        "/etc/app.conf": "x",
        "/var/run": "-> ../run",
        "/run": None,
        "/var/log/app": None,
        "/data": None,
    },
    owners=dict.fromkeys(("/usr/lib/libc.so.6", "/usr/lib/odd", "/etc/app.conf"), (0o644, 0, 0)),
)
KEPT = {
    "/usr/bin/app": ("exec: executed",),
    "/usr/bin/find": ("stat: looked at",),
    "/usr/lib/libc.so.6": ("elf: needed by /usr/bin/app",),
    "/usr/lib/odd": ("elf: needed by /usr/bin/app",),
    "/etc/app.conf": ("opened: read",),
}


def files(uses: dict[str, How] | None = None, volumes: tuple[str, ...] = ()) -> Files:
    return files_of(IMAGE.index(), KEPT, uses or {}, volumes)


def test_programs_that_were_only_looked_at_are_not_executed() -> None:
    assert files().executed == {"/usr/bin/app"}


def test_libraries_are_mapped() -> None:
    assert files().mapped == {"/usr/lib/libc.so.6", "/usr/lib/odd"}


def test_a_library_that_the_run_unpacked_is_mapped() -> None:
    uses = {"/tmp/native-1.so": How.CREATE | How.OPEN}
    assert "/tmp/native-1.so" in files(uses).mapped


def test_folders_in_which_the_run_created_files_may_be_written() -> None:
    found = files(
        {
            "/var/run/app.pid": How.CREATE | How.WRITE,
            "/var/log/app/today": How.CREATE | How.WRITE,
            "/etc/app.conf": How.WRITE,
            "/ready": How.CREATE,
            "/dev/null": How.WRITE,
            "/proc/1/oom_score_adj": How.WRITE,
            "/var/run/db.sock": How.CONNECT,
        },
        ("/data", "/srv/new"),
    )
    assert found.folders == {"/tmp", "/var/tmp", "/run", "/var/log/app", "/data", "/srv/new"}
    assert found.written == {"/etc/app.conf", "/ready"}


def test_the_paths_are_real_paths() -> None:
    found = files({"/bin/made": How.EXEC, "/var/run/a/../b/c": How.CREATE})
    assert "/usr/bin/made" in found.executed
    assert "/run/b" in found.folders


def test_the_profile_is_this_text() -> None:
    some = Files(
        executed=frozenset({"/bin/["}),
        mapped=frozenset({"/lib/libc.so.6"}),
        written=frozenset({"/etc/app.conf", "/bin/["}),
        folders=frozenset({"/run"}),
    )
    assert profile("app-linux-arm-v6", some, root=False) == (
        """\
# docker run --security-opt apparmor=app-linux-arm-v6, after apparmor_parser --replace FILE
profile "app-linux-arm-v6" flags=(attach_disconnected,mediate_deleted) {
  network,
  unix,
  signal (receive) peer=unconfined,
  signal (receive) peer=runc,
  signal (receive) peer=crun,
  signal (send, receive) peer="app-linux-arm-v6",
  ptrace (trace, tracedby, read, readby) peer="app-linux-arm-v6",

  /{,**} rk,
  /dev/** rwk,
  /proc/[0-9]*/** rwk,
  /proc/sys/kernel/shm* rwk,
  /memfd:** mrwk,
  /SYSV** rwk,
  deny /proc/{sysrq-trigger,kcore} rwklx,
  deny /sys/{firmware,kernel/security,devices/virtual/powercap}/** rwklx,

  "/bin/\\[" mrwklix,
  "/bin/\\[/" rwkl,
  "/etc/app.conf" rwkl,
  "/etc/app.conf/" rwkl,
  "/lib/libc.so.6" mr,
  "/run/" rw,
  "/run/**" rwkl,
}
"""
    )


def test_only_root_has_capabilities() -> None:
    assert "capability" not in profile("x", Files(), root=False)
    assert "  capability net_bind_service,\n" in profile("x", Files(), root=True)


def test_a_setuid_program_gives_capabilities() -> None:
    image = SmallImage({"/bin/su": b""}, owners={"/bin/su": (0o4755, 0, 0)})
    for executed, root in ((frozenset({"/bin/su"}), True), (frozenset[str](), False)):
        assert may_be_root("web", b"", image.index(), Files(executed)) == root


def test_who_may_be_root() -> None:
    passwd = b"root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/sh\n"

    def asks(user: str) -> bool:
        return may_be_root(user, passwd, IMAGE.index(), Files())

    assert [asks(user) for user in ("", "0", "0:0", "root", "root:web", "toor")] == [True] * 6
    assert [asks(user) for user in ("web", "33", "1000:0", "nobody", ".*")] == [False] * 5


names = st.binary(min_size=1, max_size=12).filter(lambda raw: not {0, 0x2F} & set(raw))


@given(names)
def test_a_quoted_name_is_one_line_of_ascii_and_means_itself(raw: bytes) -> None:
    text = quoted("/" + raw.decode("utf-8", "surrogateescape"))
    assert text.isascii() and text.isprintable()
    assert text[:2] == '"/' and text[-1] == '"'
    inner = text[2:-1]
    # As the parser reads it: an octal escape is a byte, any other escaped character is itself.
    read = re.sub(
        rb"\\([0-7]{3}|.)",
        lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1],
        inner.encode(),
    )
    assert read == raw
    assert not re.search(r'(?<!\\)(\\\\)*["*?\[\]{}^]', inner)
