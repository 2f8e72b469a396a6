"""Servers that need a file only under some condition. Each is detected, healed or refused, and none
is verified while it answers worse than its fat image."""

import json
from collections.abc import Iterator
from pathlib import Path

import content
import pytest
from command import Done, ci_slim
from daemons import Store
from recipes import AMD64, FOLDER, NAMES

FAT = f"{NAMES}/treacherous"
UNTRACED = "it does not do so under the tracer"


@pytest.fixture(scope="module")
def fat(overlay2: Store) -> Iterator[str]:
    overlay2.docker("buildx", "build", "--load", "-t", FAT, str(FOLDER / "treacherous"))
    yield FAT
    overlay2.docker("rmi", "--force", FAT, check=False)


def slim(store: Store, image: str, mode: str, folder: Path, *flags: str) -> Done:
    arguments = ["slim", f"--env=MODE={mode}", "--http-probe=GET /", *flags, image]
    return ci_slim(store, arguments, folder)


@pytest.mark.parametrize("mode", ["second", "order", "exists", "stop"])
def test_files_used_after_the_first_request_are_kept(
    mode: str, fat: str, overlay2: Store, tmp_path: Path
) -> None:
    """Only from the second request on, only after another request, only after a check whether it
    exists, and only at the stop."""
    slim_tag = f"{NAMES}/treacherous-slim:{mode}"
    flags = ("--http-probe=GET /b", f"--tag={slim_tag}")
    try:
        done = slim(overlay2, fat, mode, tmp_path, *flags)
        assert done.code == 0, done.stderr
        kept = content.members(overlay2, slim_tag, AMD64)
        assert f"var/lib/of-treacherous/{mode}" in kept
        assert done.platforms[0]["rounds"] == 1, "the observation showed it, not a replay"
    finally:
        overlay2.docker("rmi", "--force", slim_tag, check=False)


@pytest.mark.parametrize(
    ("mode", "step"),
    [
        ("timer", {"idle": "5s"}),
        ("hup", {"signal": "HUP"}),
        ("restart", {"restart": True}),
        ("many", {"concurrent": "GET /"}),
    ],
)
def test_steps_show_files_that_requests_do_not(
    mode: str, step: dict[str, object], fat: str, overlay2: Store, tmp_path: Path
) -> None:
    """What a timer reads, and what the application reads after a signal, at its second start, and
    under load."""
    slim_tag = f"{NAMES}/treacherous-slim:{mode}"
    steps = json.dumps([{"http": "/"}, step, {"http": "/b"}])
    arguments = ["slim", f"--env=MODE={mode}", f"--probes={steps}", f"--tag={slim_tag}", fat]
    try:
        done = ci_slim(overlay2, arguments, tmp_path)
        assert done.code == 0, done.stderr
        kept = content.members(overlay2, slim_tag, AMD64)
        assert f"var/lib/of-treacherous/{mode}" in kept
        assert [each["slim"]["ok"] for each in done.platforms[0]["probes"]] == [True] * 3
    finally:
        overlay2.docker("rmi", "--force", slim_tag, check=False)


def test_held_out_probes_show_what_rules_keep_and_what_is_missing(
    fat: str, overlay2: Store, tmp_path: Path
) -> None:
    commands = ("cat /etc/debian_version", "cat /etc/issue", "nl /etc/fstab")
    arguments = ["slim", "--ready=none", "--entrypoint=sleep", "--command=600"]
    arguments += [f"--exec-probe={command}" for command in commands]
    done = ci_slim(overlay2, [*arguments, "--hold-out", fat], tmp_path)
    assert done.code == 0, done.stderr
    saved, lost, other = done.platforms[0]["held_out"]
    assert saved["held"] and sum(saved["saved_by"].values()) == 1, "os-release's rule keeps it"
    assert (lost["held"], lost["missing"]) == (False, ["/etc/issue"])
    assert "exited 127" in other["problems"][0], "no other probe used nl"
    settings = tmp_path / "fail.yml"
    run = {"entrypoint": "sleep", "command": "600", "ready": "none"}
    probes = [{"exec": command} for command in commands]
    image = {"image": fat, "run": run, "probes": probes, "slim": {"hold_out": "fail"}}
    settings.write_text(json.dumps({"version": 1, "images": {"app": image}}))
    failing = ci_slim(overlay2, ["run", f"--config={settings}"], tmp_path / "fail")
    assert failing.code == 6
    assert "2 of 3 held-out probes failed" in failing.stderr


def test_held_out_requests_to_one_server_are_told_apart(
    fat: str, overlay2: Store, tmp_path: Path
) -> None:
    """What each request used is a part of the one trace of the server."""
    arguments = ["slim", "--env=MODE=paths", "--safety=tight", "--hold-out", fat]
    probes = [f"--http-probe=GET /{name}" for name in ("second", "exists", "second")]
    done = ci_slim(overlay2, [*arguments, *probes], tmp_path)
    assert done.code == 0, done.stderr
    again, lost, _ = done.platforms[0]["held_out"]
    assert again["held"], "another probe sends the same"
    assert (lost["held"], lost["missing"]) == (False, ["/var/lib/of-treacherous/exists"])


def test_observations_of_two_runs_add_up(fat: str, overlay2: Store, tmp_path: Path) -> None:
    """Two ways to run one image, observed in two jobs."""
    seen, slim_tag = tmp_path / "seen.json", f"{NAMES}/treacherous-slim:both"
    common = ["slim", f"--observation={seen}", "--http-probe=GET /"]
    one = ci_slim(overlay2, [*common, "--env=MODE=second", fat], tmp_path)
    assert one.code == 0, one.stderr
    try:
        two = ci_slim(overlay2, [*common, "--env=MODE=exists", f"--tag={slim_tag}", fat], tmp_path)
        assert two.code == 0, two.stderr
        kept = content.members(overlay2, slim_tag, AMD64)
        assert {f"var/lib/of-treacherous/{mode}" for mode in ("second", "exists")} <= kept.keys()
        other = ["slim", f"--observation={seen}", "debian:trixie-slim", "--exec-probe=true"]
        refused = ci_slim(overlay2, [*other, "--command=sleep 60", "--ready=none"], tmp_path)
        assert refused.code == 2
        assert "belongs to another image" in refused.stderr
    finally:
        overlay2.docker("rmi", "--force", slim_tag, check=False)


@pytest.mark.parametrize("mode", ["plain", "unlike", "clock"])
def test_a_varying_but_correct_image_is_verified(
    mode: str, fat: str, overlay2: Store, tmp_path: Path
) -> None:
    """Its answers contain the time, count, or check for a tracer, and differ in every run."""
    done = slim(overlay2, fat, mode, tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert (platform["verified"], platform["warnings"]) == (True, [])


def test_a_file_that_is_used_only_without_a_tracer_is_reported(
    fat: str, overlay2: Store, tmp_path: Path
) -> None:
    done = slim(overlay2, fat, "tracer", tmp_path)
    assert done.code == 6, done.stderr
    assert "GET /: answered 500; the fat image 200" in done.stderr
    assert UNTRACED in done.stderr
    kept = slim(overlay2, fat, "tracer", tmp_path, "--keep=/var/lib/of-treacherous/tracer")
    assert kept.code == 0, kept.stderr


def test_varying_answers_of_the_fat_image_are_flaky(
    fat: str, overlay2: Store, tmp_path: Path
) -> None:
    done = slim(overlay2, fat, "flaky", tmp_path)
    assert done.code == 0, done.stderr
    assert done.platforms[0]["warnings"] == [
        "GET /: flaky: the fat image gave 200 (3 of 6), 500 (3 of 6); "
        "the slim image 500 (6 of 9), 200 (3 of 9)"
    ]
