"""Tests reading a trace while it grows."""

import pytest

from ci_slim.observe.trace.growth import GrowingTrace, TraceDamaged
from ci_slim.observe.trace.parse import LONGEST

START = b"""\
7 execve("/usr/sbin/php-fpm", ["php-fpm"], 0x7ff /* 3 vars */) = 0
7 openat(AT_FDCWD</srv>, "a", O_RDONLY) = 3</srv/a>
7 openat(AT_FDCWD</srv>, "/etc/b", O_RDONLY) = 3</etc/b>
"""
POLLS = b"""\
7 openat(AT_FDCWD</srv>, "/proc/7/stat", O_RDONLY) = 3</proc/7/stat>
7 openat(AT_FDCWD</srv>, "/etc/b", O_RDONLY) = 3</etc/b>
7 openat(AT_FDCWD</srv>, "/tmp/x%d", O_RDWR|O_CREAT|O_EXCL, 0600) = 4</tmp/x%d>
7 unlink("/tmp/x%d") = 0
7 openat(AT_FDCWD</srv>, "/etc/gone", O_RDONLY) = -1 ENOENT (No such file or directory)
"""


def test_only_a_path_that_was_not_used_before_is_new() -> None:
    growing = GrowingTrace("/srv")
    growing.write(START)
    assert growing.paths == 3
    for number in range(5):
        growing.write(POLLS.replace(b"%d", b"%d" % number))
    assert growing.paths == 3
    growing.write(b'7 openat(AT_FDCWD</srv>, "/opt/late", O_RDONLY) = 3</opt/late>\n')
    assert growing.paths == 4


def test_a_line_may_come_in_pieces_of_any_size() -> None:
    whole, pieces = GrowingTrace("/srv"), GrowingTrace("/srv")
    text = START + b"7 +++ exited with 78 +++\n"
    whole.write(text)
    for number in range(len(text)):
        pieces.write(text[number : number + 1])
    assert pieces.paths == whole.paths == 3
    assert pieces.failed == whole.failed == ["php-fpm exited with 78"]
    assert pieces.starts == whole.starts == 1
    assert pieces.size == whole.size == len(text)


def test_a_failed_program_is_reported() -> None:
    growing = GrowingTrace("/")
    growing.write(START)
    growing.write(b'8 execve("/bin/true", ["true"], 0x7ff /* 3 vars */) = 0\n')
    growing.write(b'9 execve("/bin/none", ["none"], 0x7ff /* 3 vars */) = -1 ENOENT (No such)\n')
    growing.write(b"8 +++ exited with 0 +++\n9 +++ exited with 127 +++\n")
    assert growing.failed == []
    growing.write(b"7 +++ killed by SIGSEGV (core dumped) +++\n")
    assert growing.failed == ["php-fpm killed by SIGSEGV"]


@pytest.mark.parametrize("piece", [bytes(100), b"x" * (LONGEST + 1)], ids=["zeros", "endless"])
def test_a_trace_that_strace_cannot_have_written_is_not_read_on(piece: bytes) -> None:
    trace = GrowingTrace("/")
    with pytest.raises(TraceDamaged):
        trace.write(piece)
    assert trace.damaged
