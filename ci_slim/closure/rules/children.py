"""Keeps programs that scripts and the user's own files call by name: `sqlite3 db | gzip`, `df`.

The place of a word in a script shows whether it is a command: at the start of a line, after a pipe,
in backquotes, or in a string argument of `subprocess`, `system` or `exec`. Only names that are
found in PATH are kept, so a word that is not a command is harmless.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from ci_slim.closure.application import PACKAGE_FOLDERS
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import brought, has_python, is_for_python
from ci_slim.closure.rules.libraries import size
from ci_slim.image.files import Entry
from ci_slim.observe.observation import How

_MOST = 1 << 20
_PROGRAM_MOST = 8_000_000  # bytes of a program that a file of the user calls
_PYTHON_PART = 3
"""A Python that only such a script needs has at most this part of what is kept so far."""
_TOOL_MOST = 500_000
"""The same for a script or module of a package, with what it brings."""
_TOOLS_LEAST, _TOOLS_MOST = 1_000_000, 2_000_000
"""The most bytes of all these: a twentieth of the image, but no less and no more than this. Small
ones come first."""
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
    tools: dict[str, str] = {}
    for path in builder.files(fresh):
        entry = builder.index[path]
        own = _is_own(builder, path)
        if not 0 < entry.size <= _MOST or not (own or _may_call(builder, path)):
            continue
        for name in _names(builder, entry):
            program = builder.program(name)
            found = builder.entry(program) if program else None
            if not program or not found or not found.mode & 0o111:
                continue
            if not own:
                tools.setdefault(program, path)
            else:
                _add_called(builder, program, found, path)
    _add_tools(builder, tools)


def _add_called(builder: KeepSetBuilder, program: str, found: Entry, path: str) -> None:
    """Keep a program that a file of the user calls. A script that nothing else needs Python for
    comes with Python's standard library, without which Python does not start."""
    files, weight, most = frozenset((program,)), found.size, _PROGRAM_MOST
    if is_for_python(builder, program) and not has_python(builder):
        files |= brought(builder, program)
        weight, most = size(builder, files), max(most, builder.kept_bytes() // _PYTHON_PART)
    if weight > most:
        builder.left_out.add_files("literal_dropped", {program: weight})
        return
    for each in files:
        builder.add(each, f"children: called by {path}")


def _add_tools(builder: KeepSetBuilder, tools: Mapping[str, str]) -> None:
    """Keep programs that scripts and modules of packages call, small ones first."""
    bring = {program: brought(builder, program) for program in tools}
    weights = {program: size(builder, bring[program]) for program in tools}
    most = min(_TOOLS_MOST, max(_TOOLS_LEAST, builder.kept_bytes() // 20)) if tools else 0
    kept, too_much = set[str](), dict[str, int]()
    for program in sorted(tools, key=lambda program: (weights[program], program)):
        more = size(builder, bring[program] - kept)
        if more <= _TOOL_MOST and builder.spend("children", more, most):
            kept |= bring[program]
            builder.add(program, f"children: called by {tools[program]}")
        else:
            too_much[program] = more
    builder.left_out.add_files("literal_dropped", too_much)


def _is_own(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a file is of the user, or was started."""
    return builder.is_own_or_started(path) or path in builder.tables.get("own modules", ())


def _may_call(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a file of a package is known to call programs: people start it by hand, or it is a
    module that does."""
    by_hand = any(reason.startswith("companions:") for reason in builder.reasons[path])
    return by_hand or _is_library_that_starts(builder, path)


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
