"""Sends each kind of probe to a real container: the slim image keeps the file behind its answer."""

from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import FOLDER, NAMES

REFERENCE = f"{NAMES}/protocols:1"

SETTINGS = f"""
version: 1
images:
  protocols:
    image: {REFERENCE}
    run: {{ready: {{http: /}}}}
    probes:
      - tcp: 7000
        send: "hello\\n"
        expect: {{body: from tcp}}
      - udp: 7001
        send: hello
        expect: {{body: from udp}}
      - websocket: /chat
        send: hello
        expect: {{body: from websocket}}
      - websocket: /chat
        name: wss
        tls: true
        port: 8443
        send: hello
        expect: {{body: from wss}}
      - http: /socket
        socket: /run/app.sock
        expect: {{body: from socket}}
      - fastcgi: GET /srv/index.php
        expect: {{body: from fastcgi}}
      - openapi: /openapi.json
      - steps:
          - http: GET /login
            save: {{token: "json:token"}}
          - http: GET /me
            headers: {{Authorization: "Bearer {{{{token}}}}"}}
            expect: {{body: from steps}}
      - script: curl --fail --silent "$CI_SLIM_URL/script"
        expect: {{body: from script}}
      - container: {REFERENCE}
        entrypoint: [python3, -c]
        command:
          - |
            import os, urllib.request
            print(urllib.request.urlopen(os.environ["CI_SLIM_URL"] + "/container").read())
        expect: {{body: from container}}
      - exec: python3 /srv/app/read.py
        stdin: said
        expect: {{body_regex: "from stdin\\nSAID"}}
"""


@pytest.fixture
def protocols(overlay2: Store) -> Store:
    folder = str(FOLDER / "protocols")
    overlay2.docker("buildx", "build", "--load", "--provenance=false", "--tag", REFERENCE, folder)
    return overlay2


def test_the_files_that_each_kind_reaches_are_in_the_slim_image(
    protocols: Store, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(SETTINGS)
    done = ci_slim(protocols, ["run", "--config", str(settings), "--no-load"], tmp_path)
    (platform,) = done.platforms
    assert (done.code, platform["verified"]) == (0, True), done.stderr
    answered = {
        (each["kind"], each["fat"]["ok"], each["slim"]["ok"]) for each in platform["probes"]
    }
    # The pages of `openapi` and the requests of `steps` are separate HTTP requests.
    assert answered == {
        (kind, True, True)
        for kind in ("tcp", "udp", "websocket", "fastcgi", "http", "script", "container", "exec")
    }
    names = [each["name"] for each in platform["probes"]]
    assert "GET /documented/1" in names
    assert "steps GET /login, step 2: GET /me" in names


SURROUNDED = f"""
version: 1
images:
  surrounded:
    image: {REFERENCE}
    run:
      ready: {{http: /}}
      files: {{/etc/app.conf: {{text: from the settings, mode: "0640"}}}}
      volumes: [/data]
      tmpfs: ["/scratch:size=1m"]
      devices: [/dev/null:/dev/board]
      cap_add: [NET_ADMIN]
      shm_size: 16 MiB
      sysctls: {{net.ipv4.ip_unprivileged_port_start: "0"}}
      extra_hosts: {{board: 10.1.2.3}}
      hostname: device
      init: true
    probes:
      - http: /running
        expect:
          json: {{config: from the settings, mode: "0o640", shm: 16777216, host: device,
                 board: 10.1.2.3, writable: true, kept: true, ports: "0", init: docker-init,
                 net_admin: 1}}
      - exec: ls /dev/board
  read-only:
    image: {REFERENCE}
    run:
      ready: {{http: /}}
      read_only: true
      tmpfs: [/scratch, /run]
      extra_hosts: {{board: 10.1.2.3}}
    probes:
      - http: /running
        expect: {{json: {{writable: false, config: "", kept: false, net_admin: 0}}}}
"""


def test_a_container_has_what_it_has_on_its_device(protocols: Store, tmp_path: Path) -> None:
    """The fat, the slim and the untraced run are configured in the same way, so they see
    the same."""
    settings = tmp_path / "settings.yml"
    settings.write_text(SURROUNDED)
    done = ci_slim(protocols, ["run", "--config", str(settings), "--no-load"], tmp_path)
    assert done.code == 0, done.stderr
    assert [each["verified"] for each in done.platforms] == [True, True]


COMPOSE = f"""
services:
  app:
    image: {REFERENCE}
    depends_on:
      seed: {{condition: service_completed_successfully}}
  seed:
    image: {REFERENCE}
    depends_on: {{db: {{condition: service_healthy}}}}
    entrypoint: [python3, -c]
    command:
      - |
        import sys, urllib.request
        sys.exit(urllib.request.urlopen("http://database:8080/mounted").read() != b"from a file")
  db:
    image: {REFERENCE}
    volumes: ["./mounted:/srv/data/mounted:ro"]
    networks: {{default: {{aliases: [database]}}}}
    healthcheck:
      test: [CMD, python3, -c, "import os, time; os.stat('/srv/data/mounted'); time.sleep(1)"]
      interval: 1s
"""
COMPOSED = f"""
version: 1
images:
  app:
    image: {REFERENCE}
    run: {{ready: {{http: /}}, compose: {{file: compose.yml, service: app}}}}
    probes:
      - exec: [python3, -c, "import urllib.request as u; print(u.urlopen('http://db:8080/script').read())"]
        expect: {{body: from script}}
"""


def test_the_services_of_a_compose_file_are_there_in_order(
    protocols: Store, tmp_path: Path
) -> None:
    """`seed` ends well only if `db` is healthy and has the file that is mounted into it."""
    (settings := tmp_path / "settings.yml").write_text(COMPOSED)
    (tmp_path / "compose.yml").write_text(COMPOSE)
    (tmp_path / "mounted").write_text("from a file")
    done = ci_slim(protocols, ["run", "--config", str(settings), "--no-load"], tmp_path)
    assert done.code == 0, done.stderr
    assert done.platforms[0]["verified"]

    (tmp_path / "mounted").write_text("something else")
    done = ci_slim(protocols, ["run", "--config", str(settings), "--no-load"], tmp_path)
    assert done.code == 4
    assert "the service `seed` ended with exit code 1" in done.stderr
