"""How ci-slim-update makes a container anew: what the new one gets, and that a power cut between
any two orders to the daemon loses nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from ci_slim.device import ci_slim_update as update

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64
ALWAYS = {"Name": "always", "MaximumRetryCount": 0}
POLICIES = ["always", "unless-stopped", "on-failure", "no"]
ID = "c" * 64
IMAGE = {
    "Env": ["PATH=/bin", "VERSION=1"],
    "Cmd": ["serve"],
    "Entrypoint": ["/entry"],
    "WorkingDir": "/srv",
    "User": "app",
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"/data": {}},
    "Labels": {"version": "1", "vendor": "x"},
    "Healthcheck": {"Test": ["CMD", "true"]},
    "StopSignal": "SIGINT",
}
NETWORKS = {
    "back": {
        "NetworkID": "n2",
        "Aliases": None,
        "IPAddress": "172.17.0.2",
        "MacAddress": "02:42:ac:11:00:02",
    },
    "front": {
        "NetworkID": "n1",
        "Aliases": ["web", ID[:12]],
        "IPAMConfig": {"IPv4Address": "10.0.0.9"},
        "IPAddress": "10.0.0.9",
        "MacAddress": "0a:00:00:00:00:01",
    },
}


def container(config: Mapping[str, Any] | None = None, **host: Any) -> dict[str, Any]:
    """One of IMAGE in two networks, as the daemon describes it."""
    own = {**IMAGE, "Image": "r/app:1", "Hostname": ID[:12], "OnBuild": None, **(config or {})}
    return {
        "Id": ID,
        "Name": "/app",
        "Image": OLD,
        "Config": own,
        "HostConfig": {"NetworkMode": "front", "RestartPolicy": ALWAYS, **host},
        "NetworkSettings": {"Networks": NETWORKS},
        "Mounts": [],
    }


def anew(found: dict[str, Any]) -> dict[str, Any]:
    return update.made_anew(found, IMAGE, "r/app:stable", (OLD, NEW))


def test_what_came_from_the_old_image_comes_from_the_new_one() -> None:
    made = anew(container())
    empty = {name: made[name] for name in ("Env", "Labels", "ExposedPorts", "Volumes")}
    assert empty == {"Env": [], "Labels": {}, "ExposedPorts": {}, "Volumes": {}}
    told = {*made} - {*empty}
    assert told == {"Image", "HostConfig", "NetworkingConfig"}
    assert made["Image"] == "r/app:stable"


def test_what_the_operator_said_stays() -> None:
    own = {
        "Env": ["VERSION=1", "PATH=/bin", "MODE=fast"],
        "Cmd": ["serve", "--all"],
        "User": "root",
        "Hostname": "board",
        "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
        "Labels": {**IMAGE["Labels"], "version": "2", "com.docker.compose.image": OLD},  # type: ignore[dict-item]
        "Tty": True,
    }
    made = anew(container(own, Privileged=True, Binds=["/dev:/dev"]))
    assert made["Env"] == ["MODE=fast"]
    assert (made["Cmd"], "Entrypoint" in made) == (["serve", "--all"], False)
    assert (made["User"], made["Hostname"], made["Tty"]) == ("root", "board", True)
    assert made["ExposedPorts"] == {"81/tcp": {}}
    assert made["Labels"] == {"version": "2", "com.docker.compose.image": NEW}
    assert made["HostConfig"]["Privileged"] is True
    assert made["HostConfig"]["Binds"] == ["/dev:/dev"]


def test_with_an_entrypoint_of_the_operator_the_command_is_his_too() -> None:
    made = anew(container({"Entrypoint": ["/other"], "Cmd": ["serve"]}))
    assert (made["Entrypoint"], made["Cmd"]) == (["/other"], ["serve"])


@pytest.mark.parametrize("cleared", [None, []])
def test_an_entrypoint_that_was_cleared_does_not_come_back(cleared: Any) -> None:
    made = anew(container({"Entrypoint": cleared, "Cmd": ["sh"]}))
    assert (made["Entrypoint"], made["Cmd"]) == ([""], ["sh"])


def test_a_published_port_is_exposed_also_if_the_new_image_does_not_expose_it() -> None:
    made = anew(container(PortBindings={"80/tcp": [{"HostPort": "8080"}], "53/udp": []}))
    assert made["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}


def test_the_label_of_an_update_does_not_go_from_one_container_to_the_next() -> None:
    made = anew(container({"Labels": {"dev.ci-slim.update": "{}", "mine": "1"}}))
    assert made["Labels"] == {"mine": "1"}


def test_the_first_network_is_that_of_the_mode_and_the_others_follow() -> None:
    networking = anew(container())["NetworkingConfig"]
    front = {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Aliases": ["web"],
             "MacAddress": "0a:00:00:00:00:01"}  # fmt: skip
    assert networking == {"EndpointsConfig": {"front": front}, "More": {"back": {}}}


@pytest.mark.parametrize("ip", ["10.0.0.9", "", "fd00::1"])
def test_an_address_that_looks_as_if_docker_made_it_stays(ip: str) -> None:
    found = {"IPAddress": ip, "MacAddress": "02:42:ac:11:00:02"}
    assert update._endpoint(found, "") == {"MacAddress": "02:42:ac:11:00:02"}


def test_a_domain_stays_without_a_host_name_of_its_own() -> None:
    made = anew(container({"Domainname": "example"}))
    assert ("Hostname" in made, made["Domainname"]) == (False, "example")


def test_in_the_name_space_of_the_host_it_has_no_host_name_of_its_own() -> None:
    assert "Hostname" not in anew(
        container({"Hostname": "board"}, NetworkMode="host", UTSMode="host")
    )


def test_of_a_health_check_only_what_differs_from_the_old_image_stays() -> None:
    made = anew(container({"Healthcheck": {**IMAGE["Healthcheck"], "Retries": 3}}))  # type: ignore[dict-item]
    assert made["Healthcheck"] == {"Retries": 3}


@pytest.mark.parametrize("mode", ["host", "none", "container:abc"])
def test_without_a_network_of_its_own_it_is_in_none(mode: str) -> None:
    made = anew(container({"Hostname": "x", "Domainname": "y"}, NetworkMode=mode))
    assert made["NetworkingConfig"] == {"More": {}}
    assert ("Hostname" in made) == (mode in ("host", "none"))
    assert ("Domainname" in made) == (mode in ("host", "none"))


def test_anonymous_volumes_go_with_their_data() -> None:
    found = container(
        Binds=["named:/n/", "/host:/h:ro"], Mounts=[{"Type": "volume", "Target": "/m"}]
    )
    found["Mounts"] = [
        {"Type": "volume", "Name": "named", "Destination": "/n", "RW": True},
        {"Type": "volume", "Name": "a1", "Destination": "/data", "RW": True},
        {"Type": "volume", "Name": "a2", "Destination": "/m", "RW": True},
        {"Type": "volume", "Name": "a3", "Destination": "/r", "RW": False},
        {"Type": "bind", "Source": "/host", "Destination": "/h"},
    ]
    host = anew(found)["HostConfig"]
    assert host["Binds"] == ["named:/n/", "/host:/h:ro", "a1:/data", "a3:/r:ro"]
    assert host["Mounts"] == [{"Type": "volume", "Target": "/m", "Source": "a2"}]


@pytest.mark.parametrize(
    ("host", "other", "why"),
    [
        ({"AutoRemove": True}, {}, "without --rm"),
        ({"Links": ["/db:/app/db"]}, {}, "it has links"),
        ({"NetworkMode": "gone"}, {}, "disconnected from its network gone"),
        ({}, {"NetworkMode": f"container:{ID}"}, "the container side is in its namespaces"),
        ({}, {"PidMode": "container:app"}, "the container side is in its namespaces"),
        ({}, {"Links": ["/app:/side/app"]}, "the container side has a link to it"),
        ({}, {"NetworkMode": "container:other", "Links": None}, ""),
    ],
)
def test_what_would_break_is_refused(host: Any, other: Any, why: str) -> None:
    told = update.refusal(container(**host), [{"Name": "/side", "HostConfig": other}])
    assert why in told if why else told == ""


def test_a_task_of_a_swarm_and_the_updater_itself_are_refused() -> None:
    task = container({"Labels": {"com.docker.swarm.service.id": "x"}})
    assert "docker service update" in update.refusal(task, [])
    place = f"/var/lib/docker/containers/{ID}/hostname"
    assert "the container that updates" in update.refusal(container(), [], place)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("app", "docker.io/library/app:1", True),
        ("localhost:5000/a/b", "localhost:5000/a/b:x@sha256:1", True),
        ("r.example/app", "app", False),
    ],
)
def test_names_of_one_repository_are_the_same(one: str, other: str, same: bool) -> None:
    assert (update.repository_of(one) == update.repository_of(other)) == same


class PowerCut(Exception):
    pass


class Board:
    """The containers of a daemon by their names, and a power cut after so many changes."""

    def __init__(self, changes: int | None = None, policy: str = "always") -> None:
        given = {"Name": policy, "MaximumRetryCount": 0}
        self.containers = {"app": container(RestartPolicy=given)}
        self.containers["app"] |= {"Running": True, "Stopped": False}
        self.left = changes
        self.stuck: set[str] = set()
        self.dying, self.taken = 0, False
        self.names: dict[str, Any] = {}

    def _change(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left = None if self.left is None else self.left - 1

    def listed(self, path: str) -> list[dict[str, Any]]:
        return [{"Names": [each["Name"]]} for each in self.containers.values()]

    def inspect(self, kind: str, name: str) -> dict[str, Any] | None:
        image = {"Id": name, "Config": IMAGE, **self.names}
        return image if kind == "images" else self.containers.get(name)

    def order(self, _: str, path: str, failed: str, body: Any = None, seconds: float = 0) -> None:
        self._change()
        path, _, query = path.partition("?")
        value = query.partition("=")[2]
        name, verb = path.split("/")[-2:]
        if verb == "create":
            assert value not in self.containers
            self.containers[value] = {
                "Id": "d" * 64,
                "Image": NEW,
                "Name": f"/{value}",
                "Config": {"Labels": body["Labels"]},
                "HostConfig": dict(body["HostConfig"]),
                "Running": False,
                "Stopped": False,
            }
        elif verb == "rename":
            assert value not in self.containers
            self.containers[value] = {**self.containers.pop(name), "Name": f"/{value}"}
        elif verb == "update":
            if self.containers[name]["Running"] and self.dying:
                self.dying -= 1
                raise update.Problem("cannot update a stopped container")
            self.containers[name]["HostConfig"] |= body
        elif verb == "start" and self.taken:
            raise update.Problem(
                "docker says: Bind for 0.0.0.0:80 failed: port is already allocated"
            )
        elif verb in ("start", "stop"):
            self.containers[name] |= {"Running": verb == "start", "Stopped": verb == "stop"}
            runs = [each for each in self.containers.values() if each["Running"]]
            assert len(runs) <= 1, "both would listen on one port"

    def ask(self, method: str, path: str, seconds: float = 0) -> "Board":
        assert method == "DELETE"
        name = path.split("/")[-1].partition("?")[0]
        self.status = 500 if name in self.stuck else 404
        if name in self.containers and name not in self.stuck:
            self._change()
            del self.containers[name]
        return self

    status = 404

    def check(self, answer: Any, failed: str) -> None:
        raise update.Problem(failed)

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def starts_again(self) -> int:
        """The daemon starts what its restart policy says; how many that are. `always` starts
        whatever stopped it, the others only what nobody stopped by hand, and here also only what
        ran. Two would listen on one port, so neither runs then."""
        runs = []
        for name, each in self.containers.items():
            policy = each["HostConfig"]["RestartPolicy"]["Name"]
            if policy == "always" or (policy != "no" and each["Running"] and not each["Stopped"]):
                runs.append(name)
        for name, each in self.containers.items():
            each["Running"] = runs == [name]
        return len(runs)

    @property
    def app(self) -> update.Container:
        return update.Container(cast(update.Daemon, self), "app")

    @property
    def shown(self) -> dict[str, tuple[str, bool, str]]:
        return {
            name: (each["Image"], each["Running"], each["HostConfig"]["RestartPolicy"]["Name"])
            for name, each in self.containers.items()
        }


def runs(image: str, policy: str = "always") -> dict[str, tuple[str, bool, str]]:
    return {"app": (image, True, policy)}


def swap(board: Board) -> None:
    board.app.replace(NEW)
    board.app.keep()
    board.app.drop()


def swap_and_back(board: Board) -> None:
    board.app.replace(NEW)
    board.app.recover()


def cuts(work: Any, policy: str) -> Iterator[Board]:
    """A board for each moment at which the power can be cut."""
    for changes in range(100):
        board = Board(changes, policy)
        try:
            work(board)
        except PowerCut:
            board.left = None
            yield board
        else:
            return


@pytest.mark.parametrize("policy", POLICIES)
def test_the_new_container_takes_the_place_of_the_old_one_or_gives_it_back(policy: str) -> None:
    board = Board(policy=policy)
    swap(board)
    assert board.shown == runs(NEW, policy)
    board = Board(policy=policy)
    board.app.replace(NEW)
    assert board.shown["app.ci-slim-old"] == (OLD, False, "no")
    board.app.recover()
    assert board.shown == runs(OLD, policy)


@pytest.mark.parametrize("policy", POLICIES[:3])  # with "no" nothing starts with the device
@pytest.mark.parametrize("starts_again", [False, True])
@pytest.mark.parametrize(("work", "most"), [(swap, 1), (swap_and_back, 2)])
def test_after_a_power_cut_at_any_moment_one_of_the_two_runs(
    work: Any, most: int, starts_again: bool, policy: str
) -> None:
    moments = both = 0
    for board in cuts(work, policy):
        moments += 1
        if starts_again:
            started = board.starts_again()
            assert started, board.shown
            both += started > 1
        board.app.recover()
        assert board.shown in (runs(OLD, policy), runs(NEW, policy))
        if board.shown == runs(OLD, policy):
            swap(board)
        assert board.shown == runs(NEW, policy)
    assert moments >= 8
    assert both <= most  # between the two orders that hand the restart policy over


@pytest.mark.parametrize("policy", POLICIES[:3])
def test_a_container_that_dies_again_and_again_does_not_hold_up_the_way_back(
    policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    board = Board(policy=policy)
    board.dying = 3
    board.app.replace(NEW)
    assert board.shown["app"] == (NEW, True, policy)
    board.dying = 3
    board.app.recover()
    assert board.shown == runs(OLD, policy)
    board.dying = update.UPDATE_TRIES
    with pytest.raises(update.Problem, match="cannot update a stopped container"):
        board.app._restarts("app", update._ALWAYS)


def test_a_port_that_docker_did_not_free_is_explained() -> None:
    board = Board()
    board.taken = True
    with pytest.raises(update.Problem, match=r"already allocated; if nothing .* restart docker"):
        board.app.replace(NEW)


def test_a_container_that_somebody_else_made_is_not_removed() -> None:
    board = Board()
    board.app.replace(NEW)
    board.containers["app"]["Config"]["Labels"] = {}
    before = board.shown
    with pytest.raises(update.Problem, match="app was not made by ci-slim-update"):
        board.app.recover()
    assert board.shown == before
    board = Board()
    board.containers["app.ci-slim-new"] = {**container(), "Name": "/app.ci-slim-new"}
    board.containers["app.ci-slim-new"]["Running"] = False
    with pytest.raises(update.Problem, match=r"app\.ci-slim-new was not made by ci-slim-update"):
        board.app.recover()
    assert len(board.containers) == 2


def test_an_old_container_that_docker_cannot_remove_blocks_no_update(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board()
    board.stuck = {"app.ci-slim-done"}
    for _ in range(2):
        swap(board)
        board.app.recover()
        assert board.shown.pop("app") == (NEW, True, "always")
    assert sorted(board.shown) == ["app", "app.ci-slim-done"]
    assert "the next update tries it again" in capsys.readouterr().err
    board.stuck = set()
    board.app.recover()
    assert board.shown == runs(NEW)


@pytest.mark.parametrize(
    ("names", "same"),
    [
        ({"RepoTags": ["r.example/app:1"]}, True),
        ({"RepoTags": [], "RepoDigests": [f"r.example/app@{OLD}"]}, True),
        ({"RepoTags": ["ci-slim-rollback/app:stable"]}, True),
        ({"RepoTags": ["r.example/other:1"], "RepoDigests": None}, False),
        ({}, False),
    ],
)
def test_a_container_that_was_started_by_an_id_is_of_what_the_image_is_called(
    names: Any, same: bool
) -> None:
    board = Board()
    board.names = names
    board.containers["app"]["Config"]["Image"] = OLD
    if same:
        board.app.check("r.example/app")
        return
    with pytest.raises(update.Problem, match=f"the container app is of {OLD}, not of r.example"):
        board.app.check("r.example/app")
