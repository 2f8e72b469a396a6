"""What the system calls of a trace do with the paths in their arguments."""

from ci_slim.observe.observation import How

# Plain ints, because the `|` of a Flag takes as much time as the rest of a line.
EXEC, OPEN, STAT, LINK, LIST, WRITE, CREATE, REMOVE, CONNECT = (how.value for how in How)
NO_PATH = 0
OPENS = frozenset((b"open", b"openat", b"openat2"))
FORKS = frozenset((b"clone", b"clone3", b"fork", b"vfork"))


def _table(*rows: tuple[str, int]) -> dict[bytes, int]:
    return {name.encode(): how for names, how in rows for name in names.split()}


FIRST = _table(  # what is done with the path in the first string
    ("open openat openat2 link linkat", OPEN),
    ("execve execveat uselib", EXEC),
    ("readlink readlinkat", LINK),
    ("mkdir mkdirat mknod mknodat", CREATE),
    ("creat", WRITE | CREATE),
    ("unlink unlinkat rmdir rename renameat renameat2", REMOVE),
    ("truncate truncate64 chmod fchmodat fchmodat2 chown lchown fchownat", WRITE),
    ("utime utimes utimensat futimesat setxattr lsetxattr removexattr lremovexattr", WRITE),
    ("symlink symlinkat getcwd memfd_create fanotify_mark quotactl fsopen fsconfig", NO_PATH),
    ("access faccessat faccessat2 stat lstat stat64 lstat64 newfstatat fstatat64 statx", STAT),
    ("statfs statfs64 chdir chroot getxattr lgetxattr listxattr llistxattr", STAT),
    ("name_to_handle_at inotify_add_watch open_tree", STAT),
)
SECOND = _table(
    ("rename renameat renameat2 link linkat symlink symlinkat", CREATE),
    ("mount pivot_root move_mount", STAT),
)
PATHLESS = FORKS | {b"unshare", b"fchdir", b"bind", b"connect", b"io_uring_setup"}
NOT_THERE = frozenset((b"ENOENT", b"ENOTDIR"))
SAYS_NOTHING = frozenset((b"EFAULT", b"ENAMETOOLONG", b"EBADF"))


def open_how(arguments: bytes) -> int:
    """How a path was opened, from the arguments after the path. The flags come first."""
    flags = arguments.partition(b"}")[0] if arguments.startswith(b", {") else arguments
    if b"O_PATH" in flags:
        return STAT
    if b"O_TMPFILE" in flags:
        return CREATE
    if b"O_DIRECTORY" in flags:
        return LIST
    how = WRITE if b"O_WRONLY" in flags else OPEN
    if b"O_RDWR" in flags:
        how |= WRITE
    if b"O_CREAT" in flags:
        how |= CREATE
    return how
