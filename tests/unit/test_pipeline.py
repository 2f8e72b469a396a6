"""The run with its effects replaced: what becomes of platforms, and with which errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest

from ci_slim import pipeline
from ci_slim.build.turns import Turn
from ci_slim.engine.process import Group
from ci_slim.errors import (
    CannotStart,
    CiSlimError,
    EngineError,
    Interrupted,
    NotVerified,
    ProbeFailed,
)
from ci_slim.fat.image import FatImage, StageTimer
from ci_slim.fat.source import BackgroundRead
from ci_slim.image.files import FileIndex
from ci_slim.image.sizes import Delivered, ImageSizes, image_sizes
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.observe.run_spec import RunSpec
from ci_slim.plan import ImagePlan, Plan, PlatformPlan
from ci_slim.platforms import Platform
from ci_slim.prove.decision import Done
from ci_slim.prove.result import slim_must_start
from ci_slim.prove.sharing import ProvedImage
from ci_slim.report.platform import with_frame
from ci_slim.result import STAGES, ImageReport, PlatformReport, Report, Seconds, Tool
from ci_slim.services import Services
from ci_slim.settings.plans import BuildPlan, RunPlan, SlimPlan

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
ARMV6 = Platform("linux", "arm", "v6")
SIZES = image_sizes("", "sha256:1", 1000, [], files=3)


class Fat:
    sizes: ImageSizes = SIZES
    index = FileIndex.of([])
    contents = None


class Engine:
    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget_image(self, reference: str) -> None:
        self.forgotten.append(reference)


class Outside:
    """Stands for Effects: hands out a fat image, and notes what was asked."""

    now = "2026-11-23T10:20:30Z"
    baselines = None
    jobs = 1
    processes = Group()

    def __init__(self, failing: dict[Platform, Exception]) -> None:
        self._failing = failing
        self.engine = Engine()
        self.discarded: list[Platform] = []
        self.progress = self

    def build(self, plan: BuildPlan, platform: Platform, tag: str) -> None:
        if platform in self._failing:
            raise self._failing[platform]

    def clock(self, name: str, platform: Platform) -> StageTimer:
        @contextmanager
        def shown(what: str) -> Iterator[None]:
            yield

        return StageTimer(shown)

    def discard(self, name: str, platform: Platform) -> None:
        self.discarded.append(platform)

    def reference(self, kind: str, name: str, platform: Platform) -> str:
        return f"{kind}-{platform.architecture}"

    def start_reading(self, image: ImagePlan, reference: str, platform: Platform) -> BackgroundRead:
        return BackgroundRead(lambda: cast(FatImage, Fat()))

    def list_files(self, *given: object) -> object:
        return given[2]

    def updates(self, *_: object) -> None:
        return None

    def deliver(
        self, image: ImagePlan, platform: Platform, reference: str, fat: Fat, slim: object
    ) -> Delivered:
        assert (reference, slim) == (f"fat-{platform.architecture}", None)
        return Delivered(fat.sizes, None, None)


def image(*platforms: PlatformPlan, pull: int | None = None) -> ImagePlan:
    return ImagePlan(
        name="app",
        build=BuildPlan(".", "Dockerfile"),
        source=None,
        tag=None,
        platforms=platforms,
        run=RunPlan(),
        probes=(),
        slim=SlimPlan(enabled=False),
        budget=BudgetRules(Limits(pull=pull)),
    )


NATIVE = PlatformPlan(AMD64, "native")
EMULATED = PlatformPlan(ARM64, "emulated", "through qemu-aarch64")
SKIPPED = PlatformPlan(ARMV6, "skipped", "no handler for linux/arm/v6")


def run(
    plan: ImagePlan, failing: dict[Platform, Exception]
) -> tuple[tuple[PlatformReport, ...], tuple[CiSlimError, ...], Outside]:
    outside = Outside(failing)
    report, errors = pipeline.run(Plan((plan,)), cast(Services, outside))
    return report.images[0].platforms, errors, outside


def test_each_platform_is_built_measured_and_judged() -> None:
    reports, errors, outside = run(image(NATIVE, EMULATED, pull=2000), {})
    assert [(r.platform, r.outcome, r.emulated) for r in reports] == [
        (AMD64, "built", False),
        (ARM64, "built", True),
    ]
    assert [verdict.status for r in reports for verdict in r.verdicts] == ["pass", "pass"]
    assert errors == ()
    assert outside.engine.forgotten == ["fat-amd64", "fat-arm64"]
    assert outside.discarded == [AMD64, ARM64]


def test_a_skipped_platform_has_its_reason_and_an_unknown_verdict() -> None:
    (skipped,), errors, _ = run(image(SKIPPED, pull=2000), {})
    assert (skipped.outcome, skipped.reason) == ("skipped", "no handler for linux/arm/v6")
    assert [verdict.status for verdict in skipped.verdicts] == ["unknown"]
    assert errors == ()


def test_a_platform_that_fails_does_not_stop_the_others() -> None:
    broken = ProbeFailed("it ended", where="app", details=("last line",), hint="try it")
    reports, errors, outside = run(image(NATIVE, EMULATED), {AMD64: broken})
    assert [(r.outcome, r.reason) for r in reports] == [("failed", "it ended"), ("built", "")]
    assert reports[0].warnings == ("last line", "→ try it")
    assert errors == (broken,)
    assert outside.discarded == [AMD64, ARM64]


def test_a_platform_that_was_given_up_tells_its_rounds_and_what_they_healed() -> None:
    given_up = NotVerified("it does worse")
    given_up.rounds, given_up.healed = 3, frozenset({"/b", "/a"})
    (report,), _, _ = run(image(NATIVE), {AMD64: given_up})
    assert (report.rounds, report.healed) == (3, ("/a", "/b"))


def test_errors_stay_in_the_order_of_the_platforms() -> None:
    first, second = EngineError("one"), ProbeFailed("two")
    _, errors, _ = run(image(NATIVE, EMULATED), {AMD64: first, ARM64: second})
    assert errors == (first, second)


def test_an_interrupted_run_ends_there() -> None:
    with pytest.raises(Interrupted):
        run(image(NATIVE, EMULATED), {AMD64: Interrupted("stopped")})


def test_a_bug_is_not_taken_for_a_failed_platform() -> None:
    with pytest.raises(ZeroDivisionError):
        run(image(NATIVE), {AMD64: ZeroDivisionError("x")})


def test_the_stages_together_are_the_time_of_the_platform_also_of_one_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]

    def taking(seconds: float, call: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*arguments: Any, **named: Any) -> Any:
            clock[0] += seconds
            return call(*arguments, **named)

        return slow

    class Baselines:
        @staticmethod
        def compared(name: str, report: PlatformReport) -> PlatformReport:
            return report

    monkeypatch.setattr("ci_slim.fat.image.time.monotonic", lambda: clock[0])
    outside = Outside({ARM64: EngineError("no space left")})
    monkeypatch.setattr(outside, "build", taking(3, outside.build))
    monkeypatch.setattr(outside, "deliver", taking(1, outside.deliver))
    monkeypatch.setattr(outside, "baselines", Baselines)
    monkeypatch.setattr(Baselines, "compared", taking(0.5, Baselines.compared))
    report, _ = pipeline.run(Plan((image(NATIVE, EMULATED),)), cast(Services, outside))
    good, bad = (each.seconds for each in report.images[0].platforms)
    assert good == Seconds(build=3, read=0, deliver=1, baseline=0.5)
    assert bad == Seconds(build=3, baseline=0.5)
    assert clock[0] - 100 == sum(
        getattr(seconds, stage) or 0 for seconds in (good, bad) for stage in STAGES
    )


@pytest.mark.parametrize("failing", ["", "observe", "replay", "hold_out", "deliver"])
def test_all_that_takes_time_while_an_image_is_slimmed_is_in_one_stage(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, spent = [100.0], dict[str, float]()

    def slow(name: str, seconds: float, result: object) -> Callable[..., Any]:
        def call(*_: object, **__: object) -> object:
            clock[0] += seconds
            spent[name] = seconds
            if name == failing:
                raise NotVerified("it does worse")
            return result

        return call

    ran = SimpleNamespace(application_seconds=0.25, observation=SimpleNamespace(uses={}))
    shown = SimpleNamespace(exercise=ran)
    keep = SimpleNamespace(dropped={}, reasons={})
    proved = SimpleNamespace(reference="slim", finish=slow("compress", 8, SIZES))
    done = {
        "observe": slow("observe", 1, ran),
        "refuse_failed": slow("", 0, None),
        "gaining": slow("", 0, ()),
        "remember": slow("", 0, ran),
        "keep_set": slow("closure", 2, keep),
        "make_candidate": slow("write", 3, proved),
        "SizesInBackground": slow("", 0, SimpleNamespace(start=None, wait=slow("", 0, None))),
        "replay": slow("replay", 4, shown),
        "settle": slow("", 0, (Done(frozenset()), shown)),
        "warnings_of": slow("", 0, ()),
        "hold_out": slow("hold_out", 5, ()),
        "make_profiles": slow("profiles", 6, None),
        "SlimResult": slow("", 0, mock.Mock(keep=keep)),
    }
    for name, replaced in done.items():
        monkeypatch.setattr(pipeline, name, replaced)
    slimmed = PlatformReport(AMD64, "built", fat=SIZES)
    monkeypatch.setattr("ci_slim.report.platform.slimmed", lambda *_: slimmed)
    monkeypatch.setattr("ci_slim.fat.image.time.monotonic", lambda: clock[0])
    outside = mock.Mock(spec=Services, jobs=1, processes=Group(), now=Outside.now, baselines=None)
    outside.clock = Outside({}).clock
    outside.engine = Engine()
    outside.build = slow("build", 7, None)
    outside.deliver = slow("deliver", 9, Delivered(SIZES, None, None))
    plan = replace(image(NATIVE), slim=SlimPlan(hold_out="report", profiles=True))
    report, _ = pipeline.run(Plan((plan,)), outside)
    (platform,) = report.images[0].platforms
    took = {stage: getattr(platform.seconds, stage) or 0 for stage in STAGES}
    assert {stage: seconds for stage, seconds in took.items() if seconds} == {
        name: seconds for name, seconds in spent.items() if seconds
    }
    assert sum(took.values()) == clock[0] - 100
    assert platform.timings.keys() <= {"application"}


def test_a_slim_image_whose_program_is_missing_is_not_verified() -> None:
    spec = cast(RunSpec, SimpleNamespace(where="app"))
    with (
        pytest.raises(NotVerified, match="app: the slim image does not start: exec: no such") as it,
        slim_must_start(spec, 2, frozenset({"/a"})),
    ):
        raise CannotStart("exec: no such file")
    assert (it.value.exit_code, it.value.rounds, it.value.healed) == (6, 2, frozenset({"/a"}))


def test_the_first_platform_has_the_start_of_the_run_and_the_last_one_its_end() -> None:
    reports, _, _ = run(image(SKIPPED, NATIVE, EMULATED), {})
    whole = Report(Tool("1"), Outside.now, (ImageReport("app", reports),))
    skipped, first, last = with_frame(whole, 1.5, 0.25).images[0].platforms
    assert skipped == reports[0]
    assert first.seconds == replace(reports[1].seconds, start=1.5)
    assert last.seconds == replace(reports[2].seconds, clean_up=0.25)
    only = replace(whole, images=(ImageReport("app", reports[1:2]),))
    (both,) = with_frame(only, 1.5, 0.25).images[0].platforms
    assert both.seconds == replace(reports[1].seconds, start=1.5, clean_up=0.25)
    none = replace(whole, images=(ImageReport("app", reports[:1]),))
    assert with_frame(none, 1.5, 0.25) == none


def test_images_that_share_layers_are_delivered_when_all_are_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[str] = []

    def proved(image: ImagePlan, planned: PlatformPlan, *_: object) -> ProvedImage:
        if image.name == "broken":
            raise ProbeFailed("it ended")
        events.append(f"proved {image.name}")
        return ProvedImage(image.name, *[cast(Any, None)] * 6)

    def share(ended: list[pipeline.Ended]) -> list[pipeline.Ended]:
        events.append(f"share {sum(isinstance(each[0], ProvedImage) for each in ended)}")
        return ended

    def delivered(turn: Turn, found: ProvedImage, *_: object) -> PlatformReport:
        events.append(f"delivered {found.name}")
        if found.name == "full":
            raise EngineError("the disk is full")
        return PlatformReport(turn.planned.platform, "slimmed", fat=SIZES, slim=SIZES)

    monkeypatch.setattr(pipeline, "_slim", proved)
    monkeypatch.setattr(pipeline, "share_layers", share)
    monkeypatch.setattr(pipeline, "_delivered", delivered)
    monkeypatch.setattr(Outside, "discard", lambda _, name, __: events.append(f"discard {name}"))
    plan = image(NATIVE)
    images = tuple(
        replace(plan, name=name, slim=SlimPlan(layers="shared"))
        for name in ("hello", "broken", "full")
    )
    report, errors = pipeline.run(Plan(images), cast(Services, Outside({})))
    assert events == [
        "proved hello",
        "discard broken",
        "proved full",
        "share 2",
        "delivered hello",
        "discard hello",
        "delivered full",
        "discard full",
    ]
    assert [each.platforms[0].outcome for each in report.images] == ["slimmed", "failed", "failed"]
    assert [str(error) for error in errors] == ["it ended", "the disk is full"]
