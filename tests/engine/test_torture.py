"""One image with everything that is hard for archives, layers and tracers. On three platforms, the
slim image differs in nothing that the run used."""

import json
import time
from pathlib import Path
from typing import Any

import content
import pytest
from command import ci_slim
from daemons import Store
from recipes import AMD64, ARM64, ARMV6, FOLDER, NAMES
from trials import trials

WITHIN = 120.0


@pytest.mark.parametrize(
    ("platform", "layers"),
    [(ARMV6, "preserve"), (AMD64, "split"), *trials((AMD64, "preserve"), (ARM64, "preserve"))],
)
def test_nothing_differs(platform: str, layers: str, overlay2: Store, tmp_path: Path) -> None:
    fat = f"{NAMES}/torture:{platform.replace('/', '-')}"
    slim = f"{NAMES}/torture-slim:{platform.replace('/', '-')}"
    folder = str(FOLDER / "torture")
    overlay2.docker("buildx", "build", "--load", "--platform", platform, "--tag", fat, folder)
    try:
        arguments = ["slim", "--ready=log:ready", f"--platform={platform}", f"--tag={slim}"]
        done = ci_slim(overlay2, [*arguments, f"--layers={layers}", fat], tmp_path)
        assert done.code == 0, done.stderr
        report = done.platforms[0]
        assert (report["outcome"], report["rounds"], report["healed"]) == ("slimmed", 1, [])
        if layers == "split":
            made = [layer["created_by"] for layer in report["slim"]["layers"]]
            groups = {f"ci-slim slim: {each}" for each in ("dependencies", "application")}
            assert groups <= set(made)
        before, after = (_torture(overlay2, image, platform) for image in (fat, slim))
        assert len(before) > 2200
        assert {path for path in before if before[path] != after.get(path)} == set()
        assert _config(overlay2, slim) == _config(overlay2, fat)
        assert _told(overlay2, slim, platform) == _told(overlay2, fat, platform)
    finally:
        overlay2.docker("rmi", "--force", slim, fat, check=False)


def _torture(store: Store, image: str, platform: str) -> dict[str, content.Member]:
    held = content.members(store, image, platform)
    return {path: member for path, member in held.items() if path.startswith("opt/")}


def _config(store: Store, image: str) -> dict[str, Any]:
    (seen,) = json.loads(store.text("image", "inspect", image))
    config: dict[str, Any] = seen["Config"]
    for field in ("Labels", "Volumes", "ExposedPorts", "Healthcheck", "OnBuild", "Shell"):
        assert config[field], field
    return {**config, "platform": (seen["Os"], seen["Architecture"], seen.get("Variant"))}


def _told(store: Store, image: str, platform: str) -> tuple[str, str]:
    """Its output about everything that it finds, and how it ends after its stop signal."""
    container = store.text("run", "--detach", "--platform", platform, image)
    try:
        deadline = time.monotonic() + WITHIN
        while "ready" not in (told := store.text("logs", container)):
            assert time.monotonic() < deadline, told
            time.sleep(0.1)
        store.docker("stop", "--time", "20", container)
        code = store.text("inspect", "--format", "{{.State.ExitCode}}", container)
        return store.text("logs", container), code
    finally:
        store.docker("rm", "--force", "--volumes", container)
