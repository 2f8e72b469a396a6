# ruff: noqa: RUF001 - the sign for times is meant as it is
"""What an update costs, and whether it fits on the disk."""

from dataclasses import replace

import pytest
from reports import AMD64, of, sizes, slimmed

from ci_slim.device.costs import money, seconds, told
from ci_slim.device.fit import Peaks, peaks
from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.report.json import from_json, to_json
from ci_slim.report.markdown import to_markdown
from ci_slim.report.platform import all_judged
from ci_slim.report.text import to_text
from ci_slim.result import Device, PlatformReport, Report, UpdateCost, Updates
from ci_slim.settings import Settings, parse

DEVICE = Device(link=1_000_000, price=2_000_000, currency="EUR", devices=500, updates="delta")
COST = UpdateCost(
    "1.9", "sha256:" + "a" * 64, 9_000_000, True, 2_400_000, "", 20_000_000, 60_000_000, 15_000_000
)
NEW = sizes("b", 30_000_000, 65_000_000)


def test_an_update_is_told_for_all_devices() -> None:
    assert told(2_400_000, DEVICE) == "500 devices: 1.2 GB, 19 s each, 2.40 EUR"
    assert told(2_400_000, Device()) == "1 device: 2.4 MB"
    assert told(2_400_000, Device(link=10**6)) == "1 device: 2.4 MB, 19 s"


@pytest.mark.parametrize(
    ("downloaded", "shown"),
    [(1, "0.1 s"), (125_000, "1 s"), (15_000_000, "2 min"), (10**9, "2.2 h"), (0, "0 s")],
)
def test_times_on_a_link_of_one_megabit(downloaded: int, shown: str) -> None:
    assert seconds(downloaded, 10**6) == shown


@pytest.mark.parametrize(
    ("downloaded", "shown"),
    [(10**9, "2.00 EUR"), (4_000_000, "0.01 EUR"), (1000, "less than 0.01 EUR"), (0, "0.00 EUR")],
)
def test_prices(downloaded: int, shown: str) -> None:
    assert money(downloaded, 2_000_000, "EUR") == shown


def test_the_peak_of_a_pull_holds_the_compressed_layers_and_the_kept_releases() -> None:
    updates = Updates((COST,), replace(DEVICE, keep=1))
    found = peaks(NEW, updates, 1_000_000)
    # Other images, what runs, one kept release like it, what is pulled, what is unpacked of it.
    pull = 1_000_000 + 60_000_000 + 15_000_000 + 9_000_000 + 20_000_000
    # Instead of what is pulled and unpacked: the saved old image, docker's copy, the delta.
    delta = pull - 9_000_000 - 20_000_000 + 2 * 60_000_000 + 2_400_000
    assert found == Peaks(pull, delta, 15_000_000)


def test_a_first_install_needs_only_itself() -> None:
    assert peaks(NEW, None, 5) == Peaks(95_000_005, None, 0)


def test_releases_that_were_not_read_are_unknown() -> None:
    assert peaks(NEW, Updates((replace(COST, old_disk=None),)), 0) is None


def platform(device: Device, cost: UpdateCost = COST) -> PlatformReport:
    fat = sizes("a", 300_000_000, 900_000_000)
    return replace(slimmed(AMD64, fat, NEW), updates=Updates((cost,), device))


def verdict(limit: int, device: Device, cost: UpdateCost = COST) -> str:
    report = of(platform(device, cost), name="app")
    judged = all_judged(report.images[0], BudgetRules(Limits(fit=limit)), report.images)
    return judged.platforms[0].verdicts[0].message


@pytest.mark.parametrize(
    ("limit", "device", "says"),
    [
        (500_000_000, replace(DEVICE, updates="pull"), "fit 104 MB is within 500 MB (20 %)"),
        (110_000_000, DEVICE, "a plain pull fits"),
        (100_000_000, replace(DEVICE, updates="pull"), "after `ci-slim-update clean` removed"),
        (80_000_000, replace(DEVICE, updates="pull"), "share more layers"),
    ],
)
def test_the_verdict_says_what_to_do(limit: int, device: Device, says: str) -> None:
    assert says in verdict(limit, device)


def test_the_verdict_is_unknown_where_the_release_was_not_read() -> None:
    said = verdict(10**9, DEVICE, replace(COST, old_disk=None))
    assert said.startswith("fit unknown: the earlier release was not read")


def test_the_other_images_of_the_device_count() -> None:
    one = platform(DEVICE)
    (layer, *_) = NEW.layers
    web = replace(NEW, layers=(replace(layer, digest="sha256:" + "9" * 64, disk_bytes=7_000_000),))
    other = replace(one, slim=web)
    images = (*of(one, name="app").images, *of(other, name="web").images)
    judged = all_judged(images[0], BudgetRules(Limits(fit=10**9)), images)
    alone = all_judged(images[0], BudgetRules(Limits(fit=10**9)), images[:1])
    apart = [each.platforms[0].verdicts[0].actual or 0 for each in (judged, alone)]
    assert apart[0] - apart[1] == 7_000_000


def test_the_report_keeps_them_and_an_old_report_is_read() -> None:
    report = of(platform(DEVICE), name="app")
    assert from_json(to_json(report)) == report
    old: Report = of(replace(platform(DEVICE), updates=None), name="app")
    assert '"updates"' not in to_json(old)
    assert from_json(to_json(old)) == old


def test_people_read_what_an_update_costs() -> None:
    report = of(platform(DEVICE), name="app")
    shown = to_markdown(report)
    row = "`1.9` | 9 MB | 2.4 MB | 3.8× | 500 devices: 1.2 GB, 19 s each, 2.40 EUR |"
    assert row in shown
    assert "Update costs" in shown
    assert "2.4 MB by delta, 9 MB to pull" in shown
    assert "500 devices: 1.2 GB, 19 s each, 2.40 EUR" in to_text(report)


def test_a_delta_that_is_missing_is_explained() -> None:
    cost = replace(COST, delta_bytes=None, no_delta="the registry has no 1.9")
    assert "No delta for amd64 from `1.9`: the registry has no 1.9" in to_markdown(
        of(platform(DEVICE, cost), name="app")
    )
    unknown = replace(platform(DEVICE), updates=Updates((), DEVICE, "no earlier release"))
    assert "amd64: no earlier release" in to_markdown(of(unknown, name="app"))
    assert "updates: amd64: no earlier release" in to_text(of(unknown, name="app"))


def read(device: str) -> Settings:
    return parse(f"version: 1\nimages: {{app: {{image: a}}}}\ndevice: {device}\n", "s.yml", {})


def test_the_settings_say_what_the_devices_are() -> None:
    settings = read(
        "{link: 1 Mbit/s, price: 2 EUR/GB, devices: 500, updates: delta, storage: 4 GB, "
        "reserved: 1.5 GB}"
    )
    assert settings.device == replace(DEVICE, storage=4 * 10**9, reserved=1_500_000_000)
    assert settings.images[0].budget.limits == Limits(fit=2_500_000_000)
    assert read("{price: 0.01 USD/MB}").device == Device(price=10_000_000, currency="USD")
    assert read("{storage: 1 GB, images: [app]}").images[0].budget.limits == Limits(fit=10**9)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("{link: fast}", "`fast` is not a rate"),
        ("{link: 0 bit/s}", "is not a rate"),
        ("{price: 2}", "`2` is not a price"),
        ("{updates: never}", "is not a value of `updates`"),
        ("{images: [web]}", "there is no image `web`"),
        ("{storage: 1 GB, reserved: 1 GB}", "all of the device's storage is reserved"),
    ],
)
def test_what_makes_no_sense_is_refused(device: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(device)
    assert says in str(caught.value)
