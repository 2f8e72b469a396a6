"""Servers with one probed route and many others, each of which uses a part of its language, of the
C library or of another program for the first time. All of them answer in the slim image as in the
fat one, on the releases of Debian and Ubuntu that images are made from."""

import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import FOLDER, NAMES

pytestmark = pytest.mark.trial

RELEASES = {
    "bullseye": "debian",
    "bookworm": "debian",
    "noble": "ubuntu",
}
"""Releases with other layouts than Debian trixie, which the other tests use."""

MIRRORS = {"debian": "http://deb.debian.org/debian", "ubuntu": "http://archive.ubuntu.com/ubuntu"}


@dataclass(frozen=True, slots=True)
class App:
    """A server of images/late: its packages, and how it starts."""

    packages: str
    file: str
    command: str


APPS = {
    "python": App(
        "python3 python3-requests python3-jinja2 tzdata openssl git locales-all ca-certificates",
        "app.py",
        '["python3", "app.py"]',
    ),
    "php": App(
        "php-cli php-xml php-mbstring php-curl php-sqlite3 ca-certificates",
        "index.php",
        '["php", "-S", "0.0.0.0:8000", "index.php"]',
    ),
    "ruby": App("ruby ruby-webrick ca-certificates tzdata", "app.rb", '["ruby", "app.rb"]'),
    "perl": App(
        "perl libhttp-daemon-perl libjson-perl ca-certificates",
        "app.pl",
        '["perl", "app.pl"]',
    ),
}


FAILED = re.compile(r"Error|Exception|Can't locate|^$")
FAILING = {"err", "trace"}
"""Routes whose answer is an error, as it should be."""


@pytest.fixture(scope="module")
def base(overlay2: Store) -> Iterator[Callable[[str], str]]:
    """Makes the base image of a release, once."""
    made: dict[str, str] = {}

    def make(release: str) -> str:
        if release == "trixie":
            return "debian:trixie-slim"
        if release not in made:
            made[release] = f"{NAMES}/base:{release}"
            _bootstrap(release, overlay2, made[release])
        return made[release]

    yield make
    for reference in made.values():
        overlay2.docker("rmi", "--force", reference, check=False)


def _bootstrap(release: str, store: Store, reference: str) -> None:
    distribution = RELEASES[release]
    words = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root"]
    if distribution == "ubuntu":
        words += ["--components=main,universe"]
        words += ["--keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg"]
    tar = subprocess.Popen([*words, release, "-", MIRRORS[distribution]], stdout=subprocess.PIPE)
    subprocess.run(
        ["docker", "import", "-", reference],
        stdin=tar.stdout,
        env={**store.environment, "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert tar.wait() == 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("release", ["trixie", *RELEASES])
def test_all_routes_answer_in_the_slim_image(
    release: str, app: str, base: Callable[[str], str], overlay2: Store, tmp_path: Path
) -> None:
    made, fat = APPS[app], f"{NAMES}/late-{app}:{release}"
    source = (FOLDER / "late" / made.file).read_text("utf-8")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base(release)}\n"
        "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y"
        f" --no-install-recommends netbase {made.packages} && rm -rf /var/lib/apt/lists/*\n"
        f"WORKDIR /srv/app\nCOPY {made.file} ./\nEXPOSE 8000\nCMD {made.command}\n"
    )
    (tmp_path / made.file).write_text(source, "utf-8")
    slim = f"{fat}-slim"
    overlay2.docker("buildx", "build", "--load", "-t", fat, str(tmp_path))
    try:
        flags = ["--ready=port:8000", "--http-probe=GET /", f"--tag={slim}"]
        done = ci_slim(overlay2, ["slim", *flags, fat], tmp_path / "work")
        assert done.code == 0, done.stderr
        wanted, found = answers(overlay2, fat), answers(overlay2, slim)
        assert len(wanted) > 20
        assert {each for each, answer in wanted.items() if FAILED.search(answer)} <= FAILING
        assert found == wanted
    finally:
        overlay2.docker("rmi", "--force", fat, slim, check=False)


def answers(store: Store, image: str) -> dict[str, str]:
    """What each route of an image answers."""
    name = store.text("run", "--detach", "--rm", image).strip()
    try:
        address = store.text(
            "inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name
        )
        routes = _asked(f"http://{address.strip()}:8000/", tries=50).split()
        return {each: _asked(f"http://{address.strip()}:8000/{each}") for each in routes}
    finally:
        store.docker("rm", "--force", name, check=False)


def _asked(address: str, tries: int = 1) -> str:
    for number in range(tries):
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except OSError as error:
            if number == tries - 1:
                return repr(error)
            time.sleep(0.2)
    raise AssertionError("the last try returns")
