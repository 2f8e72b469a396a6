"""Command-line images: each `run` probe has a container of its own, which runs to its end."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import Call, Done, ci_slim
from daemons import Store
from recipes import NAMES

IMAGE = f"{NAMES}/books"
# A program with subcommands, each of which reads a file of its own. It tells where it runs, and
# whether another run was in its container before.
BOOKS = r"""
FROM debian:trixie-slim
RUN mkdir /srv/books && cd /srv/books && echo 'totals: 3' > totals && echo 'a table' > table && \
  echo 'nearly the time' > clock && printf '%s\n' '#!/bin/sh' \
  'books() { read line < /srv/books/$1 && echo "$line"; }' \
  'case "$1" in' \
  'totals) books totals || exit 3;;' \
  'convert) books table > "$2" && read line < "$2" && echo "$line" || exit 4;;' \
  'upper) tr a-z A-Z;;' \
  'where) echo "$HOSTNAME $TOKEN"; echo at work >&2; [ ! -e /tmp/here ] && : > /tmp/here;;' \
  'hang) exec sleep 1000;;' \
  'serve) sleep ${2:-0}; exec perl /opt/serve.pl;;' \
  'ask) perl -MIO::Socket::INET -e "print q(asked) if IO::Socket::INET->new(q(desk:8080))";;' \
  '*) echo "usage: books COMMAND"; exit 2;;' \
  'esac' > /usr/bin/books && chmod +x /usr/bin/books
RUN printf '%s\n' \
  'use IO::Socket::INET;' \
  'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;' \
  '$SIG{TERM} = sub { exit 0 };' \
  'while (1) { my $c = $s->accept or next; while (<$c>) { last if /^\r?$/ }' \
  '  print $c "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"; close $c }' > /opt/serve.pl
ENTRYPOINT ["books"]
"""
TOTALS: dict[str, Any] = {"run": ["totals"], "expect": {"body": "totals: 3"}}
CONVERT: dict[str, Any] = {"run": "convert '/tmp/a b'", "expect": {"body_regex": "^a table$"}}
USAGE: dict[str, Any] = {"run": [], "expect": {"exit": 2, "body": "usage"}}


@pytest.fixture(scope="module", autouse=True)
def image(overlay2: Store) -> Iterator[None]:
    overlay2.build_text(BOOKS, IMAGE)
    yield
    overlay2.docker("rmi", "--force", IMAGE, check=False)


def slim(store: Store, folder: Path, probes: list[dict[str, Any]], *flags: str) -> Done:
    given = ["--safety=tight", f"--probes={json.dumps(probes)}", *flags]
    return ci_slim(store, ["slim", *given, IMAGE], folder)


def outcomes(done: Done) -> list[tuple[str, int, int]]:
    (platform,) = done.platforms
    assert platform["verified"], done.stderr
    probes = platform["probes"]
    assert {probe["kind"] for probe in probes} <= {"run", "http"}
    return [(each["name"], each["fat"]["status"], each["slim"]["status"]) for each in probes]


def said(store: Store, image: str, *arguments: str) -> tuple[int, str]:
    """What a user gets from `docker run`."""
    done = store.docker("run", "--rm", "--network=none", image, *arguments, check=False)
    return done.returncode, done.stdout.decode()


def test_what_each_run_used_is_kept_and_nothing_else(overlay2: Store, tmp_path: Path) -> None:
    tag = f"{NAMES}/books-slim"
    try:
        done = slim(overlay2, tmp_path, [USAGE, TOTALS], f"--tag={tag}")
        assert done.code == 0, done.stderr
        assert outcomes(done) == [("run", 2, 2), ("run totals", 0, 0)]
        assert said(overlay2, tag, "totals") == (0, "totals: 3\n")
        assert said(overlay2, tag, "convert", "/tmp/a") == (4, "")

        done = slim(overlay2, tmp_path, [USAGE, TOTALS, CONVERT], f"--tag={tag}")
        assert done.code == 0, done.stderr
        assert outcomes(done)[2] == ("run convert /tmp/a b", 0, 0)
        assert said(overlay2, tag, "convert", "/tmp/a") == (0, "a table\n")
    finally:
        overlay2.docker("rmi", "--force", tag, check=False)


def test_each_run_has_a_fresh_container_with_the_settings_of_the_image(
    overlay2: Store, tmp_path: Path
) -> None:
    """`where` fails in a container where it was before."""
    where = {"run": "where", "expect": {"body": "desk 7"}, "compare": "exact", "repeat": True}
    upper = {"run": ["upper"], "stdin": "a word", "expect": {"body": "A WORD"}}
    settings = tmp_path / "settings.yml"
    run = {"env": {"TOKEN": "7"}, "hostname": "desk", "read_only": False}
    image = {"image": IMAGE, "run": run, "probes": [where, {**where, "name": "more"}, upper]}
    settings.write_text(json.dumps({"version": 1, "images": {"books": image}}))
    done = ci_slim(overlay2, ["run", "--config", str(settings), "--no-load"], tmp_path)
    assert done.code == 0, done.stderr
    assert [status for _, *status in outcomes(done)] == [[0, 0]] * 3


def test_a_run_reaches_the_services_and_waits_for_them(overlay2: Store, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    run = {"services": {"desk": {"image": IMAGE, "command": ["serve", "3"]}}}
    ask = {"run": "ask", "expect": {"body": "asked"}}
    image = {"image": IMAGE, "run": run, "probes": [ask]}
    settings.write_text(json.dumps({"version": 1, "images": {"books": image}}))
    done = ci_slim(overlay2, ["run", "--config", str(settings), "--no-load"], tmp_path)
    assert done.code == 0, done.stderr
    assert outcomes(done) == [("run ask", 0, 0)]


def test_a_run_that_fails_on_the_slim_image_alone_is_not_verified(
    overlay2: Store, tmp_path: Path
) -> None:
    done = slim(overlay2, tmp_path, [TOTALS, CONVERT], "--drop=/srv/books/table")
    assert done.code == 6
    told = "run convert /tmp/a b: exited 4"
    assert told in done.stderr
    assert "/srv/books/table" in done.stderr


def test_a_run_that_hangs_fails_and_leaves_no_container(overlay2: Store, tmp_path: Path) -> None:
    """That nothing is left is checked by `ci_slim` itself."""
    done = slim(overlay2, tmp_path, [TOTALS, {"run": "hang", "timeout": "2s"}])
    assert done.code == 5
    assert "run hang: timed out after 2 s" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_run_leaves_no_container(
    number: signal.Signals, overlay2: Store, tmp_path: Path
) -> None:
    probes = json.dumps([TOTALS, {"run": "hang", "timeout": "10min"}])
    call = Call(overlay2, ["slim", f"--probes={probes}", IMAGE], tmp_path)
    shown = ("ps", f"--filter=ancestor={IMAGE}", "--no-trunc", "--format={{.Command}}")
    while "books hang" not in overlay2.text(*shown):
        assert call.process.poll() is None, call.stderr
        time.sleep(0.05)
    call.process.send_signal(number)
    assert call.end().code == 130


def test_each_run_is_held_out_in_turn(overlay2: Store, tmp_path: Path) -> None:
    done = slim(overlay2, tmp_path, [TOTALS, CONVERT, USAGE], "--hold-out")
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    held = {each["probe"]: (each["held"], each["missing"]) for each in platform["held_out"]}
    assert held == {
        "run totals": (False, ["/srv/books/totals"]),
        "run convert /tmp/a b": (False, ["/srv/books/table"]),
        "run": (True, []),
    }


def test_a_server_has_runs_beside_its_requests(overlay2: Store, tmp_path: Path) -> None:
    http = {"http": "GET /", "expect": {"status": 200, "body": "ok"}}
    flags = ("--command=serve", "--port=8080")
    done = slim(overlay2, tmp_path, [TOTALS, http, CONVERT], *flags)
    assert done.code == 0, done.stderr
    assert outcomes(done) == [
        ("run totals", 0, 0), ("GET /", 200, 200), ("run convert /tmp/a b", 0, 0)
    ]  # fmt: skip
