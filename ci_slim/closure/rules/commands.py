"""Keeps programs that the user's own compiled programs start by a bare name: `exec.Command("df")`,
`execvp("gzip", …)`, `popen("sendmail -t")`, `new ProcessBuilder("sort")`; and those that a tool
starts which the application calls. Of another kept program, such as one that the Dockerfile
installs by name, only paths count (logrotate's `/bin/gzip`): bare words mean too much.

In a C program each string ends with a zero byte. Go's linker puts all strings into one place
without anything between them, sorted by their length. So where the words of the runtime stand shows
where the strings of each length are. For Rust no such order is known. A class of Java has a table
of its string literals; only classes that refer to what starts programs are read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import brought
from ci_slim.image import java_class
from ci_slim.image.files import Kind

MOST = 500_000
"""The most bytes of such programs, with the libraries and interpreters that they need, but without
the C library. For a large image it is more: a sixteenth of it, but at most four times as much.
Small ones come first."""

_C_LIBRARY = re.compile(r".*/(?:libc\.so\.\d+|ld-(?:linux|musl)[^/]*|ld\d*\.so\.\d+)")

_PROGRAM_MOST = 1 << 26
_CALLS = re.compile(rb"\0(?:exec[lv]p?e?|execvpe|popen|system|posix_spawnp?)\0")
_NAME = re.compile(rb"\0([A-Za-z\d][\w.+-]{1,30})(?=[\0 ])")
_PATH = re.compile(rb"\0/(?:usr/)?s?bin/([A-Za-z\d][\w.+-]{1,30})(?=[\0 ])")
_LAST_WORD = re.compile(rb"(?<![\w.+-])[\w.+-]*?([\w.+-]{4,40})\0")
_WORD = re.compile(r"[A-Za-z\d][\w.+-]{1,30}|/[\w./+-]{1,200}")
_JAVA_CALLS = re.compile(rb"java/lang/(?:ProcessBuilder|Runtime)\b")
_GO_CALLS = b"os/exec.(*Cmd).Start"
_GO_STRING = b"all goroutines are asleep - deadlock!"
"""A string of each Go program. All shorter strings stand before it."""

_GO_WORDS = (
    b"nil", b"map", b"ptr", b"bool", b"chan", b"int8", b"int16", b"int32", b"array", b"slice",
    b"uint16", b"uint32", b"float32", b"float64", b"complex64", b"complex128",
)  # fmt: skip
"""Strings of each Go program that prints values."""

_GO_PLACES = 1000
"""The most places that are looked at for one name."""

_GO_BYTES = 1 << 34
"""The most bytes of strings that are searched for all names together."""

_GO_OWN = frozenset(
    ("bits", "dd", "dir", "dirname", "false", "file", "link", "open", "printf", "readlink",
     "script", "shutdown", "size", "stream", "sync", "tee", "time", "true", "truncate", "view")
)  # fmt: skip
"""Strings of Go's own packages that are also names of programs, which hardly any program starts."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    wanted: dict[str, str] = {}
    for path in builder.files(fresh):
        if builder.index[path].size > _PROGRAM_MOST:
            continue
        for name in _named(builder, path):
            program = builder.program(name)
            if program is not None:
                wanted.setdefault(program, path)
    _add_small(builder, wanted)


def _add_small(builder: KeepSetBuilder, wanted: Mapping[str, str]) -> None:
    """Keep the programs, small ones first, up to the limit."""
    weights: dict[str, int] = {}
    for program in wanted:
        real = builder.entry(program)
        if real is not None and real.kind is Kind.FILE and real.mode & 0o111:
            bring = brought(builder, real.path)
            new = (path for path in bring if not _C_LIBRARY.fullmatch(path))
            weights[program] = sum(builder.index[path].size for path in new)
    most = min(4 * MOST, max(MOST, builder.kept_bytes() // 16)) if weights else 0
    for program in sorted(weights, key=lambda program: (weights[program], program)):
        if builder.spend("commands", weights[program], most):
            builder.add(program, f"commands: named in {wanted[program]}")
        else:
            builder.left_out.add_files("literal_dropped", {program: weights[program]})


def _is_own(builder: KeepSetBuilder, path: str) -> bool:
    return path in builder.application or (
        path in builder.started and path not in builder.owners.package_of
    )


def _is_brought(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a program is kept without having run: the Dockerfile names its package, or it belongs
    to software that ran."""
    return any(
        reason.startswith(("named packages:", "companions:")) for reason in builder.reasons[path]
    )


def _is_tool(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a program is kept because the application calls it: `tar` calls `gzip`."""
    return any(reason.startswith("children:") for reason in builder.reasons[path])


def _named(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    """The names of programs in a compiled program or in Java's classes."""
    called = _is_own(builder, path) or _is_tool(builder, path)
    if not called and not _is_brought(builder, path):
        return
    described = builder.elf(path)
    if described is not None:
        data = builder.contents.read(path)
        if described.go and called:
            yield from _go_names(builder, data)
        elif _CALLS.search(data):
            names = _NAME if called else _PATH
            yield from (name.decode() for name in dict.fromkeys(names.findall(data)))
            if _is_tool(builder, path):
                yield from _ends(builder, data)
    elif called and path.endswith((".class", ".jar")):
        for each in java_class.classes(builder.contents.read(path)):
            if _JAVA_CALLS.search(each):
                words = (text.split(maxsplit=1)[:1] for text in java_class.strings(each))
                yield from (word[0] for word in words if word and _WORD.fullmatch(word[0]))


def _ends(builder: KeepSetBuilder, data: bytes) -> Iterator[str]:
    """The names of programs that stand at the end of a string: the linker puts `gzip` into
    `ungzip`, and `tar` starts it."""
    ends = {
        word[at:]
        for word in (found[1].decode() for found in _LAST_WORD.finditer(data))
        for at in range(len(word) - 3)
        if word[at:] in builder.programs
    }
    yield from (name for name in builder.programs if name in ends)


def _go_names(builder: KeepSetBuilder, data: bytes) -> Iterator[str]:
    end = data.find(_GO_STRING)
    if end < 0 or _GO_CALLS not in data:
        return
    strings = data[data.rfind(b"\0\0\0", 0, end) + 3 : end]
    words = {word: at for word in _GO_WORDS if (at := strings.find(word)) >= 0}
    left = _GO_BYTES
    for name in builder.programs:
        left -= len(strings)
        if left < 0:
            return
        if (
            len(name) > 1
            and name not in _GO_OWN
            and _is_go_string(strings, words, name.encode("utf-8", "surrogateescape"))
        ):
            yield name


def _is_go_string(strings: bytes, words: Mapping[bytes, int], name: bytes) -> bool:
    """Whether a name is one of the strings of a Go program, and not a part of one. `words` says
    where the known words are."""
    length, left = len(name), _GO_PLACES
    start = max((at for word, at in words.items() if len(word) < length), default=0)
    end = min((at for word, at in words.items() if len(word) > length), default=len(strings))
    same = next((at for word, at in words.items() if len(word) == length), None)
    at = strings.find(name, start, end)
    while at >= 0 and same is not None and (at - same) % length and left:
        at, left = strings.find(name, at + 1, end), left - 1
    return at >= 0 and left > 0
