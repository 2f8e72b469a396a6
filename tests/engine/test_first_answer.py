"""An open port does not mean that the application is ready: the first probe is sent until its
answer is good, and later ones for some seconds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import NAMES

IMAGE = f"{NAMES}/gateway"
# It answers 502 until its backend has written a file, as a gateway does. perl is in every Debian.
GATEWAY = r"""
FROM debian:trixie-slim
RUN printf '%s\n' \
  'use IO::Socket::INET;' \
  'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;' \
  'if (!fork) { exec("/bin/sh", "-c", $ENV{BACKEND}) }' \
  '$SIG{TERM} = sub { exit 0 };' \
  'while (1) { my $c = $s->accept or next; while (<$c>) { last if /^\r?$/ }' \
  '  my $status = -e "/run/up" ? "200 OK" : "502 Bad Gateway";' \
  '  print $c "HTTP/1.0 $status\r\nContent-Length: 2\r\n\r\nok"; close $c }' > /opt/gateway.pl
EXPOSE 8080
CMD ["perl", "/opt/gateway.pl"]
"""


@pytest.fixture(scope="module", autouse=True)
def image(overlay2: Store) -> Iterator[None]:
    overlay2.build_text(GATEWAY, IMAGE)
    yield
    overlay2.docker("rmi", "--force", IMAGE, check=False)


def slim(backend: str) -> list[str]:
    return ["slim", f"--env=BACKEND={backend}", "--http-probe=GET /", IMAGE]


def test_a_gateway_without_its_backend_is_waited_for(overlay2: Store, tmp_path: Path) -> None:
    done = ci_slim(overlay2, slim("sleep 3; : > /run/up"), tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    (probe,) = platform["probes"]
    assert (probe["fat"]["status"], probe["slim"]["status"]) == (200, 200)


def test_a_later_probe_is_waited_for_in_both_images(overlay2: Store, tmp_path: Path) -> None:
    commands = ("perl -e 1", "perl -e 'exit !-e q(/run/up)'")
    probes = [*({"exec": each} for each in commands), {"http": "GET /"}]
    settings = ["--env=BACKEND=sleep 4; : > /run/up", f"--probes={json.dumps(probes)}"]
    done = ci_slim(overlay2, ["slim", *settings, IMAGE], tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert [probe["slim"]["status"] for probe in platform["probes"]] == [0, 0, 200]


def test_a_later_probe_that_never_succeeds_is_told(overlay2: Store, tmp_path: Path) -> None:
    flags = ["--exec-probe=perl -e 1", "--exec-probe=perl -e 'exit 3'"]
    done = ci_slim(overlay2, [*slim(": > /run/up"), *flags], tmp_path)
    assert done.code == 5
    assert "exited 3, expected 0" in done.stderr


def test_a_backend_that_died_is_told_and_not_waited_for(overlay2: Store, tmp_path: Path) -> None:
    done = ci_slim(overlay2, slim("exec bash -c 'exit 78'"), tmp_path)
    assert done.code == 5
    assert "bash exited with 78, and nothing was started after it" in done.stderr
    assert "--ready 'http:/path@120s'" in done.stderr


def test_a_gateway_that_dies_is_told(overlay2: Store, tmp_path: Path) -> None:
    done = ci_slim(overlay2, slim("sleep 1; kill -9 1; kill -15 1"), tmp_path)
    assert done.code == 5
    assert "the container ended with exit code 0 before it answered" in done.stderr
