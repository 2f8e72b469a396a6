"""`slim.pack`: the programs of a proved image are made smaller, everything else stays, and what is
checked or does worse afterwards is left alone."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command import Done, ci_slim
from content import members
from daemons import Store
from recipes import AMD64, ARMV6, NAMES, RECIPES

from ci_slim.engine.docker import Engine
from ci_slim.image.elf_parts import read_parts
from ci_slim.pack.container import PackContainer
from ci_slim.pack.decide import worse
from ci_slim.pack.tools import open_tools
from ci_slim.settings.plans import PackPlan

ODD = "/opt/odd"
SLIM = f"{NAMES}/packed-slim"
EXPECTED = {
    "strip": [
        f"{ODD}/capable",
        f"{ODD}/measured",
        f"{ODD}/one",
        f"{ODD}/setuid",
        "/opt/server/lib/libcount.so.1",
        "/opt/server/plugins/greeting.so",
    ],
    "strip, upx": ["/opt/server/server", "/opt/server/whoami"],
}


@pytest.fixture
def fat(built: Callable[[str, str, str], str]) -> str:
    return built("overlay2", "packed", AMD64)


@pytest.fixture
def slim(overlay2: Store, fat: str, tmp_path: Path) -> Iterator[Callable[..., Done]]:
    """Slims the image with further flags; the image is `SLIM`, the layout below `out`."""

    def run(*more: str, name: str = "run") -> Done:
        folder = tmp_path / name
        flags = [
            *RECIPES["packed"].flags(),
            f"--keep={ODD}/**",
            "--keep=/opt/server/**",
            f"--tag={SLIM}",
        ]
        done = ci_slim(overlay2, ["slim", *flags, *more, f"--output={folder / 'out'}", fat], folder)
        assert done.code == 0, done.stderr
        return done

    yield run
    overlay2.docker("rmi", "--force", SLIM, check=False)


def tools(done: Done) -> dict[str, list[str]]:
    """The packed paths by the tools that did it."""
    found: dict[str, list[str]] = {}
    for each in done.platforms[0]["packed"]["files"]:
        found.setdefault(each["tools"], []).append(each["path"])
    return found


def test_programs_get_smaller_and_nothing_else_changes(
    overlay2: Store, fat: str, slim: Callable[..., Done]
) -> None:
    before = members(overlay2, fat, AMD64)
    packed_with_upx = [f"--upx=/opt/server/{name}" for name in ("server", "whoami", "lib")]
    done = slim("--strip", *packed_with_upx)
    after = members(overlay2, SLIM, AMD64)
    platform = done.platforms[0]
    packed = platform["packed"]
    ours = {
        how: [path for path in paths if path.startswith("/opt/")]
        for how, paths in tools(done).items()
    }
    assert ours == EXPECTED
    skipped = {path: each["reason"] for each in packed["skipped"] for path in each["paths"]}
    assert skipped[f"{ODD}/checked"] == f"{ODD}/.checked.hmac checks its integrity"
    assert skipped[f"{ODD}/driver.ko"] == "it is a kernel module"
    assert skipped[f"{ODD}/bundle"] == "data is appended after the program"
    assert not {f"{ODD}/selftest", f"{ODD}/nothing"} & skipped.keys()
    library = "/opt/server/lib/libcount.so.1"
    assert skipped[library] == "UPX: shared libraries are never packed"

    odd = {path for path in after if path.startswith("opt/")}
    assert odd == {path for path in before if path.startswith("opt/")}
    changed = {path for path in odd if before[path].content != after[path].content}
    paths = {path[1:] for paths in ours.values() for path in paths}
    assert changed == paths | {"opt/odd/two"}
    for path in odd:
        was, now = before[path], after[path]
        assert replace(now, size=0, content="") == replace(was, size=0, content=""), path
        assert now.size < was.size if path in changed else now.size == was.size
    assert after["opt/odd/one"].names == {"opt/odd/one", "opt/odd/two"}
    assert after["opt/odd/capable"].capability

    saved = sum(each["disk_before"] - each["disk_after"] for each in packed["files"])
    assert 0 < packed["disk_before"] - packed["disk_after"] <= saved + 512 * len(changed)
    assert packed["disk_after"] == platform["slim"]["disk_bytes"]
    assert packed["pull_after"] == platform["slim"]["pull_bytes"]
    assert packed["start_before_ms"] > 0
    assert packed["start_after_ms"] > 0
    assert f"packed {len(packed['files'])} files: disk " in done.stdout


def test_the_tools_give_the_same_bytes_each_time_and_survive_nonsense(
    overlay2: Store, programs: Path
) -> None:
    good = (programs / "arm64" / "whoami").read_bytes()
    nonsense = good[:64] + b"\xff" * (len(good) - 64)
    cut = good[: len(good) // 2]
    made = []
    with Engine.connect({**os.environ, **overlay2.environment}, "packing-test") as engine:
        tools = open_tools(PackPlan(strip=True, upx=("*",)), engine, shutil.which)
        for _ in range(2):
            with PackContainer(engine, tools) as container:
                stripped = container.stripped({0: good, 1: nonsense, 2: cut}, library=False)
                small = container.compressed({0: good, 1: nonsense, 2: cut}, level=1)
            made.append((stripped[0], small.get(0)))
            assert worse(good, stripped[0], upx=False) == ""
            assert 1 not in small
            assert 2 not in small
            assert worse(nonsense, stripped.get(1, nonsense), upx=False)
    assert made[0] == made[1]
    parts = [read_parts(each) for each in (good, made[0][0])]
    assert parts[0]
    assert parts[1]
    assert parts[0].symbols
    assert not parts[1].symbols
    assert parts[0].build_id == parts[1].build_id


def test_without_upx_where_that_does_worse(slim: Callable[..., Done]) -> None:
    done = slim("--strip", f"--upx={ODD}/measured")
    assert f"{ODD}/measured" in tools(done)["strip"]
    assert tools(done).keys() == {"strip"}
    packed = done.platforms[0]["packed"]
    (reason,) = (each["reason"] for each in packed["skipped"] if f"{ODD}/measured" in each["paths"])
    assert reason.startswith("with UPX the image does worse (")
    assert packed["given_up"] == ""


def test_a_packed_image_that_does_worse_is_given_up(
    overlay2: Store, slim: Callable[..., Done]
) -> None:
    done = slim("--strip", "--env=STRICT=1")
    packed = done.platforms[0]["packed"]
    assert packed["files"] == []
    assert packed["given_up"].startswith("with packed files the image does worse (")
    assert packed["disk_after"] == packed["disk_before"]
    assert done.platforms[0]["verified"]
    assert "packing was given up, and the image is delivered unpacked" in " ".join(
        done.stdout.split()
    )
    held = members(overlay2, SLIM, AMD64)
    assert held["opt/odd/measured"].size == held["opt/odd/driver.ko"].size


def test_an_image_without_the_tools_is_named(overlay2: Store, fat: str, tmp_path: Path) -> None:
    settings = tmp_path / ".ci-slim.yml"
    pack = "{strip: true, image: 'debian:trixie-slim'}"
    settings.write_text(
        f"version: 1\nimages: {{app: {{image: '{fat}', probes: [{{http: GET /plugin}}], "
        f"slim: {{pack: {pack}}}}}}}\n"
    )
    done = ci_slim(overlay2, ["run", f"--config={settings}"], tmp_path)
    assert done.code == 4
    assert "the program 'strip', which `slim.pack` needs, cannot be run" in done.stderr
    assert "docs/packing.md" in done.stderr


def test_upx_packs_the_listener_for_another_processor(
    overlay2: Store, built: Callable[[str, str, str], str], tmp_path: Path
) -> None:
    recipe = RECIPES["listener"]
    fat = built("overlay2", "listener", ARMV6)
    flags = [*recipe.flags(), f"--platform={ARMV6}", "--strip", "--upx=/usr/local/bin/*"]
    done = ci_slim(overlay2, ["slim", *flags, f"--output={tmp_path / 'out'}", fat], tmp_path)
    assert done.code == 0, done.stderr
    assert tools(done) == {"upx": ["/usr/local/bin/listener"]}
    packed = done.platforms[0]["packed"]
    assert packed["disk_after"] < 0.5 * packed["disk_before"]
