"""A copy of the fat image with all its files shows what differs without any file being left out."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ci_slim import probes
from ci_slim.errors import EngineError, Interrupted
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

SPEC = RunSpec("fat", Platform("linux", "amd64"), ImageConfig({}), RunPlan(), (), "fat")
FAT, SLIM = b"read at 15:00:01", b"read at 15:00:00"


def answered(body: bytes, status: int = 200, how: str = "learned") -> Exercise:
    probe = HttpProbe("GET /file", compare=cast(Any, how))
    answer = probes.judged(probe, Answer(True, status, 1, body))
    return Exercise(((probe, answer),), Observation.none())


EXACT = HttpProbe("GET /exact", compare="exact")


def beside_exact(run: Exercise, body: bytes = b"the same") -> Exercise:
    answer = probes.judged(EXACT, Answer(True, 200, 1, body))
    return replace(run, answers=(*run.answers, (EXACT, answer)))


@pytest.mark.parametrize(
    ("slim", "holds"),
    [(beside_exact(answered(SLIM)), True), (beside_exact(answered(SLIM), b"other"), False)],
    ids=["the exact answer is the same", "the exact answer differs"],
)
def test_a_copy_explains_learned_answers_beside_exact_ones(
    monkeypatch: pytest.MonkeyPatch, slim: Exercise, holds: bool
) -> None:
    fat = beside_exact(answered(FAT))
    runs = {"fat": fat, "slim": slim, "slim-copy": slim}
    decided, _ = _settled(monkeypatch, lambda *a: runs[a[2].image], fat, slim, [])
    assert isinstance(decided, Done if holds else GiveUp)


@pytest.mark.parametrize(
    ("slim", "copy", "how", "holds", "told"),
    [
        (answered(SLIM), answered(SLIM), "learned", True, "with all its files differs, too"),
        (answered(SLIM), answered(FAT), "learned", False, ""),
        (answered(b"no such file"), answered(SLIM), "learned", False, ""),
        (answered(SLIM), answered(SLIM, 500), "learned", False, ""),
        (answered(SLIM, 500), answered(SLIM, 500), "learned", False, ""),
        (answered(SLIM, how="exact"), answered(SLIM, how="exact"), "exact", False, ""),
        (answered(SLIM), EngineError("no space left"), "learned", False, "was not asked: no space"),
        (answered(SLIM), OSError("no space left"), "learned", False, "was not asked: no space"),
    ],
    ids=[
        "the copy differs in the same way",
        "the copy answers like the fat image",
        "the copy differs in another way",
        "the copy fails",
        "a status is never excused",
        "exact is exact",
        "the daemon cannot hold the copy",
        "this machine cannot hold the copy",
    ],
)
def test_what_a_whole_copy_answers_too_is_no_fault_of_the_slim_image(
    monkeypatch: pytest.MonkeyPatch,
    slim: Exercise,
    copy: Exercise | Exception,
    how: str,
    holds: bool,
    told: str,
) -> None:
    fat = answered(FAT, how=how)

    def run(_: object, __: object, spec: RunSpec) -> Exercise:
        answer = {"fat": fat, "slim": slim, "slim-copy": copy}[spec.image]
        if isinstance(answer, Exception):
            raise answer
        return answer

    removed: list[str] = []
    decided, shown = _settled(monkeypatch, run, fat, slim, removed)
    assert isinstance(decided, Done if holds else GiveUp)
    assert any(told in line for line in shown.flaky) == bool(told)
    blamed = any("due to files that were left out" in line for line in shown.problems)
    assert blamed == (copy == fat)
    assert removed == (["slim-copy"] if shown.asked_copy else [])


def test_an_interrupt_while_the_copy_is_asked_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(_: object, __: object, spec: RunSpec) -> Exercise:
        if spec.image == "slim-copy":
            raise Interrupted("SIGTERM")
        return answered(FAT if spec.image == "fat" else SLIM)

    removed: list[str] = []
    with pytest.raises(Interrupted):
        _settled(monkeypatch, run, answered(FAT), answered(SLIM), removed)
    assert removed == ["slim-copy"]


def _settled(
    monkeypatch: pytest.MonkeyPatch, run: Any, fat: Exercise, slim: Exercise, removed: list[str]
) -> tuple[object, Replay]:
    monkeypatch.setattr(replay, "run_untraced", run)
    monkeypatch.setattr(whole_copy, "run_untraced", run)
    monkeypatch.setattr(whole_copy, "load_candidate", lambda *_: None)

    class Daemon:
        def drop_image(self, reference: str) -> None:
            removed.append(reference)

    class Image:
        index = ("/file",)

        def filter(self, *_: object) -> None:
            pass

    tools = Tools(cast(Any, None), cast(Any, None))
    workspace = Workspace(cast(Any, Daemon()), tools, Path("/nowhere"), "slim")
    shown = Replay(slim, compare((fat,), (slim, slim)), runs=(slim, slim))
    return settle(workspace, SPEC, "slim", cast(FatImage, Image()), fat, shown, frozenset())
