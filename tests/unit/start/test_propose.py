"""From what lies in a repository to a settings file that our own reader takes."""

import io
from typing import Any

import pytest
from ruamel.yaml import YAML
from small_repositories import COMPOSE, GO_LISTENER, PHP, REPOSITORIES, Small

from ci_slim import settings
from ci_slim.platforms import parse
from ci_slim.settings.values import Settings
from ci_slim.start import (
    BuildSecret,
    ProposedImage,
    Repository,
    propose,
    settings_text,
    unreached,
)

AMD64 = (parse("linux/amd64"),)


def read(small: Small, text: str) -> Settings:
    """As the reader of the settings reads it, next to the files of the repository."""
    return settings.parse(text, ".ci-slim.yml", {}, read=lambda path: small.files[path].encode())


@pytest.mark.parametrize("small", REPOSITORIES, ids=lambda small: small.name)
def test_the_settings_are_read_back_with_the_probes_that_were_found(small: Small) -> None:
    text = settings_text(propose(small.repository, AMD64))
    images = {image.name: image for image in read(small, text).images}
    assert {name: tuple(p.name for p in each.probes) for name, each in images.items()} == (
        small.probes
    )
    env = {key: value for each in images.values() for key, value in each.run.env.items()}
    assert env == small.env
    services = [each.name for image in images.values() for each in image.run.services]
    assert tuple(services) == small.services


@pytest.mark.parametrize("small", REPOSITORIES, ids=lambda small: small.name)
def test_what_no_probe_reaches_is_told(small: Small) -> None:
    proposal = propose(small.repository, AMD64)
    assert tuple(unreached(proposal, small.repository)) == small.unreached


def test_the_file_reads_as_a_person_would_write_it() -> None:
    assert (
        settings_text(propose(COMPOSE.repository, AMD64, by_compose=False))
        == """\
# yaml-language-server: $schema=https://raw.githubusercontent.com/ci-slim/ci-slim/main/ci_slim/settings-v1.schema.json
# What ci-slim builds, slims and proves. `ci-slim init` wrote this from what it found; it is
# yours to change. More: https://github.com/ci-slim/ci-slim/blob/main/docs/init.md
version: 1
images:
  web:
    # platforms: those of your devices, such as linux/arm64 and linux/arm/v6
    build: {context: ., target: release, platforms: [linux/amd64]}
    run:
      env: {DATABASE_URL: "postgres://app:app@db/app", SECRET: "${SESSION_SECRET:-}"}
      files: {/etc/web.conf: {file: web.conf}}
      volumes: [/data]
      services:
        broker: {image: "eclipse-mosquitto:2", command: mosquitto -v}
        db: {image: "postgres:17", env: {POSTGRES_PASSWORD: app}}
    probes:
      # from README.md
      - http: GET /hello
      # a route in app.rb:1
      - http: GET /
    # budget: {pull: 20 MB, disk: 60 MB, growth: 5%}
"""
    )


def test_the_services_of_the_compose_file_are_named_where_it_can_be_read() -> None:
    text = settings_text(propose(COMPOSE.repository, AMD64))
    assert "      compose: {file: compose.yaml, service: web}\n" in text
    assert "services:" not in text
    (image,) = read(COMPOSE, text).images
    assert [(each.name, each.image) for each in image.run.services] == [
        ("broker", "eclipse-mosquitto:2"),
        ("db", "postgres:17"),
    ]


def test_dockerslims_probe_file_and_flags_are_taken_over() -> None:
    text = settings_text(propose(GO_LISTENER.repository, AMD64))
    (image,) = read(GO_LISTENER, text).images
    assert image.slim.keep == ("/etc/app",)
    assert "- file: probeCmd.json" in text


def test_a_dockerfile_for_developers_is_no_image() -> None:
    assert [each.name for each in propose(PHP.repository, AMD64).images] == ["api", "worker"]


def test_the_context_is_where_the_copied_files_lie() -> None:
    (small,) = (each for each in REPOSITORIES if each.name == "node-express")
    (image,) = read(small, settings_text(propose(small.repository, AMD64))).images
    assert image.build is not None
    assert (image.build.context, image.build.dockerfile) == (".", "docker/Dockerfile")


@pytest.mark.parametrize(
    "line",
    ["platforms: linux/arm64,linux/arm/v6", 'platforms: "linux/arm64, linux/arm/v6"',
     "platforms: [linux/arm64, linux/arm/v6]"],
)  # fmt: skip
def test_platforms_of_a_workflow_are_taken_over(line: str) -> None:
    texts = {"Dockerfile": "FROM scratch\n", ".github/workflows/x.yml": f"with:\n  {line}\n"}
    (image,) = propose(Repository("x", frozenset(texts), texts)).images
    assert [str(each) for each in image.platforms] == ["linux/arm64", "linux/arm/v6"]


HOSTILE = (
    "\"]}\nversion: 2", "a: b", "- x", "#c", "${HOME}", "$${HOME}", "${", "{{x}}", "\x1b[31m",
    "::error::x", "‮gnp", "'; rm -rf /", "null", "a\\", "%YAML 1.1", "&a *a", "!!python/x",
)  # fmt: skip


@pytest.mark.parametrize("bad", HOSTILE)
def test_foreign_texts_stay_texts(bad: str) -> None:
    """In the name of a service, a variable, a command, a path: the settings hold just that."""
    escaped = bad.replace("$", "$$")
    service = {
        "build": {"context": ".", "args": {"A": escaped}},
        "environment": {"V": escaped},
        "command": ["run", escaped],
        "ports": ["80"],
        "privileged": True,
    }
    out = io.StringIO()
    YAML().dump({"services": {bad: service}}, out)
    texts = {
        "compose.yml": out.getvalue(),
        "Dockerfile": f"FROM x\nEXPOSE 80 {bad!r}\n",
        "README.md": f"curl http://localhost/x -d {bad!r}\nhttp://localhost/{bad}",
        f"{' '.join(bad.split())}/openapi.json": "{}",
    }
    small = Small("x", texts, {})
    proposal = propose(small.repository, AMD64)
    (image,) = read(small, settings_text(proposal)).images
    assert image.build is not None
    assert (image.build.args, image.run.env) == ({"A": bad}, {"V": bad})
    assert image.run.command == ("run", bad)
    assert not [
        sign for sign in settings_text(proposal) if not (sign.isprintable() or sign == "\n")
    ]


def test_a_compose_file_that_is_no_yaml_is_told_and_passed_over() -> None:
    texts = {"compose.yml": "a: [", "Dockerfile": "FROM x\nEXPOSE 80\n"}
    proposal = propose(Repository("x", frozenset(texts), texts), AMD64)
    (note,) = proposal.notes
    assert note.startswith("compose.yml was not used: not YAML")
    assert "# compose.yml was not used" in settings_text(proposal)
    assert [image.name for image in proposal.images] == ["x"]


def proposed(texts: dict[str, str], **more: Any) -> ProposedImage:
    (image,) = propose(Repository("x", frozenset(texts), texts), AMD64, **more).images
    return image


def test_a_secret_of_the_build_is_told_or_taken() -> None:
    texts = {"Dockerfile": "FROM x\nRUN --mount=type=secret,id=ca,target=/ca pip install x\n"}
    repository = Repository("x", frozenset(texts), texts)
    assert "# the build asks for the secret ca" in settings_text(propose(repository, AMD64))
    secrets = {"ca": BuildSecret("ca", "id=ca,src=/ca.pem")}
    text = settings_text(propose(repository, AMD64, secrets=secrets))
    assert 'secrets: ["id=ca,src=/ca.pem"]' in text
    assert "asks for" not in text


@pytest.mark.parametrize(
    ("command", "name", "context"),
    [
        ("docker build -f services/api/Dockerfile -t r.example/shop/orders:1 .", "orders", "."),
        ("docker buildx build --load --tag=orders services/api", "orders", "services/api"),
        ("sudo docker build -t $IMAGE -f services/api/Dockerfile .", "api", "."),
        ("docker build -t other other", "api", "."),
    ],
)
def test_the_documented_build_names_the_image_and_its_context(
    command: str, name: str, context: str
) -> None:
    dockerfile = "FROM x AS build\nCOPY services/api/a.py .\nFROM x\nCOPY --from=build /a /a\n"
    texts = {"services/api/Dockerfile": dockerfile, "services/api/a.py": "", "README.md": command}
    image = proposed(texts)
    assert (image.name, image.context) == (name, context)


@pytest.mark.parametrize(
    ("readme", "exposes", "command", "calls"),
    [
        (
            "`docker run app 1 2`, `docker run --rm app --all 'a b'`",
            "",
            ("1", "2"),
            ("--all 'a b'",),
        ),
        ("docker run app serve", "EXPOSE 80\n", ("serve",), ()),
        ("docker run app\ndocker run app migrate", "EXPOSE 80\n", None, ()),
        ("docker run -v $PWD:/w app lint /w", "", None, ()),
        ("docker run -it app sh", "", None, ()),
    ],
)
def test_the_arguments_of_the_readme_are_the_command(
    readme: str, exposes: str, command: tuple[str, ...] | None, calls: tuple[str, ...]
) -> None:
    image = proposed({"Dockerfile": f"FROM x\n{exposes}", "README.md": readme})
    assert (image.run.get("command"), image.calls) == (command, calls)


def test_calls_that_are_not_replayed_are_told() -> None:
    texts = {"Dockerfile": "FROM x\n", "README.md": "docker run a 1\ndocker run a --all\n"}
    repository = Repository("x", frozenset(texts), texts)
    proposal = propose(repository, AMD64)
    assert tuple(unreached(proposal, repository)) == (
        "x: no probe was found, so only its call with `1` is observed",
        "x: no probe calls it with `--all`, as the README does",
    )
    assert "# This call is what is observed" in settings_text(proposal)


def test_templates_are_a_reason_to_follow_links() -> None:
    image = proposed(
        {"Dockerfile": "FROM x\nEXPOSE 80\n", "views/index.erb": "", "a.rb": "get '/' do"}
    )
    assert [(probe.value, probe.is_guess) for probe in image.probes][1:] == [({"crawl": "/"}, True)]


def test_routes_that_a_probe_file_leaves_out_are_told() -> None:
    texts = {
        "Dockerfile": "FROM x\nEXPOSE 80\n",
        "probes.json": '{"commands": [{"resource": "/a"}]}',
        "a.pl": "get '/a' => 'a';\nget '/b' => sub {};\n",
    }
    repository = Repository("x", frozenset(texts), texts)
    told = tuple(unreached(propose(repository, AMD64), repository))
    assert told == ("x: no probe asks for /b (a.pl:2)",)


def test_each_document_is_parsed_once_and_few_images_are_probed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr("ci_slim.start.probe_sources.read_document", parsed.append)
    texts = {f"{number}/Dockerfile": "FROM x\nEXPOSE 80\nCOPY a/b c\n" for number in range(40)}
    texts |= {f"a/openapi.{number}.yaml": f"a: {number}" for number in range(9)}
    paths = frozenset(texts) | {"a/b"}
    assert len(propose(Repository("x", paths, texts), AMD64).images) == 20
    assert len(parsed) == 5


@pytest.mark.parametrize(
    "odd",
    ["curl -I -d x URL", "curl -H 'Foo bar: x' URL", "curl -H ': 3' URL", "curl -H 'A: \x7f' URL"],
)
def test_one_odd_request_is_left_out_alone(odd: str) -> None:
    text = f"`{odd}`, or\n`curl URL`\n".replace("URL", "http://localhost:80/x")
    texts = {"Dockerfile": "FROM x\nEXPOSE 80\n", "README.md": text}
    repository = Repository("x", frozenset(texts), texts)
    (image,) = settings.parse(settings_text(propose(repository, AMD64)), "f", {}).images
    assert [probe.name for probe in image.probes] == ["GET /x"]


@pytest.mark.parametrize(
    ("run", "missing"),
    [
        ("RUN --mount=id=a,type=secret x", ("a",)),
        ("RUN --mount=type=secret,target=/run/b.txt x", ("b.txt",)),
        ("RUN --network=none \\\n  --mount=type=secret,dst=/c,id=d x", ("d",)),
        ("# RUN --mount=type=secret,id=a x", ()),
        ("RUN echo --mount=type=secret,id=a", ()),
        ("RUN --mount=type=cache,id=a,target=/a x", ()),
    ],
)
def test_the_secrets_are_those_that_run_mounts(run: str, missing: tuple[str, ...]) -> None:
    assert proposed({"Dockerfile": f"FROM x\n{run}\n"}).missing_secrets == missing
