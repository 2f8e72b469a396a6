"""`ci-slim dockerfile`: one Dockerfile for all platforms, which builds the slim image without
ci-slim: the same files with the same owners, modes and links, the same config, the same answers."""

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import ci_slim
from conftest import Run, Slimmed
from content import Member
from daemons import Store
from plain import Plain
from recipes import AMD64, ARM64, ARMV6, FOLDER, NAMES, RECIPES, Recipe

OWNED = f"{NAMES}/owned"
CASES = [("server", (AMD64, ARM64, ARMV6)), ("packed", (AMD64,))]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0])
def owned(
    request: pytest.FixtureRequest,
    overlay2: Store,
    slim_run: Callable[[Run], Slimmed],
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[tuple[Slimmed, str]]]:
    """The slim image on each platform, and what was built of its Dockerfile."""
    name, platforms = request.param
    runs = [slim_run(Run("overlay2", name, platform)) for platform in platforms]
    folder = tmp_path_factory.mktemp("owned")
    report = _merged(runs, folder)
    dockerfile = folder / "Dockerfile"
    arguments = ["dockerfile", f"--dockerfile={FOLDER / name / 'Dockerfile'}"]
    done = ci_slim(overlay2, [*arguments, f"--output={dockerfile}", str(report)], folder)
    assert done.code == 0, done.stderr
    built = []
    for run in runs:
        recipe = replace(RECIPES[name], name=f"owned-{name}", context=FOLDER / name)
        tag = recipe.build(overlay2, programs, run.run.platform, f"--file={dockerfile}")
        built.append((run, tag))
    yield built
    for _, tag in built:
        overlay2.docker("rmi", "--force", tag, check=False)


def _merged(runs: list[Slimmed], folder: Path) -> Path:
    """One report of all platforms, with their layouts beside it, as `ci-slim run` writes it."""
    first: dict[str, Any] = {}
    for run in runs:
        report = json.loads((run.output / "report.json").read_text())
        first = first or report
        if report is not first:
            first["images"][0]["platforms"] += report["images"][0]["platforms"]
        shutil.copytree(run.output, folder, dirs_exist_ok=True)
    path = folder / "report.json"
    path.write_text(json.dumps(first))
    return path


def _config(store: Store, image: str) -> dict[str, Any]:
    """What an image says of its run, without what it leaves out."""
    config = json.loads(store.text("image", "inspect", "--format", "{{json .Config}}", image))
    config["WorkingDir"] = config["WorkingDir"] or "/"
    return {key: value for key, value in config.items() if value}


def test_it_holds_the_same_files_and_says_the_same(
    owned: list[tuple[Slimmed, str]],
    overlay2: Store,
    held: Callable[[str, str, str], dict[str, Member]],
) -> None:
    for slimmed, tag in owned:
        platform = slimmed.run.platform
        slim, own = held("overlay2", slimmed.slim, platform), held("overlay2", tag, platform)
        records = {path for path in slim if path.startswith("var/lib/dpkg/status.d")}
        assert own.keys() == slim.keys() - records
        for path, member in own.items():
            # A build gives folders the time at which it copies into them.
            mtime = slim[path].mtime if member.kind == tarfile.DIRTYPE else member.mtime
            assert replace(member, mtime=mtime) == slim[path], path
        assert _config(overlay2, tag) == _config(overlay2, slimmed.slim)


def test_it_is_as_small_and_answers(
    owned: list[tuple[Slimmed, str]],
    overlay2: Store,
    held: Callable[[str, str, str], dict[str, Member]],
    plain_run: Callable[[Recipe, Run, str], Plain],
) -> None:
    for slimmed, tag in owned:
        platform = slimmed.run.platform
        sizes = [
            sum(member.size for member in held("overlay2", image, platform).values())
            for image in (slimmed.slim, tag)
        ]
        assert abs(sizes[1] - sizes[0]) <= 0.05 * sizes[0]
        recipe = RECIPES[slimmed.run.image]
        before = plain_run(recipe, slimmed.run, slimmed.slim)
        after = plain_run(recipe, slimmed.run, tag)
        for what in ("answers", "commands", "volumes", "exit_code"):
            assert getattr(after, what) == getattr(before, what)


def test_what_no_dockerfile_can_say_is_refused(
    overlay2: Store, slim_run: Callable[[Run], Slimmed], tmp_path: Path
) -> None:
    output = slim_run(Run("overlay2", "tricky")).output
    name = FOLDER / "tricky" / "Dockerfile"
    arguments = ["dockerfile", f"--dockerfile={name}", f"--output={tmp_path / 'Dockerfile'}"]
    done = ci_slim(overlay2, [*arguments, str(output / "report.json")], tmp_path)
    assert done.code == 2
    assert "a Dockerfile cannot say it: '/opt/odd/latin-" in done.stderr
    assert "its name is not UTF-8" in done.stderr
    assert not (tmp_path / "Dockerfile").exists()
