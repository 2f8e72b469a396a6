"""A file that only the slim image looks up is added again, in one round or in several.

If its first file is missing, the program reads other files, one after the other. That first file is
dropped, so the fat image never shows that the others are needed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Done, ci_slim
from daemons import Store
from recipes import NAMES

IMAGE = f"{NAMES}/planner"
PLANNER = """
FROM debian:trixie-slim
RUN mkdir /opt/plan-b && echo 'plan A' > /opt/first && \\
    for n in 1 2 3 4 5 6 7; do echo "step $n" > /opt/plan-b/$n; done
CMD ["sh", "-c", "[ -e /opt/first ] && exit 0; n=1; while [ $n -le $STEPS ]; do \\
read line < /opt/plan-b/$n || exit 9; echo $line; n=$((n+1)); done"]
"""


@pytest.fixture(scope="module", autouse=True)
def image(overlay2: Store) -> Iterator[None]:
    overlay2.build_text(PLANNER, IMAGE)
    yield
    overlay2.docker("rmi", "--force", IMAGE, check=False)


def planned(store: Store, steps: int, folder: Path, *more: str) -> Done:
    flags = ["--drop=/opt/first", f"--env=STEPS={steps}"]
    return ci_slim(store, ["slim", *flags, *more, IMAGE], folder)


@pytest.mark.parametrize(
    ("steps", "rounds", "healed"),
    [
        (0, 1, []),
        (1, 2, ["/opt/plan-b/1"]),
        (2, 3, ["/opt/plan-b/1", "/opt/plan-b/2"]),
    ],
)
def test_a_file_that_only_the_replay_looks_up_is_healed(
    steps: int, rounds: int, healed: list[str], overlay2: Store, tmp_path: Path
) -> None:
    slim = f"{NAMES}/planner-slim"
    try:
        done = planned(overlay2, steps, tmp_path, f"--tag={slim}")
        assert done.code == 0, done.stderr
        (platform,) = done.platforms
        assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
        assert (platform["rounds"], platform["healed"]) == (rounds, healed)
        said = overlay2.text("run", "--rm", "--env", f"STEPS={steps}", slim)
        assert said.splitlines() == [f"step {n + 1}" for n in range(steps)]
    finally:
        overlay2.docker("rmi", "--force", slim, check=False)


def test_endless_healing_is_given_up_with_the_paths(overlay2: Store, tmp_path: Path) -> None:
    done = planned(overlay2, 7, tmp_path, f"--output={tmp_path}/out")
    assert done.code == 6
    (platform,) = done.platforms
    assert (platform["outcome"], platform["verified"], platform["slim"]) == ("failed", False, None)
    healed = ["/opt/plan-b/1", "/opt/plan-b/2"]
    assert (platform["rounds"], platform["healed"]) == (3, healed)
    *details, hint = platform["warnings"]
    assert platform["reason"] == "the slim image does worse than the fat one, after 3 rounds"
    assert "looked for /opt/first, which `drop: /opt/first` drops" in details
    assert "looked for /opt/plan-b/3" in details
    assert all(f"  | {line}" in done.stderr for line in details)
    assert hint.startswith("→ add what is missing to `keep:`") and hint in done.stderr
    assert not list((tmp_path / "out").glob("**/blobs"))
