"""What can go from a device, and the units that keep it up to date."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from ci_slim import __version__
from ci_slim.cli import cli
from ci_slim.device.ci_slim_update import Stored, freed, layer_sizes, plan_text, removable
from ci_slim.device.units import files
from ci_slim.errors import UsageError


def image(name: str, *layers: tuple[str, int]) -> Stored:
    sizes = [size for _, size in layers]
    names = (name,) if ":" in name else ()
    digests = [digest for digest, _ in layers]
    return Stored(f"sha256:{name:0<64}", names, layer_sizes(digests, sizes, sum(sizes)))


BASE = ("base", 50)
RUNS, BACK, OLD, OLDER, OTHER = (
    image("app:3", BASE, ("three", 5)),
    image("ci-slim-rollback/app:stable", BASE, ("two", 4)),
    image("app:1", BASE, ("one", 3), ("more", 7)),
    image("dangling", BASE, ("one", 3)),
    image("tool:1", ("alone", 90)),
)
STORED = (RUNS, BACK, OLD, OLDER, OTHER)


def test_what_runs_the_rollback_and_what_is_kept_stay() -> None:
    assert removable(STORED, {RUNS.id}, []) == [OLD, OLDER, OTHER]
    assert removable(STORED, {RUNS.id, OLD.id}, ["tool:*"]) == [OLDER]
    podman = image("localhost/ci-slim-rollback/app:stable", BASE)
    assert removable([podman], set(), []) == []


def test_shared_layers_count_once_and_only_where_nothing_that_stays_has_them() -> None:
    gone = removable(STORED, {RUNS.id}, ["tool:*"])
    assert [freed(STORED, [each]) for each in gone] == [7, 0]
    assert freed(STORED, gone) == 10
    assert freed(STORED, STORED) == 50 + 5 + 4 + 3 + 7 + 90


def test_the_plan_says_what_goes_and_how_much() -> None:
    big = image("app:9", ("x", 2_500_000))
    shown = plan_text([big], [big])
    assert shown == f"app:9  {big.id[7:19]}  frees 2.5 MB alone\ntogether 2.5 MB"
    assert plan_text([big], []).startswith("nothing can go")


def test_a_layer_of_the_same_content_above_another_base_is_another_one() -> None:
    one, two = image("a:1", ("x", 1), ("y", 2)), image("b:1", ("z", 4), ("y", 2))
    assert freed([one, two], [one]) == 3


@pytest.mark.parametrize(
    ("sizes", "total", "wanted"),
    [
        ([0, 50, 0, 5, 0], 55, [50, 5]),
        ([50], 50, [50, 0]),  # one layer is empty, and nobody says which
        ([1, 2, 3], 6, [6, 0]),  # more steps with bytes than layers
        ([], 7, [7, 0]),
    ],
)
def test_the_history_tells_the_bytes_of_each_layer(
    sizes: list[int], total: int, wanted: list[int]
) -> None:
    assert [size for _, size in layer_sizes(["a", "b"], sizes, total)] == wanted


def test_the_units_pass_commands_on_as_they_are() -> None:
    probe = "test \"$(cat '/srv/a b')\" = 50%"
    made = files("r.example/app:stable", ["docker compose up -d"], probe, 3600.0)
    service = made["ci-slim-update.service"]
    assert '--restart "docker compose up -d"' in service
    wanted = r"test \"$$(cat '/srv/a b')\" = 50%%"
    assert f'--probe "{wanted}"' in service
    assert "OnUnitInactiveSec=3600s" in made["ci-slim-update.timer"]
    assert "compose.update.yml" not in made  # a container runs no commands of the device


def test_the_compose_file_has_the_image_of_this_version_and_passes_words_on_as_they_are() -> None:
    probe = "http://127.0.0.1:5000/?a=$b&c='d e'"
    made = files("r.example/app:stable", [], probe, 3600.0, None, "docker", ["app", "side"])
    (service,) = YAML(typ="safe").load(made["compose.update.yml"])["services"].values()
    assert service["image"] == f"ghcr.io/ci-slim/ci-slim-update:{__version__}"
    assert service["network_mode"] == "host"
    assert service["volumes"][0] == "/var/run/docker.sock:/var/run/docker.sock"
    loop = service["entrypoint"][2].replace("$$", "$")
    words = loop.partition("stable ")[2].split("; /usr")[0]
    shown = subprocess.run(
        ["sh", "-c", f"printf '%s|' {words}"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"--recreate|app|--recreate|side|--probe|{probe}|"
    assert "--recreate app --recreate side" in made["ci-slim-update.service"]


def test_the_files_are_written_where_that_is_asked_for(tmp_path: Path) -> None:
    from ci_slim.cli import carry_out
    from ci_slim.commands.edge import Edge

    arguments = ["device", "units", "r.example/app:stable", "--output", str(tmp_path / "units")]
    assert carry_out(arguments, Edge.of({})) == 0
    names = sorted(path.name for path in (tmp_path / "units").iterdir())
    assert names == ["ci-slim-update.service", "ci-slim-update.timer", "compose.update.yml"]


def test_where_a_command_of_the_device_is_called_it_says_what_a_container_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ci_slim.cli import carry_out
    from ci_slim.commands.edge import Edge

    arguments = ["device", "units", "app:1", "--output", str(tmp_path), "--restart", "true"]
    assert carry_out(arguments, Edge.of({})) == 0
    assert not (tmp_path / "compose.update.yml").exists()
    assert "with --recreate NAME instead of --restart" in capsys.readouterr().err


def test_units_for_podman_make_no_containers_anew() -> None:
    from ci_slim.cli import carry_out
    from ci_slim.commands.edge import Edge

    arguments = ["device", "units", "app:1", "--engine", "podman", "--recreate", "app"]
    with pytest.raises(UsageError) as raised:
        carry_out(arguments, Edge.of({}))
    assert "use --restart" in str(raised.value.hint)


@pytest.mark.parametrize("command", ["plan", "units"])
def test_each_command_has_a_help(command: str) -> None:
    done = CliRunner().invoke(cli, ["device", command, "--help"])
    assert done.exit_code == 0
    assert "device" in done.output


def test_with_a_key_the_units_check_the_signature_of_each_update() -> None:
    made = files("registry.example/app:stable", [], None, 3600, "/etc/ci-slim/cosign.pub")
    assert "stable --key /etc/ci-slim/cosign.pub\n" in made["ci-slim-update.service"]
    compose = made["compose.update.yml"]
    assert "--key /etc/ci-slim/cosign.pub;" in compose
    assert '- "/etc/ci-slim/cosign.pub:/etc/ci-slim/cosign.pub:ro"\n' in compose


def test_the_units_of_a_device_with_podman_say_so() -> None:
    made = files("registry.example/app:stable", [], None, 3600, None, "podman")
    assert sorted(made) == ["ci-slim-update.service", "ci-slim-update.timer"]
    service = made["ci-slim-update.service"]
    assert "app:stable --engine podman\n" in service
    assert "clean --remove --engine podman\n" in service
    assert "docker" not in service
