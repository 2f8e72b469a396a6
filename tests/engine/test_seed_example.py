"""The example that users of DockerSlim know, word for word, with `ci-slim slim`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command import ci_slim, running
from daemons import Store
from plain import get
from recipes import AMD64, LISTENER, NODE, RECIPES


@pytest.fixture
def fat_go_app(overlay2: Store, built: Callable[..., str]) -> str:
    overlay2.docker("tag", built("overlay2", "listener"), "fat_go_app:latest")
    return "fat_go_app:latest"


def test_the_commands_of_the_article_work(overlay2: Store, fat_go_app: str, tmp_path: Path) -> None:
    arguments = (
        "slim --env MY_NODE_NAME=test_node --env MONGO_CONN=mongodb://mongo-db-server:80 "
        f"--http-probe-cmd-file {LISTENER}/probeCmd.json --tag slim_go_app:latest {fat_go_app}"
    ).split()
    try:
        done = ci_slim(overlay2, arguments, tmp_path)
        assert done.code == 0, done.stderr
        (platform,) = done.platforms
        assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
        (probe,) = platform["probes"]
        assert probe["name"] == "POST /poc/api/v1.0/post"
        assert (probe["fat"]["status"], probe["slim"]["status"]) == (200, 200)
        assert platform["fat"]["disk_bytes"] > 40 * platform["slim"]["disk_bytes"]
        with running(overlay2, "slim_go_app:latest", AMD64, 5000, NODE) as (_, url):
            assert get(url, "/") == (200, b'{"node":"test_node","status":"ok"}\n')
    finally:
        overlay2.docker("rmi", "--force", "slim_go_app:latest", fat_go_app, check=False)


def test_why_a_path_is_in_the_slim_image_or_not_can_be_asked(
    overlay2: Store, built: Callable[..., str], tmp_path: Path
) -> None:
    flags = RECIPES["server"].flags()
    asked = ["--explain=/opt/server/server", "--explain=usr/bin/perl/", "--explain=/no/such"]
    done = ci_slim(overlay2, ["slim", *flags, *asked, built("overlay2", "server")], tmp_path)
    assert done.code == 0, done.stderr
    kept, left, missing = done.platforms[0]["explained"]
    assert kept.startswith("/opt/server/server is kept: exec: executed")
    assert left.startswith("/usr/bin/perl is not kept: the run did not use it and no rule needs it")
    assert missing == "/no/such is not in the fat image (missing)."
    assert "note: linux/amd64: /usr/bin/perl is not kept" in done.stdout
