"""The applications of the field corpus, read from their folders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ruamel.yaml import YAML

APPS = Path(__file__).resolve().parent / "apps"
_KEYS = {
    "ecosystem", "half", "documented", "platforms", "port", "within", "probed", "before",
    "held_out", "extra",
}  # fmt: skip
NATIVE = "linux/amd64"
_CHECK_KEYS = {"http", "exec", "run", "status", "exit", "body", "headers", "send"}

Half = Literal[
    "tune", "report", "fresh", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth",
]  # fmt: skip
"""`tune`: rules were made for it. `report`: read after that. `fresh`: written later; its first
reading was with rules that were made without it. `second`: written later still, by somebody who had
not read the rules; its first reading was also with rules that were made without it. `third`:
written after the rules had been changed for `second`, and without them. `fourth`: the same after
the rules had been changed for `third`. `fifth`: the same after they had been changed for
`fourth`. `sixth`: the same after they had been changed for `fifth`. `seventh`: the same after they
had been changed for `sixth`. `eighth`: written on 2026-12-02, evening, by a writer who had not read
the rules. `ninth`: written on 2026-12-02, night, by a writer who had not read the rules. `tenth`:
written on 2026-12-03 by a writer who had not read the rules. `eleventh`: written on 2026-12-03,
midday, by a writer who had not read the rules. `twelfth`: written on 2026-12-03, afternoon, by a
writer who had not read the rules. `thirteenth`: written on 2026-12-04 by a writer who had not read
the rules. `fourteenth`: written on 2026-12-04, evening, by a writer who had not read the rules."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a running container (`http`, `exec`), or one run of the image (`run`), and
    what the answer must be: an HTTP status or an exit code, and text that it contains."""

    kind: Literal["http", "exec", "run"]
    asked: str | tuple[str, ...]
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    send: str | None = None

    def __str__(self) -> str:
        asked = self.asked if isinstance(self.asked, str) else " ".join(self.asked)
        return f"{self.kind} {asked}"


@dataclass(frozen=True, slots=True)
class App:
    """One application on one platform: its probes, and the later checks of the slim image."""

    name: str
    platform: str
    ecosystem: str
    half: Half
    port: int | None
    within: str
    probed: tuple[Mapping[str, Any], ...]
    """Probes in the words of ci-slim's settings."""
    before: tuple[Check, ...]
    """Sent before the checks; not counted."""
    held_out: tuple[Check, ...]
    extra: tuple[Check, ...]

    @property
    def folder(self) -> Path:
        """The build context."""
        return APPS / self.name

    @property
    def fat(self) -> str:
        """The name of the fat image."""
        return self.image("fat")

    def image(self, level: str) -> str:
        """The name of the image at a level, for this platform."""
        return f"ci-slim-field/{self.name}:{level}-{self.platform.replace('/', '-')}"

    @property
    def on(self) -> tuple[str, str]:
        """The argument of docker that names the platform."""
        return "--platform", self.platform

    @property
    def runs(self) -> bool:
        """Whether the checks are sent to a running container."""
        return any(check.kind != "run" for check in (*self.held_out, *self.extra))


def applications() -> tuple[App, ...]:
    """All applications on each of their platforms, sorted by name. A field.yml without
    `platforms` is for linux/amd64. Raises ValueError for an invalid file."""
    folders = [path.parent for path in sorted(APPS.glob("*/field.yml"))]
    return tuple(app for folder in folders for app in _apps(folder))


def _apps(folder: Path) -> Iterator[App]:
    text: Mapping[str, Any] = YAML(typ="safe").load(folder / "field.yml")
    if unknown := set(text) - _KEYS:
        raise ValueError(f"{folder.name}: unknown keys: {', '.join(sorted(unknown))}")
    if text["half"] not in get_args(Half) or not text["documented"]:
        raise ValueError(f"{folder.name}: half or documented is missing")
    for platform in text.get("platforms", [NATIVE]):
        yield App(
            folder.name,
            platform,
            text["ecosystem"],
            text["half"],
            text.get("port"),
            text.get("within", "60s"),
            tuple(text["probed"]),
            tuple(map(_check, text.get("before", ()))),
            tuple(map(_check, text["held_out"])),
            tuple(map(_check, text["extra"])),
        )


def _check(text: Mapping[str, Any]) -> Check:
    if unknown := set(text) - _CHECK_KEYS:
        raise ValueError(f"unknown keys of a check: {', '.join(sorted(unknown))}")
    headers, send = text.get("headers", {}), text.get("send")
    body = str(text.get("body", ""))
    if "http" in text:
        return Check("http", text["http"], text.get("status", 200), body, headers, send)
    if "exec" in text:
        return Check("exec", text["exec"], text.get("exit", 0), body)
    return Check("run", tuple(map(str, text["run"])), text.get("exit", 0), body)
