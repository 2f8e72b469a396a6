"""The declarations: one for each setting, and all that is derived from them agrees."""

import json
from importlib.resources import files
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from settings_texts import DESIGN, IMAGE_REFUSALS

from ci_slim.commands.flags import click_options
from ci_slim.errors import UsageError
from ci_slim.options import (
    OPTIONS,
    SECTIONS,
    Section,
    Type,
    file_tree,
    help_text,
    of_command,
)
from ci_slim.settings import parse
from ci_slim.settings.overlay import PROBE_FLAGS
from ci_slim.settings.schema import settings_schema
from ci_slim.settings.schema import text as schema_text

SLIM_FLAGS = {
    "--platform", "--tag", "--env", "--command", "--user", "--http-probe-cmd-file", "--http-probe",
    "--exec-probe", "--ready", "--port", "--keep", "--drop", "--layers", "--output",
    "--load/--no-load", "--report", "--format", "--quiet", "--explain",
}  # fmt: skip
BUILD_FLAGS = {
    "--config", "--image", "--build-arg", "--target", "--context", "--dockerfile", "--secret",
    "--cache-from", "--cache-to", "--platform", "--tag", "--output", "--report", "--format",
    "--quiet",
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "wanted"),
    [("slim", SLIM_FLAGS), ("build", BUILD_FLAGS), ("run", SLIM_FLAGS | BUILD_FLAGS)],
)
def test_each_command_has_the_flags_of_the_design(command: str, wanted: set[str]) -> None:
    assert wanted - {option.flag for option in of_command(command)} == set()


def test_names_flags_and_keys_are_declared_once() -> None:
    for of_one in ("name", "flag", "file_key"):
        said = [getattr(option, of_one) for option in OPTIONS]
        said = [each for each in said if each is not None]
        assert sorted(said) == sorted(set(said))


def test_every_option_can_be_set_somewhere() -> None:
    for option in OPTIONS:
        assert option.file_key or option.flag, option.name
        assert bool(option.flag) is bool(option.commands), option.name


def test_flag_and_name_are_the_same_word() -> None:
    special = {"images": "--image", "load": "--load/--no-load",
               "packages": "--packages/--no-packages",
               "profiles": "--profiles/--no-profiles"}  # fmt: skip
    for option in OPTIONS:
        if option.flag:
            assert option.flag == special.get(option.name, "--" + option.name.replace("_", "-"))


def test_probe_flags_are_declared() -> None:
    assert set(PROBE_FLAGS) <= {option.name for option in of_command("slim")}


def test_every_section_of_the_file_holds_something() -> None:
    def walk(section: Section) -> set[str]:
        below = [each for each in section.keys.values() if isinstance(each, Section)]
        below += [section.named] if section.named else []
        assert section.keys or section.named
        return {section.path}.union(*(walk(each) for each in below))

    assert walk(file_tree()) == {"", *SECTIONS}


@pytest.mark.parametrize("command", ["run", "build", "slim"])
def test_click_shows_each_flag_with_its_help(command: str) -> None:
    @click.command()
    @click_options(command)
    def shown(**values: Any) -> None:
        click.echo(json.dumps(values))

    result = CliRunner().invoke(shown, ["--help"], terminal_width=400, max_content_width=400)
    for option in of_command(command):
        assert str(option.flag).partition("/")[0] in result.output
        assert help_text(option) in " ".join(result.output.split())


def test_what_is_not_given_does_not_hide_the_file() -> None:
    given: dict[str, Any] = {}

    @click.command()
    @click_options("run")
    def run(**values: Any) -> None:
        given.update(values)

    assert CliRunner().invoke(run, []).exit_code == 0
    assert {name: value for name, value in given.items() if value not in (None, ())} == {
        "config": ".ci-slim.yml",
        "image_version": "dev",
        "format": "text",
        "quiet": False,
        "fail_on": "budget",
    }
    CliRunner().invoke(
        run, ["--env", "A=b", "--env", "C", "--no-packages", "--no-load", "--layers", "merge"]
    )
    assert (given["env"], given["packages"], given["load"], given["layers"]) == (
        ("A=b", "C"),
        False,
        False,
        "merge",
    )


def test_click_refuses_an_unknown_choice() -> None:
    @click.command()
    @click_options("slim")
    def slim(**values: Any) -> None:
        raise AssertionError(values)

    result = CliRunner().invoke(slim, ["--layers", "flat"])
    assert result.exit_code == 2
    assert "'flat' is not one of 'preserve', 'merge'" in result.output


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stop_grace", "Time from the stop signal to the kill (default: 2s)."),
        ("layers", "Keep the layer boundaries, or make one layer (default: preserve)."),
        ("quiet", "No progress on stderr."),
        ("tag", "Name of the slim image; {version} is filled in."),
    ],
)
def test_help_is_a_sentence_with_the_default(name: str, expected: str) -> None:
    (option,) = (option for option in OPTIONS if option.name == name)
    assert help_text(option) == expected


# --- the JSON Schema ---------------------------------------------------------------------------


def test_the_schema_in_the_package_is_the_generated_one() -> None:
    shipped = files("ci_slim").joinpath("settings-v1.schema.json").read_text("utf-8")
    assert shipped == schema_text(), "python -m ci_slim.settings.schema writes it anew"


def valid(text: str) -> bool:
    """Whether the schema takes a settings file, as an editor would see it."""
    value = YAML(typ="safe", pure=True).load(text)
    return bool(jsonschema.Draft7Validator(settings_schema()).is_valid(value))


FULL = """\
version: 1
images:
  app:
    build: {context: ., dockerfile: D, target: t, args: {A: 1.10, B: true}, platforms: [arm64],
            secrets: [id=x], cache_from: [a], cache_to: [b], contexts: {c: d}}
    tag: null
    run: {env: {A: 1}, command: a b, entrypoint: [a], user: u, port: 80, stop_grace: 2s,
          services: {db: {image: i, env: {A: b}, command: c}}, ready: {log: x, within: 500ms}}
    probes: [{file: p.json}, {exec: [a, b]}, {crawl: /, depth: 2}, {http: /, port: 1}]
    keep: [/a]
    drop: [/b]
    slim: {enabled: true, layers: merge, packages: false}
    budget: {pull: 1, disk: 1.5 GB, update: 4 MiB, growth: 500 kB, layers: 3,
             platforms: {arm64: {growth: 2 %}}}
  other: {image: "x:${V:-1}", platforms: [linux/386], run: {ready: none}}
baseline: {from: [file], ref: main}
"""


@pytest.mark.parametrize("text", [DESIGN, FULL])
def test_the_schema_takes_what_the_reader_takes(text: str) -> None:
    assert parse(text, "f.yml", {}, read=lambda path: b'{"commands": [{"resource": "/"}]}')
    assert valid(text)


def test_the_schema_is_a_valid_schema() -> None:
    jsonschema.Draft7Validator.check_schema(settings_schema())


BEYOND_A_SCHEMA = (
    "the same", "there twice", "no name", "no host name", "names no known", "cannot be split",
    "not set", "starts no variable", "no regular expression", "not an absolute", "no secret",
    "has no id", "but the image", "no path", "belongs into `build` when", "does not go with",
    "must be a whole number from 1 to 65535, not `080`", "`0o17`", "goes upwards",
    "half of a character", "holds a NUL",
)  # fmt: skip
"""Messages about relations and meanings, which a JSON Schema does not know."""


@pytest.mark.parametrize(
    "body",
    [body for body, _, _, message, _ in IMAGE_REFUSALS
     if not any(words in message for words in BEYOND_A_SCHEMA)],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(body: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"version: 1\nimages:\n  app:\n{lines}\n"
    with pytest.raises(UsageError):
        parse(text, "f.yml", {})
    assert not valid(text)


@pytest.mark.parametrize("type", Type)
def test_every_type_is_used(type: Type) -> None:
    assert any(option.type is type for option in OPTIONS)
