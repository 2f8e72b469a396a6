"""Keeps programs that scripts and the user's own files call by name: `sqlite3 db | gzip`, `df`.

The place of a word in a script shows whether it is a command: at the start of a line, after a pipe,
in backquotes, or in a string argument of `subprocess`, `system` or `exec`. Only names that are
found in PATH are kept, so a word that is not a command is harmless.
"""

import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.application import PACKAGE_FOLDERS
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.libraries import weight
from ci_slim.image.files import Entry
from ci_slim.observe.observation import How

_MOST = 1 << 20
_PROGRAM_MOST = 8_000_000  # bytes of a program that a file of the user calls
_TOOL_MOST = 500_000  # the same for a script or module of a package, with libraries
_LIBRARY = re.compile(rf".*/(?:{'|'.join(PACKAGE_FOLDERS)})/.*\.(?:js|cjs|mjs|py|rb)")
_STARTS = re.compile(r"\bchild_process\b|\bsubprocess\b|\bOpen3\b")
_LISTED = re.compile(r"""\[\s*+["']([a-z][\w.+-]{1,30})["']\s*+[,\]]""")
_SHELL = re.compile(rb"#!\s*\S*/(?:env\s+)?(?:ba|da|a|k|z)?sh\b")
_SHELL_NAMES = (".sh", ".bash")
_COMMAND = re.compile(
    r"(?:^|[|;&()`{!]|\$\(|\b(?:then|do|else|if|elif|while|until|exec|xargs|sudo|nohup|command|time"
    r"|env|nice|gosu|su-exec|tini\s++--)\s)[^\S\n]*+"
    r"(?:-[\w-]++[^\S\n]++){0,30}(?:\w++=\S{0,250}+\s{1,200}+){0,20}"
    r"(?=([A-Za-z0-9_][\w.+-]*|/[\w./+-]+))",
    re.MULTILINE,
)
"""The blanks stay in their line, because each line is searched from its start anyway."""

_COMMENT = re.compile(r"(?m)(?:^|\s)#.*$")
_CALL = re.compile(
    r"\b(?:subprocess\.\w+|check_output|check_call|Popen|os\.(?:system|popen|exec\w+|spawn\w+)"
    r"|create_subprocess_\w+|shutil\.which|system|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|popen"
    r"|shell_exec|passthru|proc_open|Open3\.\w+|IO\.popen|os\.execute|io\.popen|qx|capture2?e?"
    r"|Command|ProcessBuilder|getRuntime\(\)\.exec|open)"
    r"(?:\s*+[({\[|][({\[|\s]{0,2}|\s++)(?:\[|List\.of\()?\s*+"
    r"""(?:cmd\s*+=\s*+|args\s*+=\s*+\[?)?["'`|]([^"'`\n]{1,400})"""
)
_MAY_CALL = re.compile(r"subprocess|system|exec|popen|spawn|open|Command|which|qx|capture", re.I)
_LINE = re.compile(r"""["']([a-z][\w./+-]*+\s(?>[^"'\n]*(?:&&|\|)\s)[^"'\n]*+)["']""")
"""A text that is a shell line, whatever function gets it."""

_SETTING = re.compile(
    r"""^[ \t-]*+["']?(?>[\w.-]*(?:cmd|command|shell|exec|run|script|program|hook))\w*+["']?"""
    r"""[ \t]*+[:=][ \t]*+[\["']*+([^"'\n]{1,400})""",
    re.MULTILINE | re.IGNORECASE,
)
"""A setting whose name says that it is a command: `ansible.builtin.shell: tar czf x .`"""

_BACKQUOTES = re.compile(r"`([^`\n$]{1,400})`|%x[({\[]([^)}\]\n]{1,400})")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        entry = builder.index[path]
        most = _most(builder, path) if 0 < entry.size <= _MOST else 0
        if not most:
            continue
        for name in _names(builder, entry):
            program = builder.program(name)
            found = builder.entry(program) if program else None
            if not program or not found or not found.mode & 0o111:
                continue
            size = found.size if most == _PROGRAM_MOST else weight(builder, [found.path])
            if size <= most:
                builder.add(program, f"children: called by {path}")
            else:
                builder.left_out.add_files("literal_dropped", {program: size})


def _most(builder: KeepSetBuilder, path: str) -> int:
    """The most bytes of a program that the file calls: 0 if it is not known to call any. Files of
    the user call, and so do those that were executed or that people start by hand."""
    if (
        path in builder.application
        or builder.used(path, How.EXEC)
        or path in builder.started
        or path in builder.tables.get("own modules", ())
    ):
        return _PROGRAM_MOST
    by_hand = any(reason.startswith("companions:") for reason in builder.reasons[path])
    return _TOOL_MOST if by_hand or _is_library_that_starts(builder, path) else 0


def _is_library_that_starts(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a module of a package was loaded and may start programs."""
    used = builder.used(path, How.OPEN) and _LIBRARY.fullmatch(path) is not None
    return used and _STARTS.search(builder.text(path)) is not None


def _names(builder: KeepSetBuilder, entry: Entry) -> Iterator[str]:
    head = builder.head(entry.path)
    if b"\0" in head:
        return
    text = builder.text(entry.path)
    if _SHELL.match(head) or entry.path.endswith(_SHELL_NAMES):
        yield from _words(_COMMENT.sub("", text))
        return
    for found in _CALL.findall(text) if _MAY_CALL.search(text) else ():
        yield from _words(found.strip())
    if _LIBRARY.fullmatch(entry.path):
        yield from _LISTED.findall(text)
    for found in (*_LINE.findall(text), *_SETTING.findall(text)):
        yield from _words(found)
    for found in _BACKQUOTES.findall(text):
        yield from _words("".join(found).strip())


def _words(line: str) -> Iterator[str]:
    yield from dict.fromkeys(_COMMAND.findall(line))
