"""Impossible requests end with their message and exit code, and leave nothing.

`command.Call.end` checks after every call that nothing is left.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import Done, ci_slim
from daemons import Store
from recipes import NAMES, RECIPES, images_of_texts

CRASHES = """
FROM debian:trixie-slim
EXPOSE 8080
CMD ["sh", "-c", "echo starting; echo 'cannot read /etc/shop.conf' >&2; exit 3"]
"""
SILENT = """
FROM debian:trixie-slim
EXPOSE 8080
CMD ["sleep", "600"]
"""
FAILS = """
FROM debian:trixie-slim
RUN echo fine
RUN echo 'no rule to make target' && exit 7
"""


@pytest.fixture(scope="module")
def dockerfile_image(store: Store) -> Iterator[Callable[[str, str], str]]:
    """Builds an image of a Dockerfile's text: `dockerfile_image(name, text)`."""
    with images_of_texts(store) as build:
        yield build


def failed(done: Done, code: int, *texts: str) -> None:
    """The call ended with this exit code and said all of this, and is no bug."""
    assert done.code == code, done.stderr
    for text in texts:
        assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_image_that_exits_at_once(
    store: Store, dockerfile_image: Callable[[str, str], str], tmp_path: Path
) -> None:
    image = dockerfile_image("crashes", CRASHES)
    done = ci_slim(store, ["slim", "--http-probe=GET /", image], tmp_path)
    failed(done, 5, "exit code 3", "cannot read /etc/shop.conf", f"{image} (linux/amd64)")
    (platform,) = done.platforms
    assert platform["outcome"] == "failed"
    assert "exit code 3" in platform["reason"]


def test_image_that_never_becomes_ready(
    store: Store, dockerfile_image: Callable[[str, str], str], tmp_path: Path
) -> None:
    image = dockerfile_image("silent", SILENT)
    done = ci_slim(store, ["slim", "--ready=port:8080@1500ms", image], tmp_path)
    failed(done, 5, "not ready within 1.5 s", "nothing listens on port 8080")


@pytest.fixture
def server(built: Callable[[str, str], str]) -> str:
    """The C server on the classic store."""
    return built("overlay2", "server")


def test_log_line_that_never_comes(overlay2: Store, server: str, tmp_path: Path) -> None:
    done = ci_slim(overlay2, ["slim", "--ready=log:database is up@1500ms", server], tmp_path)
    failed(done, 5, "no line of its log matches 'database is up'", "listening on 8080")


def test_probe_that_fails_on_the_fat_image(overlay2: Store, server: str, tmp_path: Path) -> None:
    probes = ["--exec-probe=/opt/server/nothing", "--http-probe=GET /sum"]
    done = ci_slim(overlay2, ["slim", *probes, server], tmp_path)
    failed(done, 5, "1 probe failed on the fat image", "/opt/server/nothing")


def test_platform_without_a_handler(overlay2: Store, server: str, tmp_path: Path) -> None:
    done = ci_slim(overlay2, ["slim", "--platform=linux/riscv64", server], tmp_path)
    (platform,) = done.platforms
    assert platform["outcome"] == "skipped"
    assert "docker run --privileged --rm tonistiigi/binfmt --install riscv64" in platform["reason"]
    assert platform["reason"] in done.stdout.replace("\n", " ") or "riscv64" in done.stdout
    assert done.code == 4


def test_image_of_another_platform(
    store: Store, dockerfile_image: Callable[[str, str], str], tmp_path: Path
) -> None:
    image = dockerfile_image("silent", SILENT)
    done = ci_slim(store, ["slim", "--platform=linux/arm64", "--ready=none", image], tmp_path)
    failed(done, 2, "the image is for linux/amd64, not for linux/arm64", "--platform linux/amd64")


def test_image_that_is_not_there(store: Store, tmp_path: Path) -> None:
    done = ci_slim(store, ["slim", "engine-tests/nothing:here"], tmp_path)
    assert done.code in (2, 4), done.stderr
    failed(done, done.code, "engine-tests/nothing:here")


def test_dropping_what_is_needed_is_not_verified(
    overlay2: Store, built: Callable[[str, str], str], tmp_path: Path
) -> None:
    flags = RECIPES["python"].flags()
    arguments = ["slim", *flags, "--drop=/srv/app/templates/**", f"--tag={NAMES}/not-made"]
    done = ci_slim(overlay2, [*arguments, built("overlay2", "python")], tmp_path)
    failed(done, 6, "GET /:", "500", "looked for /srv/app/templates", "page.html")
    assert overlay2.docker("image", "inspect", f"{NAMES}/not-made", check=False).returncode != 0
    (platform,) = done.platforms
    assert (platform["outcome"], platform["verified"]) == ("failed", False)


def test_dropping_a_library_is_not_verified(overlay2: Store, server: str, tmp_path: Path) -> None:
    arguments = ["slim", "--http-probe=GET /", "--drop=/opt/server/lib/**", server]
    done = ci_slim(overlay2, arguments, tmp_path)
    failed(done, 6, "libcount.so.1", "which `drop: /opt/server/lib/**` drops")


@pytest.mark.parametrize(
    "host", ["unix:///var/run/nobody.sock", "tcp://127.0.0.1:1", "nonsense://x"]
)
def test_no_daemon(host: str, tmp_path: Path) -> None:
    nobody = Store("nobody", {"DOCKER_HOST": host})
    failed(ci_slim(nobody, ["slim", "debian:trixie-slim"], tmp_path), 4, "Docker", "DOCKER_HOST")


def settings(folder: Path, text: str) -> str:
    path = folder / "shop.yml"
    path.write_text(text)
    return str(path)


def test_dockerfile_that_fails(store: Store, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(FAILS)
    wanted = f"version: 1\nimages:\n  shop:\n    build: {{context: {tmp_path}}}\n"
    done = ci_slim(store, ["run", "--config", settings(tmp_path, wanted)], tmp_path)
    failed(done, 4, "the build failed at [3/3] RUN echo", "exit code: 7", "no rule to make target")
    assert done.platforms[0]["outcome"] == "failed"


def test_no_buildx(overlay2: Store, tmp_path: Path) -> None:
    """The real client, which finds no plugin in its folders."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    wanted = f"version: 1\nimages:\n  shop:\n    build: {{context: {tmp_path}}}\n"
    folders = [
        f"{root}/docker/cli-plugins"
        for root in ("/usr/libexec", "/usr/lib", "/usr/local/libexec", "/usr/local/lib")
    ]
    hide = "".join(f"[ ! -d {each} ] || mount -t tmpfs tmpfs {each}; " for each in folders)
    done = ci_slim(
        overlay2,
        ["run", "--config", settings(tmp_path, wanted)],
        tmp_path,
        wrapper=["unshare", "--mount", "sh", "-c", f'{hide} exec "$@"', "sh"],
        environment={"DOCKER_CONFIG": str(tmp_path / "none")},
    )
    failed(done, 4, "docker has no buildx here", "install")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "version: 1\nimages:\n  shop:\n    image: debian:trixie-slim\n    probs: []\n",
            ("shop.yml:5:5", "probs", "probes"),
        ),
        (
            "version: 1\nimages:\n  shop:\n    image: debian:trixie-slim\n    run: {port: many}\n",
            ("shop.yml:5:17", "many"),
        ),
        (
            "version: 1\nimages:\n  shop:\n    image: debian:trixie-slim\n"
            "    budget: {pull: 12 parsecs}\n",
            ("shop.yml:5:20", "parsecs", "MB"),
        ),
        ("version: 1\nimages:\n  shop: [\n", ("shop.yml:",)),
        ("version: 2\nimages: {shop: {image: debian:trixie-slim}}\n", ("shop.yml:1:10",)),
        ("version: 1\nimages: {}\n", ("shop.yml:2:",)),
    ],
    ids=["key", "type", "unit", "yaml", "version", "nothing"],
)
def test_settings_that_cannot_be_read(
    text: str, expected: tuple[str, ...], overlay2: Store, tmp_path: Path
) -> None:
    done = ci_slim(overlay2, ["run", "--config", settings(tmp_path, text)], tmp_path)
    failed(done, 2, *expected)


def test_settings_that_are_not_there(overlay2: Store, tmp_path: Path) -> None:
    done = ci_slim(overlay2, ["run", "--config", str(tmp_path / "none.yml")], tmp_path)
    failed(done, 2, str(tmp_path / "none.yml"))


def test_probe_file_with_an_unknown_field(overlay2: Store, tmp_path: Path) -> None:
    path = tmp_path / "probes.json"
    path.write_text('{"commands": [{"resource": "/", "metod": "GET"}]}')
    arguments = ["slim", f"--http-probe-cmd-file={path}", "debian:trixie-slim"]
    failed(ci_slim(overlay2, arguments, tmp_path), 2, "probes.json", "metod", "method")


def test_unknown_flag_and_missing_image(overlay2: Store, tmp_path: Path) -> None:
    failed(ci_slim(overlay2, ["slim", "--tagg=x", "debian"], tmp_path), 2, "--tagg", "--tag")
    failed(ci_slim(overlay2, ["slim"], tmp_path), 2, "IMAGE")


def test_report_that_cannot_be_written(overlay2: Store, server: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    arguments = ["slim", "--http-probe=GET /", f"--output={tmp_path}/file/below", server]
    done = ci_slim(overlay2, arguments, tmp_path)
    failed(done, 2, f"{tmp_path}/file")
    assert "observe" not in done.stderr, "it was noticed after the work"
