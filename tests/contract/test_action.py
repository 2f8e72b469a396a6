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

from ci_slim.action.inputs import APART, INPUTS, OUTPUTS, read
from ci_slim.action.step_request import StepRequest, request
from ci_slim.errors import UsageError
from ci_slim.options import RUN, of_command, option_of
from ci_slim.requests import BuildRequest, RunRequest
from ci_slim.settings import parse

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = ROOT / ".github/ISSUE_TEMPLATE"
BIN = Path(sys.executable).parent


def declared() -> Any:
    return YAML(typ="safe").load((ROOT / "action.yml").read_text())


def code() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "ci_slim/action").glob("*.py")))


def test_action_yml_declares_the_inputs_of_the_code() -> None:
    wanted = {}
    for each in INPUTS:
        declaration = {"description": each.description, "required": False, "default": each.default}
        wanted[each.name] = declaration
        for name in each.also:
            wanted[name] = {**declaration, "description": f"Same as `{each.name}`.", "default": ""}
    assert list(declared()["inputs"]) == list(wanted)
    assert declared()["inputs"] == wanted


def test_action_yml_declares_the_outputs_of_the_code() -> None:
    assert declared()["outputs"] == {name: {"description": text} for name, text in OUTPUTS.items()}
    written = set(re.findall(r'\.output\(\s*"(\w+)"', code()))
    assert written == set(OUTPUTS)


def test_every_flag_is_an_input_or_left_out_for_a_reason() -> None:
    options = {each.option for each in INPUTS} | {*APART}
    flags = {option.name for command in ("run", "build") for option in of_command(command)}
    assert flags - options == set()
    assert options - flags - {""} == set()


def test_every_other_input_is_read_by_the_code() -> None:
    text = code()
    for each in INPUTS:
        if not each.option:
            uses = rf'(text|switch|lines)\(\s*"{each.name}"'
            assert re.search(uses, text), f"nothing reads the input {each.name}"


def test_defaults_are_those_of_the_settings() -> None:
    for each in INPUTS:
        if each.option and each.default and each.name not in ("emulators", "output"):
            default = option_of(RUN, each.option).default
            default = ",".join(default) if isinstance(default, tuple) else default
            assert each.default == default, each.name


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


PAGES = (
    "docs/github.md", "docs/gate.md", "README.md", "docs/supply-chain.md",
    "docs/from-build-push-action.md", "docs/cache.md", "docs/forks.md", "docs/login-and-push.md",
    "docs/matrix-and-native-runners.md", "docs/self-hosted.md",
)  # fmt: skip
EXAMPLES = [
    textwrap.dedent(text)
    for page in PAGES
    for text in re.findall(r"(?ms)^```yaml\n(.*?)^```", (ROOT / page).read_text())
    if "ci-slim/ci-slim@v1" in text
]


def workflow_of(example: str) -> Any:
    """The example as a whole workflow; some show only the steps."""
    loaded = YAML(typ="safe").load(example)
    if isinstance(loaded, list):
        job = {"runs-on": "ubuntu-24.04", "steps": loaded}
        loaded = {"on": "pull_request", "jobs": {"image": job}}
    return loaded


def test_the_examples_are_sound_workflows(tmp_path: Path) -> None:
    paths = [tmp_path / f"example{number}.yml" for number in range(len(EXAMPLES))]
    for path, example in zip(paths, EXAMPLES, strict=True):
        path.write_text(json.dumps(workflow_of(example)))
    checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, paths))


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_has_known_inputs_and_outputs(example: str) -> None:
    steps = [step for job in workflow_of(example)["jobs"].values() for step in job["steps"]]
    (own,) = [step for step in steps if step.get("uses") == "ci-slim/ci-slim@v1"]
    filler = {each.name: "true" for each in INPUTS if each.default in ("true", "false")}
    filler |= {"labels": "a=b", "annotations": "a=b"}
    given = {
        f"INPUT_{name.upper()}": re.sub(r"\$\{\{.*?\}\}", filler.get(name, "x"), value)
        for name, value in own.get("with", {}).items()
    }
    assert set(own.get("with", {})) <= {name for i in INPUTS for name in (i.name, *i.also)}
    own_outputs = re.findall(rf"steps\.{own.get('id', 'slim')}\.outputs\.(\w+)", example)
    assert set(own_outputs) <= set(OUTPUTS)
    asked = request(read(given), "out").run.asked
    assert parse("{version: 1, images: {a: {build: {}}}}", "s.yml", {}, asked)


ONLY_FROM_V4 = {"pattern", "merge-multiple", "run-id", "github-token", "overwrite",
                "compression-level"}  # fmt: skip
"""Inputs of the artifact actions that version 3 does not know."""


def test_the_snippets_for_enterprise_server_use_what_it_has() -> None:
    """https://github.com/actions/upload-artifact#v4---whats-new: not on GitHub Enterprise Server"""
    page = (ROOT / "docs/self-hosted.md").read_text()
    before, _, section = page.partition("## GitHub Enterprise Server")
    snippets = re.findall(r"(?ms)^```yaml\n(.*?)^```", section)
    steps = [step for text in snippets for step in YAML(typ="safe").load(textwrap.dedent(text))]
    kept = [step for step in steps if "-artifact@" in step.get("uses", "")]
    assert {step["uses"] for step in kept} == {
        "actions/upload-artifact@v3", "actions/download-artifact@v3",
    }  # fmt: skip
    assert not any(ONLY_FROM_V4 & step["with"].keys() for step in kept)
    assert "-artifact@v3" not in before


def test_workflows_and_action_have_no_known_weakness() -> None:
    places = (".github/workflows", "action.yml")
    checked("zizmor", "--offline", "--no-progress", "--persona=pedantic", *places)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_what_it_uses_and_asks_for_little(path: Path) -> None:
    workflow = YAML(typ="safe").load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        for step in job["steps"]:
            uses = step.get("uses", "./")
            own = uses.startswith("./") or uses == "ci-slim/ci-slim@v1"
            assert own or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses), uses


def checked(*command: str) -> None:
    program = str(BIN / command[0])
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- from inputs to the request --------------------------------------------------------------


def asked(**given: str) -> StepRequest:
    environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    return request(read(environment), "/work/ci-slim")


@pytest.mark.parametrize(
    ("given", "option", "wanted"),
    [
        ({"platforms": "linux/arm/v6, linux/arm64\nlinux/amd64"}, "platform",
         ("linux/arm/v6", "linux/arm64", "linux/amd64")),
        ({"platforms": "linux/arm64  linux/amd64 ,"}, "platform", ("linux/arm64", "linux/amd64")),
        ({"probes": "POST /path\nGET /"}, "http_probe", ("POST /path", "GET /")),
        ({"probes": "- exec: ls"}, "probes", ("- exec: ls",)),
        ({"budget": "pull: 12 MB\ndisk: 30 MB"}, "budget", ("pull: 12 MB\ndisk: 30 MB",)),
        ({"images": "a, b"}, "images", ("a", "b")),
        ({"env": "A=b c\n\nB=--x\n"}, "env", ("A=b c", "B=--x")),
        ({"packages": "False"}, "packages", ("false",)),
        ({"packages": "true"}, "packages", ("true",)),
        ({"profiles": "true"}, "profiles", ("true",)),
        ({"emulators": "none"}, "emulators", ()),
        ({"emulators": " None\n"}, "emulators", ()),
        ({"emulators": "my/binfmt@sha256:1"}, "emulators", ("my/binfmt@sha256:1",)),
        ({"keep": "/a/**\n/b"}, "keep", ("/a/**", "/b")),
        ({"baseline": "none"}, "baseline", ("none",)),
        ({"tag": "--load"}, "tag", ("--load",)),
        ({"tag": "  "}, "tag", ()),
        ({}, "output", ("/work/ci-slim",)),
    ],
)  # fmt: skip
def test_inputs_become_what_is_asked(
    given: dict[str, str], option: str, wanted: tuple[str, ...]
) -> None:
    assert asked(**given).run.asked.texts(option) == wanted


def test_without_inputs_a_run_is_asked_for_by_the_defaults() -> None:
    run = asked().run
    assert isinstance(run, RunRequest)
    assert {each.option.name for each in run.asked.given} == {"config", "output"}
    assert (run.config, run.output, run.fail_on, run.load, run.emulators) == (
        ".ci-slim.yml", "/work/ci-slim", ("budget",), None, None,
    )  # fmt: skip


def test_without_slimming_only_what_builds_and_judges_is_asked() -> None:
    run = asked(slim="false", probes="GET /", tag="a", config="S").run
    assert isinstance(run, BuildRequest)
    assert run.config == "S"
    names = {each.option.name for each in run.asked.given}
    assert names == {"config", "tag", "output"}


@pytest.mark.parametrize("name", ["slim", "push", "comment", "packages"])
def test_a_switch_that_is_neither_is_refused(name: str) -> None:
    assert asked(**{name: " TRUE"})
    with pytest.raises(UsageError, match=f"the input `{name}`: `on` is neither true nor false"):
        asked(**{name: "on"})


@pytest.mark.parametrize(
    ("given", "where", "message"),
    [
        ({"fail_on": "budget,warnings"}, "the input `fail_on`", "`warnings` is not a value"),
        ({"platforms": "linux/amr64"}, "the input `platforms`", "`linux/amr64` names no known"),
        ({"build_args": "=b"}, "the input `build_args`", "`` is not a name for a variable"),
        ({"port": "0"}, "the input `port`", "`port` must be a whole number"),
        ({"ready": "soon"}, "the input `ready`", "`soon` is not a condition"),
        ({"probes": "- htp: /"}, "the input `probes`:1:3", "the probe has no kind"),
        ({"probes": "FETCH /"}, "the input `probes`", 'the HTTP method "FETCH" is not known'),
        ({"images": "b"}, "the input `images`", "there is no image `b` in the settings file"),
        ({"layers": "flat"}, "the input `layers`", "`flat` is not a value of `layers`"),
        ({"budget": "pul: 1 MB"}, "the input `budget`:1:1", "unknown key `pul` in `budget`"),
        ({"tag": "A:B:C"}, "the input `tag`", "`A:B:C` is not a name for an image"),
    ],
)
def test_a_wrong_input_is_named(given: dict[str, str], where: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("{version: 1, images: {a: {build: {}}}}", "s.yml", {}, asked(**given).run.asked)
    assert caught.value.where == where
    assert caught.value.message.startswith(message)


def test_secrets_do_not_show_in_a_repr() -> None:
    given = {"INPUT_TOKEN": "ghs_1", "INPUT_PASSWORD": "p4ss", "INPUT_ENV": "A=v4lue"}
    shown = repr(read(given)) + repr(request(read(given), "out"))
    assert not {"ghs_1", "p4ss", "v4lue"} & set(re.findall(r"\w+", shown))
