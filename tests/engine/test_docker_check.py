"""`docker build --check` as it really answers: of Docker 28, which knows it, and of Docker 26."""

from pathlib import Path

import daemons
import pytest
from daemons import Store

from ci_slim.advise.linters import Remark
from ci_slim.advise.run_linters import run_check
from ci_slim.settings.plans import BuildPlan

DOCKERFILE = """\
FROM --platform=linux/arm64 debian:trixie-slim AS built
RUN echo 1 >/one
FROM debian:trixie-slim
COPY --from=built /one /one
CMD ["sleep", "600"]
"""


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return BuildPlan(context=str(tmp_path), dockerfile=str(tmp_path / "Dockerfile"))


def test_the_check_is_read_where_buildx_and_the_frontend_know_it(plan: BuildPlan) -> None:
    with daemons.second(daemons.docker28(), "overlay2") as store:
        found = run_check(plan, store.environment)
    said = 'FROM --platform flag should not use constant value "linux/arm64"'
    assert found == (Remark("docker build --check", "FromPlatformFlagConstDisallowed", 1, said),)


def test_a_buildx_that_does_not_know_the_check_says_nothing(
    overlay2: Store, plan: BuildPlan
) -> None:
    version = overlay2.text("buildx", "version").split()[1]
    known = tuple(map(int, version.partition("+")[0].split(".")[:2])) >= (0, 16)
    assert bool(run_check(plan, overlay2.environment)) is known
