"""A value that changes with time, such as that of a sensor, may be the same in two runs of the fat
image, and different in the slim one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ci_slim import probes
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Exercise, Observation
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.platforms import Platform
from ci_slim.probes import Answer, HttpProbe
from ci_slim.prove import replay, whole_copy
from ci_slim.prove.comparison import Replay, compare
from ci_slim.prove.decision import Done, GiveUp
from ci_slim.prove.settle import settle
from ci_slim.settings.plans import RunPlan

GET = HttpProbe("GET /wind")
SPEC = RunSpec("fat", Platform("linux", "amd64"), ImageConfig({}), RunPlan(), (), "fat")


def speed(value: int) -> Exercise:
    answer = probes.judged(GET, Answer(True, 200, 1, b'{"speed": "%d kn"}' % value))
    return Exercise(((GET, answer),), Observation.none())


@pytest.mark.parametrize(
    ("fat", "slim", "decided", "asked"),
    [
        ([6], [5, 7, 7], Done, 1),
        ([5, 5], [5, 7, 5, 5], Done, 2),
        ([5, 5, 5], [5, 7, 5, 7, 5], GiveUp, 3),
        ([5, 5, 5], [5, 7, 7, 5, 5], Done, 3),
        ([5, 5, 6], [5, 7, 7, 7, 7], Done, 3),
        ([5, 5, 5], [5, 7, 7, 7, 5], GiveUp, 3),
        ([5], [7, 7, 7], GiveUp, 1),
    ],
    ids=[
        "the fat image varies, too",
        "the slim image is right in the last two runs",
        "the slim image is right in every other run",
        "the slim image is right in the last two of many runs",
        "the fat image varies later",
        "only the slim image varies, and is right in one run",
        "the slim image is broken",
    ],
)
def test_both_run_until_it_is_known_whether_the_answer_varies(
    monkeypatch: pytest.MonkeyPatch,
    fat: list[int],
    slim: list[int],
    decided: type,
    asked: int,
) -> None:
    first, runs = speed(5), tuple(speed(each) for each in slim[:2])
    values: dict[str, Iterator[int]] = {"fat": iter(fat), "slim": iter(slim[2:])}
    calls: list[str] = []
    waits: list[float] = []

    def run(_: object, __: object, spec: RunSpec) -> Exercise:
        calls.append(spec.image)
        waits.append(spec.later)
        return speed(next(values[spec.image]))

    monkeypatch.setattr(replay, "run_untraced", run)
    monkeypatch.setattr(whole_copy, "_run_copy", lambda *_: speed(5))
    tools = Tools(cast(Any, None), cast(Any, None))
    workspace = Workspace(cast(Any, None), tools, Path("/nowhere"), "slim")
    found = compare((first,), runs)
    shown = Replay(runs[-1], found, runs=runs)
    fat_image = cast(FatImage, None)
    decision, shown = settle(workspace, SPEC, "slim", fat_image, first, shown, frozenset())
    assert isinstance(decision, decided)
    assert shown.asked_copy == (decided is GiveUp)
    assert (calls.count("fat"), calls.count("slim")) == (asked, asked)
    assert sorted(waits) == sorted([0.3, 1.0, 2.0][:asked] * 2)
