"""What the settings say about one image: how to build it, run it and slim it. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class BuilderPlan:
    """The buildx builder that the settings ask for. Without a name, ci-slim chooses one.

    `endpoint` is an address or a Docker context, `options` are `key=value` for the driver.
    """

    name: str = ""
    driver: str = "docker-container"
    endpoint: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """The arguments for `docker buildx build`.

    `context` is relative to the working folder, or a URL. `dockerfile` is relative to the working
    folder, or to the URL. `secrets`, `ssh`, `add_hosts`, `network`, `cache_from` and `cache_to` are
    in the syntax of buildx.
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
class HealthCheck:
    """The health check of a service, as the Docker API takes it. Durations are seconds; 0 means
    Docker's default."""

    test: tuple[str, ...]
    interval: float = 0.0
    timeout: float = 0.0
    start_period: float = 0.0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Copied:
    """A file or folder of this machine that is copied to `target` in a service. `source` and
    `folder` are paths as the working folder sees them. What leads out of `folder` is not copied."""

    source: str
    target: str
    folder: str


@dataclass(frozen=True, slots=True)
class ComposeParts:
    """What a service of a Compose file has besides its image, command and environment. `until` is
    what the service must have reached, within `within` seconds, before the next one starts."""

    entrypoint: tuple[str, ...] | None = None
    user: str | None = None
    working_dir: str | None = None
    hostname: str | None = None
    aliases: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    copied: tuple[Copied, ...] = ()
    init: bool = False
    shm_size: str | None = None
    sysctls: Mapping[str, str] = field(default_factory=dict)
    health: HealthCheck | None = None
    until: Literal["started", "healthy", "completed"] = "started"
    within: float = 120.0


@dataclass(frozen=True, slots=True)
class Service:
    """A container that the application talks to during the probes, under the host name `name`."""

    name: str
    image: str
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] | None = None
    compose: ComposeParts = ComposeParts()


@dataclass(frozen=True, slots=True)
class Ready:
    """When the container is ready for probes. It is polled for at most `within` seconds.

    auto: the first exposed port answers, or, without an exposed port, the container runs.
    http: `path` answers. port: `port` accepts connections. log: a line matches the regular
    expression `pattern`. none: at once.
    """

    kind: Literal["auto", "http", "port", "log", "none"] = "auto"
    path: str = ""
    port: int | None = None
    pattern: str = ""
    within: float = 60.0


@dataclass(frozen=True, slots=True)
class PutFile:
    """A file that is copied into the container, instead of mounted configuration."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class HostPlan:
    """What the container gets in addition to its image, as with `docker run`."""

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
    """How the container runs. Without command, entrypoint or user, those of the image are used.

    `port` is for HTTP probes that do not name one. `stop_grace` is the time from the stop signal to
    the kill, in seconds.
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
    """Seconds in which people can use the fat image by hand after the probes."""


@dataclass(frozen=True, slots=True)
class PackPlan:
    """How the slim image's programs are made smaller: `upx` are globs of executables, `image` is
    one that has the tools; "" takes those of this machine."""

    strip: bool = False
    upx: tuple[str, ...] = ()
    upx_level: int = 7
    image: str | None = None

    @property
    def enabled(self) -> bool:
        return self.strip or bool(self.upx)


@dataclass(frozen=True, slots=True)
class SlimPlan:
    """How the slim image is made. `keep` and `drop` are globs for paths of the image."""

    enabled: bool = True
    layers: Literal["preserve", "split", "shared", "merge"] = "preserve"
    compression: Literal["gzip", "zstd"] = "gzip"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    packages: bool = True
    safety: Literal["tight", "balanced", "safe"] = "balanced"
    without: tuple[str, ...] = ()
    """Names of the closure rules that are switched off."""
    dockerfile: str = ""
    """The text of the Dockerfile that the image is built from; "" if it is not known."""
    profiles: bool = False
    rounds: int = 3
    observation: tuple[str, ...] = ()
    """Files with observations of earlier runs, relative to the working folder. The run adds its own
    observation to the first."""
    across_platforms: bool = False
    hold_out: Literal["off", "report", "fail"] = "off"
    pack: PackPlan = PackPlan()
