"""The lines for `keep:` stay YAML where they are shown, however long the paths are."""

from dataclasses import replace

import pytest
from reports import replaced, sample
from ruamel.yaml import YAML

from ci_slim.report.not_kept import keep_lines
from ci_slim.report.text import to_text
from ci_slim.result import LeftOut

GOOD = sample().images[0].platforms[0]


@pytest.mark.parametrize("length", [10, 150, 199, 400, 4000])
def test_a_long_path_is_never_cut_in_its_middle(length: int) -> None:
    path = "/" + "a" * length
    found = replaced(GOOD, dropped_nearby=(LeftOut("/srv " + "b" * 300, 5_000_000, (path,)),))
    (line,) = keep_lines(found)
    image = replace(sample().images[0], platforms=(found,))
    shown = to_text(replace(sample(), images=(image,)))
    below = shown[shown.index("not kept:") :].splitlines()[1:]
    text = "\n".join(("keep:", *below[: next(i for i, t in enumerate(below) if not t)]))
    kept = YAML(typ="safe").load(text)["keep"]
    assert kept in ([path], None)
    assert (kept is None) == ("too long for this list" in line) == (length >= 180)


def test_an_item_of_many_names_has_few_lines() -> None:
    names = tuple(f"/usr/lib/git/git-{number:02}" for number in range(22))
    found = replaced(GOOD, dropped_nearby=(LeftOut("/usr/lib/git/git", 4_000_000, names),))
    *lines, last = keep_lines(found)
    assert [YAML(typ="safe").load(line) for line in lines] == [[name] for name in names[:20]]
    assert last == "  # 2 more lines in report.json: /usr/lib/git/git"
