"""One service of a Compose file → a service of a run. Pure."""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.compose_env_file import Read, variables
from ci_slim.settings.compose_mounts import mounts_of
from ci_slim.settings.compose_secrets import secrets_of
from ci_slim.settings.compose_values import Values
from ci_slim.settings.document import Node, Scalar, Sequence, Table
from ci_slim.settings.plans import ComposeParts, Copied, HealthCheck, Service


def _unreadable(path: str) -> bytes:
    raise FileNotFoundError(path)


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """The text of a Compose file, its path, and the environment that fills its variables. `read`
    reads the files that it names, by paths relative to the working folder, and may raise OSError.
    """

    text: str
    path: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    read: Read = _unreadable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IGNORED = _words("""
    annotations attach build container_name cpu_count cpu_percent cpu_shares cpu_quota cpus
    deploy depends_on develop expose labels logging mem_limit mem_reservation memswap_limit
    mem_swappiness oom_kill_disable oom_score_adj pids_limit platform ports profiles pull_policy
    read_only restart scale stdin_open stop_grace_period stop_signal tty cap_drop ulimits
""")
"""Keys that change nothing for the probed application, such as published ports and restarts."""

REFUSED: Mapping[str, str] = {
    "privileged": "it would have all rights on the daemon's machine",
    "devices": "it would use devices of the daemon's machine",
    "device_cgroup_rules": "it would use devices of the daemon's machine",
    "gpus": "it would use devices of the daemon's machine",
    "cap_add": "it would have more rights than Docker gives",
    "security_opt": "it would change what protects the daemon's machine",
    "network_mode": "it must be in the network of the run",
    "pid": "it would see processes of the daemon's machine",
    "ipc": "it would share memory with the daemon's machine",
    "uts": "it would share the host name of the daemon's machine",
    "userns_mode": "it would change what protects the daemon's machine",
    "cgroup": "it would change what protects the daemon's machine",
    "cgroup_parent": "it would change what protects the daemon's machine",
    "runtime": "it would choose a program of the daemon's machine",
    "use_api_socket": "it would control the daemon",
    "volumes_from": "it would have the volumes of another container",
    "external_links": "it would reach containers of others",
    "configs": "configs are not passed on: use `volumes`, with a file below the Compose file",
}

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII)


def service_of(name: str, table: Table, file: ComposeFile, secrets: Table) -> Service:
    """The service; its files are relative to the folder of the Compose file. `secrets` are those of
    the file. Raises UsageError."""
    values = Values(file.environment)
    for key, node in table.entries.items():
        _refuse(name, key, node, table.keys[key])
    image = shapes.given(table, "image")
    if image is None:
        raise UsageError(
            f"the service `{name}` has no image",
            where=table.where,
            hint="build it before, as Compose would, and name it under `image`",
        )
    reader = _Reader(table, values)
    folder = posixpath.dirname(file.path) or "."
    given = variables(name, shapes.given(table, "env_file"), values, folder, file.read)
    hidden = secrets_of(name, shapes.given(table, "secrets"), secrets, values, folder)
    mounts = list(mounts_of(name, shapes.given(table, "volumes"), values, folder))
    return Service(
        name,
        values.text(image),
        {**given, **dict(reader.pairs("environment"))},
        reader.command("command"),
        ComposeParts(
            entrypoint=reader.command("entrypoint"),
            user=reader.text("user"),
            working_dir=reader.text("working_dir"),
            hostname=reader.text("hostname"),
            aliases=tuple(reader.aliases()),
            tmpfs=tuple(reader.texts("tmpfs")),
            volumes=tuple(each.target for each in mounts if each.kind == "volume"),
            copied=(
                *(
                    Copied(each.source, each.target, folder)
                    for each in mounts
                    if each.kind == "bind"
                ),
                *hidden,
            ),
            init=reader.text("init") == "true",
            shm_size=reader.text("shm_size"),
            sysctls=dict(reader.pairs("sysctls")),
            health=reader.health(),
        ),
    )


_READ = _words("""
    image command entrypoint environment env_file healthcheck user working_dir hostname networks
    tmpfs volumes init shm_size sysctls secrets
""")


def _refuse(name: str, key: str, node: Node, where: str) -> None:
    if key in IGNORED or key in _READ or key.startswith("x-"):
        return
    empty = isinstance(node, Scalar) and node.text.lower() in ("", "false", "null", "~")
    nothing = isinstance(node, Sequence) and not node.items
    if key in REFUSED and not (empty or nothing):
        raise UsageError(f"the service `{name}` has `{key}`: {REFUSED[key]}", where=where)
    if key not in REFUSED:
        known = sorted({*_READ, *IGNORED})
        raise UsageError(
            f"the service `{name}` has `{key}`, which is not understood",
            where=where,
            hint=shapes.nearest(key, known),
        )


class _Reader:
    """Reads the keys of one service."""

    def __init__(self, table: Table, values: Values) -> None:
        self._table, self._values = table, values

    def text(self, key: str) -> str | None:
        node = shapes.given(self._table, key)
        return None if node is None else self._values.text(node)

    def texts(self, key: str) -> Iterator[str]:
        """One text or a list of them."""
        node = shapes.given(self._table, key)
        if isinstance(node, Sequence):
            yield from map(self._values.text, node.items)
        elif node is not None:
            yield self._values.text(node)

    def command(self, key: str) -> tuple[str, ...] | None:
        """A list of words, or a text that is split as a shell splits it."""
        node = shapes.given(self._table, key)
        if node is None:
            return None
        if isinstance(node, Sequence):
            return tuple(map(self._values.text, node.items))
        try:
            return tuple(shlex.split(self._values.text(node)))
        except ValueError as error:
            raise UsageError(f"`{key}` cannot be split: {error}", where=node.where) from None

    def pairs(self, key: str) -> Iterator[tuple[str, str]]:
        """A mapping, or a list of `NAME=VALUE`. A name without a value takes its value from the
        environment; it is left out if the environment has none."""
        node = shapes.given(self._table, key)
        if isinstance(node, Table):
            found = ((name, shapes.given(node, name)) for name in node.entries)
            pairs = [
                (name, None if each is None else self._values.text(each)) for name, each in found
            ]
        else:
            split = (text.partition("=") for text in self.texts(key))
            pairs = [(name, value if equals else None) for name, equals, value in split]
        for name, value in pairs:
            given = self._values.environment.get(name) if value is None else value
            if given is not None:
                yield name, given

    def aliases(self) -> Iterator[str]:
        """Additional names in the network."""
        if (name := self.text("container_name")) is not None:
            yield name
        networks = shapes.given(self._table, "networks")
        for node in networks.entries.values() if isinstance(networks, Table) else ():
            if isinstance(node, Table):
                given = shapes.given(node, "aliases")
                yield from map(
                    self._values.text, given.items if isinstance(given, Sequence) else ()
                )

    def health(self) -> HealthCheck | None:
        node = shapes.given(self._table, "healthcheck")
        if node is None:
            return None
        table = shapes.mapping(node, "healthcheck")
        disabled = shapes.given(table, "disable")
        if disabled is not None and self._values.text(disabled) == "true":
            return HealthCheck(("NONE",))
        asked, retries = shapes.given(table, "test"), shapes.given(table, "retries")
        test: tuple[str, ...] = ()
        if isinstance(asked, Sequence):
            test = tuple(map(self._values.text, asked.items))
        elif asked is not None:
            test = ("CMD-SHELL", self._values.text(asked))
        seconds: Callable[[str], float] = lambda key: self._seconds(shapes.given(table, key))  # noqa: E731
        return HealthCheck(
            test,
            seconds("interval"),
            seconds("timeout"),
            seconds("start_period"),
            0 if retries is None else self._values.number(retries),
        )

    def _seconds(self, node: Node | None) -> float:
        if node is None:
            return 0.0
        text = self._values.text(node)
        match = _TIME.fullmatch(text)
        if not text or match is None:
            raise UsageError(f"`{text}` is no duration", where=node.where, hint="write 1m30s")
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
