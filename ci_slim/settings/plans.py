"""What the settings ask for of one image: how to build it, run it and slim it. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class BuilderPlan:
    """The builder of buildx that the settings ask for; as it stands here: whichever does.

    `endpoint` and `options` are what its driver takes: an address or a context, `key=value`.
    """

    name: str = ""
    driver: str = "docker-container"
    endpoint: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What `docker buildx build` is given.

    `context` and `dockerfile` are relative to the working folder (or a URL, with the Dockerfile
    relative to it); `secrets`, `ssh`, `add_hosts`, `network`, `cache_from` and `cache_to` are
    buildx's own words for them.
    """

    context: str
    dockerfile: str
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ssh: tuple[str, ...] = ()
    add_hosts: tuple[str, ...] = ()
    network: str | None = None
    pull: bool = False
    no_cache: bool = False
    builder: BuilderPlan = BuilderPlan()


@dataclass(frozen=True, slots=True)
class Service:
    """A container that the image talks to while it is probed, reached by its `name`."""

    name: str
    image: str
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """When the container is ready for probes; polled for at most `within` seconds.

    auto: the first exposed port answers, or it just runs where none is exposed; http: `path`
    answers; port: `port` accepts; log: a line matches the regular expression `pattern`; none.
    """

    kind: Literal["auto", "http", "port", "log", "none"] = "auto"
    path: str = ""
    port: int | None = None
    pattern: str = ""
    within: float = 60.0


@dataclass(frozen=True, slots=True)
class PutFile:
    """A file that is put into the container, as a mounted configuration would be."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What the container has besides its image, as `docker run` would give it."""

    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    gpus: str | None = None
    runtime: str | None = None
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    read_only: bool = False
    shm_size: int | None = None
    sysctls: Mapping[str, str] = field(default_factory=dict)
    extra_hosts: Mapping[str, str] = field(default_factory=dict)
    hostname: str | None = None
    init: bool = False
    network: Literal["bridge", "none"] = "bridge"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """How the container is run. None for command, entrypoint and user: as the image says.

    `port` is the one that HTTP probes use that name none; `stop_grace` is seconds between the
    stop signal and the kill.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    user: str | None = None
    services: tuple[Service, ...] = ()
    ready: Ready = Ready()
    port: int | None = None
    stop_grace: float = 2.0
    files: tuple[PutFile, ...] = ()
    host: HostPlan = HostPlan()
    observe_for: float = 0.0
    """Seconds for which the fat image is used by hand after the probes."""


@dataclass(frozen=True, slots=True)
class SlimPlan:
    """How the slim image is made: `keep` and `drop` are globs of paths of the image."""

    enabled: bool = True
    layers: Literal["preserve", "merge"] = "preserve"
    compression: Literal["gzip", "zstd"] = "gzip"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    packages: bool = True
    safety: Literal["tight", "balanced", "safe"] = "balanced"
    without: tuple[str, ...] = ()
    """Names of closure rules that are switched off."""
    dockerfile: str = ""
    """The text of the Dockerfile that the image is built from; "" if it is not known."""
    profiles: bool = False
    rounds: int = 3
    observation: tuple[str, ...] = ()
    """Files of what earlier runs showed, relative to the working folder; the first is added to."""
    across_platforms: bool = False
    hold_out: Literal["off", "report", "fail"] = "off"
