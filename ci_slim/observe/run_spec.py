"""What is run: an image of a daemon, how to run it, and with which tools."""

from collections.abc import Callable
from dataclasses import dataclass

from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Patience
from ci_slim.observe.toolkit import Toolkit
from ci_slim.platforms import Platform
from ci_slim.probes import Probe
from ci_slim.settings.plans import RunPlan


@dataclass(frozen=True, slots=True)
class Tools:
    """The toolkits for the two containers of an observation, and the progress output."""

    tracer: Toolkit
    prober: Callable[[tuple[str, ...]], Toolkit]
    """Makes the toolkit of the sidecar, with these programs in addition to the usual ones."""
    show: Callable[[str], object] = lambda _: None
    """Shows a progress text."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """How to trace a program that gains privileges when it is executed: without strace's filter,
    and as root. Root starts the application as `user` (a name, or UID:GID; "" for root itself)."""

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
    """The image of the sidecar: the fat image, also for a run of the slim image."""
    called: str = ""
    """What messages call the image, or "" for its name in the daemon."""
    patience: Patience | None = None
    """How long to wait for good answers, if an earlier run showed it. A slim image that lacks a
    file never gives a good answer."""
    later: float = 0.0
    """Seconds between the moment when it is ready and the first probe."""
    privileges: Privileges | None = None
    """Whether programs keep the privileges of their files. None if no program of the image has any;
    then strace runs faster."""

    @property
    def where(self) -> str:
        """The name of the image in messages."""
        return f"{self.called or self.image} ({self.platform})"
