"""The inputs of the GitHub Action, declared once, and the request that they make. Pure.

Those that are settings are the flags of `options.py` under the names that a workflow uses; the
others are matters of the action alone. action.yml is held against this by tests.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.errors import UsageError
from ci_slim.options import (
    RUN,
    SETTINGS_FILE,
    Option,
    Type,
    help_text,
    of_command,
    option_of,
)
from ci_slim.requests import Asked, BuildRequest, Given, RunRequest
from ci_slim.settings.requests import make

EMULATORS = (
    "tonistiigi/binfmt:qemu-v10.2.3"
    "@sha256:400a4873b838d1b89194d982c45e5fb3cda4593fbfd7e08a02e76b03b21166f0"
)


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `option` names the setting it gives, whose help is then the description; `help`
    goes behind it, or stands alone when it is a sentence."""

    name: str
    help: str = ""
    default: str = ""
    option: str = ""
    also: tuple[str, ...] = ()
    """What docker/build-push-action calls it."""

    @property
    def description(self) -> str:
        """What action.yml says of it."""
        if self.help[:1].isupper():
            return self.help
        option = option_of(RUN, self.option)
        text = help_text(option).partition(" (default:")[0].rstrip(".")
        return f"{text}{self.help or ('; one a line' if option.multiple else '')}."


def _same(name: str, option: str = "", default: str = "", help: str = "", also: str = "") -> Input:
    return Input(name, help, default, option or name, tuple(also.split()))


INPUTS: tuple[Input, ...] = (
    _same("config", default=SETTINGS_FILE,
          help="; without it, the one Dockerfile of the repository is taken"),
    _same("images"),
    _same("image_version"),
    _same("context"),
    _same("dockerfile", also="file"),
    _same("target"),
    _same("build_args", "build_arg", also="build-args"),
    _same("build_contexts", "build_context", also="build-contexts"),
    _same("secrets", "secret", help="; one a line, also as NAME=value"),
    Input("secret_files", "A secret for the build from a file, as NAME=FILE; one a line.",
          also=("secret-files",)),
    Input("secret_envs", "A secret for the build from a variable, as NAME=VARIABLE; one a line.",
          also=("secret-envs",)),
    _same("cache_from", also="cache-from"),
    _same("cache_to", also="cache-to"),
    _same("labels", "label"),
    _same("ssh"),
    _same("add_hosts", "add_host", also="add-hosts"),
    _same("network"),
    _same("pull"),
    _same("no_cache", also="no-cache"),
    _same("builder"),
    _same("platforms", "platform",
          help="Platforms, separated by commas or lines; by default the runner's own."),
    _same("tag"),
    _same("tags", "also_tag", help="Names to push under, separated by commas or lines; the first "
          "is the one in the daemon unless there is a `tag`; {version} is filled in."),
    _same("annotations", "annotation"),
    _same("env"),
    _same("command"),
    _same("run_entrypoint", "entrypoint"),
    _same("user"),
    _same("port"),
    _same("stop_grace"),
    _same("ready"),
    _same("probes", help=": a list as in the settings file, or lines such as POST /path"),
    _same("http_probe_cmd_file"),
    _same("keep"),
    _same("drop"),
    _same("layers"),
    _same("compression"),
    _same("safety"),
    _same("packages"),
    _same("profiles"),
    _same("budget"),
    _same("baseline"),
    Input("slim", "Slim the images (true), or only build and judge them (false).", "true"),
    _same("emulators", default=EMULATORS,
          help="Image that registers missing QEMU handlers on the runner, started there with all "
          "rights; none: they are not registered."),
    _same("output", default="ci-slim", help=", below the workspace"),
    Input("push", "Push what came out under the tags when all is well (true or false).",
          "false"),
    Input("attest", "Push an SBOM and provenance beside each image (true or false).", "true"),
    Input("registry", "Registry of username and password; by default Docker Hub."),
    Input("username", "User of the registry, for base images and for push."),
    Input("password", "Password or token of that user."),
    Input("registries", "Logins of several registries, as registry=user:password; one a line."),
    Input("ca_bundle", "File of certificates to trust beside the public ones, for servers of one's "
          "own; or the certificates themselves."),
    Input("comment", "Keep one comment on the pull request up to date (true or false).", "true"),
    Input("key", "Name of the comment and of the report; by default that of the workflow and the "
          "job. A matrix gives each job its own."),
    Input("reports", "Reports of earlier jobs, one a line, with * and **: these are merged and "
          "shown as one, and nothing is built."),
    Input("part", "Which job of a matrix this is, counted from 0, and of how many: a step with "
          "`reports` tells which job left none. 0/1: it is of none.",
          "${{ strategy.job-index }}/${{ strategy.job-total }}"),
    _same("fail_on"),
    Input("token", "Token for the comment and for earlier reports.", "${{ github.token }}"),
)  # fmt: skip
"""In the order of action.yml. Empty stands for not given: that is what the runner passes."""


APART = {
    "format": "the log shows text, the summary Markdown, the report JSON",
    "quiet": "a job's log is read afterwards",
    "report": "it is report.json in `output`",
    "load": "a tag asks for it",
    "why": "it is asked while one looks into an image, and not at each commit",
    "explain": "it is asked while one looks into an image, and not at each commit",
    "hold_out": "the settings file says so: `slim.hold_out`",
    "observation": "the settings file names it: `slim.observation`",
    "across_platforms": "the settings file says so: `slim.across_platforms`",
    "http_probe": "`probes` takes such lines",
    "exec_probe": "`probes` takes them as YAML",
}
"""Flags that are no inputs, and why."""

OUTPUTS: Mapping[str, str] = {
    "outcome": "passed, over-budget or failed.",
    "report": "Path of report.json, relative to the workspace.",
    "artifact": "Name for the artifact that keeps the report.",
    "comment_url": "Address of the comment; empty when there is none.",
    "sizes": "JSON: image, platform, then outcome and the sizes and digests of fat and slim.",
    "images": "JSON: image, platform, then the name of what came out, in the runner's daemon.",
    "pushed": "JSON: image, then what was pushed, as tag@digest.",
    "digest": "Digest of what was pushed, of the first image when there are several.",
    "tags": "What was pushed, one name a line.",
    "metadata": "JSON: containerimage.digest and image.name; by image when there are several.",
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The texts of a step's inputs, as the runner passes them; they never show in its repr."""

    _texts: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Inputs({', '.join(sorted(k for k, v in self._texts.items() if v))})"

    def text(self, name: str) -> str:
        """The text of an input, without white space around it."""
        return self._texts[name].strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """An input that is a list: one entry a line."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    def switch(self, name: str) -> bool:
        """An input that is true or false. UsageError for anything else."""
        value = self.text(name).lower()
        if value not in ("true", "false"):
            raise UsageError(f"`{self.text(name)}` is neither true nor false", where=_place(name))
        return value == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """What a step is asked: the run, and what the step itself does before and after it."""

    run: RunRequest | BuildRequest
    reports: tuple[str, ...]
    """Patterns of reports that are joined instead of a run."""
    push: bool
    comment: bool
    attest: bool
    secrets: Mapping[str, str] = field(repr=False)
    """Variables for buildx alone, with the values of secrets."""
    registry: str
    username: str
    password: str = field(repr=False)
    registries: tuple[str, ...] = field(repr=False)


def read(environment: Mapping[str, str]) -> Inputs:
    """The inputs as the runner passes them: `INPUT_` and the name in capitals.

    https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs
    """
    given = {each.name: _given(each, environment) for each in INPUTS}
    # These may be emptied on purpose: only action.yml gives their defaults.
    emptied = ("token", "emulators", "part")
    return Inputs({
        each.name: given[each.name] or ("" if each.name in emptied else each.default)
        for each in INPUTS
    })  # fmt: skip


def _given(each: Input, environment: Mapping[str, str]) -> str:
    """What is given under one of an input's names; kebab-case is taken for snake case."""
    names = (each.name, each.name.replace("_", "-"), *each.also)
    texts = (environment.get(f"INPUT_{name.upper()}", "") for name in names)
    return next(filter(None, texts), "")


def is_input(variable: str) -> bool:
    """Whether a variable of the environment is an input, known or not."""
    return variable.startswith("INPUT_")


def request(given: Inputs, output: str) -> StepRequest:
    """What the inputs ask for, with this output folder. UsageError names the input that is wrong:
    before minutes of work rather than after."""
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
"""What docker/metadata-action writes before an annotation: where build-push-action puts it."""
_BUILDX_SECRET = re.compile(r"(?:id|src|source|env|type)=")
_REQUEST = re.compile(r"[A-Z]+ /\S*")


def _asked(given: Inputs, known: Mapping[str, Option], secrets: tuple[str, ...]) -> Iterator[Given]:
    """What the inputs give for the options of a command; empty inputs give nothing."""
    for each in INPUTS:
        name, option = each.name, known.get(each.option)
        if name == "secrets" and option is not None and secrets:
            yield Given(option, secrets, _place(name))
        if option is None or not given.text(name) or name == "secrets":
            continue
        lines = given.lines(name)
        if name == "probes" and all(_REQUEST.fullmatch(line) for line in lines):
            yield Given(known["http_probe"], lines, _place(name))
        elif name == "emulators" and given.text(name).lower() == "none":
            continue
        elif texts := _texts(name, option, given):
            yield Given(option, texts, _place(name))


def _secrets(given: Inputs) -> tuple[tuple[str, ...], dict[str, str]]:
    """The secrets of all three inputs in buildx's words, and variables with the values of those
    that are given as such. A value in quotes may have several lines."""
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
                where=_place("secrets"),
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


def _place(name: str) -> str:
    return f"the input `{name}`"
