"""Platforms run side by side, but for those that need what another one makes or uses."""

from dataclasses import replace

from test_pipeline import EMULATED, NATIVE, image

from ci_slim.build.turns import turns
from ci_slim.plan import ImagePlan
from ci_slim.settings.plans import HostPlan, RunPlan, Service, SlimPlan

BASE = replace(image(NATIVE, EMULATED), name="base", tag="registry.example/base:1")


def after(other: ImagePlan) -> list[set[int]]:
    return [set(turn.after) for turn in turns([BASE, other])]


def test_platforms_are_in_order_and_wait_for_none() -> None:
    made = turns([BASE, image(NATIVE)])
    assert [(turn.image.name, turn.planned) for turn in made] == [
        ("base", NATIVE),
        ("base", EMULATED),
        ("app", NATIVE),
    ]
    assert not any(turn.after or turn.alone for turn in made)


def test_an_image_that_names_the_tag_of_an_earlier_one_waits_for_it() -> None:
    app = image(NATIVE)
    from_it = replace(app, slim=SlimPlan(dockerfile="FROM registry.example/base:1-amd64\n"))
    assert after(from_it) == [set(), set(), {0, 1}]
    assert after(replace(app, build=None, source="registry.example/base:1")) == [
        set(),
        set(),
        {0, 1},
    ]
    service = RunPlan(services=(Service("base", "registry.example/base:1"),))
    assert after(replace(app, run=service)) == [set(), set(), {0, 1}]
    assert after(replace(app, slim=SlimPlan(dockerfile="FROM other:1\n"))) == [set(), set(), set()]


def test_devices_and_observation_files_are_used_by_one_at_a_time() -> None:
    device = replace(image(NATIVE), run=RunPlan(host=HostPlan(devices=("/dev/ttyUSB0",))))
    assert turns([device])[0].alone == {"devices"}
    gpu = replace(image(NATIVE), run=RunPlan(host=HostPlan(gpus="all")))
    assert turns([gpu])[0].alone == {"devices"}
    seen = replace(image(NATIVE, EMULATED), slim=SlimPlan(observation=("seen.json",)))
    assert {turn.alone for turn in turns([seen])} == {frozenset({"the file seen.json"})}


def test_an_image_that_others_wait_for_shares_no_layers() -> None:
    app = replace(image(NATIVE), slim=SlimPlan(layers="shared"))
    base = replace(BASE, slim=SlimPlan(layers="shared"))
    from_it = replace(app, source="registry.example/base:1", build=None)
    assert [turn.shares for turn in turns([base, app])] == [True, True, True]
    assert [turn.shares for turn in turns([base, from_it])] == [False, False, True]
    assert [turn.shares for turn in turns([base, image(NATIVE)])] == [True, True, False]
