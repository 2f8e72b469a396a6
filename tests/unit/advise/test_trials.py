"""Which changes are tried, in which time, and what is said of each. Builds are simulated: how an
image is built and run is the engine tests' matter."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ci_slim.advise.advice import Advice, Bytes, Threshold, Updates
from ci_slim.advise.finding import Context, Facts
from ci_slim.advise.given import Given
from ci_slim.advise.linters import Remark
from ci_slim.advise.patch import SourceFile, Sources
from ci_slim.advise.try_changes import Trials
from ci_slim.advise.updates import History
from ci_slim.advise.workbench import Size
from ci_slim.errors import EngineError
from ci_slim.image.config import ImageConfig
from ci_slim.observe.exercise import OutOfTime
from ci_slim.observe.observation import Exercise, Patience
from ci_slim.observe.run_spec import RunSpec
from ci_slim.platforms import Platform
from ci_slim.probes import Answer, ExecProbe
from ci_slim.settings.plans import RunPlan

AMD64, ARM = Platform("linux", "amd64"), Platform("linux", "arm", "v6")
DOCKERFILE = """\
FROM debian
RUN apt-get update && apt-get install a
RUN pip install b
RUN npm ci
"""
GAINS = {"rm -rf": 3_000_000, "--no-install-recommends": 700_000, "--no-cache-dir": 100,
         "--chown": 10**6, "FROM scratch\nCOPY --from=build": 9 * 10**6,
         "FROM debian:trixie-slim\nCOPY --from=build": 8 * 10**6}  # fmt: skip


class Bench:
    """Images are the text of their Dockerfile. What a change saves is in `GAINS`."""

    def __init__(self, *, breaks: str = "never", worse: str = "never", others: str = "never",
                 hangs: str = "never", minute: float = 1) -> None:  # fmt: skip
        self.hangs = hangs
        self.breaks, self.worse, self.others, self.minute = breaks, worse, others, minute
        self.now = 0.0
        self.there: set[str] = set()

    def built(
        self,
        texts: Mapping[Path, str],
        platform: Platform,
        seconds: float | None = None,
        *,
        cached: bool = True,
    ) -> str:
        self.now += self.minute if cached or texts else 10 * self.minute
        text = next(iter(texts.values()), DOCKERFILE)
        if all(word in text for word in self.breaks.split("+")):
            raise EngineError("the build failed", details=("ERROR: because",))
        reference = f"{platform}\n{text}"
        self.there.add(reference)
        return reference

    def drop(self, reference: str) -> None:
        self.there.discard(reference)

    def exercised(
        self,
        reference: str,
        platform: Platform,
        original: str,
        patience: Patience | None = None,
        seconds: float | None = None,
    ) -> Exercise:
        if self.hangs in reference and seconds is not None:
            self.now += seconds
            raise OutOfTime(f"the probes were not over in {seconds:.0f} s")
        probe = ExecProbe("works", ("true",))
        bad = self.worse in reference
        return Exercise(((probe, Answer(ok=not bad, status=int(bad), ms=1)),))

    def spec(self, reference: str, platform: Platform, original: str) -> RunSpec:
        return RunSpec("x", platform, ImageConfig({}), RunPlan(), (), "x")

    def listing(self, reference: str, platform: Platform) -> dict[str, str]:
        return {"/a": "owned by another" if self.others in reference else "as before"}

    def facts(self, reference: str, platform: Platform) -> tuple[Size, Facts]:
        return self.measured(reference, platform), Facts({}, (), 10**8, 10**7)

    def measured(self, reference: str, platform: Platform, before: Any = None) -> Size:
        saved = sum(size for word, size in GAINS.items() if word in reference)
        return Size(0, (("layer", 10**8 - saved),))

    def pulls(self, reference: str, platform: Platform, topmost: int) -> tuple[int, ...]:
        return (10**6,) * topmost

    def saved(self, reference: str, platform: Platform, before: Size, after: Size) -> Bytes:
        disk = before.layers[0][1] - after.layers[0][1]
        return Bytes(disk // 10, disk)


def advise(
    bench: Bench,
    *platforms: Platform,
    seconds: float = 1000,
    text: str = DOCKERFILE,
    history: History = (),
    remarks: tuple[Remark, ...] = (),
) -> Advice:
    given = Given(
        "app",
        Sources(SourceFile("Dockerfile", text), SourceFile(".dockerignore", "", False)),
        {"Dockerfile": Path("Dockerfile"), ".dockerignore": Path(".dockerignore")},
        None,
        {},
        Context(),
        history,
        remarks=remarks,
    )

    @contextlib.contextmanager
    def stage(where: str, what: str) -> Iterator[None]:
        yield

    trials = Trials(bench, given, Threshold(), seconds, stage, lambda: bench.now)  # type: ignore[arg-type]
    made = trials.advise(platforms or (AMD64,), AMD64)
    assert bench.there == set(), "an image is left"
    return made


def outcomes(advice: Advice) -> dict[str, str]:
    return {each.finding.rule: each.outcome for each in advice.tried}


def test_each_change_is_tried_alone_and_the_proven_ones_together_on_each_platform() -> None:
    advice = advise(Bench(breaks="cache clean", worse="--omit=dev"), AMD64, ARM)
    assert outcomes(advice) == {
        "base-image": "too-small",
        "apt-lists": "proven",
        "apt-recommends": "proven",
        "pip-cache": "too-small",
        "npm-cache": "failed-to-build",
        "npm-dev": "too-small",
    }
    assert advice.together is not None
    saved = Bytes(370_000, 3_700_000)
    assert advice.together.saved == {AMD64: saved, ARM: saved}
    text = advice.together.texts["Dockerfile"]
    assert "--no-install-recommends a && rm -rf" in text and "--no-cache-dir" not in text
    told = next(each for each in advice.tried if each.finding.rule == "npm-cache")
    assert told.why == "the build failed: ERROR: because"


def test_what_only_another_linter_finds_is_not_tried() -> None:
    remarks = (Remark("hadolint", "DL3009", 2, "lists"), Remark("hadolint", "DL3017", 3, "no"))
    tried = {each.finding.rule: each for each in advise(Bench(), remarks=remarks).tried}
    assert tried["apt-lists"].told == "also found by hadolint DL3009"
    assert (tried["DL3017"].outcome, tried["DL3017"].saved) == ("estimated", {})
    assert tried["DL3017"].told == "not measured: the rule package-upgrade finds nothing here"


def test_what_answers_worse_is_not_proven() -> None:
    advice = advise(Bench(worse="--no-install-recommends"))
    told = next(each for each in advice.tried if each.finding.rule == "apt-recommends")
    assert told.outcome == "failed-probe" and told.why.startswith("works: ")


def test_a_change_of_layers_alone_leaves_every_owner_and_mode() -> None:
    text = "FROM scratch\nCOPY . /app\nRUN chown -R 1:1 /app\n"
    for others, outcome in (("never", "proven"), ("--chown", "failed-probe")):
        advice = advise(Bench(others=others), text=text)
        assert outcomes(advice) == {"copy-owner": outcome}
    assert advice.tried[0].why == "/a is not as it was: its owner, mode or kind"


ORDER = "FROM scratch\nCOPY . /app\nRUN apk add --no-cache a\n"


def test_another_order_is_held_against_the_last_commits() -> None:
    advice = advise(Bench(), text=ORDER, history=[frozenset({"a"}), frozenset({"b"})])
    assert outcomes(advice) == {"build-order": "proven"}
    # As it is, each commit makes both layers anew.
    assert advice.tried[0].updates == Updates(2, 4 * 10**6, 2 * 10**6)
    assert advice.tried[0].remark == "updates by the last 2 commits: 4 MB, then 2 MB"
    assert advice.together is not None and advice.together.saved == {AMD64: Bytes(0, 0)}


def test_without_commits_another_order_is_not_tried() -> None:
    (only,) = advise(Bench(), text=ORDER).tried
    assert (only.outcome, only.updates) == ("estimated", None)
    assert only.why == "not tried: no git history of the build context is known"


def test_another_order_that_changes_files_or_breaks_is_not_proven() -> None:
    history = [frozenset({"a"})]
    for bench, outcome in (
        (Bench(others="apk add --no-cache a\nCOPY"), "failed-probe"),
        (Bench(breaks="apk add --no-cache a\nCOPY"), "failed-to-build"),
    ):
        assert outcomes(advise(bench, text=ORDER, history=history)) == {"build-order": outcome}


def test_no_single_change_is_begun_when_its_time_is_over() -> None:
    advice = advise(Bench(minute=60), seconds=300)
    tried = [each for each in advice.tried if each.outcome != "estimated"]
    assert 0 < len(tried) < len(advice.tried)
    assert {e.why for e in advice.tried if e.outcome == "estimated"} == {
        "not tried: the time was over"
    }


def test_probes_end_with_the_time() -> None:
    bench = Bench(hangs="--no-install-recommends")
    advice = advise(bench, seconds=1000)
    told = next(each for each in advice.tried if each.finding.rule == "apt-recommends")
    assert told.outcome == "estimated" and told.why.startswith("not proven: the probes were not")
    assert bench.now < 1010


def test_where_all_together_fail_the_largest_alone_is_taken() -> None:
    advice = advise(Bench(breaks="rm -rf+--no-install-recommends"))
    assert advice.together is not None
    assert advice.together.saved == {AMD64: Bytes(300_000, 3_000_000)}
    assert "--no-install-recommends" not in advice.together.texts["Dockerfile"]
    assert advice.together.why == (
        "all changes together fail on linux/amd64: the build failed: ERROR: because",
        "only apt-lists in line 2 is applied",
    )


NATIVE = "FROM golang AS b\nRUN go build -ldflags=-s -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"


def test_a_native_build_is_timed_on_the_emulated_platform() -> None:
    advice = advise(Bench(minute=2), AMD64, ARM, text=NATIVE, seconds=10_000)
    assert outcomes(advice) == {"native-build": "proven"}
    assert advice.tried[0].seconds == (ARM, 20, 2)
    assert advice.tried[0].remark == "a build without cache on linux/arm/v6 takes 20 s, then 2 s"
    assert advice.together is not None and advice.together.seconds == (AMD64, 20, 2)
    hurry = advise(Bench(minute=0.1), AMD64, ARM, text=NATIVE)
    assert outcomes(hurry) == {"native-build": "too-small"}
    other = advise(Bench(minute=2, others="BUILDPLATFORM"), AMD64, ARM, text=NATIVE, seconds=10_000)
    assert outcomes(other) == {"native-build": "failed-probe"}


def test_builds_are_not_timed_when_the_time_is_over() -> None:
    together = advise(Bench(minute=200)).together
    assert together is None or together.seconds is None


def test_what_was_not_tried_on_every_platform_is_not_written() -> None:
    bench = Bench(minute=100)
    together = advise(bench, AMD64, ARM, seconds=390).together
    assert together is not None and (together.diff, together.texts) == ("", {})
    assert "not tried on linux/arm/v6: the time was over" in together.why


GO = 'FROM golang\nWORKDIR /src\nCOPY . .\nRUN go build -ldflags=-s -o /app .\nCMD ["/app"]\n'


def test_of_two_candidates_for_a_split_the_better_one_is_written() -> None:
    advice = advise(Bench(), text=GO)
    stages = [each for each in advice.tried if each.finding.rule == "go-stages"]
    assert [each.outcome for each in stages] == ["proven", "proven"]
    assert advice.together is not None
    text = advice.together.texts["Dockerfile"]
    assert text.count("\nFROM ") == 1 and "\nFROM scratch\n" in text
    assert "go-stages in line 1 is left out" in advice.together.why[0]


def test_without_a_proven_change_there_is_nothing_to_apply() -> None:
    advice = advise(Bench(breaks="&&+rm -rf", worse="--no-install-recommends"))
    assert advice.together is None
