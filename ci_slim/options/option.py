"""What an option is: its name, its type, its flag and its key in the settings file."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Type(Enum):
    """What a setting holds. Each type has a reader in `cleaning.py` and a schema in `schema.py`."""

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
    RATE = auto()
    """`1 Mbit/s`, `256 kbit/s` → int bits a second."""
    PRICE = auto()
    """`2 EUR/GB` → Price."""
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
    """Name → text. An unquoted value such as `1.0` or `yes` is read as this text."""
    CANDIDATES = auto()
    """Pattern of a name of an image → a list of names of images."""
    CONTEXTS = auto()
    """Name → folder, URL or image, as `--build-context` of buildx takes them."""
    SECRETS = auto()
    """A list of buildx secrets: `id=name,src=file` or `id=name,env=VARIABLE`."""
    SCALAR = auto()
    """A text. A number, `true` or `false` is read as the text that stands in the file."""
    LINE = auto()
    """A command: a list of words, or one text."""
    ARGUMENTS = auto()
    """The arguments of a program: a list of words, or one text. There may be none."""
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
    """For a flag only: `http:/path`, `port:5000`, `log:REGEX`, `none`, each with `@30s`."""
    PROBES = auto()
    """A list of probes, see `probes`. A flag takes it as YAML, as in the settings file."""
    RELEASES = auto()
    """A whole number from 1, or a list of tags."""
    BUDGET = auto()
    """The mapping `budget`; the rules in `judge/rules` declare its keys. A flag takes its YAML."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `default` is the value after reading; `*` in `file_key` is any name.

    An option without `file_key` concerns one call only (where to write, what to show). An option
    without `flag` can be set in the file only. A name is unique within a command; two commands may
    have different options with the same name.
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
    """For a count: the smallest number."""
    most: int | None = None
    """For a count: the largest number. For a duration: the most seconds."""
    fills: str | None = None
    """The key of the settings file that the flag sets, if it is not `file_key`."""
    alone: str | None = None
    """The value that the flag sets; the flag then takes no value."""
    probe: str | None = None
    """The flag adds a probe to `probes`, and its text becomes this key of the probe."""

    @property
    def sets(self) -> str | None:
        """The key of the settings file that a flag or an input sets; None: it concerns this call
        only."""
        return self.fills or self.file_key


def in_file(key: str, type: Type, help: str, default: Any = None, **more: Any) -> Option:
    """An option of the settings file. Its name is its key, without the `images.*.` in front."""
    name = key.removeprefix("images.*.").replace(".*.", "_").replace(".", "_")
    return Option(**{"name": name, **more}, type=type, help=help, default=default, file_key=key)


def help_text(option: Option) -> str:
    """The help of a flag: one sentence, with the default if there is one to show."""
    text = option.help[0].upper() + option.help[1:]
    default = option.default
    if option.type is Type.DURATION:
        default = f"{default:g}s"
    if option.type is Type.CHOICES:
        default = ",".join(default)
    if option.type is Type.SWITCH or default in (None, (), {}):
        return f"{text}."
    return f"{text} (default: {default})."
