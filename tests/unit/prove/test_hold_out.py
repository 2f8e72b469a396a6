"""Tests the observation without one probe, and what is kept without it."""

from ci_slim.closure.close import KeepSet
from ci_slim.observe.observation import Exercise, How, Observation, Part
from ci_slim.prove.held_out import outcome, saved_by, without


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
