"""Tests the trace reader with lines that strace 6.13 wrote on a real machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.observe.observation import How, Lost, Observation
from ci_slim.observe.trace.parse import parse, parse_apart


def read(text: str, *, workdir: str = "/srv") -> Observation:
    return parse([line.encode() + b"\n" for line in text.splitlines()], workdir=workdir)


CWD = "7 openat(AT_FDCWD</srv>, "


@pytest.mark.parametrize(
    ("line", "uses"),
    [
        (CWD + '"x", O_RDONLY|O_CLOEXEC) = 3</srv/x>', {"/srv/x": How.OPEN}),
        (
            CWD + '"/lib/a.so", O_RDONLY) = 3</usr/lib/a.so.1>',
            {"/lib/a.so": How.OPEN, "/usr/lib/a.so.1": How.OPEN},
        ),
        (CWD + '"a\\"b", O_RDONLY) = 3</srv/a\\"b>', {'/srv/a"b': How.OPEN}),
        (CWD + '"a = b) = 4", O_RDONLY) = 3</srv/a = b) = 4>', {"/srv/a = b) = 4": How.OPEN}),
        (CWD + '"a>b<c", O_RDONLY) = 3</srv/a\\76b\\74c>', {"/srv/a>b<c": How.OPEN}),
        (CWD + '"new\\nline", O_RDONLY) = 3</srv/new\\nline>', {"/srv/new\nline": How.OPEN}),
        (CWD + '"\\303\\251", O_RDONLY) = 3</srv/\\303\\251>', {"/srv/é": How.OPEN}),
        (CWD + '"\\377\\376", O_RDONLY) = 3</srv/\\377\\376>', {"/srv/\udcff\udcfe": How.OPEN}),
        (CWD + '"1\\0012", O_RDONLY) = 3</srv/1\\0012>', {"/srv/1\x012": How.OPEN}),
        (CWD + '"back\\\\n", O_RDONLY) = 3</srv/back\\\\n>', {"/srv/back\\n": How.OPEN}),
        (CWD + '"a (deleted)", O_RDONLY) = 3</srv/a (deleted)>', {"/srv/a (deleted)": How.OPEN}),
        (CWD + '"gone", O_RDONLY) = 3</srv/gone>(deleted)', {"/srv/gone": How.OPEN}),
        (CWD + '".", O_RDONLY|O_DIRECTORY) = 3</srv>', {"/srv": How.LIST}),
        (CWD + '"/etc", O_RDONLY|O_PATH) = 3</etc>', {"/etc": How.STAT}),
        (CWD + '"/x", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</x>', {"/x": How.WRITE | How.CREATE}),
        (CWD + '"/x", O_RDWR) = 3</x>', {"/x": How.OPEN | How.WRITE}),
        (CWD + '"/x", O_RDONLY|O_DIRECTORY) = -1 ENOTDIR (Not a directory)', {"/x": How.STAT}),
        (CWD + '"/x", O_RDONLY) = -1 EACCES (Permission denied)', {"/x": How.STAT}),
        (CWD + '"/x", O_RDONLY|O_NOFOLLOW) = -1 ELOOP (Too many levels)', {"/x": How.LINK}),
        (CWD + '"/pipe/..", O_RDONLY) = 3<pipe:[17]>', {"/pipe/..": How.OPEN}),
        (CWD + '"../../etc/./a//b", O_RDONLY) = 3</e>', {"/srv/../../etc/a/b": 2, "/e": 2}),
        (CWD + '"/../a/", O_RDONLY) = 3</a>', {"/a": How.OPEN}),
        ('7 openat2(AT_FDCWD</srv>, "/p", {flags=O_RDONLY, resolve=0}, 24) = 3</p>', {"/p": 2}),
        ('7 openat(4</data>, "x", O_RDONLY) = 5</data/x>', {"/data/x": How.OPEN}),
        ('7 creat("x", 0644)                  = 3</srv/x>', {"/srv/x": How.WRITE | How.CREATE}),
        ('7 newfstatat(4</etc>, "", {st_mode=S_IFDIR|0755, ...}, AT_EMPTY_PATH) = 0', {"/etc": 4}),
        ('7 newfstatat(0<pipe:[8]>, "", {st_mode=S_IFIFO|0600}, AT_EMPTY_PATH) = 0', {}),
        ('7 access("x", R_OK)                 = 0', {"/srv/x": How.STAT}),
        ('7 readlink("ln", "target", 4096)    = 6', {"/srv/ln": How.LINK}),
        ('7 readlink("x", 0x7ffe, 4096) = -1 EINVAL (Invalid argument)', {"/srv/x": How.STAT}),
        ('7 stat("/proc/self/cwd/d/x", {st_mode=S_IFREG}) = 0', {"/srv/d/x": How.STAT}),
        ('7 stat("/proc/self/root/x", {st_mode=S_IFREG}) = 0', {"/x": How.STAT}),
        ('7 readlink("/proc/self/cwd", "/srv", 4096) = 4', {"/proc/self/cwd": How.LINK}),
        ('7 mkdir("d", 0777) = 0', {"/srv/d": How.CREATE}),
        ('7 mkdir("d", 0777) = -1 EEXIST (File exists)', {"/srv/d": How.STAT}),
        ('7 unlink("d") = 0', {"/srv/d": How.REMOVE}),
        ('7 rename("a", "b") = 0', {"/srv/a": How.REMOVE, "/srv/b": How.CREATE}),
        ('7 renameat2(4</e>, "a", AT_FDCWD</srv>, "b", 1) = 0', {"/e/a": 128, "/srv/b": 64}),
        ('7 linkat(AT_FDCWD</srv>, "/a", 4</e>, "b", 0) = 0', {"/a": How.OPEN, "/e/b": How.CREATE}),
        ('7 symlink("a text", "l") = 0', {"/srv/l": How.CREATE}),
        ('7 symlinkat("a\\"b", AT_FDCWD</srv>, "/l") = 0', {"/l": How.CREATE}),
        ('7 lgetxattr("/x", "user.\\"y", 0x7ffe, 9) = -1 ENODATA (No data available)', {"/x": 4}),
        ('7 inotify_add_watch(5<anon_inode:inotify>, "w", IN_OPEN) = 1', {"/srv/w": How.STAT}),
        ('7 bind(5<socket:[2]>, {sa_family=AF_UNIX, sun_path="s.ck"}, 8) = 0', {"/srv/s.ck": 64}),
        (
            '7 connect(6<socket:[3]>, {sa_family=AF_UNIX, sun_path="/run/s"}, 8)'
            " = -1 ECONNREFUSED (Connection refused)",
            {"/run/s": How.CONNECT},
        ),
        ('7 bind(7<socket:[2]>, {sa_family=AF_UNIX, sun_path=@"abs"}, 6) = 0', {}),
        ('7 connect(5<s:[2]>, {sa_family=AF_INET, sin_addr=inet_addr("1.1.1.1")}, 16) = 0', {}),
        (
            '7 execveat(11</usr/bin/true>, "", ["x"], 0x7f /* 1 var */, AT_EMPTY_PATH) = 0',
            {"/usr/bin/true": How.EXEC},
        ),
        ('7 execve("./u", ["./u", "f() = 3 (x)"], 0x7f /* 3 vars */) = 0', {"/srv/u": How.EXEC}),
        ('7 execve("/x", ["x"], 0x7f /* 3 vars */) = -1 ENOEXEC (Exec format error)', {"/x": 1}),
        ('7 openat(AT_FDCWD, "x", O_RDONLY) = 3', {"/srv/x": How.OPEN}),
        ('7 access("/usr/gnemul/qemu-arm/lib", F_OK) = 0', {}),
        ('7 access("/usr/gnemulator", F_OK) = 0', {"/usr/gnemulator": How.STAT}),
        ('7 openat(AT_FDCWD</srv>, "fifo", O_RDONLY) = ?', {"/srv/fifo": How.OPEN}),
        ('7 openat(AT_FDCWD</srv>, "fifo", O_RDONLY) = ? <unavailable>', {"/srv/fifo": How.OPEN}),
        ('7 access("/x", F_OK <unfinished ...>) = ? <unavailable>', {"/x": How.STAT}),
    ],
)
def test_a_call_says_which_path_was_used_and_how(line: str, uses: dict[str, How]) -> None:
    observation = read(line)
    assert {path: how.value for path, how in observation.uses.items()} == {
        path: How(how).value for path, how in uses.items()
    }
    assert observation.lost == ()


@pytest.mark.parametrize(
    ("line", "missed"),
    [
        (CWD + '"x", O_RDONLY) = -1 ENOENT (No such file or directory)', {"/srv/x"}),
        ('7 access("/etc/passwd/x", R_OK) = -1 ENOTDIR (Not a directory)', {"/etc/passwd/x"}),
        ('7 execve("/x", ["x"], 0x7f /* 3 vars */) = -1 ENOEXEC (Exec format error)', {"/x"}),
        ('7 rename("a", "/b") = -1 ENOENT (No such file or directory)', {"/srv/a", "/b"}),
        (
            '7 connect(3<socket:[3]>, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110)'
            " = -1 ENOENT (No such file or directory)",
            {"/run/nscd"},
        ),
        ('7 access("/usr/gnemul/x", F_OK) = -1 ENOENT (No such file or directory)', set()),
    ],
)
def test_a_lookup_that_found_nothing_is_missed(line: str, missed: set[str]) -> None:
    assert read(line).missed == missed


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (
            "7 openat(AT_FDCWD</srv>, 0x7ffc110bbe00, O_RDONLY) = 3",
            [Lost("pid 7", "openat: the path could not be read, only its address")],
        ),
        (
            "7 stat(0x7ffc110bbe00, 0x7ffc110bbe80) = 0",
            [Lost("pid 7", "stat: the path could not be read, only its address")],
        ),
        (
            '7 rename("a", 0x7ffc110bbe00) = 0',
            [Lost("pid 7", "rename: a path could not be read, only its address")],
        ),
        ("7 openat(AT_FDCWD</srv>, 0x7ffc00001000, O_RDONLY) = -1 EFAULT (Bad address)", []),
        ("7 openat(AT_FDCWD</srv>, NULL, O_RDONLY) = -1 EFAULT (Bad address)", []),
        ("7 utimensat(3</srv/x>, NULL, NULL, 0) = 0", []),
        ("7 wait4(-1, 0x7ffc2935993c, WNOHANG, NULL) = -1 ECHILD (No child processes)", []),
        (
            "7 io_uring_setup(8, {flags=0}) = 4<anon_inode:[io_uring]>",
            [Lost("pid 7", "io_uring_setup: files opened through a ring cannot be traced")],
        ),
        ("7 io_uring_setup(8, NULL) = -1 EPERM (Operation not permitted)", []),
        (
            '7 pivot_root("a", "b") = 0',
            [Lost("pid 7", "pivot_root: the paths used after it start at another root")],
        ),
        (
            '7 openat(AT_FDCWD</srv>, "/aaaa"..., O_RDONLY) = 3',
            [Lost("pid 7", "openat: the path is too long to be read")],
        ),
        (
            '7 openat(AT_FDCWD</srv>, "/aaaa"..., O_RDONLY) = -1 ENAMETOOLONG (File name too long)',
            [],
        ),
        (
            "7 ???( <detached ...>",
            [Lost("pid 7", "a line of strace could not be read: ???( <detached ...>")],
        ),
        (
            "7 <... openat resumed>) = 3",
            [Lost("pid 7", "a line of strace could not be read: <... openat resumed>) = 3")],
        ),
        ("garbage", [Lost("an unknown process", "a line of strace could not be read: ")]),
        ("7 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9} ---", []),
        ("7 --- stopped by SIGSTOP ---", []),
        ("7 +++ exited with 0 +++", []),
        ("7 +++ killed by SIGKILL +++", []),
        ("7 restart_syscall(<... resuming interrupted wait4 ...>) = 0", []),
        ("strace: [ Process PID=7 runs in 32 bit mode. ]", []),
        ("7 exit_group(0)                     = ?", []),
        ("7 clone(child_stack=0xc0, flags=CLONE_FS|CLONE_THREAD) = ? <unavailable>", []),
    ],
)
def test_an_unreadable_line_is_a_loss_and_the_rest_is_read(line: str, lost: list[Lost]) -> None:
    assert list(read(line + "\n7 +++ exited with 0 +++").lost) == lost


def test_a_loss_names_the_program_of_the_process() -> None:
    observation = read(
        """\
7 execve("/usr/sbin/nginx", ["nginx"], 0x7f /* 3 vars */) = 0
7 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f72) = 9
9 openat(AT_FDCWD, 0x7ffc110bbe00, O_RDONLY) = 5
9 openat(AT_FDCWD, 0x7ffc110bbe00, O_RDONLY) = 6"""
    )
    assert observation.lost == (
        Lost("pid 9 (nginx)", "openat: the path could not be read, only its address"),
    )


def test_a_torn_last_line_is_not_a_loss() -> None:
    lines = [b'7 access("/x", R_OK) = 0\n', b'7 openat(AT_FDCWD</srv>, "/etc/pas']
    observation = parse(lines)
    assert (dict(observation.uses), observation.lost) == ({"/x": How.STAT}, ())


def test_an_empty_trace_is_a_loss() -> None:
    assert parse([]).lost == (Lost("the tracer", "the trace is empty: nothing was traced"),)


FORKED = "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f)"
THREAD = "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES, stack=0x7f} => {parent_tid=[8]}, 88)"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('7 chdir("/a") = 0\n7 access("x", 0) = 0', "/a/x"),
        ('7 chdir("a") = 0\n7 chdir("../b") = 0\n7 access("x", 0) = 0', "/srv/a/../b/x"),
        ('7 chdir("/a") = -1 EACCES (Permission denied)\n7 access("x", 0) = 0', "/srv/x"),
        ('7 fchdir(4</b>) = 0\n7 access("x", 0) = 0', "/b/x"),
        (CWD.replace("srv", "now") + '"/e", O_RDONLY) = 3</e>\n7 access("x", 0) = 0', "/now/x"),
        (f'7 chdir("/a") = 0\n7 {FORKED} = 8\n8 access("x", 0) = 0', "/a/x"),
        (f'7 {FORKED} = 8\n8 chdir("/c") = 0\n7 access("x", 0) = 0', "/srv/x"),
        (f'7 {THREAD} = 8\n8 chdir("/c") = 0\n7 access("x", 0) = 0', "/c/x"),
        (
            f'7 {THREAD} = 8\n8 unshare(CLONE_FS) = 0\n8 chdir("/c") = 0\n7 access("x", 0) = 0',
            "/srv/x",
        ),
        ('7 chdir("/a") = 0\n7 vfork( <unfinished ...>\n8 access("x", 0) = 0', "/a/x"),
        ('7 chroot("/jail") = 0\n7 access("/x", 0) = 0', "/jail/x"),
        ('7 chroot("jail/") = 0\n7 chdir("/") = 0\n7 access("x", 0) = 0', "/srv/jail/x"),
        ('7 chroot("/j") = -1 EPERM (Operation not permitted)\n7 access("/x", 0) = 0', "/x"),
        ('7 chdir("/a\\\\b") = 0\n7 access("x", 0) = 0', "/a\\b/x"),
    ],
)
def test_relative_names_count_from_the_folder_of_their_process(text: str, path: str) -> None:
    observation = read(text)
    assert path in observation.uses
    assert observation.lost == ()


def test_a_child_waits_for_its_parent_to_be_known_when_two_are_forking() -> None:
    observation = read(
        f"""\
7 {FORKED} = 8
8 chdir("/other") = 0
7 vfork( <unfinished ...>
8 vfork( <unfinished ...>
9 access("x", R_OK <unfinished ...>
10 access("y", R_OK) = 0
9 <... access resumed>) = 0
8 <... vfork resumed>) = 9
7 <... vfork resumed>) = 10"""
    )
    assert dict(observation.uses) == {
        "/other": How.STAT,
        "/other/x": How.STAT,
        "/srv/y": How.STAT,
    }
    assert observation.lost == ()


def test_the_two_halves_of_a_call_are_joined() -> None:
    observation = read(
        """\
7 newfstatat(AT_FDCWD</srv>, "/a",  <unfinished ...>
8 openat(AT_FDCWD</srv>, "/b", O_RDONLY|O_CLOEXEC <unfinished ...>
7 <... newfstatat resumed>{st_mode=S_IFDIR|0755, st_size=4096, ...}, 0) = 0
8 <... openat resumed>)             = 6</usr/b>
7 newfstatat(AT_FDCWD</srv>, "/c",  <unfinished ...>
7 <... newfstatat resumed>0x7f62cc17e930, 0) = -1 ENOENT (No such file or directory)
8 openat(AT_FDCWD</srv>, "/fifo", O_RDONLY <unfinished ...>"""
    )
    assert dict(observation.uses) == {
        "/a": How.STAT,
        "/b": How.OPEN,
        "/usr/b": How.OPEN,
        "/fifo": How.OPEN,
    }
    assert observation.missed == frozenset({"/c"})
    assert observation.lost == ()


def test_a_thread_that_executes_takes_the_place_of_its_process() -> None:
    observation = read(
        """\
7 execve("./v", ["./v"], 0x7f /* 33 vars */) = 0
7 clone3({flags=CLONE_VM|CLONE_FS, stack=0x7f} => {parent_tid=[8]}, 88) = 8
8 execve("/bin/cat", ["cat"], 0x7fff0bef4bd8 /* 33 vars */ <unfinished ...>
7 +++ superseded by execve in pid 8 +++
7 <... execve resumed>)             = -1 ENOSYS (Function not implemented)
7 openat(AT_FDCWD</srv>, 0x7ffc110bbe00, O_RDONLY) = 3"""
    )
    assert dict(observation.uses) == {"/srv/v": How.EXEC, "/bin/cat": How.EXEC}
    assert observation.lost == (
        Lost("pid 7 (cat)", "openat: the path could not be read, only its address"),
    )


def test_a_process_number_is_free_again_after_its_end() -> None:
    observation = read(
        f"""\
7 {FORKED} = 8
8 chdir("/a") = 0
8 +++ exited with 0 +++
7 {FORKED} = 8
8 access("x", R_OK) = 0"""
    )
    assert "/srv/x" in observation.uses


def test_observations_merge_by_path() -> None:
    one = Observation({"/a": How.STAT}, frozenset({"/m"}), frozenset({"open"}), (Lost("p", "d"),))
    two = Observation({"/a": How.OPEN, "/b": How.EXEC}, lost=(Lost("p", "d"),))
    assert one.merge(two) == Observation(
        {"/a": How.STAT | How.OPEN, "/b": How.EXEC},
        frozenset({"/m"}),
        frozenset({"open"}),
        (Lost("p", "d"),),
    )
    assert one.merge(Observation.none()) == one


def test_the_names_of_the_calls_are_reported() -> None:
    observation = read('7 access("/x", R_OK) = 0\n7 fchdir(3</a>) = 0')
    assert observation.syscalls == {"access", "fchdir"}


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=8))
def test_any_text_can_be_read(lines: list[bytes]) -> None:
    assert isinstance(parse([b"7 " + line for line in lines]), Observation)
    assert isinstance(parse(lines), Observation)


@pytest.mark.parametrize(
    "killed",
    [
        "8 ???( <unfinished ...>",
        "8 ???( <unfinished ...>\n7 exit_group(0) = ?\n8 <... ??? resumed>)                = ?",
        "8 ????( <unfinished ...>\n7 exit_group(0) = ?\n8 <... ???? resumed> <unfinished ...>) = ?",
        "8 ???()                                 = ?",
        "8 ???()                                 = ? <unavailable>",
        "8 ???( <unfinished ...>\n8 <... ??? resumed>) = ? <unavailable>",
    ],
)
def test_a_thread_that_is_killed_at_the_entry_of_a_call_loses_nothing(killed: str) -> None:
    assert read(f'7 access("/a", 0) = 0\n{killed}\n8 +++ exited with 0 +++').lost == ()


@pytest.mark.parametrize("line", ["<... ??? resumed>) = 0", "???() = 0"])
def test_a_call_of_no_name_that_came_back_is_a_loss(line: str) -> None:
    seen = read(f"8 ???( <unfinished ...>\n8 {line}\n8 +++ exited with 0 +++")
    assert seen.lost == (Lost("pid 8", f"a line of strace could not be read: {line}"),)


def test_parts_of_a_trace_are_read_separately() -> None:
    lines = [
        b'7 execve("/bin/sh", ["sh"], 0x1) = 0\n',
        b'7 openat(AT_FDCWD</>, "etc/a", O_RDONLY) = 3</etc/a>\n',
        b'7 chdir("/srv") = 0\n',
        b'7 openat(AT_FDCWD</srv>, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)\n',
        b'7 openat(AT_FDCWD</srv>, "/etc/a", O_RDONLY) = 3</etc/a>\n',
    ]
    ends = [len(b"".join(lines[:count])) for count in (2, 2, 4)]
    start, nothing, middle, last = parse_apart(lines, ends)
    assert start.uses == {"/bin/sh": How.EXEC, "/etc/a": How.OPEN}
    assert nothing == Observation()
    assert (middle.uses, middle.missed) == ({"/srv": How.STAT}, frozenset({"/srv/gone"}))
    assert last.uses == {"/etc/a": How.OPEN}, "what is used again is used in both parts"
    whole = parse(lines)
    assert start.merge(middle).merge(last).uses == whole.uses
    assert parse_apart(lines, [10**9, 10**9])[0].uses == whole.uses
