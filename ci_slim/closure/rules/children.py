"""Programs that scripts and own files call by name: `sqlite3 db | gzip`, `df`, `convert`.

Which words of a script are commands is told by where they stand: at the start of a line, behind a
pipe, in backquotes, in the string that `subprocess`, `system` or `exec` of a language are given.
Only names that PATH leads to are kept, so that a word which is none does no harm.
"""

import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import KeepSetBuilder
from ci_slim.image.files import Entry
from ci_slim.observe.observation import How

_MOST = 1 << 20
_PROGRAM_MOST = 8_000_000
_SHELL = re.compile(rb"#!\s*\S*/(?:env\s+)?(?:ba|da|a|k|z)?sh\b")
_SHELL_NAMES = (".sh", ".bash")
_COMMAND = re.compile(
    r"(?:^|[|;&(`{!]|\$\(|\b(?:then|do|else|if|elif|while|until|exec|xargs|sudo|nohup|command|time"
    r"|env|nice|gosu|su-exec|tini\s+--)\s)"
    r"\s*(?:-[\w-]+\s+)*(?:\w+=\S*\s+)*([A-Za-z0-9_][\w.+-]*|/[\w./+-]+)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"(?m)(?:^|\s)#.*$")
_CALL = re.compile(
    r"\b(?:subprocess\.\w+|check_output|check_call|Popen|os\.(?:system|popen|exec\w+|spawn\w+)"
    r"|create_subprocess_\w+|shutil\.which|system|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|popen"
    r"|shell_exec|passthru|proc_open|Open3\.\w+|IO\.popen|os\.execute|io\.popen|qx|capture2?e?"
    r"|Command|ProcessBuilder|getRuntime\(\)\.exec|open)\s*[({\[|\s]{1,3}(?:\[|List\.of\()?\s*"
    r"""(?:cmd\s*=\s*|args\s*=\s*\[?)?["'`|]([^"'`\n]{1,400})"""
)
_MAY_CALL = re.compile(r"subprocess|system|exec|popen|spawn|open|Command|which|qx|capture", re.I)
_BACKQUOTES = re.compile(r"`([^`\n$]{1,400})`|%x[({\[]([^)}\]\n]{1,400})")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        entry = builder.index[path]
        if not 0 < entry.size <= _MOST or not _calls(builder, path):
            continue
        for name in _names(builder, entry):
            program = builder.program(name)
            found = builder.entry(program) if program else None
            if program and found and found.mode & 0o111 and found.size <= _PROGRAM_MOST:
                builder.add(program, f"children: called by {path}")


def _calls(builder: KeepSetBuilder, path: str) -> bool:
    """Whether the programs that a file names may be started: it is own, or was executed."""
    return (
        path in builder.application
        or builder.used(path, How.EXEC)
        or path in builder.started
        or path in builder.tables.get("own modules", ())
    )


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
    for found in _BACKQUOTES.findall(text):
        yield from _words("".join(found).strip())


def _words(line: str) -> Iterator[str]:
    yield from dict.fromkeys(_COMMAND.findall(line))
