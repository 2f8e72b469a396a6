"""The declarations: one for each setting, and all that is derived from them agrees."""

from dataclasses import fields
from importlib.resources import files
from typing import TypeVar

import click
import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from settings_texts import DESIGN, IMAGE_REFUSALS

from ci_slim.cli import cli
from ci_slim.commands.flags import takes
from ci_slim.errors import UsageError
from ci_slim.options import (
    ARGUMENTS,
    OPTIONS,
    SECTIONS,
    Option,
    Section,
    Type,
    help_text,
    of_command,
)
from ci_slim.probes import KINDS
from ci_slim.requests import (
    REQUESTS,
    Asked,
    DiffRequest,
    MeasureRequest,
    Request,
    RunRequest,
    SlimRequest,
)
from ci_slim.settings import parse
from ci_slim.settings.declared import file_tree
from ci_slim.settings.schema import settings_schema
from ci_slim.settings.schema import text as schema_text

R = TypeVar("R", bound=Request)

SLIM_FLAGS = {
    "--platform", "--tag", "--env", "--command", "--user", "--http-probe-cmd-file", "--http-probe",
    "--exec-probe", "--ready", "--port", "--keep", "--drop", "--layers", "--output",
    "--load/--no-load", "--report", "--format", "--quiet", "--explain", "--why",
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
    keys = [option.file_key for option in OPTIONS if option.file_key]
    assert sorted(keys) == sorted(set(keys))
    for kind in REQUESTS:
        options = list(of_command(kind.command))
        for names in ([each.name for each in options], [each.flag for each in options]):
            assert len(names) == len(set(names)), kind.command


def test_what_a_flag_sets_is_a_key_of_the_file() -> None:
    keys = {option.file_key for option in OPTIONS} - {None}
    assert {option.sets for option in OPTIONS if option.flag} - {None} <= keys


def test_every_option_can_be_set_somewhere() -> None:
    for option in OPTIONS:
        assert option.file_key or option.flag, option.name
        assert bool(option.flag) is bool(option.commands), option.name


def test_flag_and_name_are_the_same_word() -> None:
    special = {"images": "--image", "load": "--load/--no-load",
               "packages": "--packages/--no-packages",
               "profiles": "--profiles/--no-profiles", "pull": "--pull/--no-pull",
               "no_cache": "--no-cache/--cache", "attest": "--attest/--no-attest",
               "build": "--build/--no-build", "strip": "--strip/--no-strip"}  # fmt: skip
    for option in OPTIONS:
        if option.flag:
            assert option.flag == special.get(option.name, "--" + option.name.replace("_", "-"))


def test_every_section_of_the_file_holds_something() -> None:
    def walk(section: Section) -> set[str]:
        below = [each for each in section.keys.values() if isinstance(each, Section)]
        below += [section.named] if section.named else []
        assert section.keys or section.named
        return {section.path}.union(*(walk(each) for each in below))

    assert walk(file_tree()) > {"", *SECTIONS}


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.command)
def test_a_request_has_a_field_for_each_option_and_argument(kind: type[Request]) -> None:
    options = {each.name for each in of_command(kind.command) if not each.sets}
    arguments = {each.name for each in ARGUMENTS.get(kind.command, ())}
    assert {each.name for each in fields(kind)} == options | arguments | {"asked"}


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.command)
def test_click_shows_each_flag_with_its_help(kind: type[Request]) -> None:
    result = CliRunner().invoke(cli, [*kind.command.split(), "--help"], terminal_width=400)
    shown = " ".join(result.output.split())
    for option in of_command(kind.command):
        assert str(option.flag).partition("/")[0] in shown
        assert help_text(option).split()[-1] in shown
    for argument in ARGUMENTS.get(kind.command, ()):
        assert argument.metavar in shown


def called(kind: type[R], *argv: str) -> R:
    """The request that click makes of these arguments."""

    @click.command()
    @takes(kind)
    def command(request: R) -> R:
        return request

    made: R = command(list(argv), standalone_mode=False)
    return made


def test_what_is_not_given_does_not_hide_the_file() -> None:
    request = called(RunRequest)
    assert request.asked == Asked()
    assert (request.config, request.image_version, request.format, request.quiet) == (
        ".ci-slim.yml", None, "text", False,
    )  # fmt: skip
    assert (request.fail_on, request.load, request.output) == (("budget",), None, None)


def test_flags_are_given_as_texts_with_their_place() -> None:
    argv = ["--env", "A=b", "--env", "C", "--no-packages", "--no-load", "--layers", "merge"]
    request = called(RunRequest, *argv, "--fail-on=warning,unknown")
    given = {each.option.name: (each.texts, each.where) for each in request.asked.given}
    assert given == {
        "env": (("A=b", "C"), "--env"),
        "packages": (("false",), "--packages"),
        "load": (("false",), "--load"),
        "layers": (("merge",), "--layers"),
        "fail_on": (("warning,unknown",), "--fail-on"),
    }
    assert (request.load, request.fail_on) == (False, ("warning", "unknown"))
    assert "A=b" not in repr(request)


def test_arguments_are_fields() -> None:
    request = called(MeasureRequest, "--read", "a:1", "b:2")
    assert (request.images, request.read, request.platform) == (("a:1", "b:2"), True, None)
    assert called(DiffRequest, "a", "b", "--format=json").format == "json"


def test_click_refuses_an_unknown_choice() -> None:
    with pytest.raises(
        click.BadParameter, match="'flat' is not one of 'preserve', 'split', 'shared', 'merge'"
    ):
        called(SlimRequest, "app", "--layers", "flat")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stop_grace", "Time from the stop signal to the kill (default: 2s)."),
        (
            "layers",
            "The layers: those of the fat image (preserve), one for each group of files that "
            "change together (split), these with common layers for the images of the settings file "
            "(shared), or only one (merge) (default: preserve).",
        ),
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
    assert shipped == schema_text(), "`make reference` writes it anew"


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
    "the same", "listed twice", "used twice", "not a name", "not a host name", "names no known",
    "cannot be split", "not set", "not start a valid variable", "not a regular expression",
    "not an absolute", "not a secret", "has no id", "but the image", "not a path",
    "into `build` if",
    "cannot be combined", "must be a whole number from 1 to 65535, not `080`", "`0o17`",
    "contains `..`", "half of a surrogate", "contains a NUL", "not the path",
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
    def types(section: Section) -> set[Type]:
        below = [each for each in section.keys.values() if isinstance(each, Section)]
        below += [section.named] if section.named else []
        own = {each.type for each in section.keys.values() if isinstance(each, Option)}
        return own.union(*(types(each) for each in below))

    in_file = types(file_tree()).union(*(types(kind.KEYS) for kind in KINDS.values()))
    assert type in in_file | {option.type for option in OPTIONS}
