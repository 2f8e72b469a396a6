"""Make foreign text safe to show: names, paths, log lines and image history that anyone may write.

`visible` is for terminals; the others use it too. `plain` and `code` are for Markdown as GitHub
(github.github.com/gfm) and GitLab (docs.gitlab.com/user/markdown) render it. Both forges also look
for mentions, references and links in the rendered text.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable

CUT = "…"

# ECMA-48: CSI sequences (colours, cursor), OSC strings (titles, links), and two-byte escapes.
_ANSI = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[@-_]"
)
_SPACES = re.compile(r"\s+")

# Characters with a meaning in Markdown; `&` must be first. As entities they are plain text, also in
# tables.
_SPECIAL = frozenset("\\`*_[]<>|~&#$@!^{}\"'")

# Characters with a meaning for forges in rendered text: mentions, references, emoji, milestones,
# labels, snippets, epics, mathematics, inline diffs and addresses. U+200B after them prevents that.
_SIGNS = re.compile(r"""([@#!~&$^{:](?=\S)|%(?=[\w"']))""")
_WORDS = re.compile(r"(?i)(\bGH(?=-\d)|\bwww(?=\.))")
_COMMIT = re.compile(r"(?i)\b[0-9a-f]{7,64}\b")
_SIX = re.compile(r".{6}(?=.)")
_STOP = "\u200b"

# Commands to GitHub's runner in a job's log: `##[name]` anywhere, and `::name::` at the start of a
# line, after spaces too; wrapping can move it there (actions/runner, ActionCommand.cs).
_COMMAND = re.compile(
    r"#(?=#\[)|(?i::(?=:(?:error|warning|notice|debug|group|endgroup|add-mask|add-path|add-matcher"
    r"|remove-matcher|set-output|set-env|save-state|stop-commands|echo|internal-[a-z-]*)\b.*?::))"
)

# Characters with a meaning only at the start of a line: lists, headings, rules, quick actions.
_START = re.compile(r"^(?:[-+=/]|\d+[.)])")


def visible(text: str, limit: int = 300) -> str:
    """One line without control, formatting or direction characters, of at most `limit` characters.

    Terminal sequences are removed, and a space breaks commands to the runner of a job. Other
    invisible characters become `\\x1b` or `\\u{202e}`, and bytes that are not UTF-8
    (surrogateescape) become `\\xff`.
    """
    # Cut before the work as well: a log line may have megabytes.
    return _visible(text[: 10 * limit], limit)


@functools.lru_cache(maxsize=4096)
def _visible(text: str, limit: int) -> str:
    text = _SPACES.sub(" ", _ANSI.sub("", text)).strip()
    shown = _COMMAND.sub(r"\g<0> ", "".join(_seen(char) for char in text))
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + CUT


def escaped(text: str, limit: int = 300) -> str:
    """One line in which every control, formatting or direction character is shown as `\\x1b` or
    `\\u{202e}`, of at most `limit` characters. Unlike `visible`, it removes nothing."""
    shown = "".join(_seen(char) for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + CUT


def plain(text: str, limit: int = 300) -> str:
    """Escape text for a paragraph, list item, heading or table cell in Markdown.

    The rendered text has a zero-width space where a forge would otherwise see a reference.
    """
    shown = _stopped(visible(text, limit))
    start = _START.match(shown)
    if start is None:
        return _entities(shown)
    last = start.end() - 1
    return f"{shown[:last]}&#{ord(shown[last])};{_entities(shown[start.end() :])}"


def code(text: str, limit: int = 300) -> str:
    """A code span, also for tables. Forges do not look for references in it.

    If the text contains `|`, the span is HTML. Markdown looks for addresses in HTML, so these are
    broken as in `plain`.
    """
    shown = visible(text, limit)
    if not shown:
        return ""
    if "|" in shown:
        # In a table, `|` ends even a code span; outside of tables, its escape would be visible.
        return code_tag(text, limit)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_tag(text: str, limit: int = 300) -> str:
    """A code span in HTML, for the title of a fold, which is not Markdown."""
    return f"<code>{_entities(_stopped(visible(text, limit)))}</code>"


def _stopped(text: str) -> str:
    text = _WORDS.sub(rf"\1{_STOP}", _SIGNS.sub(rf"\1{_STOP}", text))
    return _COMMIT.sub(lambda found: _SIX.sub(rf"\g<0>{_STOP}", found[0]), text)


def block(lines: Iterable[str], limit: int = 200) -> str:
    """A fenced block of code that no line in it can end; "" without lines."""
    shown = [visible(line, limit) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *shown, fence)) if shown else ""


def _entities(text: str) -> str:
    return "".join(
        f"&#{ord(char)};" if char in _SPECIAL or char == _STOP else char for char in text
    )


def _seen(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if unicodedata.category(char)[0] == "C" or not char.isprintable():
        return f"\\x{number:02x}" if number <= 0xFF else f"\\u{{{number:x}}}"
    return char
