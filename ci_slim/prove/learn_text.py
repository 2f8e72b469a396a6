"""Learns the common parts of several texts, as a sequence of words. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_WORDS = re.compile(r"(?:[0-9][\w.:+-]*|\w+|[^\w\s])\s*|\s+")
"""A date, a time, a number or an address is one word. A part of it could match by chance."""
_SINGLE = re.compile(r"\w+|[^\w\s]")
_ALIGNED = 400
"""The most lines or words that are aligned. If more differ, they are compared one by one, or all of
them may vary."""
_EXCERPT = 60

Range = tuple[int, int]
Block = tuple[int, int, int]
"""The start of equal words in one text and in the other, and their number."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The parts of a text that never changed, in order. Between two parts there may be any text.
    Before the first and after the last part only if `open_start` and `open_end` are set."""

    parts: tuple[str, ...]
    open_start: bool = False
    open_end: bool = False

    def difference(self, text: str) -> str:
        """How a text differs from the pattern, or "" if it does not."""
        at = 0
        for number, part in enumerate(self.parts):
            if number == 0 and not self.open_start:
                found = 0 if text.startswith(part) else -1
            elif number == len(self.parts) - 1 and not self.open_end:
                found = len(text) - len(part) if text.endswith(part) else -1
            else:
                found = text.find(part, at)
            if found < at:
                return _told(part, text[at:])
            at = found + len(part)
        if at < len(text) and not self.open_end and len(self.parts) < 2 and not self.open_start:
            return f"the fat image's answer ends before {_shown(text[at:])}"
        return ""


def is_reordered(samples: Sequence[str], text: str) -> bool:
    """Whether a text has the same words as a sample in another order, and some samples have the
    same words in different orders. So lists are printed whose order is random, such as sets."""
    words = _SINGLE.findall(text)
    same = [each for each in map(_SINGLE.findall, samples) if Counter(each) == Counter(words)]
    return any(each != same[0] for each in same)


def common_pattern(samples: Sequence[str], *, cut: bool = False) -> Pattern:
    """What the samples have in common."""
    first, *others = samples
    words = _WORDS.findall(first)
    same: list[Range] = [(0, len(words))] if words else []
    gaps: set[int] = set()
    for other in others:
        theirs = _WORDS.findall(other)
        blocks = _matched(words, theirs)
        same = _both(same, [(mine, mine + size) for mine, _, size in blocks])
        gaps |= set(_insertions(blocks, len(words), len(theirs)))
    ranges = [
        part
        for start, end in same
        for part in pairwise([start, *sorted(gap for gap in gaps if start < gap < end), end])
    ]
    starts_late = bool(words) and (not ranges or ranges[0][0] > 0)
    ends_early = bool(words) and (not ranges or ranges[-1][1] < len(words))
    return Pattern(
        tuple("".join(words[start:end]) for start, end in ranges),
        open_start=starts_late or 0 in gaps,
        open_end=ends_early or len(words) in gaps or cut,
    )


def _matched(mine: Sequence[str], theirs: Sequence[str]) -> list[Block]:
    """The equal parts of two texts: lines first, then words in the lines that differ."""
    my_lines, their_lines = _lines(mine), _lines(theirs)
    blocks: list[Block] = []
    my_word = their_word = 0
    equal = _aligned([text for text, _ in my_lines], [text for text, _ in their_lines])
    for my_line, their_line, size in (*equal, (len(my_lines), len(their_lines), 0)):
        my_start, my_end = (_word(my_lines, line, mine) for line in (my_line, my_line + size))
        start = _word(their_lines, their_line, theirs)
        between = _aligned(mine[my_word:my_start], theirs[their_word:start])
        blocks += [(my_word + my, their_word + their, count) for my, their, count in between]
        blocks += [(my_start, start, my_end - my_start)] if size else []
        my_word, their_word = my_end, start + my_end - my_start
    return _joined(blocks)


def _lines(words: Sequence[str]) -> list[tuple[str, int]]:
    """The lines of a text, each with the number of its first word."""
    lines: list[tuple[str, int]] = []
    start = 0
    for number, word in enumerate(words, 1):
        if "\n" in word or number == len(words):
            lines.append(("".join(words[start:number]), start))
            start = number
    return lines


def _word(lines: Sequence[tuple[str, int]], line: int, words: Sequence[str]) -> int:
    return lines[line][1] if line < len(lines) else len(words)


def _aligned(mine: Sequence[str], theirs: Sequence[str]) -> list[Block]:
    """The equal blocks of two sequences. The common beginning and end are found first."""
    limit = min(len(mine), len(theirs))
    start = next((n for n in range(limit) if mine[n] != theirs[n]), limit)
    rest = limit - start
    end = next((n for n in range(rest) if mine[-1 - n] != theirs[-1 - n]), rest)
    left, right = mine[start : len(mine) - end], theirs[start : len(theirs) - end]
    blocks: list[Block] = [(0, 0, start)]
    if max(len(left), len(right)) <= _ALIGNED:
        found = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        blocks += [(start + block.a, start + block.b, block.size) for block in found]
    elif len(left) == len(right):
        pairs = zip(left, right, strict=True)
        blocks += [(start + n, start + n, 1) for n, (my, their) in enumerate(pairs) if my == their]
    blocks.append((len(mine) - end, len(theirs) - end, end))
    return [block for block in blocks if block[2]]


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks, with adjacent ones joined."""
    joined: list[Block] = []
    for mine, theirs, size in blocks:
        if joined:
            my_last, their_last, count = joined[-1]
            if (my_last + count, their_last + count) == (mine, theirs):
                joined[-1] = (my_last, their_last, count + size)
                continue
        joined.append((mine, theirs, size))
    return joined


def _insertions(blocks: Sequence[Block], mine: int, theirs: int) -> Iterator[int]:
    """Yield the words of the first text before which the other text has something more."""
    my_word = their_word = 0
    for my_start, their_start, size in (*blocks, (mine, theirs, 0)):
        if my_start == my_word and their_start > their_word:
            yield my_start
        my_word, their_word = my_start + size, their_start + size


def _both(left: Sequence[Range], right: Sequence[Range]) -> list[Range]:
    """The intersection of two lists of ranges. Each is in order."""
    found: list[Range] = []
    mine = theirs = 0
    while mine < len(left) and theirs < len(right):
        start = max(left[mine][0], right[theirs][0])
        end = min(left[mine][1], right[theirs][1])
        if start < end:
            found.append((start, end))
        if left[mine][1] < right[theirs][1]:
            mine += 1
        else:
            theirs += 1
    return found


def _told(part: str, text: str) -> str:
    """The fixed part that is not in its place, from its first different character on."""
    limit = min(len(part), len(text))
    same = next((n for n in range(limit) if part[n] != text[n]), limit)
    same = part.rfind(" ", 0, same) + 1
    return f"it lacks {_shown(part[same:])}; instead it has {_shown(text[same:])}"


def _shown(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return "nothing"
    return f'"{text}"' if len(text) <= _EXCERPT else f'"{text[: _EXCERPT - 1]}…"'
