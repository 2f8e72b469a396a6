import json
import subprocess
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ci_slim.platforms import Platform
from ci_slim.prove.harden.accounts import Account
from ci_slim.prove.harden.hardened import Hardened
from ci_slim.prove.harden.mounts import Mount
from ci_slim.prove.harden.rights import Hardening
from ci_slim.report.hardening import compose, kubernetes, render, run_line
from ci_slim.report.hardening.subject import HardenedImage
from ci_slim.settings.plans import HostPlan, RunPlan

RUN = RunPlan()
HARDENING = Hardening(
    mounts={
        "/run": Mount("/run", "tmpfs", mode=0o755),
        "/var/lib/shop": Mount("/var/lib/shop", "volume"),
    },
    capabilities=("SETGID", "SETUID"),
    reasons={"tmpfs /run": "it writes /run/a\n- evil: $(touch x)"},
)


def image(run: RunPlan = RUN, emulated: bool = False, called: str = "shop:1") -> HardenedImage:
    done = Hardened(HARDENING, Account(0, 0), 2, "{}", emulated)
    platform = Platform("linux", "amd64")
    return HardenedImage("shop", called, platform, run, ("/data",), done, "out/seccomp.json")


TEXT = """\
# shop (linux/amd64): proved in 2 rounds; the probes were sent under these:
docker run \\
  --read-only \\
  --tmpfs /run:uid=0,gid=0,mode=755 \\
  --volume /var/lib/shop \\
  --cap-drop ALL \\
  --cap-add SETGID \\
  --cap-add SETUID \\
  --security-opt no-new-privileges:true \\
  --security-opt seccomp=out/seccomp.json \\
  shop:1

# tmpfs /run: it writes /run/a - evil: $(touch x)

# Compose: the same settings
services:
  shop:
    image: "shop:1"
    read_only: true
    tmpfs:
      - "/run:uid=0,gid=0,mode=755"
    volumes:
      - "/var/lib/shop"
    cap_drop:
      - "ALL"
    cap_add:
      - "SETGID"
      - "SETUID"
    security_opt:
      - "no-new-privileges:true"
      - "seccomp=out/seccomp.json"

# Kubernetes: not proved; the settings are the same, but no cluster has run them
spec:
  containers:
    - name: "shop"
      image: "shop:1"
      securityContext:
        runAsUser: 0
        runAsGroup: 0
        runAsNonRoot: false
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop:
            - "ALL"
          add:
            - "SETGID"
            - "SETUID"
        seccompProfile:
          type: "Localhost"
          localhostProfile: "out/seccomp.json"
      volumeMounts:
        - name: "run-1"
          mountPath: "/run"
        - name: "var-lib-shop-2"
          mountPath: "/var/lib/shop"
        - name: "data-3"
          mountPath: "/data"
  volumes:
    - name: "run-1"
      emptyDir:
        medium: "Memory"
    - name: "var-lib-shop-2"
      emptyDir: {}
    - name: "data-3"
      emptyDir: {}
# AppArmor: not proved; few machines that build have it; `--profiles` writes a profile to try"""


def test_the_text() -> None:
    assert render.to_text([image()]) == TEXT


@pytest.mark.parametrize("path", ["/tmp/out/shop/amd64.json", "../out/shop/amd64.json"])
def test_kubernetes_gets_a_relative_path_of_the_profile(path: str) -> None:
    (container,) = kubernetes.manifest(replace(image(), seccomp=path))["spec"]["containers"]
    profile = container["securityContext"]["seccompProfile"]
    assert profile == {"type": "Localhost", "localhostProfile": "shop/amd64.json"}


def test_what_the_settings_give_is_in_the_line() -> None:
    host = HostPlan(devices=("/dev/ttyUSB0",), hostname="device", init=True, sysctls={"a.b": "1"})
    run = RunPlan(
        env={"TOKEN": "secret value"},
        user="7:7",
        entrypoint=("sh", "-c"),
        command=("echo $HOME; exec x",),
        host=host,
    )
    assert in_a_shell(run_line.text(image(run)))[-15:] == [
        "--user", "7:7", "--env", "TOKEN", "--device", "/dev/ttyUSB0", "--sysctl", "a.b=1",
        "--hostname", "device", "--init", "--entrypoint", "sh", "shop:1", "-c",
        "echo $HOME; exec x",
    ][-15:]  # fmt: skip
    assert "secret value" not in run_line.text(image(run))
    service = compose.fragment(image(run))["services"]["shop"]
    assert service["command"] == ["echo $$HOME; exec x"]
    assert service["environment"] == ["TOKEN"]


def test_an_emulated_image_has_a_profile_that_is_not_proved() -> None:
    assert "seccomp" in image(emulated=True).not_proved
    assert "# seccomp: not proved; the image is emulated here" in render.to_text(
        [image(emulated=True)]
    )


def test_the_json_says_the_same() -> None:
    document = json.loads(render.to_json([image()]))
    assert document["schema"] == "ci-slim/harden/v1"
    (only,) = document["images"]
    assert only["run"][1:] == in_a_shell(run_line.text(image()))
    assert only["kubernetes"] == kubernetes.manifest(image())


SCHEMA = json.loads(files("ci_slim.report").joinpath("harden-v1.schema.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize(
    "found",
    [
        [image()],
        [image(emulated=True), image(called="other:2")],
        [image(RunPlan(command=("a",), host=HostPlan(gpus="all", tmpfs=("/x:size=1m",))))],
    ],
)
def test_the_json_satisfies_its_schema(found: list[HardenedImage]) -> None:
    VALID.validate(json.loads(render.to_json(found)))


@pytest.mark.parametrize(
    "change",
    [
        {"run": ["podman", "run", "x"]},
        {"rounds": 0},
        {"compose": {"services": {"shop": {"image": "shop:1", "cap_drop": []}}}},
        {"kubernetes": {"spec": {"containers": []}}},
        {"seccomp": 1},
        {"secret": "x"},
    ],
)
def test_another_shape_does_not(change: dict[str, object]) -> None:
    document = json.loads(render.to_json([image()]))
    document["images"][0] |= change
    assert not VALID.is_valid(document)


def in_a_shell(text: str) -> list[str]:
    """The arguments that a shell gives to `docker`."""
    script = "docker() { printf '%s\\0' \"$@\"; }\n" + text
    said = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout
    return said.decode().split("\0")[:-1]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=1), WORDS.filter(bool))
def test_whatever_a_command_holds_the_line_and_the_yaml_are_whole(
    words: list[str], user: str
) -> None:
    found = image(RunPlan(command=tuple(words), user=user))
    line = [word for part in run_line.arguments(found) for word in part]
    assert in_a_shell(run_line.text(found)) == line[1:]
    document = compose.fragment(found)
    assert YAML(typ="safe").load(render.yaml(document)) == document
