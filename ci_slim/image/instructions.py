"""Reads the instructions of a Dockerfile, each with its place in the text. Pure.

It reads as BuildKit does: parser directives, continued lines with comments and empty lines in them,
flags, the JSON form, heredocs. Every character of an instruction keeps its offset in the text, so
that a change of one word changes nothing else. https://docs.docker.com/reference/dockerfile/
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_HEREDOC = re.compile(r"(\d*)<<(-?)([^<]*)")
"""A whole word of the line (BuildKit, frontend/dockerfile/parser, reHeredoc)."""
_TAKES_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_KEYWORD = re.compile(r"[^\t\v\f\r ]+")
_FLAG = re.compile(r"--([a-z][a-z0-9-]*)(?:=((?:\"[^\"]*\"|'[^']*'|[^\s\"'])*))?(?=\s|$)")
_BLANKS = " \t\v\f\r"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the Dockerfile without the ends of continued lines, as BuildKit reads it, with the
    position of each character in the file."""

    value: str
    places: Sequence[int] = field(repr=False)
    """One more than the characters: the last one is the end of the piece."""

    def part(self, start: int, end: int | None = None) -> "Text":
        """A part of it. It ends where its last character ends."""
        end = len(self.value) if end is None else end
        places = [*self.places[start:end]]
        return Text(self.value[start:end], [*places, places[-1] + 1 if places else self.at(start)])

    def at(self, index: int) -> int:
        """The offset in the file of a character."""
        return self.places[index]

    def behind(self, index: int) -> int:
        """The offset in the file after the character before `index`."""
        return self.places[index - 1] + 1 if index else self.places[0]


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name=value` of an instruction, with its place in the file."""

    name: str
    value: str
    start: int
    end: int

    @property
    def fields(self) -> dict[str, str]:
        """The parts of a mount: `type=cache,target=/a`."""
        return fields_of(self.value)


def fields_of(text: str) -> dict[str, str]:
    """The parts of a mount or of a build secret: `id=a,src=/a`."""
    return dict(part.partition("=")[::2] for part in text.split(","))


@dataclass(frozen=True, slots=True)
class Heredoc:
    """The lines of a heredoc, without the last line. `word` ends it. `expands` says whether
    variables in it are replaced."""

    word: str
    expands: bool
    body: Text


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, from its first line (counted from 1) to its last. `start` and `end` are the
    offsets of its lines, including the end of the last line. `arguments` is the text after the
    flags."""

    keyword: str
    line: int
    start: int
    end: int
    flags: tuple[Flag, ...]
    arguments: Text
    heredocs: tuple[Heredoc, ...] = ()
    rest: str = ""
    """The text after the keyword, with the flags."""

    @property
    def words(self) -> tuple[str, ...] | None:
        """The list of the JSON form, or None for the other form."""
        if not self.arguments.value.startswith("["):
            return None
        try:
            found = json.loads(self.arguments.value)
        except (ValueError, RecursionError):
            return None
        if isinstance(found, list) and all(isinstance(word, str) for word in found):
            return tuple(found)
        return None

    @property
    def paths(self) -> tuple[str, ...]:
        """The words of COPY, ADD and similar: sources and destination."""
        return self.words or tuple(_unquoted(word) for word, _ in _words(self.arguments.value))

    def flag(self, name: str) -> str | None:
        """The value of a flag, or None if it is not given."""
        return next((flag.value for flag in self.flags if flag.name == name), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """A FROM and the instructions after it. `base` is unchanged, with variables."""

    number: int
    name: str
    base: str
    instructions: tuple[Instruction, ...]
    """FROM is the first one."""

    @property
    def head(self) -> Instruction:
        """Its FROM."""
        return self.instructions[0]


@dataclass(frozen=True, slots=True)
class DockerfileText:
    """A Dockerfile that was read."""

    text: str
    escape: str
    directives: Mapping[str, str]
    instructions: tuple[Instruction, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, in their order."""
        starts = [n for n, each in enumerate(self.instructions) if each.keyword == "FROM"]
        ends = [*starts[1:], len(self.instructions)]
        return tuple(
            _stage(number, self.instructions[start:end])
            for number, (start, end) in enumerate(zip(starts, ends, strict=False))
        )

    def target(self, name: str | None = None) -> Stage | None:
        """The stage that is built: the one with this name in any case or with this number, or else
        the last one."""
        stages = self.stages
        for stage in stages:
            if name is not None and name.lower() in {stage.name, str(stage.number)}:
                return stage
        return stages[-1] if stages else None


def read_dockerfile(text: str) -> DockerfileText:
    """Read any text. A text that is not a Dockerfile gives instructions with unknown keywords."""
    lines = _lines(text)
    directives = _directives(lines)
    escape = directives.get("escape", "\\")
    escape = escape if escape in ("\\", "`") else "\\"
    return DockerfileText(text, escape, directives, tuple(_instructions(lines, escape)))


Line = tuple[int, str]
"""The start of a line, and its text without its end."""


def _lines(text: str) -> list[Line]:
    lines, at = [], 1 if text.startswith("\ufeff") else 0
    for line in text[at:].split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    return lines if lines[-1][1] else lines[:-1]


def _directives(lines: Sequence[Line]) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None or match[1].lower() in found:
            break  # directives stand before anything else
        found[match[1].lower()] = match[2]
    return found


def _instructions(lines: Sequence[Line], escape: str) -> Iterator[Instruction]:
    mark = re.escape(escape)
    continued = re.compile(rf"(?:(?<=[^{mark}])|^){mark}[ \t]*$")
    at = 0
    while at < len(lines):
        begin = at
        whole, at = _whole(lines, at, continued)
        keyword = _KEYWORD.match(whole.value)
        if keyword is None:
            continue
        name, heredocs = keyword[0].upper(), []
        rest = whole.part(_skipped(whole.value, keyword.end()))
        taken = rest
        if name == "ONBUILD":
            inner = _KEYWORD.match(rest.value)
            taken = rest.part(_skipped(rest.value, inner.end())) if inner else rest
        wants = name in _TAKES_HEREDOC or (name == "ONBUILD" and _onbuild(rest.value))
        for word, expands, tabs in _openings(taken.value) if wants else ():
            body, at = _body(lines, at, word, tabs=tabs)
            heredocs.append(Heredoc(word, expands, body))
        last = lines[at - 1]
        flags, arguments = _flags(rest)
        yield Instruction(
            name,
            begin + 1,
            lines[begin][0],
            lines[at][0] if at < len(lines) else last[0] + len(last[1]),
            flags,
            arguments,
            tuple(heredocs),
            rest.value,
        )


def _onbuild(rest: str) -> bool:
    return rest.partition(" ")[0].upper() in _TAKES_HEREDOC


def _whole(lines: Sequence[Line], at: int, continued: re.Pattern[str]) -> tuple[Text, int]:
    """An instruction with its continued lines, and the number of the line after it."""
    value: list[str] = []
    places: list[int] = []
    first = True
    while at < len(lines):
        offset, line = lines[at]
        at += 1
        line = line.rstrip("\r")
        bare = line.strip(_BLANKS)
        if bare.startswith("#") or (not bare and not first):
            if first:
                break
            continue  # comments and empty lines do not end a continued instruction
        start = len(line) - len(line.lstrip(_BLANKS)) if first else 0
        first = False
        end = continued.search(line)
        stop = end.start() if end else len(line)
        value.append(line[start:stop])
        places += range(offset + start, offset + max(start, stop))
        if end is None:
            break
    text = "".join(value)
    kept = len(text.rstrip(_BLANKS))
    last = places[kept - 1] + 1 if kept else lines[at - 1][0]
    return Text(text[:kept], [*places[:kept], last]), at


def _openings(text: str) -> Iterator[tuple[str, bool, bool]]:
    """The heredocs that a line opens: the word that ends each, whether variables are replaced, and
    whether tabs before its lines are removed."""
    for word, _ in _words(text):
        match = _HEREDOC.fullmatch(word)
        if match and match[3]:
            name = _unquoted(match[3])
            yield name, name == match[3], bool(match[2])


def _body(lines: Sequence[Line], at: int, word: str, *, tabs: bool) -> tuple[Text, int]:
    value: list[str] = []
    places: list[int] = []
    end = lines[at][0] if at < len(lines) else lines[-1][0] + len(lines[-1][1])
    while at < len(lines):
        offset, line = lines[at]
        at += 1
        if (line.lstrip("\t") if tabs else line).rstrip("\r") == word:
            break
        value.append(line + "\n")
        places += range(offset, offset + len(line) + 1)
        end = offset + len(line) + 1
    return Text("".join(value), [*places, end]), at


def _flags(rest: Text) -> tuple[tuple[Flag, ...], Text]:
    found, at = [], 0
    while match := _FLAG.match(rest.value, at):
        value = _unquoted(match[2] or "")
        found.append(Flag(match[1], value, rest.at(match.start()), rest.behind(match.end())))
        at = _skipped(rest.value, match.end())
    if end := re.match(r"--(?:[ \t]+|$)", rest.value[at:]):  # this is the end of the flags
        at += end.end()
    return tuple(found), rest.part(at)


def _skipped(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _words(text: str) -> Iterator[tuple[str, int]]:
    """The words at spaces outside quotes, unchanged, with the index of each."""
    for match in re.finditer(r"(?:\"(?:\\.|[^\"\\])*\"?|'[^']*'?|\\.|[^\s\"'\\]|\\$)+", text):
        yield match[0], match.start()


def _unquoted(word: str) -> str:
    return re.sub(r"\"((?:\\.|[^\"\\])*)\"?|'([^']*)'?|\\(.)", _inner, word)


def _inner(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), "")


_NAMED = re.compile(r"(?i)\s*(\S+)(?:\s+AS\s+(\S+))?\s*")


def _stage(number: int, instructions: tuple[Instruction, ...]) -> Stage:
    match = _NAMED.fullmatch(instructions[0].arguments.value)
    base, name = (match[1], match[2] or "") if match else (instructions[0].arguments.value, "")
    return Stage(number, name.lower(), base, instructions)
