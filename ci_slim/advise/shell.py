"""The commands of a shell script, with the place of each word. Pure.

It reads only the parts of the shell's grammar (POSIX, Shell Command Language) that are needed to
find and change a command: quotes, substitutions, redirections, operators and compound commands.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

_OPERATORS = ("&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n")
_REDIRECTION = re.compile(r"\d*(?:&>>?|[<>]{1,3}[&|]?-?)")
_OPENING = frozenset({"if", "for", "while", "until", "case", "{", "select"})
_CLOSING = frozenset({"fi", "done", "esac", "}"})
_BETWEEN = frozenset({"then", "elif", "else", "do", "!", "in"})
_WRAPPERS = frozenset({"sudo", "exec", "command", "env", "time"})
_VALUED = frozenset({"-o", "--option", "-c", "--config-file", "-t", "--target-release"})
"""Options of apt that take the next word as their value."""
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: its text in the script, its text without quotes, and its place. `plain` means that
    the shell fills in nothing."""

    text: str
    value: str
    start: int
    end: int
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command. `before` and `after` are the operators around it ("" at the ends); `depth`
    is 0 outside of compound commands."""

    words: tuple[Word, ...]
    start: int
    end: int
    before: str
    after: str
    depth: int

    @property
    def own(self) -> tuple[Word, ...]:
        """The program and its arguments, without assignments and `sudo`."""
        at = 0
        while at < len(self.words) and (
            _ASSIGNMENT.match(self.words[at].text) or self.words[at].value in _WRAPPERS
        ):
            at += 1
        return self.words[at:]

    @property
    def name(self) -> str:
        """The program, without its folder; "" if there is none."""
        return PurePosixPath(self.own[0].value).name if self.own else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the program, without quotes."""
        return tuple(word.value for word in self.own[1:])

    def has(self, *options: str) -> bool:
        """Whether one of these is among the arguments, also as `--option=value`."""
        given = {argument.partition("=")[0] for argument in self.arguments}
        return not given.isdisjoint(options)

    def sub(self, *names: str) -> Word | None:
        """The first argument that is not an option, if it is one of these: `install` in `apt-get -y
        install`."""
        valued = _VALUED if self.name in ("apt-get", "apt", "aptitude") else frozenset()
        words = self.own
        for before, word in itertools.pairwise(words):
            if not word.value.startswith("-") and before.value not in valued:
                return word if word.value in names else None
        return None


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of a script, in order. `commented` means that it ends with a comment, so that
    nothing can be added to its last line. `last` is the operator at its end, or ""."""

    commands: tuple[Command, ...]
    commented: bool
    last: str
    balanced: bool

    def named(self, *names: str) -> Iterator[Command]:
        """The commands that run one of these programs."""
        return (command for command in self.commands if command.name in names)


Token = tuple[str, Word]
"""`word`, `operator`, `redirection` or `comment`, and what stands there."""


def read_script(text: str) -> Script:
    """Read any text. A text that is not a shell script gives commands that no rule looks for."""
    commands: list[Command] = []
    words: list[Word] = []
    before, depth, commented, skip, last = "", 0, False, False, ""
    end = 0
    for kind, word in _tokens(text):
        if kind == "comment":
            commented = True
        elif kind == "operator":
            if words:
                commands.append(
                    Command(tuple(words), words[0].start, end, before, word.text, depth)
                )
            if word.text != "\n":
                last = word.text
            words, before = [], word.text
            depth += (word.text == "(") - (word.text == ")")
        elif kind == "redirection":
            end, skip = word.end, True
        elif skip:
            end, skip = word.end, False
        else:
            last = ""
            if not words and word.text in _OPENING | _CLOSING | _BETWEEN:
                depth += (word.text in _OPENING) - (word.text in _CLOSING)
                before = word.text
                last = word.text
                continue
            words.append(word)
            end = word.end
    if words:
        commands.append(Command(tuple(words), words[0].start, end, before, "", depth))
    last = "" if last in _CLOSING or last == ")" else last
    return Script(tuple(commands), commented, last, depth == 0)


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\r\v\f":
            at += 1
        elif char == "\\" and text[at + 1 : at + 2] == "\n":
            at += 2
        elif char == "#":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            yield "comment", Word(text[at:end], "", at, end)
            at = end
        elif match := _REDIRECTION.match(text, at):
            # `>&2` and `2>&1` name a descriptor right behind.
            end = match.end()
            named = re.match(r"[0-9]+(?=[\s;|&)]|$)", text[end:]) if match[0][-1] in "&" else None
            end += named.end() if named else 0
            yield "redirection", Word(match[0], "", at, end)
            if named or match[0].endswith("-"):
                yield "word", Word("", "", end, end)
            at = end
        elif operator := next((each for each in _OPERATORS if text.startswith(each, at)), ""):
            yield "operator", Word(operator, operator, at, at + len(operator))
            at += len(operator)
        else:
            end, value, plain = _word(text, at)
            yield "word", Word(text[at:end], value, at, end, plain)
            at = end


def _word(text: str, at: int) -> tuple[int, str, bool]:
    """Where a word ends, its value, and whether nothing in it is filled in."""
    value: list[str] = []
    plain = True
    while at < len(text) and text[at] not in " \t\r\v\f\n;|&()<>":
        char = text[at]
        if char == "'":
            end = text.find("'", at + 1)
            end = len(text) if end < 0 else end
            value.append(text[at + 1 : end])
            at = end + 1
        elif char == '"':
            end = _quoted(text, at + 1)
            inner = text[at + 1 : end]
            plain = plain and not re.search(r"(?<!\\)[$`]", inner)
            value.append(re.sub(r'\\([$`"\\])', r"\1", inner))
            at = end + 1
        elif char == "\\":
            if text[at + 1 : at + 2] != "\n":
                value.append(text[at + 1 : at + 2])
            at += 2
        elif char in "$`":
            end = _substituted(text, at)
            plain = False
            value.append(text[at:end])
            at = end
        else:
            plain = plain and char not in "*?["
            value.append(char)
            at += 1
    return min(at, len(text)), "".join(value), plain


def _quoted(text: str, at: int) -> int:
    """Where a text in double quotes ends."""
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith("$(", at) or text[at] == "`":
            at = _substituted(text, at)
        else:
            at += 1
    return min(at, len(text))


def _substituted(text: str, at: int) -> int:
    """Where `$NAME`, `${…}`, `$(…)` or a text in backquotes ends."""
    if text[at] == "`":
        end = text.find("`", at + 1)
        return len(text) if end < 0 else end + 1
    opening = text[at + 1 : at + 2]
    if opening not in ("(", "{"):
        match = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|.)?", re.DOTALL).match(text, at)
        return match.end() if match else at + 1
    closing = ")" if opening == "(" else "}"
    at, depth = at + 2, 1
    while at < len(text) and depth:
        if text[at] == "\\":
            at += 1
        elif text[at] == "'" and opening == "(":
            end = text.find("'", at + 1)
            at = len(text) if end < 0 else end
        elif text[at] == '"':
            at = _quoted(text, at + 1)
        elif text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
        at += 1
    return min(at, len(text))
