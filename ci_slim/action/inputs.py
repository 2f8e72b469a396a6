"""The inputs and outputs of the GitHub Action, declared once. Pure.

An input that is a setting has the help of its flag in `options`, under the name that workflows use.
The other inputs exist in the action only. Tests compare action.yml with these declarations.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ci_slim.errors import UsageError
from ci_slim.options import (
    RUN,
    SETTINGS_FILE,
    help_text,
    option_of,
)

EMULATORS = (
    "tonistiigi/binfmt:qemu-v10.2.3"
    "@sha256:400a4873b838d1b89194d982c45e5fb3cda4593fbfd7e08a02e76b03b21166f0"
)


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `option` names the setting that it gives; the help of that setting is then the
    description. `help` is appended to it, or replaces it if it starts with a capital letter."""

    name: str
    help: str = ""
    default: str = ""
    option: str = ""
    also: tuple[str, ...] = ()
    """The names of this input in docker/build-push-action."""

    @property
    def description(self) -> str:
        """The description in action.yml."""
        if self.help[:1].isupper():
            return self.help
        option = option_of(RUN, self.option)
        text = help_text(option).partition(" (default:")[0].rstrip(".")
        return f"{text}{self.help or ('; one per line' if option.multiple else '')}."


def _same(name: str, option: str = "", default: str = "", help: str = "", also: str = "") -> Input:
    return Input(name, help, default, option or name, tuple(also.split()))


INPUTS: tuple[Input, ...] = (
    _same("config", default=SETTINGS_FILE,
          help="; without one, ci-slim builds the only Dockerfile of the repository"),
    _same("images"),
    _same("image_version"),
    _same("context"),
    _same("dockerfile", also="file"),
    _same("target"),
    _same("build_args", "build_arg", also="build-args"),
    _same("build_contexts", "build_context", also="build-contexts"),
    _same("secrets", "secret", help="; one per line, also as NAME=value"),
    Input("secret_files", "A secret for the build from a file, as NAME=FILE; one per line.",
          also=("secret-files",)),
    Input("secret_envs", "A secret for the build from an environment variable, as NAME=VARIABLE; "
          "one per line.", also=("secret-envs",)),
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
          help="Platforms, separated by commas or line breaks; by default the runner's own."),
    _same("tag"),
    _same("tags", "also_tag", help="Names to push under, separated by commas or line breaks; the "
          "daemon gets the image under `tag`, else under the first of these; {version} is "
          "filled in."),
    _same("annotations", "annotation"),
    _same("unpack_limit"),
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
          help="Image that registers missing QEMU handlers on the runner; it runs there "
          "privileged. none: do not register any."),
    _same("remote_hosts", "remote_host"),
    _same("jobs"),
    _same("advice"),
    _same("output", default="ci-slim", help=", below the workspace"),
    Input("push", "Push the resulting images under their tags if the run passes (true or false).",
          "false"),
    Input("attest", "Push an SBOM, provenance and a short report with each image (true or false).",
          "true"),
    Input("registry", "Registry that username and password are for; by default Docker Hub."),
    Input("username", "User name at the registry, to pull base images and to push."),
    Input("password", "Password or token of this user."),
    Input("registries", "Logins for several registries, as registry=user:password; one per line."),
    Input("ca_bundle", "File with custom CA certificates to trust in addition to the public ones; "
          "or the certificates themselves."),
    Input("comment", "Keep one comment on the pull request up to date (true or false).", "true"),
    Input("key", "Name of the comment and of the report; by default the names of the workflow and "
          "the job. In a matrix each job needs its own."),
    Input("reports", "Paths of reports of earlier jobs, one per line, with * and **: the step "
          "merges and shows them, and builds nothing."),
    Input("part", "Position of this job in a matrix, as INDEX/TOTAL, counted from 0; it lets a "
          "step with `reports` name the jobs whose report is missing. 0/1 means that this job is "
          "not part of a matrix.", "${{ strategy.job-index }}/${{ strategy.job-total }}"),
    _same("fail_on"),
    Input("token", "Token to write the comment and to read earlier reports.",
          "${{ github.token }}"),
)  # fmt: skip
"""In the order of action.yml. The runner passes an input that was not given as an empty text."""


APART = {
    "format": "the log shows text, the summary Markdown, the report JSON",
    "quiet": "people read the log of a job after it ended",
    "report": "the report is always written to report.json in `output`",
    "load": "an image with a tag is always loaded",
    "why": "people ask this when they look into an image, not at each commit",
    "explain": "people ask this when they look into an image, not at each commit",
    "hold_out": "the settings file has it: `slim.hold_out`",
    "observation": "the settings file has it: `slim.observation`",
    "across_platforms": "the settings file has it: `slim.across_platforms`",
    "strip": "the settings file has it: `slim.pack`",
    "upx": "the settings file has it: `slim.pack`",
    "http_probe": "`probes` takes such lines",
    "exec_probe": "`probes` takes command probes as YAML",
    "run_probe": "`probes` takes `run` probes as YAML",
}
"""Flags that are not inputs, each with the reason."""

OUTPUTS: Mapping[str, str] = {
    "outcome": "passed, over-budget or failed.",
    "report": "Path of report.json, relative to the workspace.",
    "page": "Path of report.html, relative to the workspace; empty if there is none.",
    "artifact": "Name to use for the artifact that stores the report.",
    "comment_url": "Address of the comment; empty if there is none.",
    "sizes": "JSON by image and platform: outcome, sizes and digests of fat and slim image.",
    "images": "JSON by image and platform: the name of the result in the runner's daemon.",
    "pushed": "JSON by image: what was pushed, as tag@digest.",
    "digest": "Digest of what was pushed; with several images, of the first.",
    "tags": "Names that were pushed, one per line.",
    "metadata": "JSON: containerimage.digest and image.name; with several images, by image.",
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The texts of a step's inputs, as the runner passes them. The repr does not show them."""

    _texts: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Inputs({', '.join(sorted(k for k, v in self._texts.items() if v))})"

    def text(self, name: str) -> str:
        """The text of an input, without surrounding white space."""
        return self._texts[name].strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of an input that is a list."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    def switch(self, name: str) -> bool:
        """An input that is true or false. Raises UsageError for anything else."""
        value = self.text(name).lower()
        if value not in ("true", "false"):
            raise UsageError(f"`{self.text(name)}` is neither true nor false", where=place(name))
        return value == "true"


def read(environment: Mapping[str, str]) -> Inputs:
    """The inputs as the runner passes them: `INPUT_` and the name in capitals.

    https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs
    """
    given = {each.name: _given(each, environment) for each in INPUTS}
    # A workflow may empty these on purpose, so only action.yml has their defaults.
    emptied = ("token", "emulators", "part")
    return Inputs({
        each.name: given[each.name] or ("" if each.name in emptied else each.default)
        for each in INPUTS
    })  # fmt: skip


def _given(each: Input, environment: Mapping[str, str]) -> str:
    """The text given under one of an input's names; kebab-case and snake case are the same."""
    names = (each.name, each.name.replace("_", "-"), *each.also)
    texts = (environment.get(f"INPUT_{name.upper()}", "") for name in names)
    return next(filter(None, texts), "")


def is_input(variable: str) -> bool:
    """Whether an environment variable is an input, known or unknown."""
    return variable.startswith("INPUT_")


def place(name: str) -> str:
    """An input as messages name it."""
    return f"the input `{name}`"
