"""What runs showed → the rights that an image is run with."""

import pytest
from small_image import SmallImage

from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Act, How, Observation
from ci_slim.prove.harden.accounts import Account, account
from ci_slim.prove.harden.mounts import Mount, Unmountable, mount_for
from ci_slim.prove.harden.rights import (
    GIVEN,
    LOOSENINGS,
    Hardening,
    Subject,
    first,
    loosened,
    wider,
)

INDEX = SmallImage(
    {
        "/usr/bin/app": b"\x7fELF",
        "/var/run": "-> ../run",
        "/run": None,
        "/run/lock": None,
        "/tmp": None,
        "/var/cache/app": None,
        "/var/log/app": None,
        "/var/log/app/access.log": "-> /dev/stdout",
        "/var/lib/app": None,
        "/var/lib/app/app.db": "data",
        "/srv/app/main.py": "x",
    },
    owners={"/var/cache/app": (0o750, 101, 102), "/tmp": (0o1777, 0, 0)},
).index()
ROOT = Subject(INDEX, 0, 0)
USER = Subject(INDEX, 101, 102)
MADE = How.WRITE | How.CREATE


def seen(uses: dict[str, How] | None = None, *acts: Act) -> Observation:
    return Observation(uses or {}, acts=frozenset(acts))


def mount(path: str, uses: dict[str, How] | None = None) -> Mount | None:
    return mount_for(path, INDEX, seen({path: MADE, **(uses or {})}), (101, 102))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/run/app.pid", Mount("/run", "tmpfs")),
        ("/var/run/app.pid", Mount("/run", "tmpfs")),
        ("/run/app/app.pid", Mount("/run", "tmpfs")),
        ("/tmp/x", Mount("/tmp", "tmpfs", mode=0o1777)),
        ("/var/cache/app/a/b", Mount("/var/cache/app", "tmpfs", 101, 102, 0o750)),
        ("/var/lib/app/app.db", Mount("/var/lib/app", "volume")),
        ("/var/lib/app/app.db-journal", Mount("/var/lib/app", "volume")),
        ("/data/db/x", Mount("/data", "tmpfs", 101, 102)),
        ("/var/log/app/access.log", None),
        ("/dev/shm/x", None),
        ("/proc/self/oom_score_adj", None),
        ("/etc/hosts", None),
        ("/srv/app/__pycache__/main.cpython-313.pyc", None),
    ],
)
def test_a_written_path_needs_a_mount(path: str, found: Mount | None) -> None:
    assert mount(path) == found


def test_a_folder_in_use_is_not_hidden_by_an_empty_one() -> None:
    assert mount("/run/app.pid", {"/run/lock": How.STAT}) == Mount("/run", "volume")


def test_what_is_executed_in_memory_may_be() -> None:
    found = mount("/tmp/x", {"/tmp/x": MADE | How.EXEC})
    assert found is not None
    assert found.options == "exec,uid=0,gid=0,mode=1777"


def test_a_file_in_the_root_folder_cannot_be_mounted() -> None:
    with pytest.raises(Unmountable, match=r"it writes /app\.pid, which is in no folder"):
        mount("/app.pid")
    made = mount_for("/new", INDEX, seen({"/new": How.CREATE}), (0, 0))
    assert made == Mount("/new", "tmpfs")


@pytest.mark.parametrize("name", ["a:b", "a,b", "a\nb", "$(touch x)", "a'b", "\udcff", "a b"])
def test_a_folder_whose_name_a_flag_cannot_hold_is_mounted_from_above(name: str) -> None:
    index = SmallImage({f"/var/lib/app/{name}": None}).index()
    path = f"/var/lib/app/{name}/file"
    found = mount_for(path, index, seen({path: MADE}), (0, 0))
    assert found == Mount("/var/lib/app", "volume"), "in memory it would lack the folder"


def test_the_rights_of_a_server_that_drops_to_a_user() -> None:
    acts = (Act("setuid"), Act("setgroups"), Act("bind", "80"), Act("kill"), Act("chown"))
    hardening = first(ROOT, seen({"/run/app.pid": MADE}, *acts))
    assert hardening.capabilities == ("CHOWN", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID")
    assert list(hardening.mounts) == ["/run"]
    assert hardening.reasons["tmpfs /run"] == "it writes /run/app.pid"
    assert hardening.read_only
    assert hardening.no_new_privileges


def test_signals_among_processes_of_one_user_need_no_right() -> None:
    assert first(ROOT, seen({}, Act("kill"))).capabilities == ()


def test_a_user_has_no_capabilities_to_keep() -> None:
    assert first(USER, seen({}, Act("bind", "80"), Act("chown"))).capabilities == ()


def test_a_capability_that_docker_does_not_give_was_not_used() -> None:
    assert first(ROOT, seen({}, Act("capset", "SYS_ADMIN NET_RAW"))).capabilities == ("NET_RAW",)


def test_what_the_settings_give_stays() -> None:
    subject = Subject(INDEX, 0, 0, frozenset({"/var/cache/app"}), ("NET_ADMIN",))
    hardening = first(subject, seen({"/var/cache/app/x": MADE}))
    assert hardening.capabilities == ("NET_ADMIN",)
    assert hardening.mounts == {}


def test_a_container_that_is_written_to_at_its_root_is_not_read_only() -> None:
    hardening = first(ROOT, seen({"/app.pid": MADE, "/run/x": MADE}))
    assert (hardening.read_only, hardening.mounts) == (False, {})
    assert first(Subject(INDEX, 0, 0, writes_files=True), seen()).read_only is False


def test_programs_with_privileges_need_new_ones() -> None:
    hardening = first(Subject(INDEX, 101, 102, gains=("/usr/bin/su",)), seen({}, Act("setuid")))
    assert not hardening.no_new_privileges
    assert hardening.capabilities == ("SETUID",)


REFUSED = [
    (Act("openat", "/var/lib/app/app.db", "EROFS"), "volume /var/lib/app"),
    (Act("openat", "/var/lib/app/app.db", "EACCES"), "capability DAC_OVERRIDE"),
    (Act("chown", "/x", "EPERM"), "capability CHOWN"),
    (Act("unlink", "/tmp/x", "EPERM"), "capability FOWNER"),
    (Act("bind", "80", "EACCES"), "capability NET_BIND_SERVICE"),
]


@pytest.mark.parametrize(("act", "reason"), REFUSED)
def test_what_was_refused_is_given(act: Act, reason: str) -> None:
    found = wider(Hardening(), ROOT, seen(), seen({}, act))
    assert list(found.reasons) == [reason]


@pytest.mark.parametrize("act", [each for each, _ in REFUSED])
def test_what_was_refused_before_is_not(act: Act) -> None:
    assert wider(Hardening(), ROOT, seen({}, act), seen({}, act)) == Hardening()


def test_what_differs_from_run_to_run_says_nothing() -> None:
    act = Act("openat", "/proc/17/environ", "EACCES")
    assert wider(Hardening(), ROOT, seen(), seen({}, act)) == Hardening()


def test_a_program_in_memory_that_was_refused_is_executed_next_time() -> None:
    hardening = first(ROOT, seen({"/tmp/x": MADE}))
    found = wider(hardening, ROOT, seen(), seen({}, Act("execve", "/tmp/x", "EACCES")))
    assert found.mounts["/tmp"].executes
    assert found.capabilities == ()


def test_restrictions_are_taken_back_one_by_one() -> None:
    hardening = first(ROOT, seen({"/tmp/x": MADE}))
    assert loosened(hardening, ROOT, ("exec",)).mounts["/tmp"].executes
    assert loosened(hardening, ROOT, ("capabilities",)).capabilities == GIVEN
    assert loosened(hardening, USER, ("capabilities",)) == hardening
    everything = loosened(hardening, ROOT, LOOSENINGS)
    assert (everything.read_only, everything.no_new_privileges) == (False, False)
    assert loosened(everything, ROOT, LOOSENINGS) == everything


PASSWD = "root:x:0:0:root:/root:/bin/sh\nshop:x:1500:1501::/:/bin/sh\n"


@pytest.mark.parametrize(
    ("user", "ids"),
    [("", (0, 0)), ("shop", (1500, 1501)), ("1500", (1500, 1501)), ("1500:7", (1500, 7)),
     ("65534:65534", (65534, 65534)), ("root", (0, 0)), ("77", (77, 0))],
)  # fmt: skip
def test_a_user_as_numbers(user: str, ids: tuple[int, int]) -> None:
    config = ImageConfig({"config": {"User": user}})
    assert account(None, config, PASSWD) == Account(*ids)
    assert account(user, ImageConfig({}), PASSWD) == Account(*ids, user)
