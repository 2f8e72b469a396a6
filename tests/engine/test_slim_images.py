"""Every image is slimmed, proved, and then works like the fat one when Docker alone runs it."""

import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import content
import pytest
from command import ci_slim
from conftest import Run, Slimmed
from content import Member
from daemons import Store
from plain import Plain
from recipes import AMD64, ARM64, ARMV6, LISTENER, NAMES, PLATFORMS, Recipe

from ci_slim.closure.rules.console import TOOLS, TOOLS_LEAST

PlainRun = Callable[[Recipe, Run, str], Plain]
Held = Callable[..., dict[str, Member]]
Slim = Callable[[Run], Slimmed]


def test_is_slimmed_and_verified(slimmed: Slimmed) -> None:
    platform = slimmed.platform
    asked = len(slimmed.recipe.paths) + len(slimmed.recipe.commands)
    asked += slimmed.run.image == "python"  # the image's own HEALTHCHECK
    assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
    assert platform["platform"] == slimmed.run.platform
    assert platform["emulated"] == (slimmed.run.platform != AMD64)
    assert len(platform["probes"]) == asked
    assert all(each["fat"]["ok"] and each["slim"]["ok"] for each in platform["probes"])
    assert platform["slim"]["disk_bytes"] < platform["fat"]["disk_bytes"] / 2


def test_the_first_run_showed_enough(slimmed: Slimmed) -> None:
    assert (slimmed.platform["rounds"], slimmed.platform["healed"]) == (1, [])


def test_answers_like_the_fat_image_without_a_tracer(slimmed: Slimmed, plain_run: PlainRun) -> None:
    fat = plain_run(slimmed.recipe, slimmed.run, slimmed.fat)
    slim = plain_run(slimmed.recipe, slimmed.run, slimmed.slim)
    # The id of a process below a wrapper depends on the number of processes started before it.
    assert {**slim.answers, "/pid": None} == {**fat.answers, "/pid": None}
    assert slim.commands == fat.commands
    assert {status for status, _ in slim.answers.values()} == {200}


def test_observes_with_one_capability_more_than_docker_gives(
    built: Callable[[str, str], str], overlay2: Store, tmp_path: Path
) -> None:
    """No privileges and no user of its own: the rights of `docker run`, and SYS_PTRACE."""
    given = overlay2.text(
        *("run", "--rm", "--cap-add=SYS_PTRACE", "--entrypoint=/bin/grep"),
        *(built("overlay2", "shell"), "^Cap\\|^Seccomp:\\|^Uid", "/proc/self/status"),
    )
    probes = [
        {"exec": f"grep '^{line}$' /proc/1/status"} for line in given.splitlines() if line.strip()
    ]
    arguments = ["slim", f"--probes={json.dumps(probes)}", built("overlay2", "shell")]
    done = ci_slim(overlay2, [*arguments, f"--output={tmp_path / 'out'}"], tmp_path)
    assert done.code == 0, done.stderr
    assert len(probes) >= 6


def test_is_stopped_like_the_fat_image(slimmed: Slimmed, plain_run: PlainRun) -> None:
    fat = plain_run(slimmed.recipe, slimmed.run, slimmed.fat)
    slim = plain_run(slimmed.recipe, slimmed.run, slimmed.slim)
    assert slim.exit_code == fat.exit_code == (0 if slimmed.recipe.stops else 137)
    assert (slim.stopped_in < slimmed.recipe.patience) == slimmed.recipe.stops
    if "/pid" in slim.answers:
        # The wrapper's server is its child.
        is_first = slim.answers["/pid"][1] == b"1\n"
        assert is_first == (slimmed.run.image != "shell")


def test_volumes_have_their_owner_and_mode(slimmed: Slimmed, plain_run: PlainRun) -> None:
    fat = plain_run(slimmed.recipe, slimmed.run, slimmed.fat)
    slim = plain_run(slimmed.recipe, slimmed.run, slimmed.slim)
    assert slim.volumes == fat.volumes
    assert slim.volumes == (
        {"/var/lib/keeper": (1600, 42, 0o2770)} if slimmed.run.image == "tricky" else {}
    )


def test_configuration_is_the_fat_image_s(slimmed: Slimmed) -> None:
    fat = _inspected(slimmed.store, slimmed.fat)
    slim = _inspected(slimmed.store, slimmed.slim)
    assert slim == fat
    architecture, _, variant = slimmed.run.platform.removeprefix("linux/").partition("/")
    assert (slim["Architecture"], slim["Variant"]) == (architecture, variant)


def _inspected(store: Store, image: str) -> dict[str, Any]:
    (seen,) = json.loads(store.text("image", "inspect", image))
    kept = {name: seen.get(name) or "" for name in ("Architecture", "Variant", "Os", "Author")}
    # For a missing value, Docker says null, {} or nothing.
    return kept | {
        "Config": {k: v for k, v in seen["Config"].items() if v not in (None, {}, [], "")}
    }


def test_kept_paths_are_unchanged(slimmed: Slimmed, held: Held) -> None:
    fat = held(slimmed.run.store, slimmed.fat, slimmed.run.platform)
    slim = held(slimmed.run.store, slimmed.slim, slimmed.run.platform)
    written = {path for path in slim if path not in fat}
    assert {path for path in written if not path.startswith("var/lib/dpkg/")} == set()
    for path in slim.keys() - written:
        if path.startswith("var/lib/dpkg/") and slim[path].kind == tarfile.REGTYPE:
            continue  # the package database is a new file with the remaining packages
        before, now = fat[path], slim[path]
        assert now == replace(before, names=before.names & slim.keys()), path


def test_layout_is_sound(slimmed: Slimmed) -> None:
    manifest, config = content.documents(slimmed.layout)
    blobs = sorted((slimmed.layout / "blobs/sha256").iterdir())
    assert [content.hashed(each.read_bytes()) for each in blobs] == [each.name for each in blobs]
    described = [manifest["config"], *manifest["layers"]]
    assert [content.blob(slimmed.layout, each["digest"]).stat().st_size for each in described] == [
        each["size"] for each in described
    ]
    assert config["rootfs"]["diff_ids"] == content.diff_ids(slimmed.layout, manifest)
    architecture, _, variant = slimmed.run.platform.removeprefix("linux/").partition("/")
    assert (config["architecture"], config.get("variant", "")) == (architecture, variant)
    layers = [each for each in config["history"] if not each.get("empty_layer")]
    assert len(layers) == len(manifest["layers"])
    if slimmed.run.layers == "merge":
        assert len(layers) == 1
    seen = content.skopeo(slimmed.layout)
    assert (seen["Architecture"], seen["Os"]) == (architecture, "linux")
    assert seen["Layers"] == [each["digest"] for each in manifest["layers"]]


def test_sizes_of_the_report_are_those_of_the_layout(slimmed: Slimmed) -> None:
    manifest, _ = content.documents(slimmed.layout)
    slim = slimmed.platform["slim"]
    assert slim["pull_bytes"] == sum(e["size"] for e in (manifest["config"], *manifest["layers"]))
    assert slim["disk_bytes"] == content.unpacked_bytes(slimmed.layout, manifest)
    assert slim["pull_exact"] and slim["disk_exact"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_listener_is_as_small_as_packed_by_hand(
    platform: str, slim_run: Slim, held: Held, overlay2: Store, tmp_path: Path
) -> None:
    """Within 5 % of the scratch image, plus what the closure keeps on purpose."""
    scratch = f"{NAMES}/listener-scratch:{platform.replace('/', '-')}"
    overlay2.docker(
        *("buildx", "build", "--load", "--provenance=false", "--platform", platform),
        *("--file", str(LISTENER / "Dockerfile.scratch"), "--tag", scratch, str(LISTENER)),
    )
    try:
        by_hand = content.disk_bytes(overlay2, scratch, tmp_path)
        paths = set(content.members(overlay2, scratch, platform))
    finally:
        overlay2.docker("rmi", "--force", scratch)
    slimmed = slim_run(Run("overlay2", "listener", platform))
    kept = held("overlay2", slimmed.slim, platform)
    more = {path: each for path, each in kept.items() if path not in paths}
    files = {path for path, each in more.items() if each.kind == tarfile.REGTYPE}
    assert {path for path in files if not path.startswith(ON_PURPOSE)} == set()
    purposely = sum(512 + -(-each.size // 512) * 512 for each in more.values())
    slim = slimmed.platform["slim"]["disk_bytes"]
    assert slim <= by_hand * 1.05 + purposely
    assert purposely <= 600_000


ON_PURPOSE = (
    "etc/nsswitch.conf",  # name service
    "etc/os-release",  # needed by scanners and support
    "usr/lib/os-release",
    "etc/debian_version",
    "var/lib/dpkg/",  # the packages of the files
    "etc/ssl/",  # certificates, and the folders that libraries look for
    "usr/share/zoneinfo/",
    "etc/localtime",
    "etc/timezone",
    "etc/mime.types",  # Go reads it when it serves its first file
    "usr/share/doc/",  # copyright files of the packages that files are kept of
)


def test_server_keeps_its_libraries_and_little_else(slim_run: Slim, held: Held) -> None:
    """Only the programs, the C library, its loader, what that library loads by name, the small
    shell and small tools are kept. A tenth more is for folders, users, copyrights and the package
    database. Small unused files next to the programs are kept too."""
    slimmed = slim_run(Run("overlay2", "server"))
    slim = held(slimmed.run.store, slimmed.slim)
    libraries = "usr/lib/x86_64-linux-gnu"
    needed = {
        "opt/server/server",
        "opt/server/lib/libcount.so.1",
        "opt/server/plugins/greeting.so",
        "opt/server/whoami",
        *(f"{libraries}/{name}" for name in ("ld-linux-x86-64.so.2", "libc.so.6")),
        *(f"{libraries}/{name}" for name in ("libgcc_s.so.1", "libresolv.so.2")),
        "usr/bin/dash",
    }
    assert needed <= slim.keys()
    assert "opt/server/listener" not in slim
    (left,) = slimmed.platform["dropped_nearby"]
    assert (left["what"], left["keep"]) == ("/opt/server", ["/opt/server/listener"])
    tools = {path for name in TOOLS if (path := f"usr/bin/{name}") in slim}
    assert {"usr/bin/cat", "usr/bin/sleep"} <= tools
    assert sum(slim[path].size for path in tools) <= TOOLS_LEAST
    bound = sum(slim[path].size for path in needed | tools) * 1.1
    assert slimmed.platform["slim"]["disk_bytes"] <= bound


@pytest.mark.parametrize(("image", "share"), [("nginx", 0.15), ("python", 0.35), ("shell", 0.06)])
def test_is_a_fraction_of_the_fat_image(image: str, share: float, slim_run: Slim) -> None:
    platform = slim_run(Run("overlay2", image)).platform
    assert platform["slim"]["disk_bytes"] <= share * platform["fat"]["disk_bytes"]


def test_files_that_only_workers_open_are_kept(slim_run: Slim, held: Held) -> None:
    slimmed = slim_run(Run("overlay2", "nginx"))
    slim = held(slimmed.run.store, slimmed.slim)
    served = {"index.html", "about.html", "parts/foot.html", "linked.txt"}
    assert {f"var/www/shop/{name}" for name in served} <= slim.keys()
    assert slim["var/www/private/real.txt"].owner == slim["var/www/private"].owner == (33, 33)


def test_unusual_content_is_kept(slim_run: Slim, held: Held) -> None:
    slimmed = slim_run(Run("overlay2", "tricky"))
    fat = held(slimmed.run.store, slimmed.fat)
    slim = held(slimmed.run.store, slimmed.slim)
    odd = {path for path in fat if path.startswith("opt/odd")}
    assert odd <= slim.keys()
    assert {"opt/odd/one", "opt/odd/two"} <= slim["opt/odd/one"].names
    assert slim["opt/odd/capable"].capability != ""
    assert [slim[f"opt/odd/{name}"].mode for name in ("setuid", "setgid")] == [0o4755, 0o2755]
    assert slim["home/keeper"] == fat["home/keeper"]
    assert slim["var/lib/keeper/seed"] == fat["var/lib/keeper/seed"]
    assert "opt/odd/deleted" not in slim


@pytest.mark.parametrize("layers", ["merge", "split"])
def test_the_layers_hold_the_same_however_they_are_divided(
    layers: str, slim_run: Slim, held: Held
) -> None:
    preserved = slim_run(Run("overlay2", "tricky"))
    other = slim_run(Run("overlay2", "tricky", AMD64, layers))
    assert held("overlay2", other.slim) == held("overlay2", preserved.slim)


@pytest.mark.parametrize("layers", ["preserve", "merge", "split"])
def test_same_inputs_give_the_same_digests(layers: str, slim_run: Slim, tmp_path: Path) -> None:
    first = slim_run(Run("overlay2", "tricky", AMD64, layers))
    arguments = ["slim", *first.recipe.flags(), f"--layers={layers}"]
    again = ci_slim(first.store, [*arguments, f"--output={tmp_path / 'out'}", first.fat], tmp_path)
    (platform,) = again.platforms
    layout = tmp_path / "out" / platform["artifacts"]["oci_layout"]
    assert platform["slim"]["digest"] == first.platform["slim"]["digest"]
    assert {each.name for each in (layout / "blobs/sha256").iterdir()} == {
        each.name for each in (first.layout / "blobs/sha256").iterdir()
    }


def test_both_stores_give_the_same_layers(slim_run: Slim) -> None:
    classic = slim_run(Run("overlay2", "nginx"))
    containerd = slim_run(Run("containerd", "nginx"))
    assert content.documents(containerd.layout) == content.documents(classic.layout)


def test_base_layer_stays_when_only_the_application_changes(
    slim_run: Slim, programs: Path, overlay2: Store, tmp_path: Path
) -> None:
    first = slim_run(Run("overlay2", "server"))
    next_release = first.recipe.build(overlay2, programs, AMD64, "--build-arg", "RELEASE=2")
    arguments = ["slim", *first.recipe.flags(), f"--output={tmp_path / 'out'}", next_release]
    done = ci_slim(overlay2, arguments, tmp_path)
    assert done.code == 0, done.stderr
    first.recipe.build(overlay2, programs, AMD64)  # the name means the first release again
    (platform,) = done.platforms
    before = [each["digest"] for each in first.platform["slim"]["layers"]]
    after = [each["digest"] for each in platform["slim"]["layers"]]
    changed = [old == new for old, new in zip(before, after, strict=True)]
    made = [each["created_by"] for each in platform["slim"]["layers"]]
    assert [same for same, by in zip(changed, made, strict=True) if "RELEASE" in by] == [False]
    assert [same for same, by in zip(changed, made, strict=True) if "RELEASE" not in by] == [
        True
    ] * (len(made) - 1)
    assert platform["slim"]["layers"][0]["pull_bytes"] > platform["slim"]["pull_bytes"] / 2


def test_variant_is_in_every_document(slim_run: Slim) -> None:
    layout = slim_run(Run("overlay2", "listener", ARMV6)).layout
    (described,) = json.loads((layout / "index.json").read_text())["manifests"]
    assert described["platform"] == {"architecture": "arm", "os": "linux", "variant": "v6"}
    other = slim_run(Run("overlay2", "listener", ARM64)).layout
    (described,) = json.loads((other / "index.json").read_text())["manifests"]
    assert described["platform"] == {"architecture": "arm64", "os": "linux"}
