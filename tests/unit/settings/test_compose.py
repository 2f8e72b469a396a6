"""The dependencies of a service in a Compose file → services of a run."""

import pytest

from ci_slim.errors import UsageError
from ci_slim.settings import parse
from ci_slim.settings.compose_file import dependencies
from ci_slim.settings.compose_service import ComposeFile
from ci_slim.settings.plans import ComposeParts, Copied, HealthCheck, Service

SHOP = """\
name: shop
x-defaults: &defaults
  restart: always
services:
  shop:
    build: .
    privileged: true
    depends_on:
      db: {condition: service_healthy}
      seed: {condition: service_completed_successfully}
      cache: {condition: service_started}
  db:
    <<: *defaults
    image: "postgres:${VERSION:-17}"
    environment: {POSTGRES_PASSWORD: "$PASSWORD", COST: "$$5", N: 1}
    ports: ["5432:5432"]
    volumes: [data:/var/lib/postgresql/data, "./init:/docker-entrypoint-initdb.d:ro", /extra]
    healthcheck: {test: pg_isready -U postgres, interval: 1s, timeout: 1m30s, retries: 5}
    networks: {default: {aliases: [database]}}
    tmpfs: /run
    shm_size: 64mb
  seed:
    image: seed:1
    depends_on: [db]
    environment: [FROM_OUTSIDE, EMPTY=, UNSET_OUTSIDE]
    command: sh -c 'seed --all'
  cache:
    image: redis
    entrypoint: [redis-server, --save, ""]
    user: "999"
    healthcheck: {disable: true}
  unrelated: {image: x, privileged: true, unheard: of}
volumes: {data: {}}
"""
ENVIRONMENT = {"PASSWORD": "hunter2", "FROM_OUTSIDE": "yes"}


ENV = """\
# of the database
A=plain value # a comment
export B='it is $A'
C="$A\\n\\$A"
D=${PASSWORD}
PASSWORD
UNSET_OUTSIDE
E=
F: 1
"""


def reader(path: str) -> bytes:
    """The files below the working folder."""
    files = {"deploy/db.env": ENV, "deploy/more.env": "A=later", "deploy/bad.env": "no = 'closed"}
    if path not in files:
        raise FileNotFoundError(path)
    return files[path].encode()


def read(text: str, service: str = "shop", path: str = "deploy/compose.yml") -> tuple[Service, ...]:
    file = ComposeFile(text, path, ENVIRONMENT, reader)
    return dependencies(file, service, ".ci-slim.yml:9:30", 60.0)


def test_dependencies_come_in_the_order_in_which_they_need_each_other() -> None:
    assert read(SHOP) == (
        Service(
            "db",
            "postgres:17",
            {"POSTGRES_PASSWORD": "hunter2", "COST": "$5", "N": "1"},
            None,
            ComposeParts(
                aliases=("database",),
                tmpfs=("/run",),
                volumes=("/var/lib/postgresql/data", "/extra"),
                copied=(Copied("deploy/init", "/docker-entrypoint-initdb.d", "deploy"),),
                shm_size="64mb",
                health=HealthCheck(("CMD-SHELL", "pg_isready -U postgres"), 1.0, 90.0, 0.0, 5),
                until="healthy",
                within=60.0,
            ),
        ),
        Service(
            "seed",
            "seed:1",
            {"FROM_OUTSIDE": "yes", "EMPTY": ""},
            ("sh", "-c", "seed --all"),
            ComposeParts(until="completed", within=60.0),
        ),
        Service(
            "cache",
            "redis",
            {},
            None,
            ComposeParts(
                entrypoint=("redis-server", "--save", ""),
                user="999",
                health=HealthCheck(("NONE",)),
                within=60.0,
            ),
        ),
    )


def test_a_service_that_needs_none_has_none() -> None:
    assert read(SHOP, "cache") == ()


def needed(keys: str) -> str:
    return f"services:\n  shop: {{image: a, depends_on: [db]}}\n  db: {{image: b, {keys}}}\n"


REFUSED = [
    ("privileged: true", "`privileged`: it would have all rights on the daemon's machine"),
    ("network_mode: host", "`network_mode`: it must be in the network of the run"),
    ("pid: host", "`pid`"),
    ("cap_add: [SYS_ADMIN]", "`cap_add`: it would have more rights than Docker gives"),
    ("devices: [/dev/sda]", "`devices`"),
    ("security_opt: ['seccomp:unconfined']", "`security_opt`"),
    ("secrets: [token]", "the secret `token`, which is not in the file"),
    ("secrets: {a: b}", "`secrets` must be a list"),
    ("secrets: [{target: x}]", "has no `source`"),
    ("extends: {service: x}", "`db` extends `x`, which is not in the file"),
    ("extends: {file: x.yml, service: x}", "a service of another file, which is not read"),
    ("extends: {}", "`extends` has no `service`"),
    ("extends: db", "`db` extends itself, through `db`"),
    ("configs: [a]", "`configs`: configs are not passed on"),
    ("volumes: ['/var/run/docker.sock:/var/run/docker.sock']", "is not below the Compose file"),
    ("volumes: ['../secret:/secret']", "is not below the Compose file"),
    ("volumes: ['./a/../../b:/b']", "is not below the Compose file"),
    ("volumes: ['~/x:/b']", "is not below the Compose file"),
    ("volumes: [{type: bind, source: /, target: /host}]", "is not below the Compose file"),
    ("volumes: [{type: npipe, source: x, target: /x}]", "of the type `npipe`"),
    ("volumes: ['./a:b']", "`b` is not a path in a container"),
    ("volumes: {a: b}", "`volumes` must be a list"),
    ("env_file: .env", "`deploy/.env` of the service `db` does not exist"),
    ("env_file: ../.env", "the service `db` reads `../.env`, which is not below the Compose file"),
    ("env_file: [{required: false}]", "has no `path`"),
    ("env_file: [{path: .env, format: yaml}]", "the format `yaml` is not known"),
    ("imgae: x", "`imgae`, which is not understood"),
    ("environment: {A: '$MISSING'}", "the environment variable `MISSING` is not set"),
    ("environment: {A: '${MISSING:?say it}'}", "`MISSING` is not set"),
    ("environment: {A: '${1}'}", "`${` starts no variable"),
    ("healthcheck: {test: x, interval: soon}", "`soon` is no duration"),
    ("healthcheck: {test: x, retries: -1}", "`-1` is no whole number"),
    ('command: "sh -c \'x"', "`command` cannot be split"),
    ("depends_on: [nobody]", "`db` depends on `nobody`, which is not in the file"),
    ("depends_on: [shop]", "`db` depends on itself, through `shop`"),
    ("depends_on: {cache: {condition: service_happy}}", "the condition `service_happy`"),
]


@pytest.mark.parametrize(("keys", "message"), REFUSED)
def test_what_is_unsafe_or_unknown_is_refused(keys: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(needed(keys))
    assert message in caught.value.message
    assert caught.value.where.startswith("deploy/compose.yml:3:")


@pytest.mark.parametrize("keys", ["privileged: false", "cap_add: []", "x-note: y", "scale: 1"])
def test_what_asks_for_nothing_is_taken(keys: str) -> None:
    assert [each.name for each in read(needed(keys))] == ["db"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("${PASSWORD:+set}", "set"), ("${MISSING+set}", ""), ("${MISSING-x}", "x"),
     ("${PASSWORD-x}", "hunter2"), ("$$PASSWORD", "$PASSWORD"), ("a$", "a$")],
)  # fmt: skip
def test_variables_are_filled_as_compose_does(text: str, value: str) -> None:
    (db,) = read(needed(f"environment: {{A: '{text}'}}"))
    assert db.env == {"A": value}


def test_variables_come_from_files_and_what_is_written_out_wins() -> None:
    (db,) = read(needed("env_file: [db.env], environment: {E: own}"))
    assert db.env == {
        "A": "plain value", "B": "it is $A", "C": "plain value\n$A", "D": "hunter2",
        "PASSWORD": "hunter2", "E": "own", "F": "1",
    }  # fmt: skip


def test_a_later_file_wins_and_one_that_need_not_be_there_may_be_missing() -> None:
    files = "[db.env, more.env, {path: none.env, required: false}]"
    (db,) = read(needed(f"env_file: {files}"))
    assert db.env["A"] == "later"
    (db,) = read(needed("env_file: [{path: db.env, format: raw}]"))
    assert db.env["D"] == "${PASSWORD}"


def test_a_line_that_is_no_variable_is_named_and_not_shown() -> None:
    with pytest.raises(UsageError) as caught:
        read(needed("env_file: bad.env"))
    assert (caught.value.message, caught.value.where) == (
        "this line is no `NAME=VALUE`", "deploy/bad.env:1:1",
    )  # fmt: skip


SECRETS = """\
services:
  shop: {image: a, depends_on: [db]}
  db: {image: b, secrets: [token, {source: key, target: /etc/key.pem}]}
secrets: {token: {file: ./token.txt}, key: {file: keys/key.pem}}
"""


def test_secrets_that_are_files_are_copied() -> None:
    (db,) = read(SECRETS)
    assert db.compose.copied == (
        Copied("deploy/token.txt", "/run/secrets/token", "deploy"),
        Copied("deploy/keys/key.pem", "/etc/key.pem", "deploy"),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{file: ./token.txt}", "{environment: TOKEN}", "the secret `token` is not a file"),
        ("{file: ./token.txt}", "{external: true}", "the secret `token` is not a file"),
        ("./token.txt", "/etc/shadow", "reads `/etc/shadow`, which is not below the Compose file"),
        ("/etc/key.pem", "../key", "`/run/secrets/../key` is not a path in a container"),
    ],
)
def test_other_secrets_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(SECRETS.replace(old, new))
    assert message in caught.value.message
    assert caught.value.where.startswith("deploy/compose.yml:")


EXTENDS = """\
services:
  shop: {image: a, depends_on: [db]}
  base:
    image: b
    command: [one]
    environment: [A=1, B=2]
    tmpfs: /run
    healthcheck: {test: [CMD, a], retries: 3}
  middle: {extends: base, environment: {B: 3}, depends_on: [cache]}
  db: {extends: {service: middle}, command: [two], tmpfs: [/tmp], healthcheck: {test: [CMD, b]}}
  cache: {image: c}
"""


def test_a_service_takes_over_what_it_extends() -> None:
    cache, db = read(EXTENDS)
    assert (cache.name, db.name, db.image, db.command) == ("cache", "db", "b", ("two",))
    assert db.env == {"A": "1", "B": "3"}
    assert db.compose.tmpfs == ("/run", "/tmp")
    assert db.compose.health == HealthCheck(("CMD", "b"), retries=3)


def test_what_an_extended_service_may_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="the service `db` has `privileged`"):
        read(EXTENDS.replace("    command: [one]", "    privileged: true"))


def test_services_that_extend_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="`middle` extends itself, through `db`"):
        read(EXTENDS.replace("extends: base", "extends: db").replace("{service: middle}", "middle"))


def test_a_volume_that_two_share_is_refused() -> None:
    text = (
        "services:\n  a: {image: x, depends_on: [b, c]}\n"
        "  b: {image: x, volumes: ['v:/v']}\n  c: {image: x, volumes: ['v:/v']}\n"
    )
    with pytest.raises(UsageError, match="`b` and `c` share the volume `v`"):
        read(text, "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {a: {}}", "there is no service `shop`"),
        ("", "there is no service `shop`"),
        ("services: {shop: {depends_on: [a]}, a: {}}", "the service `a` has no image"),
        ("[a]", "must be a mapping"),
    ],
)
def test_a_file_without_the_service_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(text)


SETTINGS = """\
version: 1
images:
  shop:
    image: shop:1
    run:
      compose: {file: compose.yml, service: shop, within: 5s}
      services: {mail: {image: mail:1}}
"""


def settings(text: str, compose: str = SHOP) -> tuple[Service, ...]:
    files = {"deploy/compose.yml": compose.encode()}
    (image,) = parse(text, "deploy/.ci-slim.yml", ENVIRONMENT, read=lambda path: files[path]).images
    return image.run.services


def test_the_settings_name_the_file_and_have_services_of_their_own() -> None:
    found = settings(SETTINGS)
    assert [each.name for each in found] == ["db", "seed", "cache", "mail"]
    assert found[0].compose.within == 5.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mail: {image: mail:1}", "db: {image: x}", "the service `db` is in `services` and in the"),
        (", service: shop", "", "`compose` has no `service`"),
        ("service: shop", "service: shopp", "there is no service `shopp`"),
        ("services: {mail: {image: mail:1}}", "network: none", "`network` is none"),
    ],
)
def test_settings_that_make_no_sense_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(SETTINGS.replace(old, new))
    assert message in caught.value.message
    assert caught.value.where.startswith("deploy/.ci-slim.yml:")


def test_values_of_the_environment_are_not_in_the_repr() -> None:
    assert "hunter2" not in repr(read(SHOP))
