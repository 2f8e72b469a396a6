# ruff: noqa: RUF001 - the signs for minus, times and nothing are meant as they are
import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from reports import AMD64, ARM64, ARMV6, digest, of, replaced, sample, sizes, slimmed

from ci_slim.image.inventory import Growth, SizeChange
from ci_slim.image.sizes import LayerSize
from ci_slim.judge.budget import BudgetRules, Limits, judge
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.report.folds import FOLDS, NAMES, Fold
from ci_slim.report.foreign import code, plain, visible
from ci_slim.report.markdown import LENGTH_MAX, marker, to_markdown
from ci_slim.result import (
    Artifacts,
    Baseline,
    DockerfileLines,
    Kept,
    PlatformReport,
    ProbeReport,
    ProbeRun,
    Report,
    Seconds,
    Tool,
)

COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
NASTY = st.text(
    st.sampled_from("|`<>&@#!~%$^:*_[](){}\\/.-+=1ax \n\r\x1b\u202e\udcff"), max_size=30
)
GOOD = sample().images[0].platforms[0]


def top(text: str) -> str:
    """The comment without its folded part; no-break spaces as spaces."""
    return text.partition("<details>")[0].replace("\xa0", " ")


def test_comment_of_three_platforms() -> None:
    assert top(to_markdown(sample())) == (
        "<!-- ci-slim key=default -->\n"
        "### ❌ ci-slim: `listener` over budget on arm64, skipped on amd64; pull 2.8 MB to 3.1 MB\n"
        "\n"
        "| platform | pull | disk |\n"
        "|---|---|---|\n"
        "| ✅ `linux/arm/v6` | **2.8** / 12 MB, 23 % | **6.7** / 30 MB, 22 % |\n"
        "| ❌ `linux/arm64`<br>over budget | **3.1** / 3 MB, 104 % | **6.9** / 30 MB, 23 % |\n"
        "| ❔ `linux/amd64`<br>skipped | – | – |\n"
        "\n"
        "- ❌ `linux/arm64`: pull 3.1 MB is over 3 MB by 100 kB (+3.3 %)\n"
        "- ❔ `linux/amd64`: skipped: no handler is registered "
        "(budget unknown: pull, disk, layers)\n"
        "- ⚠️ `linux/arm64`: healed 2 paths that the observation had missed: "
        "`/etc/ssl/certs/ca.pem`, `/lib/libz.so.1`\n"
        "\n"
        "Slimming makes it 108.1× to 110.1× smaller to pull, verified with 2 probes.\n"
        "\n"
    )


def with_baseline(p: PlatformReport, pull: int, disk: int, grown: Growth | None) -> PlatformReport:
    baseline = Baseline("artifact", "", digest("e"), pull, disk, "same", 0, grown)
    return replaced(p, baseline=baseline, update_bytes=150_000)


CURL = SizeChange("/usr/bin/curl", None, 300_000, 0)
GROWN = Growth(
    (SizeChange("curl", None, 300_000), SizeChange("tzdata", 9_000, None)),
    (SizeChange("/usr/bin", 1_000_000, 1_400_000),),
    (CURL, SizeChange("/usr/bin/app", 1_000_000, 1_100_000, 1), SizeChange("/z|`", 5, 0, -1)),
)
COMPARED = (
    with_baseline(GOOD, 2_751_000, 6_000_000, GROWN),
    with_baseline(sample().images[0].platforms[1], 2_990_000, 6_900_000, Growth(files=(CURL,))),
)
FROM_A_FILE = DockerfileLines("docker/Dockerfile", 1, {"COPY part0 /": 4})


def test_the_comment_says_first_what_the_change_did() -> None:
    report = of(*COMPARED)
    report = replace(report, images=(replace(report.images[0], dockerfile=FROM_A_FILE),))
    text = to_markdown(report).replace("\xa0", " ")
    assert text.startswith(
        "<!-- ci-slim key=default -->\n"
        "### ❌ ci-slim: `listener` over budget on arm64; pull +110 kB (+3.7 %) on arm64, "
        "2.8 MB to 3.1 MB in total\n"
        "\n"
        "| platform | pull | disk | update |\n"
        "|---|---|---|---|\n"
        "| ✅ `linux/arm/v6` | **2.8** / 12 MB, 23 %<br>+49 kB (+1.8 %) "
        "| **6.7** / 30 MB, 22 %<br>+700 kB (+11.7 %) | **150 kB** |\n"
        "| ❌ `linux/arm64`<br>over budget | **3.1** / 3 MB, 104 %<br>+110 kB (+3.7 %) "
        "| **6.9** / 30 MB, 23 %<br>no change | **150 kB** |\n"
    )
    start = text.index("<details>")
    assert text[start : text.index("</details>")] == (
        "<details><summary><b>What grew</b>: <code>/usr/bin/curl</code> +300 kB, "
        "<code>/usr/bin/app</code> +100 kB, "
        "<code>/z&#124;&#96;</code> −5 B</summary>\n"
        "\n"
        "| package | arm/v6 | arm64 |\n"
        "|---|---|---|\n"
        "| `curl` | +300 kB new | – |\n"
        "| `tzdata` | −9 kB gone | – |\n"
        "\n"
        "| file | arm/v6 | arm64 | made by |\n"
        "|---|---|---|---|\n"
        "| `/usr/bin/curl` | +300 kB new | +300 kB new | `docker/Dockerfile:4` |\n"
        "| `/usr/bin/app` | +100 kB | – | `docker/Dockerfile:1` |\n"
        "| <code>/z&#124;&#96;</code> | −5 B | – | – |\n"
        "\n"
        "Bytes on disk, in the image that is delivered.\n"
        "\n"
    )


def libraries(triplet: str, size: int) -> Growth:
    """What one library brings: the package, the file, and the folder that is new."""
    return Growth(
        (SizeChange("libc6", None, size + 900), SizeChange("libjq1", None, 50)),
        (SizeChange(f"/usr/lib/{triplet}", None, size),),
        tuple(
            SizeChange(f"/usr/lib/{triplet}/{name}", None, size - n, 1)
            for n, name in enumerate(["libc.so.6", *(f"lib{n}.so" for n in range(9))])
        ),
    )


def test_a_file_in_each_platform_s_own_folder_has_one_row_and_the_title_names_packages() -> None:
    arm, other = (
        with_baseline(p, 1, 1, libraries(triplet, size))
        for p, triplet, size in zip(
            COMPARED, ("arm-linux-gnueabihf", "aarch64-linux-gnu"), (1000, 2000), strict=True
        )
    )
    text = to_markdown(of(arm, other)).replace("\xa0", " ")
    assert (
        "<b>What grew</b>: <code>libc6</code> +2.9 kB, <code>libjq1</code> +50 B</summary>" in text
    )
    assert "| `/usr/lib/*/libc.so.6` | +1 kB new | +2 kB new |" in text
    assert "| `/usr/lib/*` | +1 kB new | +2 kB new |" in text
    alone = to_markdown(of(arm)).replace("\xa0", " ")
    assert "| `/usr/lib/arm-linux-gnueabihf/libc.so.6` | +1 kB new |" in alone


def test_two_architectures_in_one_image_stay_apart() -> None:
    both = tuple(
        SizeChange(f"/lib/{triplet}/a.so", None, size, 1)
        for triplet, size in (("i386-linux-gnu", 10), ("x86_64-linux-gnu", 20))
    )
    found = with_baseline(COMPARED[0], 1, 1, Growth(files=both))
    other = with_baseline(COMPARED[1], 1, 1, Growth(files=both[:1]))
    text = to_markdown(of(found, other)).replace("\xa0", " ")
    assert "| `/lib/*/a.so` | +10 B new | +10 B new |" in text
    assert "| `/lib/x86_64-linux-gnu/a.so` | +20 B new | – |" in text


def test_without_the_dockerfile_history_tells_what_made_a_file() -> None:
    text = to_markdown(of(*COMPARED)).replace("\xa0", " ")
    assert "| `/usr/bin/curl` | +300 kB new | +300 kB new | `COPY part0 /` |\n" in text


def test_many_changed_files_are_summed_up_by_folder_and_cut() -> None:
    files = tuple(SizeChange(f"/usr/bin/{n:02}", None, 1000 - n) for n in range(40))
    grown = Growth(GROWN.packages, GROWN.folders, files)
    text = to_markdown(of(with_baseline(GOOD, 1, 1, grown))).replace("\xa0", " ")
    assert "| folder | arm/v6 |\n|---|---|\n| `/usr/bin` | +400 kB |\n" in text
    assert "| `/usr/bin/19` | +981 B new |\n\n20 rows more in the report.\n" in text


def test_a_baseline_that_lists_no_files_names_the_command_that_compares() -> None:
    text = to_markdown(of(with_baseline(GOOD, 2_751_000, 6_000_000, None)))
    assert (
        "<summary><b>What grew</b></summary>\n\nThe baseline (artifact) does not list its files, "
        "so what grew on 1 platform is not known. `ci-slim diff A B` compares two images.\n"
    ) in text


def test_folds_have_fixed_names_in_a_fixed_order() -> None:
    titles = [fold.name for fold in FOLDS]
    assert titles == [name for name in NAMES if name in titles]
    assert NAMES == ("What grew", "Not kept", "Advice", "Update costs", "Details")
    with pytest.raises(ValueError, match="none of the five"):
        Fold("Other", FOLDS[0].said)


def test_details_name_the_profiles_and_how_they_are_used() -> None:
    written = Artifacts("app/x", "app/linux-arm-v6.seccomp.json", "app/linux-arm-v6.apparmor")
    assert (
        "- OCI layout: `app/x`\n"
        "- seccomp profile: `app/linux-arm-v6.seccomp.json`, proved together with QEMU's own "
        "calls; `docker run --security-opt seccomp=FILE`\n"
        "- AppArmor profile: `app/linux-arm-v6.apparmor`, not proved; `apparmor_parser --replace "
        "FILE; docker run --security-opt apparmor=app-linux-arm-v6`\n"
    ) in to_markdown(of(replace(GOOD, artifacts=written)))


def test_details_of_a_platform() -> None:
    text = to_markdown(of(GOOD))
    assert text[text.index("<details>") :] == (
        "<details><summary><b>Details</b>: probes, limits, kept files, digests, layers</summary>\n"
        "\n"
        "<details><summary>linux/arm/v6 (emulated)</summary>\n"
        "\n"
        "| probe | kind | fat | slim |\n"
        "|---|---|---|---|\n"
        "| `POST /poc/api/v1.0/post` | http | ✅ 200 | ✅ 200 |\n"
        "| `listener --version` | exec | ✅ 0 | ✅ 0 |\n"
        "\n"
        "- pull 2.8 MB is within 12 MB (23 %)\n"
        "- disk 6.7 MB is within 30 MB (22 %)\n"
        "- 2 layers are within 10\n"
        "\n"
        "9 paths kept: `folder of a kept path` 6, `always: users and groups` 2, `exec` 1.\n"
        "\n"
        f"- fat: `listener:a` `{digest('a')}`, 302.7 MB to pull, 871.0 MB on disk, 5 files\n"
        f"- slim: `listener:b` `{digest('b')}`, 2.8 MB to pull, 6.7 MB on disk, 5 files\n"
        "- OCI layout: `listener/linux-arm-v6`\n"
        "\n"
        "Fat, 2 layers:\n"
        "\n"
        "| layer | pull | disk | created by |\n"
        "|---|---|---|---|\n"
        "| `000000000000` | 302.7 MB | 871.0 MB | `COPY part0 /` |\n"
        "| `111111111111` | 0 B | 0 B | `COPY part1 /` |\n"
        "\n"
        "Slim, 2 layers:\n"
        "\n"
        "| layer | pull | disk | created by |\n"
        "|---|---|---|---|\n"
        "| `000000000000` | 2.8 MB | 6.7 MB | `COPY part0 /` |\n"
        "| `111111111111` | 0 B | 0 B | `COPY part1 /` |\n"
        "\n"
        "</details>\n"
        "\n"
        "</details>\n"
    )


def plain_slim(p: PlatformReport, **changes: object) -> PlatformReport:
    return replaced(p, verdicts=(), **changes)


UNCHANGED = PlatformReport(
    AMD64, "unchanged", reason="the slim image is not smaller", fat=sizes("a", 900, 2_000)
)
FAILED = PlatformReport(ARM64, "failed", reason="probe GET / answered 500")
CLOSE = slimmed(ARM64, sizes("a", 9_000_000, 90_000_000), sizes("b", 2_900_000, 6_000_000))


@pytest.mark.parametrize(
    ("platforms", "line"),
    [
        ((GOOD,), "✅ ci-slim: `listener` within budget; pull 2.8 MB"),
        (
            (GOOD, CLOSE),
            "⚠️ ci-slim: `listener` within budget, close to the limit on arm64; "
            "pull 2.8 MB to 2.9 MB",
        ),
        ((plain_slim(GOOD),), "✅ ci-slim: `listener` measured, no budget is set; pull 2.8 MB"),
        ((UNCHANGED,), "✅ ci-slim: `listener` measured, no budget is set; pull 900 B"),
        (
            (plain_slim(GOOD, verified=False, probes=()),),
            "⚠️ ci-slim: `listener` measured, no budget is set, not verified; pull 2.8 MB",
        ),
        ((GOOD, FAILED), "❌ ci-slim: `listener` failed on arm64; pull 2.8 MB"),
        (
            (PlatformReport(AMD64, "skipped", reason="x"),),
            "❌ ci-slim: `listener` no platform was measured, skipped",
        ),
        (
            (with_baseline(GOOD, 2_900_000, 1, None), with_baseline(CLOSE, 2_930_000, 1, None)),
            "⚠️ ci-slim: `listener` within budget, close to the limit on arm64; "
            "pull −100 kB (−3.4 %) on arm/v6, 2.8 MB to 2.9 MB in total",
        ),
        (
            (with_baseline(GOOD, 2_800_000, 1, None),),
            "✅ ci-slim: `listener` within budget; pull unchanged, 2.8 MB in total",
        ),
        (
            (with_baseline(GOOD, 2_700_000, 1, None), with_baseline(GOOD, 2_700_000, 1, None)),
            "✅ ci-slim: `listener` within budget; pull +100 kB (+3.7 %) on all 2 platforms, "
            "2.8 MB in total",
        ),
    ],
)
def test_headline_tells_the_outcome(platforms: tuple[PlatformReport, ...], line: str) -> None:
    assert to_markdown(of(*platforms)).split("\n")[1] == f"### {line}"


def rows(report: Report) -> list[str]:
    return [line for line in top(to_markdown(report)).split("\n") if re.match(r"\| \S+ `", line)]


def test_rows_of_images_that_were_not_slimmed() -> None:
    built = PlatformReport(ARMV6, "built", fat=sizes("a", None, 2_000_000))
    assert rows(of(built, FAILED, UNCHANGED)) == [
        "| ✅ `linux/arm/v6` | – | **2 MB** |",
        "| ❌ `linux/arm64`<br>failed | – | – |",
        "| ✅ `linux/amd64` | **900 B** | **2 kB** |",
    ]


def test_probes_that_the_delivered_image_fails_are_named() -> None:
    run = ProbeRun(False, None, 30_000)
    probes = (*GOOD.probes, ProbeReport("GET /", "http", ProbeRun(True, 200, 5), run))
    text = to_markdown(of(replaced(GOOD, probes=probes)))
    assert "- ⚠️ `linux/arm/v6`: 1 probe failed: `GET /`\n" in text
    assert "| `GET /` | http | ✅ 200 | ❌ no answer |" in text


def test_a_probe_that_fails_on_both_images_is_not_one_that_verified() -> None:
    run = ProbeRun(False, 1, 30)
    probes = (*GOOD.probes, ProbeReport("HEALTHCHECK", "exec", run, run))
    text = to_markdown(of(replaced(GOOD, probes=probes)))
    assert "- ⚠️ `linux/arm/v6`: 1 probe failed, on the fat image too: `HEALTHCHECK`\n" in text
    number = len(GOOD.probes)
    assert f"smaller to pull, verified with {number} of {number + 1} probes.\n" in text


def notes(report: Report) -> list[str]:
    return [line for line in top(to_markdown(report)).split("\n") if line.startswith("- ")]


def test_what_holds_on_all_platforms_is_said_once() -> None:
    rules = BudgetRules(Limits(growth=GrowthLimit(percent=2.0)))
    first, second = (replaced(p, verdicts=judge(p.slim, rules, p.platform)) for p in (GOOD, CLOSE))
    assert notes(of(first, second)) == [
        "- ❔ all platforms: growth unknown: there is no baseline (limit 2 %)"
    ]


def test_what_is_said_twice_of_a_platform_names_it_once() -> None:
    twice = replaced(GOOD, warnings=("the same line", "the same line"))
    assert "- ⚠️ `linux/arm/v6`: the same line" in notes(of(twice, CLOSE))


def test_notes_stand_worst_first_and_name_reasons() -> None:
    healed = replaced(GOOD, healed=tuple(f"/{n}" for n in range(7)), warnings=("odd @you",))
    assert notes(of(healed, FAILED, UNCHANGED)) == [
        "- ❌ `linux/arm64`: failed: probe GET / answered 500",
        "- ⚠️ `linux/arm/v6`: healed 7 paths that the observation had missed: "
        "`/0`, `/1`, `/2`, `/3`, `/4` and 2 more",
        "- ⚠️ `linux/arm/v6`: odd &#64;&#8203;you",
        "- ✅ `linux/amd64`: unchanged: the slim image is not smaller",
    ]


def test_the_end_of_a_log_is_a_block_below_what_failed() -> None:
    log = ("[2/2] RUN make:", "-----", "   cc: @all not found ```", "-----")
    text = to_markdown(of(GOOD, replaced(FAILED, warnings=log)))
    assert (
        "- ❌ `linux/arm64`: failed: probe GET / answered 500\n\n"
        "  ````text\n"
        "  [2/2] RUN make:\n"
        "  -----\n"
        "  cc: @all not found ```\n"
        "  -----\n"
        "  ````\n"
    ) in text


def test_details_name_the_baseline() -> None:
    baseline = Baseline("registry", "r.example/listener:main", digest("e"), 2_700_000, 6_000_000)
    text = to_markdown(of(replaced(GOOD, baseline=baseline, update_bytes=150_000)))
    assert (
        "\n\nBaseline: registry: `r.example/listener:main`, linux/arm/v6 `eeeeeeeeeeee`\n" in text
    )
    assert (
        f"- baseline from registry: `r.example/listener:main` `{digest('e')}`, "
        "pull 2.7 MB, disk 6 MB\n" in text
    )


def test_a_baseline_of_the_same_size_is_no_change() -> None:
    baseline = Baseline("file b.json", "", "", 2_800_000, None)
    text = to_markdown(of(replaced(GOOD, baseline=baseline, update_bytes=0))).replace("\xa0", " ")
    assert "| **2.8** / 12 MB, 23 %<br>no change | **6.7** / 30 MB, 22 % | **0 B** |" in text
    assert "\nBaseline: file b.json: linux/arm/v6 without a digest\n" in text


@pytest.mark.parametrize(
    ("growth", "told"),
    [
        (1_000_000, ": +1 MB of the growth in pull size is in its layers"),
        (-5000, ": −5 kB of the growth in pull size is in its layers"),
        (None, ""),
    ],
)
def test_another_base_image_is_named(growth: int | None, told: str) -> None:
    baseline = Baseline("file", "", "", 1, 1, "changed", growth)
    line = f"- ⚠️ `linux/arm/v6`: the base image is another one than the baseline&#39;s{told}"
    assert notes(of(replaced(GOOD, baseline=baseline))) == [line]


WHY = "artifact: no successful run of this workflow on main"
YET = "No baseline yet. The first run on main creates it."


def first(p: PlatformReport, rules: BudgetRules | None = None) -> PlatformReport:
    verdicts = judge(p.result, rules, p.platform) if rules else ()
    return replaced(p, no_baseline=WHY, next_baseline=YET, verdicts=verdicts)


@pytest.mark.parametrize(
    ("platforms", "lines"),
    [
        ((first(GOOD),), [YET]),
        ((first(GOOD), first(FAILED)), [YET]),
        ((first(GOOD), FAILED), [f"`linux/arm/v6`: {YET}"]),
        ((replaced(GOOD, no_baseline="file: it is gone"),), ["No baseline: file: it is gone."]),
        (
            (first(GOOD, BudgetRules(Limits(update=5, growth=GrowthLimit(percent=2.0)))),),
            [f"{YET} Until then the limit on update and growth is unknown."],
        ),
        ((GOOD, FAILED), []),
    ],
)
def test_a_missing_baseline_is_one_helpful_sentence(
    platforms: tuple[PlatformReport, ...], lines: list[str]
) -> None:
    text = to_markdown(of(*platforms))
    assert [line for line in top(text).split("\n") if "aseline" in line] == lines
    assert (f"\nLooked for a baseline: {WHY}\n" in text) == any(YET in line for line in lines)


def test_the_comment_does_not_change_with_the_time_it_took() -> None:
    slower = replaced(
        GOOD,
        seconds=Seconds(build=99.0),
        timings={"start": 7.0},
        probes=tuple(
            replace(probe, fat=probe.fat and replace(probe.fat, ms=777)) for probe in GOOD.probes
        ),
    )
    assert to_markdown(of(slower)) == to_markdown(of(GOOD))


def test_several_images_have_a_heading_each() -> None:
    report = Report(
        Tool("1"), "2026-11-23T10:20:30Z", (of(GOOD).images[0], of(GOOD, name="b|d").images[0])
    )
    text = to_markdown(report)
    assert "### ✅ ci-slim: within budget; pull 2.8 MB\n" in text
    assert "#### `listener`\n" in text
    assert "#### <code>b&#124;d</code>\n" in text
    assert "<summary>b&#124;d, linux/arm/v6 (emulated)</summary>" in text


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("default", "<!-- ci-slim key=default -->"),
        ("a-b/c", "<!-- ci-slim key=a-b/c -->"),
        ("a --> <b>\n", "<!-- ci-slim key=a%20-%2D%3E%20%3Cb%3E%0A -->"),
    ],
)
def test_marker_is_a_comment_whatever_the_key(key: str, line: str) -> None:
    assert marker(key) == line
    assert to_markdown(sample(), key).startswith(line + "\n")


@given(ANY_TEXT, ANY_TEXT)
def test_different_keys_have_different_markers(one: str, other: str) -> None:
    assert (marker(one) == marker(other)) == (one == other)
    assert "--" not in marker(one)[4:-3]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 3.1 MB (26 %)", "plain words, 3.1 MB (26 %)"),
        ("\x1b[1;31mred\x1b[0m\tand\r\nmore ", "red and more"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("a\u202eb\u200bc\x00", "a\\u{202e}b\\u{200b}c\\x00"),
        ("/caf\udcc3\udca9/é", "/caf\\xc3\\xa9/é"),
        ("\ud83d", "\\u{d83d}"),
        ("x" * 12, "xxxxxxxxx…"),
    ],
)
def test_visible_text_is_one_line_without_surprises(text: str, shown: str) -> None:
    assert visible(text, 10 if set(text) == {"x"} else 300) == shown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a|b", "a&#124;b"),
        ("<script>&lt;", "&#60;script&#62;&#38;&#8203;lt;"),
        ("ask @octocat and #12", "ask &#64;&#8203;octocat and &#35;&#8203;12"),
        ("GH-12, group!7 %3 ~bug", "GH&#8203;-12, group&#33;&#8203;7 %&#8203;3 &#126;&#8203;bug"),
        ("see http://x.y or www.x.y", "see http:&#8203;//x.y or www&#8203;.x.y"),
        ("commit deadbeef", "commit deadbe&#8203;ef"),
        (
            "aaaaaa" + "0123456789" * 4,
            "aaaaaa&#8203;012345&#8203;678901&#8203;234567&#8203;890123"
            "&#8203;456789&#8203;012345&#8203;6789",
        ),
        ("- item", "&#45; item"),
        ("12. item", "12&#46; item"),
        ("/close", "&#47;close"),
        ("**b** `c` [l](u)", "&#42;&#42;b&#42;&#42; &#96;c&#96; &#91;l&#93;(u)"),
    ],
)
def test_plain_text_shows_as_written_and_means_nothing(text: str, markdown: str) -> None:
    assert plain(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("/bin/sh", "`/bin/sh`"),
        ("a`b", "``a`b``"),
        ("``a", "``` ``a ```"),
        ("a|b<c`@d", "<code>a&#124;b&#60;c&#96;&#64;&#8203;d</code>"),
        ("|http://x.y", "<code>&#124;http:&#8203;//x.y</code>"),
        (" \n ", ""),
    ],
)
def test_code_takes_a_fence_that_the_text_does_not_have(text: str, markdown: str) -> None:
    assert code(text) == markdown


def rendered(markdown: str) -> str:
    return str(COMMONMARK.render(markdown))


def text_of(markup: str) -> str:
    return html.unescape(markup).replace("\u200b", "")


@given(ANY_TEXT | NASTY)
@example("1" * 9 + ". x")
@example("&amp;&#64;")
def test_plain_has_nothing_that_markdown_or_a_forge_reads(text: str) -> None:
    safe = plain(text)
    entities_gone = re.sub(r"&#\d+;", "", safe)
    assert not set("|<>`*_[]\\&@#!~$^\n\r\x1b\u202e") & set(entities_gone)
    for before, after in (("", "\n"), ("- ", "\n"), ("### ", "\n"), ("so: ", "\n")):
        inner = re.sub(r"\A(<ul>\n<li>|<h3>|<p>)|(</li>\n</ul>|</h3>|</p>)\n\Z", "",
                       rendered(f"{before}{safe}{after}"))  # fmt: skip
        assert text_of(inner).removeprefix("so:").strip() == visible(text)
        assert "<" not in inner
    assert not re.search(r"[@#!$~&^][\w\"']|://|%\w|www\.", html.unescape(safe))


@given(ANY_TEXT | NASTY)
@example("`|`")
@example("\\|")
def test_code_is_one_code_span_in_a_paragraph_and_in_a_table(text: str) -> None:
    safe = code(text)
    shown = visible(text)
    expected = f"<code>{html.escape(shown)}</code>" if shown else ""
    paragraph = rendered(f"so: {safe}, x\n").replace("\u200b", "")
    assert html.unescape(paragraph) == html.unescape(f"<p>so: {expected}, x</p>\n")
    table = rendered(f"| a | b |\n|---|---|\n| {safe} | x |\n").replace("\u200b", "")
    assert html.unescape(f"<td>{expected}</td>\n<td>x</td>") in html.unescape(table)
    assert "|" not in safe


@given(NASTY)
@example("|http://x.y |www.x.y |a@b.cd")
def test_no_address_in_a_code_span_becomes_a_link(text: str) -> None:
    """GitHub's and GitLab's renderers link addresses also between <code> tags of HTML."""
    span = code(text)
    if span.startswith("<code>"):
        assert not re.search(r"[@#!$~&^][\w\"']|://|\bwww\.", html.unescape(span[6:-7]))


@given(NASTY.filter(str.strip))
def test_a_hostile_report_does_not_change_the_comments_structure(text: str) -> None:
    def shape(report: Report) -> list[str]:
        return re.findall(r"</?(?!code)[a-z0-9]+", rendered(to_markdown(report)))

    assert shape(hostile(text)) == shape(hostile("word"))


def hostile_growth(text: str) -> Growth:
    change = (SizeChange(text, 1, 900, 0),)
    return Growth(change, change, change)


def hostile(text: str) -> Report:
    assert GOOD.slim is not None
    layers = (LayerSize("", 1, 1, text),)
    changed = replaced(
        GOOD,
        reason=text,
        healed=(text,),
        warnings=("see " + text,),
        probes=(ProbeReport(text, text, None, ProbeRun(True, 0, 1)),),
        kept=Kept(1, {text: 1}),
        slim=replace(GOOD.slim, reference=text, layers=layers),
        baseline=Baseline(text, text, "", None, None, grown=hostile_growth(text)),
        timings={text: 1.0},
    )
    failed = PlatformReport(ARM64, "failed", reason=text, warnings=(text, "of a log"))
    return of(changed, failed, name=text)


def long_report(layers: int, probes: int, platforms: int, images: int = 1) -> Report:
    assert GOOD.slim is not None
    many = tuple(LayerSize(digest("0"), 1, 1, "RUN " + "x" * 200) for _ in range(layers))
    p = replaced(
        GOOD,
        slim=replace(GOOD.slim, layers=many),
        probes=tuple(
            ProbeReport("GET /" + "y" * 150, "http", ProbeRun(True, 200, n)) for n in range(probes)
        ),
    )
    all_platforms = tuple(
        replaced(p, platform=replace(ARM64, variant=f"v{n}")) for n in range(platforms)
    )
    return Report(
        Tool("1"),
        "2026-11-23T10:20:30Z",
        tuple(of(*all_platforms, name=f"image{n}").images[0] for n in range(images)),
    )


@pytest.mark.parametrize(
    ("report", "cut"),
    [
        (long_report(50, 3, 3), ""),
        (long_report(50, 3, 12), "layers"),
        (
            long_report(50, 50, 12),
            "probes, limits, kept files, not kept, healed paths, packed files, digests, layers",
        ),
    ],
)
def test_details_are_cut_first_and_the_comment_says_so(report: Report, cut: str) -> None:
    text = to_markdown(report)
    assert len(text) <= LENGTH_MAX
    assert len(rows(report)) == len(report.images[0].platforms)
    line = f"\nCut to the length of a comment: {cut}. They are in the report.\n"
    assert ("Cut to" in text, text.endswith(line)) == (bool(cut), bool(cut))


@pytest.mark.parametrize(
    "report",
    [
        long_report(1, 1, 400),
        long_report(1, 1, 20, images=20),
        long_report(1, 1, 1, images=1000),
        of(replaced(GOOD, warnings=tuple(f"{n}: " + "|" * 2000 for n in range(500)))),
        of(*(replaced(GOOD, platform=replace(ARM64, variant=f"v{n}"), reason="`" * 9000 + str(n))
             for n in range(300))),
        of(*(PlatformReport(replace(ARM64, variant=f"v{n}"), "failed", reason=f"{n}",
                            warnings=("\x1b|`" * 999,) * 999) for n in range(300))),
    ],
)  # fmt: skip
def test_no_report_makes_a_comment_too_long(report: Report) -> None:
    text = to_markdown(report)
    assert len(text) <= LENGTH_MAX
    assert " more in the report" in text
    assert re.search(r"\n\| \S+ `linux/arm", text)


def test_texts_that_grow_when_they_are_escaped_do_not_make_it_too_long() -> None:
    text = "@" * 1000
    failing = tuple(
        PlatformReport(
            replace(ARM64, variant=f"v{n}"), "failed", reason=f"{n}{text}", no_baseline=f"{n}{text}"
        )
        for n in range(3)
    )
    images = tuple(of(*failing, name=f"{n}{text}").images[0] for n in range(6))
    shown = to_markdown(replace(of(GOOD), images=images))
    assert len(shown) <= LENGTH_MAX
    assert "\n| ❌ `linux/arm64/v0`<br>failed |" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("##[error]pwn", "# #[error]pwn"),
        ("###[group]x", "## #[group]x"),
        ("::error::pwn", ": :error::pwn"),
        ("text ::set-output name=a::b", "text : :set-output name=a::b"),
        ("x::ADD-MASK::y", "x: :ADD-MASK::y"),
        ("listens on ::1 and ::ffff:127.0.0.1", "listens on ::1 and ::ffff:127.0.0.1"),
        ("std::vector::at", "std::vector::at"),
        ("::error without an end", "::error without an end"),
    ],
)
def test_commands_to_the_runner_of_a_job_are_broken(text: str, shown: str) -> None:
    assert visible(text) == shown
