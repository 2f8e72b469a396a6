"""The inputs of a step → its request. Pure."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.action.inputs import INPUTS, Inputs, place
from ci_slim.errors import UsageError
from ci_slim.options import Option, Type, of_command
from ci_slim.requests import Asked, BuildRequest, Given, RunRequest
from ci_slim.settings.requests import make


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """The request of a step: the run, and what the step does before and after it."""

    run: RunRequest | BuildRequest
    reports: tuple[str, ...]
    """Patterns of reports that the step merges instead of a run."""
    push: bool
    comment: bool
    attest: bool
    secrets: Mapping[str, str] = field(repr=False)
    """Environment variables for buildx only, with the values of secrets."""
    registry: str
    username: str
    password: str = field(repr=False)
    registries: tuple[str, ...] = field(repr=False)


def request(given: Inputs, output: str) -> StepRequest:
    """The request that the inputs make, with this output folder. Raises UsageError with the name
    of the wrong input, before any work starts."""
    kind: type[RunRequest] | type[BuildRequest]
    kind = RunRequest if given.switch("slim") else BuildRequest
    known = {option.name: option for option in of_command(kind.command)}
    secrets, values = _secrets(given)
    asked = Asked(tuple(_asked(given, known, secrets)))
    return StepRequest(
        run=make(kind, asked.instead(known["output"], output)),
        reports=given.lines("reports"),
        push=given.switch("push"),
        comment=given.switch("comment"),
        attest=given.switch("attest"),
        secrets=values,
        registry=given.text("registry"),
        username=given.text("username"),
        password=given.text("password"),
        registries=given.lines("registries"),
    )


_LEVEL = re.compile(r"^(?:(?:index|manifest)(?:-descriptor)?(?:\[[^\]]*\])?,?)+:")
"""The prefix that docker/metadata-action writes before an annotation, such as `index:`. It tells
build-push-action where to put the annotation."""
_BUILDX_SECRET = re.compile(r"(?:id|src|source|env|type)=")
_REQUEST = re.compile(r"[A-Z]+ /\S*")


def _asked(given: Inputs, known: Mapping[str, Option], secrets: tuple[str, ...]) -> Iterator[Given]:
    """The options of a command that the inputs give; an empty input gives nothing."""
    for each in INPUTS:
        name, option = each.name, known.get(each.option)
        if name == "secrets" and option is not None and secrets:
            yield Given(option, secrets, place(name))
        if option is None or not given.text(name) or name == "secrets":
            continue
        lines = given.lines(name)
        if name == "probes" and all(_REQUEST.fullmatch(line) for line in lines):
            yield Given(known["http_probe"], lines, place(name))
        elif name == "emulators" and given.text(name).lower() == "none":
            continue
        elif texts := _texts(name, option, given):
            yield Given(option, texts, place(name))


def _secrets(given: Inputs) -> tuple[tuple[str, ...], dict[str, str]]:
    """The secrets of all three inputs in the syntax of buildx, and environment variables with the
    values that were given literally. A value in quotes may have several lines."""
    words: list[str] = []
    values: dict[str, str] = {}
    for row in csv.reader(given.text("secrets").splitlines(keepends=True), delimiter="\x1f"):
        text = "".join(row).strip()
        if not text or _BUILDX_SECRET.match(text):
            words += [text] if text else []
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                "a line is not a secret",
                where=place("secrets"),
                hint="write NAME=value, id=NAME,src=FILE or id=NAME,env=VARIABLE",
            )
        variable = f"CI_SLIM_SECRET_{len(values)}"
        values[variable] = value
        words.append(f"id={name.strip()},env={variable}")
    for key, lines in (("src", given.lines("secret_files")), ("env", given.lines("secret_envs"))):
        for line in lines:
            name, _, value = line.partition("=")
            words.append(f"id={name.strip()},{key}={value.strip()}")
    return tuple(words), values


def _texts(name: str, option: Option, given: Inputs) -> tuple[str, ...]:
    if option.type is Type.SWITCH:
        return (str(given.switch(name)).lower(),)
    if name == "annotations":
        return tuple(_LEVEL.sub("", line) for line in given.lines(name))
    if name in ("images", "platforms", "tags"):
        parts = (part.strip() for part in re.split(r"[,\s]+", given.text(name)))
        return tuple(part for part in parts if part)
    return given.lines(name) if option.multiple else (given.text(name),)
