"""Tests the observation without one probe, and what is kept without it."""

from typing import cast
from unittest.mock import ANY

import pytest

from ci_slim.closure.close import KeepSet
from ci_slim.errors import NotVerified
from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Exercise, How, Observation, Part
from ci_slim.observe.run_spec import RunSpec
from ci_slim.platforms import parse
from ci_slim.probes import HttpProbe
from ci_slim.prove.held_out import outcome, saved_by, without
from ci_slim.prove.hold_out import hold_out
from ci_slim.settings.plans import RunPlan, SlimPlan


def part(*paths: str) -> Part:
    return Part(Observation(dict.fromkeys(paths, How.OPEN)), ())


SEEN = Exercise(
    (), parts={"": part("/start"), "GET /a": part("/start", "/a", "/lib/x"), "GET /b": part("/b")}
)


def test_paths_that_other_probes_used_stay() -> None:
    assert without(SEEN, "GET /a").observation.uses.keys() == {"/start", "/b"}
    assert without(SEEN, "GET /b").observation.uses.keys() == {"/start", "/a", "/lib/x"}


def test_paths_of_a_probe_that_a_rule_keeps_are_saved() -> None:
    keep = KeepSet({"/start": ("opened: read",), "/lib/x": ("elf: needed by /start",)})
    assert saved_by(SEEN, "GET /a", keep) == {"elf": 1}
    assert saved_by(SEEN, "GET /b", keep) == {}


def test_a_probe_without_problems_passes() -> None:
    assert outcome("GET /a", {}, (), ()).held
    failed = outcome("GET /a", {}, ("answered 500",), ("/z", "/y"))
    assert (failed.held, failed.missing) == (False, ("/y", "/z"))


def test_an_error_names_the_image_as_the_user_does(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = outcome("GET /a", {}, ("GET /a: answered 500; the fat image 200",), ("/a",))
    monkeypatch.setattr("ci_slim.prove.hold_out._without", lambda *_: failed)
    probes = (HttpProbe("GET /a"), HttpProbe("GET /b"))
    config = cast(ImageConfig, None)
    spec = RunSpec("ci-slim-pin:1", parse("amd64"), config, RunPlan(), probes, "", "shop")
    with pytest.raises(NotVerified) as it:
        hold_out(ANY, spec, ANY, SEEN, SlimPlan(hold_out="fail"), KeepSet({}))
    assert it.value.where == "shop (linux/amd64)"
