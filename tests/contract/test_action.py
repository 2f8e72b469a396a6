"""action.yml against the code, and the action's inputs against the commands."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ci_slim.action.inputs import APART, INPUTS, OUTPUTS, arguments, option_named, read
from ci_slim.errors import UsageError
from ci_slim.options import of_command
from ci_slim.settings import parse

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = ROOT / ".github/ISSUE_TEMPLATE"
BIN = Path(sys.executable).parent


def declared() -> Any:
    return YAML(typ="safe").load((ROOT / "action.yml").read_text())


def code() -> str:
    names = ("step.py", "job.py", "runner.py", "inputs.py")
    return "\n".join((ROOT / "ci_slim/action" / name).read_text() for name in names)


def test_action_yml_declares_the_inputs_of_the_code() -> None:
    wanted = {
        each.name: {"description": each.description, "required": False, "default": each.default}
        for each in INPUTS
    }
    assert list(declared()["inputs"]) == list(wanted)
    assert declared()["inputs"] == wanted


def test_action_yml_declares_the_outputs_of_the_code() -> None:
    assert declared()["outputs"] == {name: {"description": text} for name, text in OUTPUTS.items()}
    written = set(re.findall(r'\.output\(\s*"(\w+)"', code()))
    assert written == set(OUTPUTS)


def test_every_flag_is_an_input_or_left_out_for_a_reason() -> None:
    options = {each.option for each in INPUTS} | {"platform", *APART}
    flags = {option.name for command in ("run", "build") for option in of_command(command)}
    assert flags - options == set()
    assert options - flags - {""} == set()


def test_every_other_input_is_read_by_the_code() -> None:
    text = code()
    for each in INPUTS:
        if not each.option:
            uses = rf'(\[|switch\(|lines\()\s*"{each.name}"'
            assert re.search(uses, text), f"nothing reads the input {each.name}"


def test_defaults_are_those_of_the_settings() -> None:
    for each in INPUTS:
        if each.option and each.default and each.name not in ("emulators", "output"):
            assert each.default == option_named(each.option).default, each.name


def test_action_yml_is_what_github_and_its_marketplace_take() -> None:
    action = declared()
    assert len(action["description"]) <= 125
    assert action["branding"] == {"icon": "minimize-2", "color": "green"}
    assert action["runs"]["using"] == "docker"
    names = ["action.yml"]
    checked("check-jsonschema", "--builtin-schema", "vendor.github-actions", *names)


def test_workflows_are_what_github_takes() -> None:
    names = [str(path.relative_to(ROOT)) for path in WORKFLOWS]
    assert {path.name for path in WORKFLOWS} >= {
        "test.yml", "dogfood.yml", "release.yml", "comment.yml",
    }  # fmt: skip
    checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *names)


def test_issue_forms_are_what_github_takes() -> None:
    forms = sorted(FORMS.glob("*.yml"))
    config = FORMS / "config.yml"
    kinds = {"vendor.github-issue-config": [config]}
    kinds["vendor.github-issue-forms"] = [form for form in forms if form != config]
    for schema, files in kinds.items():
        names = [str(path.relative_to(ROOT)) for path in files]
        assert names
        checked("check-jsonschema", "--builtin-schema", schema, *names)


EXAMPLES = [
    textwrap.dedent(text)
    for page in ("docs/github.md", "README.md")
    for text in re.findall(r"(?ms)^```yaml\n(.*?)^```", (ROOT / page).read_text())
    if "ci-slim/ci-slim@v1" in text
]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_a_sound_workflow_with_known_inputs_and_outputs(
    example: str, tmp_path: Path
) -> None:
    loaded = YAML(typ="safe").load(example)
    if isinstance(loaded, list):
        job = {"runs-on": "ubuntu-24.04", "steps": loaded}
        loaded = {"on": "pull_request", "jobs": {"image": job}}
    path = tmp_path / "example.yml"
    path.write_text(json.dumps(loaded))
    checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))
    steps = [step for job in loaded["jobs"].values() for step in job["steps"]]
    (own,) = [step for step in steps if step.get("uses") == "ci-slim/ci-slim@v1"]
    given = {f"INPUT_{name.upper()}": value for name, value in own.get("with", {}).items()}
    assert set(own.get("with", {})) <= {each.name for each in INPUTS}
    assert set(re.findall(r"outputs\.(\w+)", example)) <= set(OUTPUTS)
    assert arguments(read(given))
    if budget := own.get("with", {}).get("budget"):
        parse("{version: 1, images: {a: {build: {}}}}", "s.yml", {}, {"budget": budget})


def test_workflows_and_action_have_no_known_weakness() -> None:
    places = (".github/workflows", "action.yml")
    checked("zizmor", "--offline", "--no-progress", "--persona=pedantic", *places)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_what_it_uses_and_asks_for_little(path: Path) -> None:
    workflow = YAML(typ="safe").load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        for step in job["steps"]:
            uses = step.get("uses", "./")
            assert uses.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses), uses


def checked(*command: str) -> None:
    program = str(BIN / command[0])
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- from inputs to the command --------------------------------------------------------------


def argv(**given: str) -> list[str]:
    environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    return arguments(read(environment))[2:]


DEFAULTS = ["--output=ci-slim", "--fail-on=budget"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, []),
        ({"platforms": "linux/arm/v6, linux/arm64\nlinux/amd64"},
         ["--platform=linux/arm/v6", "--platform=linux/arm64", "--platform=linux/amd64"]),
        ({"platforms": "linux/arm64  linux/amd64 ,"},
         ["--platform=linux/arm64", "--platform=linux/amd64"]),
        ({"probes": "POST /path\nGET /"}, ["--http-probe=POST /path", "--http-probe=GET /"]),
        ({"probes": "- exec: ls"}, ["--probes=- exec: ls"]),
        ({"budget": "pull: 12 MB\ndisk: 30 MB"}, ["--budget=pull: 12 MB\ndisk: 30 MB"]),
        ({"images": "a, b"}, ["--image=a", "--image=b"]),
        ({"env": "A=b c\n\nB=--x\n"}, ["--env=A=b c", "--env=B=--x"]),
        ({"packages": "False"}, ["--no-packages"]),
        ({"packages": "true"}, ["--packages"]),
        ({"profiles": "true"}, ["--profiles"]),
        ({"emulators": "none"}, []),
        ({"emulators": " None\n"}, []),
        ({"emulators": "my/binfmt@sha256:1"}, ["--emulators=my/binfmt@sha256:1"]),
        ({"keep": "/a/**\n/b"}, ["--keep=/a/**", "--keep=/b"]),
        ({"baseline": "none"}, ["--baseline=none"]),
        ({"tag": "--load"}, ["--tag=--load"]),
    ],
)  # fmt: skip
def test_inputs_become_flags(given: dict[str, str], wanted: list[str]) -> None:
    assert sorted(argv(**given)) == sorted(wanted + DEFAULTS)


def test_without_slimming_only_what_builds_and_judges_is_passed() -> None:
    given = {"SLIM": "false", "PROBES": "GET /", "TAG": "a", "CONFIG": "S"}
    made = arguments(read({f"INPUT_{name}": value for name, value in given.items()}))
    assert made == ["build", "--config=S", "--tag=a", "--output=ci-slim", "--fail-on=budget"]


def test_a_switch_that_is_neither_is_refused() -> None:
    with pytest.raises(UsageError, match="the input `slim`: `yes` is neither true nor false"):
        argv(slim="yes")


@pytest.mark.parametrize("name", ["slim", "push", "comment"])
def test_every_switch_is_checked_before_the_work(name: str) -> None:
    read({f"INPUT_{name.upper()}": " TRUE"}).check()
    with pytest.raises(UsageError, match=f"the input `{name}`: `on` is neither true nor false"):
        read({f"INPUT_{name.upper()}": "on"}).check()


def test_secrets_do_not_show_in_a_repr() -> None:
    given = read({"INPUT_TOKEN": "ghs_1", "INPUT_PASSWORD": "p4ss"})
    assert "ghs_1" not in repr(given)
    assert "p4ss" not in repr(given)
