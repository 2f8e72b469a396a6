"""Tests reading system calls from QEMU's log and from strace's text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ci_slim.observe.seen import MARK, GuestLog, Traced
from ci_slim.platforms import parse
from ci_slim.prove.profiles.seccomp import known

ARM = known(parse("linux/arm/v6"))
AMD64 = known(parse("linux/amd64"))

QEMU = b"""\
1 brk(NULL) = 0x00421000
1 mmap2(NULL,8192,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0) = 0x4082c000
1 access("/etc/ld.so.preload",R_OK) = -1 errno=2 (No such file or directory)
1 openat(AT_FDCWD,"/etc/ld.so.cache",O_RDONLY|O_LARGEFILE|O_CLOEXEC) = 3
1 Unknown syscall 414
 = 0
1 exit_group(0)
"""
"""Lines of qemu-user 10. The numbered call comes from a program that made it."""


def read(*pieces: bytes, architecture: str = "arm") -> GuestLog:
    log = GuestLog(architecture, ARM if architecture == "arm" else known(parse(architecture)))
    for piece in pieces:
        assert log.write(piece) == len(piece)
    return log


def test_the_calls_of_a_guest_are_read_from_qemu_s_log() -> None:
    assert read(QEMU).names == {"brk", "mmap2", "access", "openat", "ppoll_time64", "exit_group"}


@given(st.lists(st.integers(1, len(QEMU) - 1)))
def test_the_log_may_be_split_anywhere(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(QEMU)]
    pieces = [QEMU[a:b] for a, b in pairwise(ends)]
    assert read(*pieces).names == read(QEMU).names


calls = st.lists(
    st.tuples(st.integers(1, 99999), st.sampled_from(sorted(ARM)), st.integers(-1, 9)), max_size=8
)


@given(calls, st.lists(st.booleans(), min_size=8, max_size=8))
def test_threads_that_write_into_one_another_s_lines_lose_nothing(
    made: list[tuple[int, str, int]], ends_one: list[bool]
) -> None:
    """Each call is written in two parts, its name and its result, with other calls between them."""
    firsts = [f"{pid} {name}(3,0x40800238,512)".encode() for pid, name, _ in made]
    waiting = [f" = {result}\n".encode() for _, _, result in made]
    text = b""
    for first, ends in zip(firsts, ends_one, strict=False):
        text += first + (waiting.pop() if ends else b"")
    text += b"".join(waiting) + b"\n"
    assert read(text).names == {name for _, name, _ in made}


def test_names_that_the_architecture_does_not_have_are_ignored() -> None:
    assert read(b"1 main(2) 1 newfstatat(3) 1 sync(\n").names == {"sync"}


def test_a_call_that_never_returned_is_read_when_the_mark_comes() -> None:
    log = read(b"7 accept4(3,NULL,NULL")
    assert (log.names, log.ended) == (set(), False)
    log.write(MARK[:10])
    log.write(MARK[10:])
    assert (log.names, log.ended) == ({"accept4"}, True)


def test_a_number_beyond_all_names_is_left_out() -> None:
    assert (
        read(b"1 Unknown syscall 999\n = -1\n1 Unknown syscall 7\n", architecture="arm64").names
        == set()
    )


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    log = read(*[b"x" * (1 << 20)] * 4, b"1 read(\n")
    assert log.names == {"read"}
    assert len(log._rest) <= 1 << 20


STRACE = b"""\
10 execve("/usr/bin/env", ["env", "-i", "/bin/true"], ["QEMU_LOG_FILENAME=/x"]) = 0
10 brk(NULL)                         = 0x55fa505f5000
11 futex(0x1, FUTEX_WAIT, 2, NULL <unfinished ...>
10 ????( <unfinished ...>
11 <... futex resumed>)              = 0
10 socketpair(1, 2) = 0
10 nosuchcall(1) = 0
10 +++ exited with 0 +++
"""


def traced(text: bytes, *, guest: bool) -> Traced:
    found = Traced(AMD64)
    found.read(text.splitlines(keepends=True), guest=guest)
    return found


def test_the_calls_of_a_trace_are_read_by_name() -> None:
    assert traced(STRACE, guest=False).names == {"execve", "brk", "futex", "socketpair"}


def test_an_empty_trace_is_told_from_one_without_known_calls() -> None:
    assert Traced(AMD64).read([], guest=False) == 0
    assert Traced(AMD64).read([b"10 nosuchcall(1) = 0\n"], guest=False) == 1


def test_a_program_that_qemu_was_not_told_to_log_is_named() -> None:
    cleared = b'10 execve("/bin/true", ["/bin/true"], ["A=1"]) = 0\n'
    failed = b'10 execve("/usr/local/bin/x", ["x"], ["A=1"]) = -1 ENOENT (No such file)\n'
    assert traced(STRACE + failed, guest=True).unlogged == set()
    assert traced(STRACE + cleared, guest=True).unlogged == {"/bin/true"}
    assert traced(STRACE + cleared, guest=False).unlogged == set()
    half = b'10 execve("/bin/true", ["true"], ["A=1"] <unfinished ...>\n'
    assert traced(half, guest=True).unlogged == {"/bin/true"}
