from dataclasses import replace
from typing import cast

from ci_slim.closure.close import KeepSet
from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.platforms import parse
from ci_slim.prove.comparison import Comparison, Replay
from ci_slim.prove.result import not_verified
from ci_slim.settings.plans import RunPlan

SPEC = RunSpec("ci-slim-pin:1", parse("amd64"), cast(ImageConfig, None), RunPlan(), (), "", "shop")
WHY = ("GET /: answered 500; the fat image 200",)
FAT = Exercise((), log=("listening",))
SLIM = Exercise((), log=("listening", "", "FileNotFoundError: /opt/late.txt"))


def details(shown: Replay) -> tuple[str, ...]:
    return tuple(not_verified(SPEC, 1, frozenset(), WHY, shown, KeepSet({})).details)


def test_an_image_that_does_worse_shows_what_it_wrote_to_its_log() -> None:
    shown = Replay(SLIM, Comparison(WHY), others=(FAT,))
    told = ("the last lines of its log:", "  FileNotFoundError: /opt/late.txt")
    assert details(shown) == (*WHY, *told)


def test_the_log_is_not_shown_if_it_says_nothing_more() -> None:
    shown = Replay(SLIM, Comparison(WHY), frozenset({"/opt/late.txt"}), others=(FAT,))
    assert details(shown) == (*WHY, "looked for /opt/late.txt")
    assert details(replace(shown, missing=frozenset(), exercise=FAT)) == WHY
