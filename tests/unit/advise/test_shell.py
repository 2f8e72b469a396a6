"""The commands of a script and their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.advise.shell import read_script


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("a b && c || d; e | f & g", ["a b", "c", "d", "e", "f", "g"]),
        ("A=1 B='x y' sudo /usr/bin/apt-get -y install \"$P\"", ["apt-get -y install $P"]),
        ("a > /x 2>&1 <in && b >>/y c", ["a", "b c"]),
        ("x=$(a; b) c `d; e` ${f:-g h}", ["c `d; e` ${f:-g h}"]),
        ("if a; then b; fi && (c; d)", ["a", "b", "c", "d"]),
        ("for x in 1 2; do a $x; done", ["x in 1 2", "a $x"]),
        ("a 'b && c' \"d; $(e)\" f\\ g", ["a b && c d; $(e) f g"]),
        ("a # b && c\nd", ["a", "d"]),
    ],
)
def test_commands(text: str, commands: list[str]) -> None:
    found = read_script(text).commands
    assert [" ".join((each.name, *each.arguments)) for each in found] == commands


@pytest.mark.parametrize(
    ("text", "last", "commented", "balanced"),
    [
        ("a && b", "", False, True),
        ("a;", ";", False, True),
        ("a &", "&", False, True),
        ("a # b", "", True, True),
        ("if a; then b; fi", "", False, True),
        ("if a; then b", "", False, False),
        ("{ a; }", "", False, True),
    ],
)
def test_how_a_script_ends(text: str, last: str, commented: bool, balanced: bool) -> None:
    script = read_script(text)
    assert (script.last, script.commented, script.balanced) == (last, commented, balanced)


def test_depth_and_operators() -> None:
    first, second, third = read_script("if a; then b && c; fi").commands
    assert [each.depth for each in (first, second, third)] == [1, 1, 1]
    assert (second.before, second.after, third.before, third.after) == ("then", "&&", "&&", ";")


@given(st.text(alphabet="ab '\"$(){}`\\;|&<>#\n=-", max_size=60))
def test_any_text_is_read_and_words_lie_in_order(text: str) -> None:
    at = 0
    for command in read_script(text).commands:
        for word in command.words:
            assert at <= word.start <= word.end <= len(text)
            assert text[word.start : word.end] == word.text
            at = word.end
