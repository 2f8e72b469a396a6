"""Calls that need a right, on lines as strace 6.13 writes them."""

import pytest

from ci_slim.observe.observation import Act
from ci_slim.observe.trace.parse import parse


def acts(*lines: str) -> set[Act]:
    return set(parse([line.encode() + b"\n" for line in lines]).acts)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('7 chown("/log", 33, 33) = 0', Act("chown")),
        ('7 chown("/log", 33, 33) = -1 EPERM (Operation not permitted)',
         Act("chown", "/log", "EPERM")),
        ('7 fchownat(AT_FDCWD</>, "log", 33, 33, 0) = 0', Act("chown")),
        ("7 fchown(3</log>, 33, 33) = 0", Act("chown")),
        ("7 setuid(33) = 0", Act("setuid")),
        ("7 setuid(0) = 0", None),
        ("7 setresuid(-1, 33, -1) = 0", Act("setuid")),
        ("7 setresgid32(33, 33, 33) = -1 EPERM (Operation not permitted)",
         Act("setgid", "", "EPERM")),
        ("7 setgroups(1, [33]) = 0", Act("setgroups")),
        ("7 setgroups(0, NULL) = -1 EPERM (Operation not permitted)",
         Act("setgroups", "", "EPERM")),
        ("7 bind(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), "
         'sin_addr=inet_addr("0.0.0.0")}, 16) = 0', Act("bind", "80")),
        ("7 bind(3<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(53), sin6_addr=x}, 28) = -1 "
         "EACCES (Permission denied)", Act("bind", "53", "EACCES")),
        ("7 bind(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(8080)}, 16) = 0", None),
        ("7 socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = 3<socket:[1]>", Act("socket")),
        ("7 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<socket:[1]>", None),
        ("7 kill(9, SIGTERM) = 0", Act("kill")),
        ("7 kill(9, 0) = 0", None),
        ("7 prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN) = 0", Act("prctl")),
        ("7 prctl(PR_SET_DUMPABLE, SUID_DUMP_USER) = 0", None),
        ("7 capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_SETUID"
         "|1<<CAP_NET_RAW, permitted=1<<CAP_SETUID, inheritable=0}) = 0",
         Act("capset", "NET_RAW SETUID")),
        ('7 mknod("/p", S_IFIFO|0600) = 0', None),
        ('7 mknodat(AT_FDCWD</>, "/d", S_IFCHR|0600, makedev(0x1, 0x3)) = 0', Act("mknod")),
        ('7 openat(AT_FDCWD</>, "/x", O_WRONLY|O_CREAT, 0666) = -1 EROFS (Read-only file system)',
         Act("openat", "/x", "EROFS")),
        ('7 rename("/a", "/b") = -1 EROFS (Read-only file system)', Act("rename", "/b", "EROFS")),
        ('7 openat(AT_FDCWD</>, "/x", O_RDONLY) = -1 ENOENT (No such file or directory)', None),
        ("7 setuid(33) = ?", None),
    ],
)  # fmt: skip
def test_an_act(line: str, found: Act | None) -> None:
    assert (found in acts(line)) if found else not acts(line)


def test_acts_of_two_runs_are_those_of_both() -> None:
    one, other = (parse([line]) for line in (b"7 setuid(33) = 0\n", b"7 setgroups(0, NULL) = 0\n"))
    assert one.merge(other).acts == {Act("setuid"), Act("setgroups")}
