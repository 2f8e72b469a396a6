"""Advice as people and programs read it."""

import json
from importlib.resources import files

import jsonschema

from ci_slim.advise.advice import Advice, Bytes, Threshold, Together, Tried, Updates
from ci_slim.advise.finding import Finding
from ci_slim.platforms import Platform
from ci_slim.report.advice import FORMATS, to_json, to_markdown, to_text
from ci_slim.report.advised import advised

AMD64, ARM = Platform("linux", "amd64"), Platform("linux", "arm", "v6")
DIFF = "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-RUN a\n+RUN a   && b ```\n"
ADVICE = Advice(
    "app/Dockerfile",
    "app",
    (
        Tried(Finding("small", 2, "a little"), DIFF, "too-small", {AMD64: Bytes(1, 2)}, "too few"),
        Tried(
            Finding("apt-lists", 3, "lists stay"), DIFF, "proven", {AMD64: Bytes(10**6, 2 * 10**7)}
        ),
        Tried(Finding("told", 9, "| @all <b>"), "", "estimated", {}, "it cannot be changed safely"),
    ),
    Together(DIFF, {AMD64: Bytes(10**6, 2 * 10**7), ARM: Bytes(900_000, 10**7)}, {}, ("one note",)),
    {AMD64: Bytes(5 * 10**7, 10**8), ARM: Bytes(4 * 10**7, 9 * 10**7)},
)


def test_json_is_what_its_schema_says() -> None:
    schema = json.loads(files("ci_slim.report").joinpath("advice-v1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for every, count in ((False, 2), (True, 3)):
        made = json.loads(to_json(ADVICE, every=every))
        jsonschema.validate(made, schema)
        assert len(made["findings"]) == count
    assert made["findings"][0] == {
        "rule": "apt-lists",
        "line": 3,
        "message": "lists stay",
        "diff": DIFF,
        "outcome": "proven",
        "platforms": {"linux/amd64": {"pull_bytes": 1_000_000, "disk_bytes": 20_000_000}},
    }
    assert made["findings"][2]["message"] == "a little (too few)"
    assert made["together"]["platforms"]["linux/arm/v6"]["disk_bytes"] == 10**7
    assert json.loads(to_json(Advice("Dockerfile", "a", ())))["together"] is None


def test_json_has_updates_and_seconds_where_they_were_measured() -> None:
    schema = json.loads(files("ci_slim.report").joinpath("advice-v1.schema.json").read_text())
    order = Tried(Finding("build-order", 2, "first"), DIFF, "proven", {}, "", Updates(10, 900, 40))
    faster = Tried(Finding("native-build", 2, "natively"), DIFF, "proven", seconds=(ARM, 90.04, 9))
    together = Together(DIFF, {AMD64: Bytes(0, 0)}, seconds=(AMD64, 61, 30.5))
    advice = Advice("Dockerfile", "a", (order, faster), together, {AMD64: Bytes(1, 1)})
    made = json.loads(to_json(advice))
    jsonschema.validate(made, schema)
    assert made["findings"][0]["updates"] == {
        "commits": 10, "before_bytes": 900, "after_bytes": 40,
    }  # fmt: skip
    assert made["findings"][1]["build_seconds"] == {
        "platform": "linux/arm/v6", "before": 90.0, "after": 9,
    }  # fmt: skip
    assert made["together"]["build_seconds"]["after"] == 30.5
    assert len(advised(to_json(advice), "x").changes) == 2
    said = "a build without cache on linux/amd64 takes 61 s, then 30 s"
    assert said in to_text(advice) and said in to_markdown(advice)
    assert "line 2: updates by the last 10 commits: 900 B, then 40 B\n" in to_text(advice)


def test_what_other_linters_call_a_finding_is_said() -> None:
    schema = json.loads(files("ci_slim.report").joinpath("advice-v1.schema.json").read_text())
    finding = Finding("apt-lists", 3, "lists stay", aliases=("hadolint DL3009",))
    advice = Advice("Dockerfile", "a", (Tried(finding, DIFF, "proven", {AMD64: Bytes(1, 1)}),))
    made = json.loads(to_json(advice))
    jsonschema.validate(made, schema)
    assert made["findings"][0]["aliases"] == ["hadolint DL3009"]
    assert made["findings"][0]["message"] == "lists stay"
    assert advised(to_json(advice), "x").changes[0].message == "lists stay"
    assert "line 3: also found by hadolint DL3009\n" in to_text(advice)
    assert "proven: also found by hadolint DL3009" in to_markdown(advice)


def test_text() -> None:
    assert to_text(ADVICE) == (
        "app/Dockerfile: 1 proven change; 1 change tried without gain (--all shows them)\n"
        "\n"
        "  line  rule       outcome      pull saved    disk saved  what\n"
        "------  ---------  ---------  ------------  ------------  ----------\n"
        "     3  apt-lists  proven             1 MB         20 MB  lists stay\n"
        "     9  told       estimated                              | @all <b>\n"
        "\n"
        "line 9: it cannot be changed safely\n"
        "\n"
        "all proven changes together:\n"
        "platform        pull saved    disk saved    disk before\n"
        "------------  ------------  ------------  -------------\n"
        "linux/amd64           1 MB         20 MB         100 MB\n"
        "linux/arm/v6        900 kB         10 MB          90 MB\n"
        "one note\n"
        "\n" + DIFF
    )


def test_markdown_shows_foreign_text_as_written() -> None:
    shown = to_markdown(ADVICE)
    assert "@all" not in shown and "<b>" not in shown
    assert "````diff\n--- a/Dockerfile" in shown and "+RUN a   && b ```\n````" in shown
    assert "linux/arm/v6: all together save 900 kB to pull, 10 MB on disk" in shown


def test_no_line_of_a_diff_is_a_command_to_a_runner() -> None:
    together = Together(" ::error::x\n+::add-mask::y\n+##[group]z\n+\x1b[2Jw", {AMD64: Bytes(1, 1)})
    advice = Advice("Dockerfile", "a", (), together, {AMD64: Bytes(9, 9)})
    for form in ("text", "markdown"):
        lines = [line.lstrip(" +-") for line in FORMATS[form](advice).splitlines()]
        assert not any(line.startswith("::") or "##[" in line or "\x1b" in line for line in lines)


def test_what_counts_as_a_gain() -> None:
    before = Bytes(10**7, 10**8)
    for threshold, saved, met in (
        (Threshold(), Bytes(0, 400_000), False),
        (Threshold(), Bytes(0, 500_000), True),
        (Threshold(), Bytes(100_000, 150_000), True),  # one percent of what is pulled
        (Threshold(), Bytes(10**6, -1), False),
        (Threshold(None, 2.0), Bytes(0, 10**6), False),
        (Threshold(1000, None), Bytes(0, 1000), True),
        (Threshold(0, None), Bytes(0, 0), False),
    ):
        assert threshold.is_met(saved, before) is met


def test_what_was_only_read_shows_each_change() -> None:
    finding = Finding("apt-lists", 2, "lists stay")
    advice = Advice("Dockerfile", "a", (Tried(finding, DIFF, "estimated"),), notes=("a @note",))
    assert to_text(advice).endswith(f"a @note\n\napt-lists, line 2:\n{DIFF}")
    shown = to_markdown(advice)
    assert "<summary>apt-lists, line 2, not tried</summary>" in shown
    assert "````diff\n--- a/Dockerfile" in shown and "@note" not in shown
