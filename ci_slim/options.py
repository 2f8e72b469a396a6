"""Every setting, declared once: its name, type, default and help, its flag and its file key.

From these follow the flags of the commands (`commands.flags`), the requests that they make
(`requests.py`), what `settings` reads and refuses, the JSON Schema of the settings file
(`settings/schema.py`), and in the tests the inputs of the action and of the component.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any


class Type(Enum):
    """What a setting holds; each has a reader in `cleaning.py` and a schema in `schema.py`."""

    TEXT = auto()
    """A text."""
    TEXTS = auto()
    """A list of texts."""
    SWITCH = auto()
    """true or false."""
    COUNT = auto()
    """A whole number from 1."""
    PORT = auto()
    """A whole number from 1 to 65535."""
    SIZE = auto()
    """`12 MB`, `12MiB`, a whole number of bytes → int bytes."""
    GROWTH = auto()
    """A size, or a percentage: `2%` → GrowthLimit."""
    DURATION = auto()
    """`30s`, `2m`, `500ms` → float seconds."""
    CHOICE = auto()
    """One of `choices`."""
    CHOICES = auto()
    """A list of `choices`."""
    PLATFORMS = auto()
    """A list of platforms."""
    COMMAND = auto()
    """A list of arguments, or one text that is split as a shell splits it."""
    GLOBS = auto()
    """A list of absolute paths of the image, with `*`, `**` and `?`."""
    PATTERN = auto()
    """A regular expression."""
    REFERENCE = auto()
    """The name of an image."""
    VALUES = auto()
    """Name → text; unquoted numbers and the like are taken as they are written."""
    CONTEXTS = auto()
    """Name → folder, URL or image, as `--build-context` of buildx takes them."""
    SECRETS = auto()
    """A list of buildx secrets: `id=name,src=file` or `id=name,env=VARIABLE`."""
    SCALAR = auto()
    """A text; a number, true and false are taken as they are written."""
    LINE = auto()
    """A command: a list of words, or one text."""
    HEADERS = auto()
    """Name of an HTTP header → value, or a list of values."""
    STATUSES = auto()
    """HTTP statuses: `200`, `2xx`, or a list of these."""
    PATTERNS = auto()
    """Name → regular expression."""
    JSON = auto()
    """Any value."""
    JSON_PATHS = auto()
    """Dotted path into a JSON text → the value there."""
    FORM = auto()
    """Name of a field → value, or `{file, name, type}`."""
    READY = auto()
    """A flag only: `http:/path`, `port:5000`, `log:REGEX`, `none`, each with `@30s`."""
    PROBES = auto()
    """A list of probes, see `probes`; as a flag its YAML, as in the settings file."""
    BUDGET = auto()
    """The mapping `budget`, whose keys the rules of `judge/rules` declare; as a flag its YAML."""


RUN, BUILD, SLIM, CHECK = "run", "build", "slim", "check"
MEASURE, DIFF, REPORT, PUSH, COMMENT = "measure", "diff", "report", "push", "comment"
HISTORY = "history"
CLEAN = "clean"
DELTA = "delta"
SETTINGS_FILE = ".ci-slim.yml"
KEY = "default"
"""The key of a run that names none: one comment and one report for the whole pipeline."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `default` is the value after reading; `*` in `file_key` is any name.

    An option without `file_key` is a matter of one call only (where to write, what to show);
    one without `flag` is set in the file only. Commands may have options of the same name that
    differ: a name is unique in a command.
    """

    name: str
    type: Type
    help: str
    default: Any = None
    file_key: str | None = None
    flag: str | None = None
    commands: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    multiple: bool = False
    metavar: str | None = None
    least: int = 1
    """The smallest number, of a count."""
    most: int | None = None
    """The largest number, of a count; the longest duration in seconds."""
    fills: str | None = None
    """The key of the settings file that the flag fills, where it is not the option's own."""
    alone: str | None = None
    """What the flag means, which then takes no value."""
    probe: str | None = None
    """The flag adds a probe to `probes`; this is the key of the probe that its text fills."""

    @property
    def sets(self) -> str | None:
        """The key of the settings file that a flag or an input sets; None: of this call only."""
        return self.fills or self.file_key


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a command: a text, or with `many` one or more of them."""

    name: str
    metavar: str
    many: bool = False


ARGUMENTS: Mapping[str, tuple[Argument, ...]] = {
    SLIM: (Argument("image", "IMAGE"),),
    MEASURE: (Argument("images", "IMAGE…", many=True),),
    DIFF: (Argument("before", "A"), Argument("after", "B")),
    DELTA: (Argument("old", "OLD"), Argument("new", "NEW")),
    CHECK: (Argument("report", "REPORT"),),
    REPORT: (Argument("reports", "REPORT…", many=True),),
    HISTORY: (Argument("reports", "REPORT…", many=True),),
    PUSH: (Argument("reports", "REPORT…", many=True),),
    COMMENT: (Argument("reports", "REPORT…", many=True),),
}
"""The arguments of the commands that take some."""


def _file(key: str, type: Type, help: str, default: Any = None, **more: Any) -> Option:
    """An option of the settings file; its name is its key without the section of its kind."""
    name = key.removeprefix("images.*.").replace(".*.", "_").replace(".", "_")
    return Option(**{"name": name, **more}, type=type, help=help, default=default, file_key=key)


FAILURES = ("budget", "warning", "unknown", "skipped", "never")
"""What can fail a run, besides errors."""
FORMS = ("text", "json", "markdown")
"""How a result is shown on stdout."""

_BUILDS: dict[str, Any] = {"commands": (RUN, BUILD)}
_RUNS: dict[str, Any] = {"commands": (RUN, SLIM)}
_ALL: dict[str, Any] = {"commands": (RUN, BUILD, SLIM)}
_JUDGED: dict[str, Any] = {"commands": (RUN, BUILD, SLIM, CHECK)}
_MANY: dict[str, Any] = {"multiple": True}
_PROBES = "images.*.probes"


def _adds(key: str) -> dict[str, Any]:
    """An option whose texts are probes, each under this key."""
    return {"fills": _PROBES, "probe": key}


RULE_NAMES = (
    "own files", "literals", "children", "named packages", "python modules", "node modules",
    "ruby libraries", "perl modules", "php libraries", "whole packages",
)  # fmt: skip
"""The rules that keep more than what was seen, as the reasons call them."""

OPTIONS: tuple[Option, ...] = (
    # This call
    Option("config", Type.TEXT, "the settings file", SETTINGS_FILE, flag="--config",
           metavar="FILE", commands=(RUN, BUILD, CHECK, PUSH)),
    Option("images", Type.TEXTS, "an image of the settings file; all, when none is named", (),
           flag="--image", metavar="NAME", commands=(RUN, BUILD, PUSH), **_MANY),
    Option("image_version", Type.TEXT, "what {version} in a tag stands for; by default the name of "
           "the git tag, else the short commit, and dev outside of CI",
           flag="--image-version", metavar="VERSION", commands=(RUN, BUILD, SLIM, PUSH)),
    Option("output", Type.TEXT, "folder for OCI layouts, reports and profiles",
           flag="--output", metavar="FOLDER", **_ALL),
    Option("load", Type.SWITCH, "load the result into the daemon; by default when --tag is given",
           flag="--load/--no-load", **_ALL),
    Option("report", Type.TEXT, "write the report as JSON to this file",
           flag="--report", metavar="FILE", **_ALL),
    Option("format", Type.CHOICE, "how the result is shown on stdout", "text", flag="--format",
           choices=FORMS, commands=(RUN, BUILD, SLIM, CHECK, DIFF)),
    Option("format", Type.CHOICE, "how the result is shown on stdout", "text", flag="--format",
           choices=("text", "json"), commands=(MEASURE, DELTA)),
    Option("format", Type.CHOICE, "what the report is rendered as", "text", flag="--format",
           choices=(*FORMS, "html", "codequality", "metrics", "junit", "dotenv"),
           commands=(REPORT,)),
    Option("format", Type.CHOICE, "a table, a chart for Markdown, or a picture", "text",
           flag="--format", choices=("text", "markdown", "svg"), commands=(HISTORY,)),
    Option("quiet", Type.SWITCH, "no progress on stderr", False, flag="--quiet", **_ALL),
    Option("emulators", Type.REFERENCE, "image that registers missing QEMU handlers on the "
           "daemon's machine, started there with all rights; by default none is registered",
           flag="--emulators", metavar="IMAGE", **_ALL),
    Option("platform", Type.TEXT, "the platform to look at; by default every one that is there",
           flag="--platform", metavar="OS/ARCH[/VARIANT]", commands=(MEASURE, DIFF, DELTA)),
    Option("output", Type.TEXT, "folder for one OCI layout a platform, which holds the delta",
           "ci-slim-delta", flag="--output", metavar="FOLDER", commands=(DELTA,)),
    Option("tar_diff", Type.CHOICE, "version of the tar-diff format: 2 is smaller, 1 is for "
           "readers that take no other", "2", flag="--tar-diff", choices=("1", "2"),
           commands=(DELTA,)),
    Option("read", Type.SWITCH, "fetch the layers of docker:// images as well", False,
           flag="--read", commands=(MEASURE, DIFF)),
    Option("platform", Type.PLATFORMS, "a platform that must be there, instead of those of the "
           "settings file", (), flag="--platform", metavar="OS/ARCH[/VARIANT]",
           commands=(PUSH,), fills="images.*.platforms", **_MANY),
    Option("attest", Type.SWITCH, "push an SBOM and provenance beside each image", True,
           flag="--attest/--no-attest", commands=(PUSH,)),
    Option("key", Type.TEXT, "one comment for each key; by default that of the workflow and the "
           "job", flag="--key", commands=(COMMENT,)),
    Option("remove", Type.SWITCH, "remove what is listed as left by runs that have ended", False,
           flag="--remove", commands=(CLEAN,)),
    # The file
    _file("version", Type.COUNT, "version of the settings file; this is 1", 1),
    _file("baseline.from", Type.CHOICES, "where the baseline is looked for, in this order",
          ("registry", "artifact", "file"), choices=("registry", "artifact", "file")),
    _file("baseline.ref", Type.TEXT, "the branch that is compared with; by default the one that "
          "the change goes to"),
    _file("baseline.file", Type.TEXT, "the report that is compared with where `from` says file",
          "ci-slim-baseline.json"),
    Option("baseline", Type.TEXT, "compare with the images of this report, or with `none`; "
           "by default the settings file says where to look", flag="--baseline",
           metavar="FILE|none", **_JUDGED),
    Option("fail_on", Type.CHOICES, "what fails besides errors: budget, warning, unknown, skipped, "
           "never; several with commas", ("budget",), flag="--fail-on", metavar="WHAT",
           choices=FAILURES, **_JUDGED),
    _file("fail_on", Type.CHOICES, "what fails besides errors, where no flag or input says it",
          (), choices=FAILURES),
    _file("protect", Type.SWITCH, "judge a change by the target branch's settings, and fail when "
          "it loosens them and nobody approves", False),
    _file("approval.label", Type.TEXT, "this label on the pull or merge request approves"),
    _file("approval.users", Type.TEXTS, "an approval by one of these users approves", ()),
    # An image
    _file("images.*.image", Type.REFERENCE, "an existing image, instead of `build`"),
    _file("images.*.platforms", Type.PLATFORMS, "platforms of an existing image; "
          "as a flag also those to build", (),
          name="platform", flag="--platform", metavar="OS/ARCH[/VARIANT]", **_MANY, **_ALL),
    _file("images.*.tag", Type.TEXT, "name of the slim image; {version} is filled in",
          flag="--tag", metavar="NAME[:TAG]", commands=(RUN, BUILD, SLIM, PUSH)),
    _file("images.*.tags", Type.TEXTS, "a further name to push under; {version} is filled in", (),
          name="also_tag", flag="--also-tag", metavar="NAME[:TAG]", commands=(RUN, BUILD, PUSH),
          **_MANY),
    _file("images.*.annotations", Type.VALUES, "an annotation of the index that is pushed", {},
          name="annotation", flag="--annotation", metavar="KEY=VALUE", commands=(RUN, BUILD, PUSH),
          **_MANY),
    _file("images.*.build.context", Type.TEXT, "folder or URL of the build context", ".",
          name="context", flag="--context", metavar="FOLDER", **_BUILDS),
    _file("images.*.build.dockerfile", Type.TEXT,
          "the Dockerfile; in the settings file relative to the context", "Dockerfile",
          name="dockerfile", flag="--dockerfile", metavar="FILE", **_BUILDS),
    _file("images.*.build.target", Type.TEXT, "the stage to build",
          name="target", flag="--target", metavar="STAGE", **_BUILDS),
    _file("images.*.build.args", Type.VALUES, "a build argument", {},
          name="build_arg", flag="--build-arg", metavar="KEY[=VALUE]", **_MANY, **_BUILDS),
    _file("images.*.build.platforms", Type.PLATFORMS,
          "platforms to build; by default the daemon's own", ()),
    _file("images.*.build.secrets", Type.SECRETS, "a secret for the build, in buildx's words", (),
          name="secret", flag="--secret", metavar="id=NAME[,src=FILE]", **_MANY, **_BUILDS),
    _file("images.*.build.cache_from", Type.TEXTS, "a cache to read, in buildx's words", (),
          name="cache_from", flag="--cache-from", metavar="CACHE", **_MANY, **_BUILDS),
    _file("images.*.build.cache_to", Type.TEXTS, "a cache to write, in buildx's words", (),
          name="cache_to", flag="--cache-to", metavar="CACHE", **_MANY, **_BUILDS),
    _file("images.*.build.contexts", Type.CONTEXTS, "a further named build context", {},
          name="build_context", flag="--build-context", metavar="NAME=FOLDER", **_MANY, **_BUILDS),
    _file("images.*.build.labels", Type.VALUES, "a label of the image", {},
          name="label", flag="--label", metavar="KEY=VALUE", **_MANY, **_BUILDS),
    _file("images.*.build.ssh", Type.TEXTS, "an SSH agent or key for the build, in buildx's words",
          (), name="ssh", flag="--ssh", metavar="default|ID[=SOCKET|KEY]", **_MANY, **_BUILDS),
    _file("images.*.build.add_hosts", Type.TEXTS, "a host that the build can reach by name", (),
          name="add_host", flag="--add-host", metavar="HOST:IP", **_MANY, **_BUILDS),
    _file("images.*.build.network", Type.TEXT, "network of the build's commands: default, none "
          "or host", name="network", flag="--network", metavar="MODE", **_BUILDS),
    _file("images.*.build.pull", Type.SWITCH, "ask for newer base images at each build", False,
          name="pull", flag="--pull/--no-pull", **_BUILDS),
    _file("images.*.build.no_cache", Type.SWITCH, "build without what is cached", False,
          name="no_cache", flag="--no-cache/--cache", **_BUILDS),
    _file("images.*.build.builder.name", Type.TEXT, "builder of buildx that does the build; it is "
          "created if there is none of that name, and stays", name="builder", flag="--builder",
          metavar="NAME", **_BUILDS),
    _file("images.*.build.builder.driver", Type.CHOICE, "driver of a builder that is created",
          "docker-container",
          choices=("docker-container", "kubernetes", "remote")),
    _file("images.*.build.builder.endpoint", Type.TEXT, "where a builder is created: a Docker "
          "context, or an address such as tcp://buildkit:1234"),
    _file("images.*.build.builder.options", Type.TEXTS, "an option of the driver, as key=value",
          ()),
    # How it runs
    _file("images.*.run.env", Type.VALUES, "an environment variable of the container", {},
          name="env", flag="--env", metavar="KEY[=VALUE]", **_MANY, **_RUNS),
    _file("images.*.run.command", Type.COMMAND, "arguments instead of the image's CMD",
          name="command", flag="--command", metavar="TEXT", **_RUNS),
    _file("images.*.run.entrypoint", Type.COMMAND, "program instead of the image's ENTRYPOINT",
          name="entrypoint", flag="--entrypoint", metavar="TEXT", **_RUNS),
    _file("images.*.run.user", Type.TEXT, "user instead of the image's USER",
          name="user", flag="--user", metavar="USER[:GROUP]", **_RUNS),
    _file("images.*.run.port", Type.PORT, "port of HTTP probes that name none",
          name="port", flag="--port", metavar="PORT", **_RUNS),
    _file("images.*.run.stop_grace", Type.DURATION, "time from the stop signal to the kill", 2.0,
          name="stop_grace", flag="--stop-grace", metavar="TIME", **_RUNS),
    _file("images.*.run.files.*.file", Type.TEXT, "the file to put there, relative to this file"),
    _file("images.*.run.files.*.text", Type.SCALAR, "the text to put there"),
    _file("images.*.run.files.*.mode", Type.TEXT, "its permissions, in octal", "0644"),
    _file("images.*.run.volumes", Type.GLOBS, "folders of the container on a volume of their own",
          ()),
    _file("images.*.run.tmpfs", Type.TEXTS, "folders in memory: `/run` or `/run:size=64m`", ()),
    _file("images.*.run.devices", Type.TEXTS, "devices of the daemon's machine: `/dev/ttyUSB0` "
          "or `/dev/ttyUSB0:/dev/modem:rw`", ()),
    _file("images.*.run.gpus", Type.TEXT, "`all`, or how many GPUs"),
    _file("images.*.run.runtime", Type.TEXT, "the OCI runtime, such as `nvidia`"),
    _file("images.*.run.cap_add", Type.TEXTS, "capabilities that are added", ()),
    _file("images.*.run.cap_drop", Type.TEXTS, "capabilities that are taken away", ()),
    _file("images.*.run.read_only", Type.SWITCH, "the container cannot write to its own files",
          False),
    _file("images.*.run.shm_size", Type.SIZE, "size of /dev/shm"),
    _file("images.*.run.sysctls", Type.VALUES, "kernel parameters of the container", {}),
    _file("images.*.run.extra_hosts", Type.VALUES, "host name → address", {}),
    _file("images.*.run.hostname", Type.TEXT, "the container's host name"),
    _file("images.*.run.init", Type.SWITCH, "an init process is PID 1, as with `docker run --init`",
          False),
    _file("images.*.run.network", Type.CHOICE, "`none`: without a network", "bridge",
          choices=("bridge", "none")),
    Option("observe_for", Type.DURATION, "after the probes, keep the fat image running under the "
           "tracer for this long, to be used by hand", 0.0, file_key="images.*.run.observe_for",
           flag="--observe-for", metavar="TIME", commands=(SLIM,)),
    _file("images.*.run.services.*.image", Type.REFERENCE, "image of the service"),
    _file("images.*.run.services.*.env", Type.VALUES, "environment of the service", {}),
    _file("images.*.run.services.*.command", Type.COMMAND, "arguments of the service"),
    Option("ready", Type.READY, "when the container is ready: http:/path, port:5000, log:REGEX "
           "or none, each with @30s for the longest wait", file_key="images.*.run.ready",
           flag="--ready", metavar="CONDITION", **_RUNS),
    _file("images.*.run.ready.http", Type.TEXT, "ready when this path answers"),
    _file("images.*.run.ready.port", Type.PORT, "ready when this port answers"),
    _file("images.*.run.ready.log", Type.PATTERN, "ready when a line of the log matches this"),
    _file("images.*.run.ready.within", Type.DURATION, "longest wait until it is ready", 60.0),
    # How it is probed
    _file(_PROBES, Type.PROBES, "what exercises the container", (),
          flag="--probes", metavar="YAML", **_RUNS),
    Option("http_probe", Type.TEXTS, "send an HTTP request: 'POST /path'", (),
           flag="--http-probe", metavar="REQUEST", **_MANY, **_RUNS, **_adds("http")),
    Option("exec_probe", Type.TEXTS, "run a command in the container", (),
           flag="--exec-probe", metavar="COMMAND", **_MANY, **_RUNS, **_adds("exec")),
    Option("http_probe_cmd_file", Type.TEXTS, "send the requests of a DockerSlim probe file", (),
           flag="--http-probe-cmd-file", metavar="FILE", **_MANY, **_RUNS, **_adds("file")),
    # How it is slimmed
    _file("images.*.keep", Type.GLOBS, "paths to keep in any case", (),
          flag="--keep", metavar="GLOB", **_MANY, **_RUNS),
    _file("images.*.drop", Type.GLOBS, "paths to drop in any case", (),
          flag="--drop", metavar="GLOB", **_MANY, **_RUNS),
    _file("images.*.slim.enabled", Type.SWITCH, "slim this image, or only build and judge it",
          True),
    _file("images.*.slim.layers", Type.CHOICE, "keep the layer boundaries, or make one layer",
          "preserve", name="layers", flag="--layers", choices=("preserve", "merge"), **_RUNS),
    _file("images.*.slim.compression", Type.CHOICE,
          "of its layers; zstd is smaller, slower to make, and for Docker 23 and newer",
          "gzip", name="compression", flag="--compression", choices=("gzip", "zstd"), **_RUNS),
    _file("images.*.slim.safety", Type.CHOICE,
          "what is kept besides what was seen: tight, nothing; balanced, what the application "
          "brings or names; safe, whole language packages as well",
          "balanced", name="safety", flag="--safety", choices=("tight", "balanced", "safe"),
          **_RUNS),
    _file("images.*.slim.without", Type.CHOICES, "a rule of the closure that is switched off", (),
          name="without", choices=RULE_NAMES),
    _file("images.*.slim.packages", Type.SWITCH, "keep what tells scanners of the packages", True,
          name="packages", flag="--packages/--no-packages", **_RUNS),
    _file("images.*.slim.profiles", Type.SWITCH, "write profiles for seccomp (the image is proved "
          "under it, in two more runs) and for AppArmor into the output folder", False,
          name="profiles", flag="--profiles/--no-profiles", **_RUNS),
    _file("images.*.slim.hold_out", Type.CHOICE, "leave each probe out in turn, slim, and send it: "
          "what probes miss; the flag means report", "off", name="hold_out",
          flag="--hold-out", choices=("off", "report", "fail"), alone="report", **_RUNS),
    _file("images.*.slim.observation", Type.TEXTS, "a file of what runs of this image showed: read "
          "where it is there, and added to (of several, the first)", (),
          name="observation", flag="--observation", metavar="FILE", **_MANY, **_RUNS),
    _file("images.*.slim.across_platforms", Type.SWITCH, "take what these files hold of the "
          "image's other platforms too", False, name="across_platforms",
          flag="--across-platforms", **_RUNS),
    Option("explain", Type.TEXTS, "say why this path is in the slim image, or why it is not", (),
           flag="--explain", metavar="PATH", **_MANY, **_RUNS),
    Option("why", Type.SWITCH, "say what weighs most in the slim image, why it is there and how to "
           "lose it", False, flag="--why", **_RUNS),
    # What it may weigh
    Option("budget", Type.BUDGET, "limits as in the settings file: 'pull: 12 MB'",
           file_key="images.*.budget", flag="--budget", metavar="YAML", **_JUDGED),
)  # fmt: skip

SECTIONS: Mapping[str, str] = {
    "images": "the images, by name",
    "images.*": "one image",
    "images.*.build": "how the image is built",
    "images.*.build.builder": "the builder that does the build",
    "images.*.run": "how the container runs while it is probed",
    "images.*.run.files": "files that are put into the container, by their path in it",
    "images.*.run.files.*": "one file",
    "images.*.run.services": "containers it talks to, by the name it reaches them by",
    "images.*.run.services.*": "one service",
    "images.*.run.ready": "when the container is ready for probes",
    "images.*.slim": "how the slim image is made",
    "baseline": "what the image is compared with",
    "approval": "what lets a change loosen protected settings",
}
"""The mappings of the settings file and what they are about."""


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of the settings file: its known keys, or `named` where the user chooses them."""

    path: str
    help: str
    keys: "dict[str, Section | Option]" = field(default_factory=dict)
    named: "Section | None" = None
    items: "Section | None" = None
    """It is a list, and these are the keys of each of its items."""

    def option(self, key: str) -> Option:
        """The option declared under `key`."""
        found = self.keys[key]
        assert isinstance(found, Option), key
        return found

    def section(self, key: str) -> "Section":
        """The section declared under `key`; under any name where the user chooses them."""
        found = self.named or self.keys[key]
        assert isinstance(found, Section), key
        return found


@cache
def file_tree(path: str = "") -> Section:
    """The settings file as declared: the section at `path` and everything below it."""
    prefix = f"{path}." if path else ""
    keys: dict[str, Section | Option] = {}
    for known in SECTIONS:
        key = known.removeprefix(prefix)
        if known.startswith(prefix) and key and "." not in key:
            keys[key] = file_tree(known)
    for option in OPTIONS:
        file_key = option.file_key or ""
        key = file_key.removeprefix(prefix)
        if file_key.startswith(prefix) and key and "." not in key:
            keys.setdefault(key, option)
    named = keys.pop("*", None)
    return Section(
        path, SECTIONS.get(path, ""), keys, named if isinstance(named, Section) else None
    )


def of_command(command: str) -> Iterator[Option]:
    """The options that are flags of a command, in the order of their declaration."""
    return (option for option in OPTIONS if option.flag and command in option.commands)


def option_of(command: str, name: str) -> Option:
    """The option of that name that is a flag of a command."""
    return next(option for option in of_command(command) if option.name == name)


def help_text(option: Option) -> str:
    """The help of a flag: one sentence, with the default where there is one to tell."""
    text = option.help[0].upper() + option.help[1:]
    default = option.default
    if option.type is Type.DURATION:
        default = f"{default:g}s"
    if option.type is Type.CHOICES:
        default = ",".join(default)
    if option.type is Type.SWITCH or default in (None, (), {}):
        return f"{text}."
    return f"{text} (default: {default})."
