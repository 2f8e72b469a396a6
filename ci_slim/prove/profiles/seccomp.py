"""Makes a seccomp profile in JSON from system calls, for `docker run --security-opt seccomp=FILE`.

The format is that of the OCI runtime specification (config-linux.md, "Seccomp") with
`architectures`, so Docker, Podman, containerd and Kubernetes accept it. runc ignores a name that
the machine's libseccomp does not know. Calls that are not named fail with EPERM.

The profile replaces Docker's own (docs.docker.com/engine/security/seccomp,
github.com/moby/profiles), which also limits arguments. So this profile allows nothing that Docker's
refuses a container without additional capabilities, and it keeps Docker's limits on arguments.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ci_slim.observe.syscalls import TABLES
from ci_slim.platforms import Platform

_ARCHITECTURES: Mapping[str, tuple[str, ...]] = {
    "386": ("X86",),
    "amd64": ("X86_64", "X86", "X32"),
    "arm": ("ARM",),
    "arm64": ("AARCH64", "ARM"),
    "loong64": ("LOONGARCH64",),
    "mips64": ("MIPS64",),
    "mips64le": ("MIPSEL64",),
    "ppc64le": ("PPC64LE",),
    "riscv64": ("RISCV64",),
    "s390x": ("S390X",),
}
"""The architectures of an image's programs, as libseccomp names them. Its own comes first."""

_SECOND = {"amd64": "386", "arm64": "arm"}
"""64-bit machines that also run programs of a 32-bit one."""

_WIDER = {"386": "amd64", "arm": "arm64"}
"""If a 32-bit image runs on a 64-bit machine, the container runtime makes the calls of the 64-bit
machine."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


RUNTIME = _names("""
    execve execveat exit exit_group rt_sigreturn sigreturn restart_syscall

    capget capset prctl setuid setuid32 setgid setgid32 setgroups setgroups32 getppid getuid getgid
    getuid32 getgid32 geteuid geteuid32 chdir getcwd faccessat faccessat2 access readlinkat readlink
    openat open openat2 close close_range fcntl fcntl64 fstat fstat64 newfstatat fstatat64 statx
    stat stat64 lstat lstat64 fstatfs fstatfs64 fchown fchown32 getdents64 read write lseek _llseek
    pread64

    futex mmap mmap2 munmap mremap madvise mprotect brk clone clone3 sched_yield sched_getaffinity
    nanosleep getpid gettid tgkill kill rt_sigaction rt_sigprocmask sigprocmask sigaltstack
    epoll_create1 epoll_ctl epoll_pwait eventfd2 pipe2 getrandom prlimit64 getrlimit ugetrlimit
    setrlimit

    wait4 waitid rt_sigtimedwait rt_sigtimedwait_time64 setpgid getpgrp ioctl set_tid_address
    set_robust_list rseq arch_prctl set_thread_area set_tls cacheflush breakpoint riscv_flush_icache
    riscv_hwprobe uname

    clock_gettime clock_gettime64 clock_getres clock_getres_time64 gettimeofday time getcpu
""")
"""The calls that every container makes besides its application, by paragraph:

- how a program starts and ends;
- what runc does between its filter and the program, also for `docker exec`
(libcontainer/init_linux.go and standard_init_linux.go, in the order of its sources 1.1 to 1.4);
- the Go runtime of runc, whose error paths are those of most programs;
- `docker run --init` and the start of any C program;
- the clock, which is a system call if the kernel's vDSO does not answer, as on an old ARM board.
"""

_WITHHELD = _names("""
    _sysctl acct add_key afs_syscall bdflush bpf break cachectl clock_settime clock_settime64
    create_module delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick ftime
    get_kernel_syms get_mempolicy get_tls getpmsg gtty idle init_module io_uring_enter
    io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lock
    lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mbind migrate_pages mount
    mount_setattr move_mount move_pages mpx multiplexer nfsservctl nice oldfstat oldlstat
    oldolduname oldstat olduname open_by_handle_at open_tree pciconfig_iobase pciconfig_read
    pciconfig_write perf_event_open pidfd_getfd pivot_root process_madvise prof profil putpmsg
    query_module quotactl quotactl_fd readdir reboot request_key rtas s390_guarded_storage
    s390_sthyi security set_mempolicy set_mempolicy_home_node setdomainname sethostname setns
    settimeofday sgetmask sigaction signal sigpending sigsuspend spu_create spu_run ssetmask stime
    stty subpage_prot swapoff swapon switch_endian sys_debug_setcontext sysfs syslog sysmips timerfd
    tuxcall ulimit umount umount2 unshare uselib userfaultfd usr26 usr32 ustat vhangup vm86 vm86old
    vserver
""")
"""The calls that Docker's default profile refuses a container without additional capabilities. A
program that tried one was refused during the observation too."""

_ALTERNATIVES = tuple(
    frozenset(line.split())
    for line in """
    open openat openat2 creat
    stat newfstatat fstatat64 statx lstat fstat
    access faccessat faccessat2
    clone clone3 fork vfork
    poll ppoll
    select _newselect pselect6
    epoll_wait epoll_pwait epoll_pwait2
    epoll_create epoll_create1
    pipe pipe2
    dup dup2 dup3
    eventfd eventfd2
    signalfd signalfd4
    inotify_init inotify_init1
    accept accept4
    mkdir mkdirat
    mknod mknodat
    unlink unlinkat rmdir
    rename renameat renameat2
    link linkat
    symlink symlinkat
    readlink readlinkat
    chmod fchmodat fchmodat2
    chown lchown fchownat
    utime utimes futimesat utimensat
    getdents getdents64
    nanosleep clock_nanosleep
    getrlimit ugetrlimit setrlimit prlimit64
    wait4 waitpid waitid
    send sendto
    recv recvfrom
    recvmmsg recvmsg
    mmap mmap2
    lseek _llseek
    semop semtimedop
    preadv preadv2
    pwritev pwritev2
    copy_file_range sendfile
    time gettimeofday clock_gettime
    alarm setitimer
    pause rt_sigsuspend ppoll
    fadvise64 fadvise64_64 arm_fadvise64_64
    sync_file_range sync_file_range2 arm_sync_file_range
    """.strip().splitlines()
)
"""Calls that another kernel, C library or architecture replaces by another call of the line."""

_SOCKETS = _names("""
    socket bind connect listen accept accept4 getsockname getpeername socketpair sendto recvfrom
    setsockopt getsockopt shutdown sendmsg recvmsg sendmmsg recvmmsg send recv
""")
"""The calls that `socketcall` makes on the architectures that have it (386, s390x)."""

_WIDTHS = ("", "64", "32", "_time64")
"""Calls with two names: `fcntl` and `fcntl64`, `setuid` and `setuid32`, `futex` and `futex_time64`.
Which one a 32-bit machine makes depends on the C library."""

_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""

_ENOSYS = 38


def known(platform: Platform) -> frozenset[str]:
    """The names of all system calls that programs of a platform may make."""
    second = _SECOND.get(platform.architecture)
    return TABLES[platform.architecture] | (TABLES[second] if second else frozenset())


def allowed(platform: Platform, seen: Iterable[str]) -> frozenset[str]:
    """The calls that a profile allows if `seen` were made: these, their alternatives, and what
    every container needs. Names that the platform does not have are left out."""
    made, own = frozenset(seen) & known(platform), TABLES[platform.architecture]
    # names of 32-bit programs only if one ran
    possible = own if made <= own else known(platform)
    wider = TABLES[_WIDER.get(platform.architecture, platform.architecture)]
    names = (_completed(made | RUNTIME) & possible) | (RUNTIME & wider)
    return names - _WITHHELD


def profile(platform: Platform, seen: Iterable[str]) -> str:
    """The profile for an image of a platform, as JSON with one line for each name."""
    names = allowed(platform, seen)
    limited = {name: rules for name, rules in _limited(platform).items() if name in names}
    plain = {"names": sorted(names - limited.keys()), "action": "SCMP_ACT_ALLOW"}
    document = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": [f"SCMP_ARCH_{each}" for each in _ARCHITECTURES[platform.architecture]],
        "syscalls": [plain, *(rule for name in sorted(limited) for rule in limited[name])],
    }
    return json.dumps(document, indent=2) + "\n"


def _completed(names: frozenset[str]) -> frozenset[str]:
    """The names with the alternatives of each, for any architecture."""
    found = set(names)
    if "socketcall" in names:
        found |= _SOCKETS
    if names & _SOCKETS:
        found.add("socketcall")
    plain = {_plain(name) for name in found}
    for group in _ALTERNATIVES:
        if plain & {_plain(name) for name in group}:
            found |= group
    return frozenset(_plain(name) + width for name in found for width in _WIDTHS) | found


def _plain(name: str) -> str:
    for width in ("_time64", "64", "32"):
        if name.endswith(width):
            return name.removesuffix(width)
    return name


def _limited(platform: Platform) -> dict[str, list[dict[str, Any]]]:
    """Calls with limits on their arguments, as in Docker's default profile."""
    flags = 1 if platform.architecture == "s390x" else 0
    return {
        "clone": [_rule("clone", flags, "MASKED_EQ", _NAMESPACES, 0)],
        # Its flags are in memory, where a filter cannot read them. The C library then uses clone.
        "clone3": [{"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS}],
        "personality": [
            _rule("personality", 0, "EQ", value) for value in (0, 8, 0x20000, 0x20008, 0xFFFFFFFF)
        ],
        "socket": [  # neither AF_ALG (38) nor AF_VSOCK (40)
            _rule("socket", 0, "LT", 38),
            _rule("socket", 0, "EQ", 39),
            _rule("socket", 0, "GT", 40),
        ],
    }


def _rule(name: str, index: int, how: str, value: int, second: int = 0) -> dict[str, Any]:
    argument = {"index": index, "value": value, "valueTwo": second, "op": f"SCMP_CMP_{how}"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [argument]}
