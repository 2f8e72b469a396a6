# ruff: noqa: RUF001 - the signs for minus, times and nothing are meant as they are
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import ARM64, digest, of, replaced, sample, sizes

from ci_slim.image.inventory import Growth, SizeChange
from ci_slim.report.text import WIDTH, to_text
from ci_slim.result import Artifacts, Baseline, PlatformReport, Seconds
from ci_slim.units import (
    change,
    count,
    duration,
    factor,
    of_limit,
    share,
    signed,
    size,
    size_beside,
)

GOOD = sample().images[0].platforms[0]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1049, "1.05 kB"),
        (1050, "1.05 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.00 MB"),
        (12_000_000, "12 MB"),
        (12_345_678, "12.3 MB"),
        (999_999_999, "1.00 GB"),
        (1_040_000_000, "1.04 GB"),
        (3_500_000_000_000, "3.5 TB"),
        (2_449_999, "2.45 MB"),
        (9_995_000, "10.0 MB"),
        (10**16, "10000 TB"),
        (-340_500, "−340.5 kB"),
    ],
)
def test_sizes_are_decimal(number: int, shown: str) -> None:
    assert size(number) == shown


@given(st.integers(0, 10**15))
def test_a_shown_size_is_within_half_a_step_of_the_size(number: int) -> None:
    value, unit = size(number).split(" ")
    scale = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    step = scale / (100 if unit in {"GB", "TB"} or float(value) < 10 else 10)
    assert abs(float(value) * scale - number) <= step / 2 + 1
    assert float(value) < 1000 or unit == "TB"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (factor(452, 10), "45.2×"),
        (factor(3, 4), "0.8×"),
        (factor(3, 0), "–"),
        (change(1000, 22), "−97.8 %"),
        (change(10_000_000, 1), "−99.99 %"),
        (change(1000, 0), "−100.0 %"),
        (change(100, 104), "+4.0 %"),
        (change(10_000, 10_001), "+<0.1 %"),
        (change(5, 5), "±0 %"),
        (change(0, 5), "–"),
        (share(999, 1000), "99 %"),
        (share(1000, 1000), "100 %"),
        (share(1001, 1000), "101 %"),
        (share(1, 0), "–"),
        (size_beside(2_400_001, 2_400_000), "2.400001 MB"),
        (size_beside(2_449_000, 2_400_000), "2.45 MB"),
        (of_limit(2_449_000, 4_000_000), "2.45 / 4 MB, 61 %"),
        (of_limit(450_000, 4_000_000, "≈"), "≈450 kB / 4 MB, 11 %"),
        (of_limit(2_400_000, 2_400_000), "2.4 / 2.4 MB, 100 %"),
        (of_limit(2_400_100, 2_400_000), "2.4001 / 2.4 MB, 101 %"),
        (signed(0), "±0 B"),
        (signed(1_200_000), "+1.2 MB"),
        (signed(-5000), "−5 kB"),
        (duration(0.84), "840 ms"),
        (duration(0.9999), "1.0 s"),
        (duration(59.96), "1 min 00 s"),
        (duration(245.2), "4 min 05 s"),
        (count(1, "file"), "1 file"),
        (count(2, "entry", "entries"), "2 entries"),
    ],
)
def test_numbers_as_people_read_them(shown: str, expected: str) -> None:
    assert shown == expected


def test_terminal_text_of_three_platforms() -> None:
    assert to_text(sample()) == (
        "ci-slim: over budget on arm64, skipped on amd64; pull 2.8 MB to 3.1 MB\n"
        "\n"
        "listener\n"
        "\n"
        "platform      pull               disk               verdict\n"
        "------------  -----------------  -----------------  -------------\n"
        "linux/arm/v6  2.8 / 12 MB, 23 %  6.7 / 30 MB, 22 %  within budget\n"
        "linux/arm64   3.1 / 3 MB, 104 %  6.9 / 30 MB, 23 %  over budget\n"
        "linux/amd64   –                  –                  skipped\n"
        "\n"
        "Slimming makes it 108.1× to 110.1× smaller to pull, verified with 2 probes.\n"
        "\n"
        "error: linux/arm64: pull 3.1 MB is over 3 MB by 100 kB (+3.3 %)\n"
        "unknown: linux/amd64: skipped: no handler is registered "
        "(budget unknown: pull, disk, layers)\n"
        "warning: linux/arm64: healed 2 paths that the observation had missed: "
        "/etc/ssl/certs/ca.pem,\n"
        "  /lib/libz.so.1\n"
        "\n"
        "time: linux/arm/v6: build 41.2 s, observe 6.0 s, closure 120 ms, write 900 ms, "
        "replay 4.5 s; of that\n"
        "  start 1.5 s, probes 400 ms\n"
        "time: linux/arm64: build 41.2 s, observe 6.0 s, closure 120 ms, write 900 ms, "
        "replay 4.5 s; of that\n"
        "  start 1.5 s, probes 400 ms\n"
    )


def test_baselines_on_a_terminal() -> None:
    grown = Growth(files=(SizeChange("/app\x1b[2J", 1000, 101_000), SizeChange("/lib/a", 7, None)))
    baseline = Baseline("file base.json", "app:1", digest("e"), 2_700_000, 6_000_000, grown=grown)
    compared = replaced(
        GOOD, baseline=baseline, update_bytes=150_000, seconds=Seconds(), timings={}
    )
    lost = PlatformReport(ARM64, "failed", reason="x", no_baseline="file: it has no linux/arm64")
    assert to_text(of(compared, lost)) == (
        "ci-slim: failed on arm64; pull +100 kB (+3.7 %) on arm/v6, 2.8 MB in total\n"
        "\n"
        "listener\n"
        "\n"
        "platform      pull               disk               update    verdict\n"
        "------------  -----------------  -----------------  --------  -------------\n"
        "linux/arm/v6  2.8 / 12 MB, 23 %  6.7 / 30 MB, 22 %  150 kB    within budget\n"
        "              +100 kB (+3.7 %)   +700 kB (+11.7 %)\n"
        "linux/arm64   –                  –                  –         failed\n"
        "\n"
        "Slimming makes it 108.1× smaller to pull, verified with 2 probes.\n"
        "\n"
        "  change  what grew    on\n"
        "--------  -----------  ------\n"
        " +100 kB  /app         arm/v6\n"
        "    −7 B  /lib/a       arm/v6\n"
        "\n"
        "error: linux/arm64: failed: x\n"
        "\n"
        "baseline: file base.json: app:1, linux/arm/v6\n"
        "  sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\n"
        "linux/arm64: No baseline: file: it has no linux/arm64.\n"
    )


def test_the_widest_table_stays_within_the_width() -> None:
    baseline = Baseline("file", "", "", 123_400_000, None)
    wide = replaced(
        GOOD,
        fat=replace(sizes("a", 312_400_000, 912_300_000, exact=False), disk_exact=False),
        slim=replace(sizes("b", 223_400_000, 812_300_000, exact=False), disk_exact=False),
        baseline=baseline,
        update_bytes=123_400_000,
        verdicts=(),
    )
    wider = replaced(wide, platform=replace(ARM64, architecture="x" * 30))
    wanted = "≈223.4 MB ≈812.3 MB ≈123.4 MB no budget"
    for p, first in ((wide, "linux/arm/v6"), (wider, "linux/xxxxxxxxxxxxx…")):
        lines = to_text(of(p)).split("\n")
        assert max(map(len, lines)) <= WIDTH
        row = next(line for line in lines if line.startswith(first))
        cells = " ".join(row.split()[1:])
        assert cells == wanted


@given(st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=200))
def test_foreign_text_cannot_drive_the_terminal(text: str) -> None:
    failed = PlatformReport(ARM64, "failed", reason=text, warnings=(text,))
    changed = replaced(
        GOOD, healed=(text,), explained=(text,), warnings=(text, "\x1b]0;title\x07\x9b2J" + text)
    )
    shown = to_text(of(changed, failed, name=text))
    assert all(line.isprintable() for line in shown.split("\n"))
    shown.encode()


def test_profiles_are_told_with_how_far_they_are_proved_and_how_they_are_used() -> None:
    written = Artifacts("app/x", "app/linux-arm-v6.seccomp.json", "app/linux-arm-v6.apparmor")
    emulated = replace(GOOD, emulated=True, artifacts=written)
    text = " ".join(to_text(of(emulated)).split())
    assert (
        f"seccomp profile: {GOOD.platform}: app/linux-arm-v6.seccomp.json in the output folder, "
        "proved together with QEMU's own calls; docker run --security-opt seccomp=FILE "
        f"AppArmor profile: {GOOD.platform}: app/linux-arm-v6.apparmor in the output folder, "
        "not proved; apparmor_parser --replace FILE; docker run "
        "--security-opt apparmor=app-linux-arm-v6 "
    ) in text
    native = replace(GOOD, emulated=False, artifacts=written)
    assert "folder, proved;" in " ".join(to_text(of(native)).split())
    assert "profile" not in to_text(of(replace(GOOD, artifacts=Artifacts("app/x"))))
