"""Images under few rights: what is printed was proved, and runs as it is printed."""

import contextlib
import itertools
import json
import shlex
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import Done, ci_slim
from daemons import Store
from recipes import FOLDER, NAMES
from ruamel.yaml import YAML

HARDENED = f"{NAMES}/hardened"


@pytest.fixture
def image(overlay2: Store) -> Iterator[str]:
    yield HARDENED
    overlay2.docker("rmi", "--force", HARDENED, check=False)


def hardened(store: Store, folder: Path, *flags: str) -> dict[str, Any]:
    """The one image of the JSON that `ci-slim harden` prints."""
    done = ci_slim(store, ["harden", "--format", "json", *flags], folder)
    assert done.code == 0, done.stderr
    (only,) = json.loads(done.stdout)["images"]
    assert isinstance(only, dict)
    return only


def added(words: list[str], flag: str) -> list[str]:
    return [value for name, value in itertools.pairwise(words) if name == flag]


def test_a_server_that_drops_to_a_user_has_what_it_needs_for_that(
    overlay2: Store, image: str, tmp_path: Path
) -> None:
    overlay2.docker("buildx", "build", "--load", "--provenance=false", "--tag", image,
                    str(FOLDER / "dropper"))  # fmt: skip
    output = tmp_path / "out"
    found = hardened(overlay2, tmp_path, "--http-probe=GET /", f"--output={output}", image)
    words = found["run"]
    # As root it reads a file that only its owner may read: without CAP_DAC_OVERRIDE it ends.
    assert added(words, "--cap-add") == [
        "CHOWN", "DAC_OVERRIDE", "NET_BIND_SERVICE", "SETGID", "SETUID",
    ]  # fmt: skip
    assert added(words, "--cap-drop") == ["ALL"]
    assert added(words, "--tmpfs") == [
        "/run/dropper:uid=0,gid=0,mode=755", "/var/log/dropper:uid=0,gid=0,mode=755",
    ]  # fmt: skip
    assert added(words, "--volume") == ["/var/lib/dropper"], "it holds a file of the image"
    assert "--read-only" in words
    profile = Path(found["seccomp"])
    assert json.loads(profile.read_text())["defaultAction"] == "SCMP_ACT_ERRNO"
    assert added(words, "--security-opt") == ["no-new-privileges:true", f"seccomp={profile}"]
    assert found["compose"]["services"]["hardened"]["cap_drop"] == ["ALL"]
    (pod,) = found["kubernetes"]["spec"]["containers"]
    assert pod["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is False
    assert sorted(found["not_proved"]) == ["AppArmor", "Kubernetes"]

    published = [*words[1:2], "--detach", "--publish", "127.0.0.1::80", *words[2:]]
    container = overlay2.text(*published)
    try:
        address = overlay2.text("port", container, "80/tcp").splitlines()[0]
        assert answer(f"http://{address}/") == "first;order;"
        overlay2.docker("stop", container)
        assert overlay2.text("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    finally:
        overlay2.docker("rm", "--force", "--volumes", container, check=False)


def answer(url: str) -> str:
    """What a server says that may just be starting."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            return str(urllib.request.urlopen(url, timeout=10).read().decode())
        time.sleep(0.1)
    raise AssertionError(f"{url} gives no answer")


def test_an_image_of_a_user_needs_no_capability(
    overlay2: Store, built: Callable[[str, str, str], str], tmp_path: Path
) -> None:
    server = built("overlay2", "server", "linux/amd64")
    found = hardened(overlay2, tmp_path, "--http-probe=GET /sum", "--user=65534:65534", server)
    assert added(found["run"], "--cap-add") == []
    assert added(found["run"], "--user") == ["65534:65534"]
    assert "--read-only" in found["run"]
    (container,) = found["kubernetes"]["spec"]["containers"]
    assert container["securityContext"]["runAsUser"] == 65534
    assert container["securityContext"]["runAsNonRoot"] is True


HOSTILE = """
FROM debian:trixie-slim
RUN mkdir -p "/data/a$(printf 'x\\n  - evil: \\047')\\$(touch /tmp/owned)"
CMD ["sh", "-c", "for each in /data/*; do echo more > \\"$each/file\\"; done; exec sleep 600"]
"""


def text_of(store: Store, folder: Path, *flags: str) -> Done:
    done = ci_slim(store, ["harden", *flags], folder)
    assert done.code == 0, done.stderr
    return done


def test_a_hostile_name_breaks_neither_the_line_nor_the_yaml(
    overlay2: Store, image: str, tmp_path: Path
) -> None:
    overlay2.build_text(HOSTILE, image)
    flags = ("--ready=none", "--exec-probe=sh -c 'cat /data/*/file'", image)
    text = text_of(overlay2, tmp_path, *flags).stdout
    command, _, rest = text.partition("\n\n")
    words = shlex.split(command.replace(" \\\n", " "), comments=True)
    assert words[:2] == ["docker", "run"]
    assert words[-1] == image
    assert added(words, "--volume") + [
        each.partition(":")[0] for each in added(words, "--tmpfs")
    ] == ["/data"]
    blocks = [block for block in rest.split("\n\n") if block.strip()]
    assert all(line.startswith("#") for line in blocks[0].splitlines())
    compose, pod = (YAML(typ="safe").load(block) for block in blocks[1:])
    assert list(compose["services"]) == ["hardened"]
    assert [each["name"] for each in pod["spec"]["containers"]] == ["hardened"]


def test_a_restriction_that_an_image_refuses_is_left_out_and_no_other(
    overlay2: Store, image: str, tmp_path: Path
) -> None:
    """Its probe looks whether the restriction is there, without trying what it forbids."""
    overlay2.build_text("FROM debian:trixie-slim\nRUN true\nCMD sleep 600", image)
    script = "grep -q ' / overlay rw,' /proc/self/mounts"
    found = hardened(overlay2, tmp_path, "--ready=none", f"--exec-probe={script}", image)
    assert "--read-only" not in found["run"]
    assert added(found["run"], "--security-opt") == ["no-new-privileges:true"]
    assert added(found["run"], "--cap-add") == []
    assert found["reasons"] == {"no --read-only": "it does worse with it"}


def test_the_slim_image_of_a_report_is_hardened(
    overlay2: Store, built: Callable[[str, str, str], str], tmp_path: Path
) -> None:
    server = built("overlay2", "server", "linux/amd64")
    output, probe = tmp_path / "out", "--http-probe=GET /sum"
    done = ci_slim(overlay2, ["slim", probe, "--profiles", f"--output={output}", server], tmp_path)
    assert done.code == 0, done.stderr
    profile = output / done.platforms[0]["artifacts"]["seccomp"]
    found = hardened(overlay2, tmp_path, probe, str(output / "report.json"))
    assert (found["image"], found["platform"]) == ("server", "linux/amd64")
    assert found["seccomp"] == str(profile)
    assert added(found["run"], "--security-opt")[-1] == f"seccomp={profile}"


EMULATED = """
FROM debian:trixie-slim
CMD ["sh", "-c", "echo 1 > /run/pid; chown 33 /run/pid; exec sleep 600"]
"""


def test_an_emulated_image_is_proved_but_for_its_seccomp_profile(
    overlay2: Store, image: str, tmp_path: Path
) -> None:
    (context := tmp_path / "context").mkdir()
    (context / "Dockerfile").write_text(EMULATED)
    build = ("buildx", "build", "--load", "--provenance=false", "--platform", "linux/arm64")
    overlay2.docker(*build, "--tag", image, str(context))
    flags = ("--ready=none", "--exec-probe=cat /run/pid", f"--output={tmp_path / 'out'}")
    found = hardened(overlay2, tmp_path, *flags, image)
    assert found["platform"] == "linux/arm64"
    assert added(found["run"], "--cap-add") == ["CHOWN"]
    assert added(found["run"], "--tmpfs") == ["/run:uid=0,gid=0,mode=755"]
    assert "--read-only" in found["run"]
    assert sorted(found["not_proved"]) == ["AppArmor", "Kubernetes", "seccomp"]
    assert "SCMP_ARCH_AARCH64" in Path(found["seccomp"]).read_text()


# Its user has no capability, but its probe wants one in the bounding set, which no right of a user
# without privileges gives back.
WANTS_TOO_MUCH = """
FROM debian:trixie-slim
RUN printf '#!/bin/sh\\n[ $((0x$(sed -n "s/^CapBnd:.//p" /proc/self/status) & 1)) = 1 ]\\n' \\
    > /usr/bin/may && chmod 755 /usr/bin/may
USER 65534:65534
CMD ["sleep", "600"]
"""


def test_an_image_that_does_worse_with_few_rights_is_not_printed(
    overlay2: Store, image: str, tmp_path: Path
) -> None:
    overlay2.build_text(WANTS_TOO_MUCH, image)
    flags = ("--ready=none", "--exec-probe=may", f"--output={tmp_path / 'out'}", image)
    done = ci_slim(overlay2, ["harden", *flags], tmp_path)
    assert done.code == 6, done.stderr
    assert done.stdout == ""
    assert "the image does worse with few rights, and no added right helps" in done.stderr
    assert "exec may" in done.stderr
    assert not list(tmp_path.glob("out/**/*.json")), "no profile of an image that is not proved"
