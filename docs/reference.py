"""Writes the generated parts of the documents: `make reference`.

docs/settings.md and the JSON Schema are made from the declarations of the settings, and
docs/messages.md from the errors in the code. Tests keep all up to date.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci_slim import errors
from ci_slim.options import OPTIONS, Option, Section, Type
from ci_slim.settings.declared import file_tree
from ci_slim.settings.schema import text as schema_text

ROOT = Path(__file__).parents[1]
SETTINGS, MESSAGES = ROOT / "docs/settings.md", ROOT / "docs/messages.md"
SCHEMA = ROOT / "ci_slim/settings-v1.schema.json"

HEAD = """\
# Settings

Every key of `.ci-slim.yml`, and the flag that overrides it. `make reference` writes this page from
the declarations in the code, so it is complete. Editors can check the file with the
[JSON Schema](../ci_slim/settings-v1.schema.json). [How the container runs](running.md),
[probes](probes.md) and [budgets](budgets.md) explain their sections in detail.

`${NAME}` and `${NAME:-default}` in a value are replaced by a variable of the environment. `*`
stands for a name that you choose. Paths are relative to the settings file.

"""

MESSAGES_HEAD = """\
# Messages

Every error that ci-slim can end with, by exit code, and what to do. `…` stands for a name, a number
or a path. `make reference` writes this page from the code. [Troubleshooting](troubleshooting.md)
explains the common ones.
"""

WORDS = {
    Type.TEXT: "text", Type.TEXTS: "list of texts", Type.SWITCH: "true or false",
    Type.COUNT: "whole number", Type.PORT: "port", Type.SIZE: "size", Type.DURATION: "duration",
    Type.GROWTH: "size or percentage", Type.CHOICE: "one of the values",
    Type.CHOICES: "list of the values", Type.PLATFORMS: "list of platforms",
    Type.COMMAND: "command", Type.GLOBS: "list of paths", Type.PATTERN: "regular expression",
    Type.REFERENCE: "image", Type.VALUES: "name → value", Type.CONTEXTS: "name → context",
    Type.CANDIDATES: "image → list of images",
    Type.SECRETS: "list of secrets", Type.SCALAR: "value", Type.PROBES: "list of probes",
}  # fmt: skip

KINDS = {
    "UsageError": errors.UsageError, "EngineError": errors.EngineError,
    "ProbeFailed": errors.ProbeFailed, "NotVerified": errors.NotVerified,
}  # fmt: skip


def settings_page() -> str:
    """The page on all settings."""
    return HEAD + "\n".join(_section(file_tree(), ""))


def _section(section: Section, path: str) -> Iterator[str]:
    own = {key: each for key, each in section.keys.items() if isinstance(each, Option)}
    if own:
        yield f"## {f'`{path}`' if path else 'The file'}\n"
        if section.help:
            yield f"{section.help[0].upper()}{section.help[1:]}.\n"
        yield "| key | what it is | type | default | flag |\n| --- | --- | --- | --- | --- |"
        for key, option in own.items():
            yield _row(key, option)
        yield ""
    for key, below in section.keys.items():
        if isinstance(below, Section):
            yield from _section(below, f"{path}.{key}".lstrip("."))
    if section.named is not None:
        yield from _section(section.named, f"{path}.*".lstrip("."))


def _row(key: str, option: Option) -> str:
    kind = WORDS.get(option.type, option.type.name.lower().replace("_", " "))
    if option.choices:
        kind += ": " + ", ".join(f"`{choice}`" for choice in option.choices)
    flag = option.flag or _flag_of(option)
    cells = (f"`{key}`", option.help, kind, _default(option), f"`{flag}`" if flag else "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _flag_of(option: Option) -> str:
    """A flag of its own that sets the same key."""
    return next((o.flag for o in OPTIONS if o.flag and o.file_key == option.file_key), "") or ""


def _default(option: Option) -> str:
    value = option.default
    if value in (None, (), {}):
        return ""
    if option.type is Type.DURATION:
        return f"`{value:g}s`"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


@dataclass(frozen=True, order=True)
class Message:
    """One error of the code: its exit code, its text with `…` for what differs, and the hint."""

    code: int
    text: str
    hint: str


def messages() -> list[Message]:
    """Every error that the code raises with a text of its own."""
    found: set[Message] = set()
    for path in sorted((ROOT / "ci_slim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                kind = KINDS.get(node.func.id)
                if kind and node.args and (text := _text(node.args[0])).strip("… :"):
                    hints = [_text(word.value) for word in node.keywords if word.arg == "hint"]
                    found.add(Message(kind.exit_code, text, next(iter(hints), "")))
    return sorted(found)


def _text(node: ast.expr) -> str:
    """The text of an expression; `…` for each part that is known only when it is raised."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return "…"


def messages_page() -> str:
    """The page on all messages: a table for each exit code."""
    lines = [MESSAGES_HEAD]
    known = messages()
    for kind in KINDS.values():
        title = (kind.__doc__ or "").partition(".")[0].partition("\n")[0]
        lines += [f"## Exit code {kind.exit_code}", "", f"{title}.", ""]
        lines += ["| message | what to do |", "| --- | --- |"]
        for each in known:
            if each.code == kind.exit_code:
                lines.append(f"| {_cell(each.text)} | {_cell(each.hint) or 'see the message'} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text that Markdown shows as it is."""
    flat = " ".join(text.split())
    for sign in ("\\", "`", "*", "_", "<", ">", "|", "[", "]", "{", "}", "#"):
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def main() -> None:
    """Write the pages and the schema."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    MESSAGES.write_text(messages_page(), encoding="utf-8")
    sys.stdout.write(f"{len(messages())} messages\n")


if __name__ == "__main__":
    main()
