"""The names of Linux system calls, by architecture. Pure.

They come from the kernel's own headers, as Debian packs them (linux-libc-dev 6.12,
`/usr/include/<architecture>/asm/unistd*.h`: `__NR_…`, and `__ARM_NR_…` for arm). seccomp profiles,
strace and QEMU all use these names. tests/engine/test_syscalls.py compares each with the headers.
"""

from collections.abc import Mapping

_COMMON = """
accept4 acct add_key adjtimex bind bpf brk cachestat capget capset chdir chroot
clock_adjtime clock_getres clock_gettime clock_nanosleep clock_settime clone clone3 close
close_range connect copy_file_range delete_module dup dup3 epoll_create1 epoll_ctl
epoll_pwait epoll_pwait2 eventfd2 execve execveat exit exit_group faccessat faccessat2
fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl
fdatasync fgetxattr finit_module flistxattr flock fremovexattr fsconfig fsetxattr fsmount
fsopen fspick fstat fstatfs fsync ftruncate futex futex_requeue futex_wait futex_waitv
futex_wake get_mempolicy get_robust_list getcpu getcwd getdents64 getegid geteuid getgid
getgroups getitimer getpeername getpgid getpid getppid getpriority getrandom getresgid
getresuid getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr
init_module inotify_add_watch inotify_init1 inotify_rm_watch io_cancel io_destroy
io_getevents io_pgetevents io_setup io_submit io_uring_enter io_uring_register
io_uring_setup ioctl ioprio_get ioprio_set kcmp kexec_load keyctl kill landlock_add_rule
landlock_create_ruleset landlock_restrict_self lgetxattr linkat listen listmount listxattr
llistxattr lookup_dcookie lremovexattr lseek lsetxattr lsm_get_self_attr lsm_list_modules
lsm_set_self_attr madvise map_shadow_stack mbind membarrier memfd_create migrate_pages
mincore mkdirat mknodat mlock mlock2 mlockall mount mount_setattr move_mount move_pages
mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap mseal
msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
nfsservctl open_by_handle_at open_tree openat openat2 perf_event_open personality
pidfd_getfd pidfd_open pidfd_send_signal pipe2 pivot_root pkey_alloc pkey_free pkey_mprotect
ppoll prctl pread64 preadv preadv2 prlimit64 process_madvise process_mrelease
process_vm_readv process_vm_writev pselect6 ptrace pwrite64 pwritev pwritev2 quotactl
quotactl_fd read readahead readlinkat readv reboot recvfrom recvmmsg recvmsg
remap_file_pages removexattr renameat2 request_key restart_syscall rseq rt_sigaction
rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
sched_setattr sched_setparam sched_setscheduler sched_yield seccomp semctl semget sendfile
sendmmsg sendmsg sendto set_mempolicy set_mempolicy_home_node set_robust_list
set_tid_address setdomainname setfsgid setfsuid setgid setgroups sethostname setitimer setns
setpgid setpriority setregid setresgid setresuid setreuid setsid setsockopt settimeofday
setuid setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd4 socket socketpair
splice statfs statmount statx swapoff swapon symlinkat sync syncfs sysinfo syslog tee tgkill
timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
timerfd_gettime timerfd_settime times tkill truncate umask umount2 uname unlinkat unshare
userfaultfd utimensat vhangup vmsplice wait4 waitid write writev
"""
"""Calls of all architectures."""

_OLD = """
_sysctl access chmod chown creat dup2 epoll_create epoll_wait eventfd fork futimesat
getdents getpgrp inotify_init lchown link lstat mkdir mknod open pause pipe poll readlink
rename renameat rmdir setrlimit signalfd stat symlink sysfs unlink ustat utimes
"""
"""Calls that newer ones replaced. Architectures since arm64 do not have them."""

_32_BIT = """
_llseek _newselect bdflush chown32 clock_adjtime64 clock_getres_time64 clock_gettime64
clock_nanosleep_time64 clock_settime64 fchown32 fcntl64 fstat64 fstatat64 fstatfs64
ftruncate64 futex_time64 getegid32 geteuid32 getgid32 getgroups32 getresgid32 getresuid32
getuid32 io_pgetevents_time64 lchown32 lstat64 mmap2 mq_timedreceive_time64
mq_timedsend_time64 nice ppoll_time64 pselect6_time64 recvmmsg_time64 rt_sigtimedwait_time64
sched_rr_get_interval_time64 semtimedop_time64 sendfile64 setfsgid32 setfsuid32 setgid32
setgroups32 setregid32 setresgid32 setresuid32 setreuid32 setuid32 sigaction sigpending
sigprocmask sigreturn sigsuspend stat64 statfs64 timer_gettime64 timer_settime64
timerfd_gettime64 timerfd_settime64 truncate64 ugetrlimit uselib utimensat_time64 vfork
vserver
"""
"""Calls of 32-bit machines, with wider words and wider times."""

_ALSO = {
    "386": f"""{_OLD} {_32_BIT}
        afs_syscall alarm arch_prctl break create_module fadvise64 fadvise64_64 ftime
        get_kernel_syms get_thread_area getpmsg getrlimit gtty idle ioperm iopl ipc lock
        memfd_secret mmap modify_ldt mpx oldfstat oldlstat oldolduname oldstat olduname prof profil
        putpmsg query_module readdir select set_thread_area sgetmask signal socketcall ssetmask
        stime stty sync_file_range time ulimit umount utime vm86 vm86old waitpid
    """,
    "amd64": f"""{_OLD}
        accept afs_syscall alarm arch_prctl create_module epoll_ctl_old epoll_wait_old fadvise64
        get_kernel_syms get_thread_area getpmsg getrlimit ioperm iopl kexec_file_load memfd_secret
        mmap modify_ldt newfstatat putpmsg query_module security select semop semtimedop
        set_thread_area sync_file_range time tuxcall uretprobe uselib utime vfork vserver
    """,
    "arm": f"""{_OLD} {_32_BIT}
        accept arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush get_tls kexec_file_load
        pciconfig_iobase pciconfig_read pciconfig_write recv semop semtimedop send set_tls
        sync_file_range2 usr26 usr32
    """,
    "arm64": """
        accept fadvise64 getrlimit kexec_file_load memfd_secret mmap newfstatat renameat semop
        semtimedop setrlimit sync_file_range
    """,
    "loong64": """
        accept fadvise64 kexec_file_load mmap newfstatat semop semtimedop sync_file_range
    """,
    "mips64le": f"""{_OLD}
        _newselect accept afs_syscall alarm cachectl cacheflush create_module fadvise64
        get_kernel_syms getpmsg getrlimit mmap newfstatat putpmsg query_module semop semtimedop
        set_thread_area sync_file_range sysmips timerfd utime vserver
    """,
    "ppc64le": f"""{_OLD}
        _llseek _newselect accept afs_syscall alarm bdflush break create_module fadvise64 fstatfs64
        ftime get_kernel_syms getpmsg getrlimit gtty idle ioperm iopl ipc kexec_file_load lock mmap
        modify_ldt mpx multiplexer newfstatat nice oldfstat oldlstat oldolduname oldstat olduname
        pciconfig_iobase pciconfig_read pciconfig_write prof profil putpmsg query_module readdir
        recv rtas select semtimedop send sgetmask sigaction signal sigpending sigprocmask sigreturn
        sigsuspend socketcall spu_create spu_run ssetmask statfs64 stime stty subpage_prot
        swapcontext switch_endian sync_file_range2 sys_debug_setcontext time tuxcall ugetrlimit
        ulimit umount uselib utime vfork vm86 waitpid
    """,
    "riscv64": """
        accept fadvise64 getrlimit kexec_file_load memfd_secret mmap newfstatat riscv_flush_icache
        riscv_hwprobe semop semtimedop setrlimit sync_file_range
    """,
    "s390x": f"""{_OLD}
        afs_syscall alarm bdflush create_module fadvise64 fstatfs64 get_kernel_syms getpmsg
        getrlimit idle ipc kexec_file_load memfd_secret mmap newfstatat nice putpmsg query_module
        readdir s390_guarded_storage s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr
        s390_sthyi select semtimedop sigaction signal sigpending sigprocmask sigreturn sigsuspend
        socketcall statfs64 sync_file_range timerfd umount uselib utime vfork
    """,
}

TABLES: Mapping[str, frozenset[str]] = {
    architecture: frozenset((_COMMON + names).split()) for architecture, names in _ALSO.items()
} | {"mips64": frozenset((_COMMON + _ALSO["mips64le"]).split())}
"""OCI architecture to the names of its system calls."""

_FIRST_SHARED = 403
_SHARED = """
clock_gettime64 clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64
timer_gettime64 timer_settime64 timerfd_gettime64 timerfd_settime64 utimensat_time64
pselect6_time64 ppoll_time64 - io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64
mq_timedreceive_time64 semtimedop_time64 rt_sigtimedwait_time64 futex_time64
sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register
open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2
pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease
futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait
futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
""".split()  # noqa: SIM905 - a list of two hundred quoted words is harder to read
"""The calls from number 403 on. Since Linux 5.1 a new call has the same number on every
architecture."""

_LATE = ("preadv2", "pwritev2", "pkey_mprotect", "pkey_alloc", "pkey_free", "io_pgetevents")
_NUMBERS = {
    "386": (378, 379, 380, 381, 382, 385),
    "amd64": (327, 328, 329, 330, 331, 333),
    "arm": (392, 393, 394, 395, 396, 399),
    "arm64": (286, 287, 288, 289, 290, 292),
    "loong64": (286, 287, 288, 289, 290, 292),
    "mips64": (321, 322, 323, 324, 325, 328),
    "mips64le": (321, 322, 323, 324, 325, 328),
    "ppc64le": (380, 381, 386, 384, 385, 388),
    "riscv64": (286, 287, 288, 289, 290, 292),
    "s390x": (376, 377, 384, 385, 386, 382),
}
_MIPS = 5000
"""The first number of the n64 ABI."""


def named(architecture: str, number: int) -> str | None:
    """The name of a call that QEMU 10 carries out and logs without a name, or None for any other.

    The list was found by making each call under QEMU.
    """
    if architecture.startswith("mips"):
        number -= _MIPS
    if number in _NUMBERS[architecture]:
        return _LATE[_NUMBERS[architecture].index(number)]
    if (architecture, number) == ("arm", 341):
        return "arm_sync_file_range"
    if 0 <= (place := number - _FIRST_SHARED) < len(_SHARED):
        return _SHARED[place] if _SHARED[place] != "-" else None
    return None
