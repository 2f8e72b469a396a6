"""What is run: an image of a daemon, how, and with which tools."""

from collections.abc import Callable
from dataclasses import dataclass

from ci_slim.image.config import ImageConfig
from ci_slim.observe.toolkit import Toolkit
from ci_slim.platforms import Platform
from ci_slim.probes import Probe
from ci_slim.settings.plans import RunPlan


@dataclass(frozen=True, slots=True)
class Tools:
    """The toolkits for the two containers of an observation, and who is told how it goes."""

    tracer: Toolkit
    prober: Callable[[tuple[str, ...]], Toolkit]
    """Makes that of the sidecar, with these programs besides the usual ones."""
    says: Callable[[str], object] = lambda _: None
    """Takes what is going on, for whoever waits."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """How a program is traced that gains privileges by being executed: without strace's filter, and
    by root, who starts the application as `user` (a name, or UID:GID; "" for root itself)."""

    user: str = ""
    home: str = ""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """An image in the daemon, and how to run it."""

    image: str
    platform: Platform
    config: ImageConfig
    run: RunPlan
    probes: tuple[Probe, ...]
    sidecar_image: str
    """Where probes are sent from: the fat image, also for the slim one."""
    called: str = ""
    """What messages call the image; "" for its name in the daemon."""
    patience: float | None = None
    """Seconds in which the first good answer must come; None: as long as it may take to be ready.
    A slim image that lacks a file never gives one."""
    privileges: Privileges | None = None
    """Whether programs keep the privileges that their files give; None: none of them has any, and
    strace is faster."""

    @property
    def where(self) -> str:
        """What it is, for messages."""
        return f"{self.called or self.image} ({self.platform})"
