"""The settings file: what it may say, what it means, and how it is refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from settings_texts import DESIGN, IMAGE_REFUSALS, flags

from ci_slim.errors import UsageError
from ci_slim.judge.budget import Limits
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.options import OPTIONS, of_command
from ci_slim.platforms import Platform
from ci_slim.probes import CrawlProbe, ExecProbe, HttpProbe
from ci_slim.requests import Asked, Given
from ci_slim.settings import (
    BaselineSettings,
    ImageSettings,
    from_flags,
    load,
    parse,
    with_own_platforms,
)
from ci_slim.settings.document import MAX_NODES
from ci_slim.settings.plans import (
    BuildPlan,
    Ready,
    RunPlan,
    Service,
    SlimPlan,
)
from ci_slim.settings.quantities import duration, percent, size
from ci_slim.settings.reading import short_name

ARM_V6 = Platform("linux", "arm", "v6")
ARM64 = Platform("linux", "arm64")
AMD64 = Platform("linux", "amd64")


def image(body: str, **more: Any) -> ImageSettings:
    """The settings of one image whose keys are `body`."""
    text = "version: 1\nimages:\n  app:\n" + indent(body, "    ")
    (one,) = parse(text, more.pop("name", "f.yml"), more.pop("environment", {}), **more).images
    return one


def refusal(text: str, environment: Mapping[str, str] | None = None, **more: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, "f.yml", environment or {}, **more)
    return caught.value


def refused(body: str, environment: Mapping[str, str] | None = None, **more: Any) -> UsageError:
    return refusal(
        "version: 1\nimages:\n  app:\n" + indent(body, "    "), environment=environment, **more
    )


def test_the_file_of_the_design_is_read() -> None:
    parsed = parse(DESIGN, ".ci-slim.yml", {})
    (listener,) = parsed.images
    assert parsed.baseline == BaselineSettings(("registry", "artifact", "file"), "main")
    assert listener.build == BuildPlan("examples/listener", "examples/listener/Dockerfile")
    assert listener.platforms == (ARM_V6, ARM64, AMD64)
    assert (listener.source, listener.tag) == (None, "registry.example/listener:{version}")
    assert listener.run == RunPlan(
        env={"MY_NODE_NAME": "test_node", "MONGO_CONN": "mongodb://mongo:80"},
        services=(Service("mongo", "mongo:7"),),
        ready=Ready("http", path="/", within=30.0),
    )
    assert [type(probe) for probe in listener.probes] == [HttpProbe, ExecProbe, CrawlProbe]
    assert [probe.name for probe in listener.probes] == [
        "POST /poc/api/v1.0/post",
        "exec listener --version",
        "crawl /",
    ]
    assert listener.slim == SlimPlan(keep=("/usr/share/zoneinfo/**",))
    assert listener.budget.limits == Limits(
        pull=12_000_000,
        disk=30_000_000,
        update=4_000_000,
        growth=GrowthLimit(percent=2.0),
        layers=10,
    )
    assert listener.budget.platforms == {ARM_V6: Limits(pull=10_000_000)}


def test_what_is_not_said_has_its_default() -> None:
    app = image("image: app:1\n")
    assert app == ImageSettings(
        name="app",
        where="f.yml:4:5",
        build=None,
        source="app:1",
        tag=None,
        platforms=(),
        run=RunPlan(ready=Ready("auto", within=60.0), stop_grace=2.0),
        probes=(),
        slim=SlimPlan(enabled=True, layers="preserve", packages=True, rounds=3),
        budget=app.budget,
    )
    assert (app.budget.limits, app.budget.platforms) == (Limits(), {})


def test_a_build_has_all_that_buildx_takes() -> None:
    app = image(
        """\
build:
  context: src
  dockerfile: docker/Dockerfile
  target: runtime
  args: {VERSION: 1.10, DEBUG: no, LEVEL: 010, ON: true, TEXT: "a b"}
  secrets: ["id=npm,src=.npmrc", "id=token,env=TOKEN"]
  cache_from: ["type=gha"]
  cache_to: ["type=gha,mode=max"]
  contexts: {assets: ../assets, base: docker-image://debian:13}
""",
        name="deploy/.ci-slim.yml",
    )
    assert app.build == BuildPlan(
        context="deploy/src",
        dockerfile="deploy/src/docker/Dockerfile",
        target="runtime",
        args={"VERSION": "1.10", "DEBUG": "no", "LEVEL": "010", "ON": "true", "TEXT": "a b"},
        secrets=("id=npm,src=deploy/.npmrc", "id=token,env=TOKEN"),
        cache_from=("type=gha",),
        cache_to=("type=gha,mode=max",),
        contexts={"assets": "deploy/../assets", "base": "docker-image://debian:13"},
    )


def test_a_remote_context_stays_and_its_dockerfile_too() -> None:
    url = "https://github.com/example/app.git#main"
    app = image(f'build: {{context: "{url}"}}\n', name="deploy/.ci-slim.yml")
    assert app.build == BuildPlan(url, "Dockerfile")


def test_the_container_runs_as_the_file_says() -> None:
    app = image(
        """\
image: app
run:
  env: {PORT: 8080, RATIO: 0.50, EMPTY: ""}
  command: serve --name 'a b'
  entrypoint: [/init, ""]
  user: "1000:1000"
  port: 8080
  stop_grace: 500ms
  ready: {log: "listening on \\\\d+", within: 2m}
  services:
    db: {image: postgres, env: {POSTGRES_PASSWORD: 1_0}, command: [postgres, -c, fsync=off]}
""",
    )
    assert app.run == RunPlan(
        env={"PORT": "8080", "RATIO": "0.50", "EMPTY": ""},
        command=("serve", "--name", "a b"),
        entrypoint=("/init", ""),
        user="1000:1000",
        port=8080,
        stop_grace=0.5,
        ready=Ready("log", pattern=r"listening on \d+", within=120.0),
        services=(
            Service(
                "db", "postgres", {"POSTGRES_PASSWORD": "1_0"}, ("postgres", "-c", "fsync=off")
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{http: /health}", Ready("http", path="/health")),
        ("{http: /health, port: 81}", Ready("http", path="/health", port=81)),
        ("{port: 5000, within: 90s}", Ready("port", port=5000, within=90.0)),
        ("{within: 2m}", Ready("auto", within=120.0)),
        ("auto", Ready("auto")),
        ("none", Ready("none")),
        ("null", Ready("auto")),
    ],
)
def test_conditions_of_readiness(text: str, expected: Ready) -> None:
    assert image(f"image: app\nrun: {{ready: {text}}}\n").run.ready == expected


def test_the_environment_of_a_run_is_not_in_its_repr() -> None:
    app = image("image: app\nrun: {env: {TOKEN: hunter2}}\n")
    assert app.run.env == {"TOKEN": "hunter2"}
    assert "hunter2" not in repr(app)


# --- variables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${HOST}", "box"),
        ("mongodb://${HOST}:${PORT}/x", "mongodb://box:5000/x"),
        ('"${HOST}"', "box"),
        ("'${HOST}'", "box"),
        ("${UNSET:-fallback}", "fallback"),
        ("${EMPTY:-fallback}", "fallback"),
        ("${HOST:-fallback}", "box"),
        ("'${UNSET:-}'", ""),
        ("${EMPTY}", ""),
        ("$${HOST}", "${HOST}"),
        ("$HOST", "$HOST"),
        ("$$", "$$"),
        ("'${TRICKY}'", "a: [b\n# c"),
        ("${TRICKY}", "a: [b\n# c"),
        ("'${NESTED}'", "${HOST}"),
    ],
)
def test_variables_are_filled_where_the_file_asks(written: str, expected: str) -> None:
    environment = {
        "HOST": "box",
        "PORT": "5000",
        "EMPTY": "",
        "TRICKY": "a: [b\n# c",
        "NESTED": "${HOST}",
    }
    body = f"image: app\nrun:\n  env:\n    A: {written}\n"
    app = image(body, environment=environment)
    assert app.run.env == {"A": expected}


def test_a_variable_may_stand_for_a_number_a_switch_or_a_text() -> None:
    app = image(
        """\
image: app:${VERSION}
tag: ${VERSION}
run:
  port: ${PORT}
  stop_grace: ${GRACE}
slim:
  enabled: ${ON}
probes:
  - http: /
    port: ${PORT}
""",
        environment={"VERSION": "1.10", "PORT": "5000", "GRACE": "3s", "ON": "false"},
    )
    assert (app.source, app.tag) == ("app:1.10", "1.10")
    assert (app.run.port, app.run.stop_grace) == (5000, 3.0)
    assert app.slim.enabled is False
    assert isinstance(app.probes[0], HttpProbe)
    assert app.probes[0].port == 5000


def test_an_empty_variable_is_as_good_as_no_key() -> None:
    app = image("build:\n  target: ${TARGET:-}\n")
    assert app.build is not None
    assert app.build.target is None


# --- YAML --------------------------------------------------------------------------------------


def test_anchors_and_merges_work() -> None:
    parsed = parse(
        """\
version: 1
images:
  a: &a
    image: app
    run: &run {user: app, port: 80}
  b:
    <<: *a
    image: other
    run: {<<: *run, port: 81}
""",
        "f.yml",
        {},
    )
    assert [(one.source, one.run.user, one.run.port) for one in parsed.images] == [
        ("app", "app", 80),
        ("other", "app", 81),
    ]


def test_a_date_and_the_word_no_are_texts() -> None:
    app = image("image: app\nrun: {user: no, command: [2001-01-01, on, ~x]}\n")
    assert (app.run.user, app.run.command) == ("no", ("2001-01-01", "on", "~x"))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("", "1:1", "the settings file is empty", "it starts with `version: 1`"),
        ("# nothing\n", "1:1", "the settings file is empty", "it starts with"),
        ("- a\n", "1:1", "the settings file must be a mapping, not a list", "it starts with"),
        ("a: [1\nb: 2\n", "2:2", "not YAML: expected ',' or ']', but got ':'", "check the indent"),
        (
            "a: 1\n\tb: 2\n",
            "2:1",
            r"not YAML: found character '\t' that cannot",
            "YAML is indented",
        ),
        ("a: b: c\n", "1:5", "not YAML: mapping values are not allowed here", "put the value in q"),
        ("a: @x\n", "1:4", "not YAML: found character '@' that cannot start", "put the value in q"),
        ("a: 'x\n", "2:1", "not YAML: found unexpected end of stream", "check the indentation"),
        ("a: *x\n", "1:4", "not YAML: found undefined alias 'x'", "check the indentation"),
        (
            "a: \0\n",
            "1:4",
            "a character that YAML does not allow: U+0000",
            "save the settings file as UTF-8 text",
        ),
        ("a: 1\na: 2\n", "2:1", "the key `a` is used twice (first at 1:1)", "remove one"),
        ("? [a]\n: b\n", "1:3", "a key must be a text", ""),
        ("a: 1\n---\nb: 2\n", "2:1", "there is a second document", "a settings file has one"),
        ("%YAML 1.1\n---\na: no\n", "2:1", "the file asks for another version of YAML", "remove"),
        ("a: !foo x\n", "1:4", "the tag `!foo` is not understood", "remove the tag"),
        ("a: !!python/name:os.system x\n", "1:4", "the tag `tag:yaml.org", "remove the tag"),
        ("a: &x 1\nb: &x 2\n", "2:4", "the anchor `&x` is used twice", ""),
        ("<<: 3\n", "1:5", "`<<` can merge only mappings", ""),
        (
            "&a [*a]\n",
            "1:1",
            "the aliases make the file too large",
            "write the values without aliases",
        ),
        (BOMB, "1:4", "the aliases make the file too large", "write the values without aliases"),
        ("a: &a 1\nb: [" + "*a, " * 101 + "]\n", "2:405", "more than 100 aliases", "write the"),
        ("[" * 5000, "1:25", "nested deeper than 24 levels", ""),
        (
            "#" * 300_000,
            "1:1",
            "the file is larger than 256 KiB",
            "a settings file has only",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_bad_yaml_is_refused_with_its_place(text: str, where: str, message: str, hint: str) -> None:
    error = refusal(text)
    assert error.where == f"f.yml:{where}"
    assert error.message.startswith(message)
    assert error.hint.startswith(hint)
    assert bool(error.hint) is bool(hint)


def test_the_limit_on_nodes_leaves_room_for_real_files() -> None:
    images = "".join(f"  app{number}: {{image: app}}\n" for number in range(500))
    assert len(parse(f"version: 1\nimages:\n{images}", "f.yml", {}).images) == 500
    assert MAX_NODES >= 10_000


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("images: {}\n", "1:1", "the version of the settings file is missing",
         "start the file with `version: 1`"),
        ("version: 2\nnew: x\n", "1:10", "version 2 of the settings file is not known",
         "this ci-slim reads `version: 1`; a later one may read 2"),
        ("version: '1'\n", "1:10", '`version` must be a whole number from 1, not the text "1"',
         "remove the quotes"),
        ("verison: 1\n", "1:1", "unknown key `verison`", "did you mean `version`?"),
        ("version: 1\nimagse: {}\n", "2:1", "unknown key `imagse`", "did you mean `images`?"),
        ("version: 1\n", "1:1", "there are no images", "add at least one below `images:`"),
        ("version: 1\nimages:\n", "2:1", "there are no images",
         "add at least one below `images:`"),
        ("version: 1\nimages: []\n", "2:9", "`images` must be a mapping, not a list",
         "write indented lines `key: value` below `images`"),
        ("version: 1\nimages:\n  a:\n", "3:3", "the image `a` has neither `build` nor `image`",
         "say how to build it (`build`), or name an existing image (`image`)"),
        ("version: 1\nimages: {../x: {image: a}}\n", "2:10",
         "`../x` cannot be the name of an image",
         "use letters, digits, `_`, `.` and `-`; write the name to push as `tag`"),
        ("version: 1\nimages: {a: {image: x, tag: t}, b: {image: y, tag: t}}\n", "2:36",
         "the images `a` and `b` have the same tag",
         "give each image its own tag; with --tag, choose one image with --image"),
        ("version: 1\nimages: {a: {image: x}}\nbaseline: {from: [regsitry]}\n", "3:19",
         "`regsitry` is not a value of `from`", "did you mean `registry`?"),
        ("version: 1\nimages: {a: {image: x}}\nbaseline: {from: [file, file]}\n", "3:25",
         "`file` is listed twice", ""),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(
    text: str, where: str, message: str, hint: str
) -> None:
    error = refusal(text)
    assert (error.where, error.message, error.hint) == (f"f.yml:{where}", message, hint)


@pytest.mark.parametrize(("body", "line", "column", "message", "hint"), IMAGE_REFUSALS)
def test_a_wrong_image_is_refused_with_its_place(
    body: str, line: int, column: int, message: str, hint: str
) -> None:
    error = refused(body + "\n")
    assert (error.where, error.message, error.hint) == (
        f"f.yml:{line + 3}:{column + 4}",
        message,
        hint,
    )
    assert error.exit_code == 2


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_refusal_with_a_place(text: str) -> None:
    try:
        parse(text, "f.yml", {})
    except UsageError as error:
        assert error.where.startswith("f.yml:")


KEYS = sorted({key for option in OPTIONS for key in (option.file_key or "").split(".")} - {"*"})

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 70_000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "/", "a b", "2%", "1 MB", "3s", "arm64", "${A}", "${A", "none", "'", "["]
    )
    | st.sampled_from(KEYS),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4)
    ),
    max_leaves=12,
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5),
    st.dictionaries(st.sampled_from([option.name for option in of_command("slim")]),
                    st.sampled_from(["", "x", "a=b", "/x", "5", "port:5@3s"]), max_size=2),
)  # fmt: skip
def test_whatever_stands_at_a_known_key_is_settings_or_a_refusal_with_a_place(
    body: dict[str, Any], texts: dict[str, str]
) -> None:
    options = {option.name: option for option in of_command("slim")}
    given = tuple(Given(options[name], (text,), f"--{name}") for name, text in texts.items())
    text = json.dumps({"version": 1, "images": {"app": {"image": "app", **body}}})
    try:
        parse(text, "f.yml", {"A": "b"}, Asked(given))
    except UsageError as error:
        assert error.where.startswith(("f.yml:1:", "--"))


# --- quantities --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 MB", 12_000_000),
        ("12MB", 12_000_000),
        ("12 MiB", 12 * 2**20),
        ("500 kB", 500_000),
        ("500 KB", 500_000),
        ("1.1 MB", 1_100_000),
        ("0.29 GB", 290_000_000),
        ("4KiB", 4096),
        ("1 TB", 10**12),
        ("17 B", 17),
        ("12000000", 12_000_000),
        ("0", 0),
    ],
)
def test_sizes_are_bytes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "MB", "-1 MB", "1,5 MB", "1e6", "012", "1.5", "12 mb", "∞"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"`.*: (write|did you mean)"):
        size(text)


@pytest.mark.parametrize(("text", "expected"), [("2%", 2.0), ("2 %", 2.0), ("0.5%", 0.5)])
def test_percentages(text: str, expected: float) -> None:
    assert percent(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30.0), ("2m", 120.0), ("1.5 h", 5400.0), ("500ms", 0.5), ("2 min", 120.0), ("0", 0.0)],
)
def test_durations_are_seconds(text: str, expected: float) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["30", "30 sec", "-1s", "25h", "soon", "9" * 400 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unit|is not a duration|longer than a day"):
        duration(text)


# --- flags -------------------------------------------------------------------------------------


def test_a_slim_without_file_is_the_seed_example() -> None:
    files = {"probeCmd.json": b'{"commands": [{"method": "POST", "resource": "/poc"}]}'}
    given = flags(
        env=("MY_NODE_NAME=test_node", "MONGO_CONN=mongodb://mongo-db-server:80"),
        http_probe_cmd_file=("probeCmd.json",),
        tag="slim_go_app:latest",
        http_probe=(),
        user=None,
    )
    (one,) = from_flags("fat_go_app:latest", given, {}, files.__getitem__).images
    assert (one.name, one.source, one.tag) == (
        "fat_go_app",
        "fat_go_app:latest",
        "slim_go_app:latest",
    )
    assert one.run.env == {
        "MY_NODE_NAME": "test_node",
        "MONGO_CONN": "mongodb://mongo-db-server:80",
    }
    assert [probe.name for probe in one.probes] == ["POST /poc"]


def test_flags_override_the_file() -> None:
    app = image(
        """\
build:
  context: src
  args: {A: file, B: file}
  platforms: [linux/amd64, linux/arm/v6]
tag: from/file
run: {env: {A: file, B: file}, ready: {http: /, within: 5s}, command: [a], port: 1}
probes: [{crawl: /}]
keep: [/file]
slim: {layers: preserve, packages: true}
budget: {platforms: {linux/amd64: {pull: 1 MB}}}
""",
        name="deploy/.ci-slim.yml",
        environment={"C": "from environment"},
        asked=flags(
            context="other",
            build_arg=("B=flag", "C"),
            platform=("linux/arm64,linux/arm/v6",),
            tag="from/flag",
            env=("B=1.10", "C"),
            ready="port:5000@90s",
            command="x 'y z'",
            port="8080",
            http_probe=("POST /x",),
            exec_probe=("ls /",),
            keep=("/a", "/b"),
            layers="merge",
            packages=False,
            secret=("id=x,src=y",),
        ),
    )
    assert app.build == BuildPlan(
        "other",
        "other/Dockerfile",
        args={"A": "file", "B": "flag", "C": "from environment"},
        secrets=("id=x,src=y",),
    )
    assert app.platforms == (ARM64, ARM_V6)
    assert app.tag == "from/flag"
    assert app.run == RunPlan(
        env={"A": "file", "B": "1.10", "C": "from environment"},
        command=("x", "y z"),
        ready=Ready("port", port=5000, within=90.0),
        port=8080,
    )
    assert [probe.name for probe in app.probes] == ["POST /x", "exec ls /"]
    assert app.slim == SlimPlan(layers="merge", keep=("/a", "/b"), packages=False)


@pytest.mark.parametrize(
    "given",
    [
        "[{http: POST /a, protocol: https, name: login, username: u, expect: {status: 401}}]",
        "{http: POST /a, protocol: https, name: login, username: u, expect: {status: 401}}",
    ],
)
def test_probes_of_a_flag_have_all_that_is_said_of_them(given: str) -> None:
    (one,) = from_flags("app", flags(probes=given, exec_probe=("true",)), {}).images
    probe, other = one.probes
    assert isinstance(probe, HttpProbe)
    assert (probe.name, probe.method, probe.path) == ("login", "POST", "/a")
    assert (probe.protocol, probe.username, probe.expect.status) == ("https", "u", (401,))
    assert other.name == "exec true"


def test_an_unknown_key_of_a_probe_in_a_flag_is_refused() -> None:
    with pytest.raises(UsageError, match="expct"):
        from_flags("app", flags(probes="[{exec: 'true', expct: {exit: 1}}]"), {})


def test_a_number_on_the_command_line_is_not_said_to_have_quotes() -> None:
    with pytest.raises(UsageError) as error:
        from_flags("app", flags(port="99999"), {})
    assert error.value.message.endswith("from 1 to 65535, not `99999`")
    assert error.value.hint == ""


def test_the_dockerfile_of_a_flag_is_not_relative_to_the_context() -> None:
    app = image("build: {context: src}\n", asked=flags(dockerfile="docker/Dockerfile"))
    assert app.build == BuildPlan("src", "docker/Dockerfile")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http:/health", Ready("http", path="/health")),
        ("http:/health@30s", Ready("http", path="/health", within=30.0)),
        ("port:5000", Ready("port", port=5000)),
        ("port:5000@2m", Ready("port", port=5000, within=120.0)),
        ("log:ready: user@host", Ready("log", pattern="ready: user@host")),
        ("log:a@b@500ms", Ready("log", pattern="a@b", within=0.5)),
        ("none", Ready("none")),
        ("auto@90s", Ready("auto", within=90.0)),
    ],
)
def test_the_flag_ready(text: str, expected: Ready) -> None:
    (one,) = from_flags("app", flags(ready=text), {}).images
    assert one.run.ready == expected


@pytest.mark.parametrize(
    ("given", "where", "message"),
    [
        ({"ready": "soon"}, "--ready", "`soon` is not a condition"),
        ({"ready": "http:"}, "--ready", "`http:` is not a condition"),
        ({"ready": "port:http"}, "--ready", "`port` must be a whole number from 1 to 65535, not"),
        ({"port": "0"}, "--port", "`port` must be a whole number"),
        ({"platform": ("linux/amr64",)}, "--platform", "`linux/amr64` names no known"),
        ({"env": ("A",)}, "--env", "`A` has no value"),
        ({"env": ("=b",)}, "--env", "`` is not a name for a variable"),
        ({"tag": "A:B:C"}, "--tag", "`A:B:C` is not a name for an image"),
        ({"keep": ("etc",)}, "--keep", "`etc` is not an absolute path in the image"),
        ({"stop_grace": "5"}, "--stop-grace", "`5` needs a unit"),
        ({"http_probe": ("FETCH /",)}, "--http-probe", 'the HTTP method "FETCH" is not known'),
        ({"exec_probe": ("",)}, "--exec-probe", "the command is empty"),
        ({"http_probe_cmd_file": ("no.json",)}, "--http-probe-cmd-file", "the probe file `no.json` "
         "cannot be read: no such file or directory"),
    ],
)  # fmt: skip
def test_a_wrong_flag_is_refused_by_name(given: dict[str, Any], where: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_flags("app", flags(**given), {})
    assert caught.value.where == where
    assert caught.value.message.startswith(message)


def test_images_are_chosen_by_name() -> None:
    text = "version: 1\nimages: {a: {image: a}, b: {image: b}, c: {}}\n"
    parsed = parse(text, "f.yml", {}, flags(images=("b", "a")))
    assert [one.name for one in parsed.images] == ["a", "b"]
    error = refusal(
        "version: 1\nimages: {listener: {image: a}}\n", asked=flags(images=("listner",))
    )
    assert (error.where, error.hint) == ("--image", "did you mean `listener`?")


def test_one_tag_for_several_images_is_refused() -> None:
    text = "version: 1\nimages: {a: {image: a}, b: {image: b}}\n"
    assert "have the same tag" in refusal(text, asked=flags(tag="x")).message
    (one,) = parse(text, "f.yml", {}, flags(tag="x", images=("b",))).images
    assert one.tag == "x"


@pytest.mark.parametrize("given", [{"target": "x"}, {"env": ("A=b",)}])
def test_a_flag_does_not_hide_that_the_file_is_wrong(given: dict[str, Any]) -> None:
    error = refused("build: x\nrun: 3\n", asked=flags(**given))
    assert error.where in ("f.yml:4:12", "f.yml:5:10")
    assert "must be a mapping" in error.message


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("app", "app"),
        ("registry:5000/team/app:1.0", "app"),
        ("app@sha256:00", "app"),
        ("docker-daemon:app:1", "app"),
        ("docker://ghcr.io/a/b:1", "b"),
        ("oci:out/image/:1", "image"),
        ("oci:..", "image"),
        ("sha256:" + "0123456789abcdef" * 4, "0123456789ab"),
        ("0123456789abcdef" * 4, "0123456789ab"),
    ],
)
def test_an_image_is_called_after_its_reference(reference: str, expected: str) -> None:
    assert short_name(reference) == expected


# --- files -------------------------------------------------------------------------------------


def test_files_are_read_relative_to_the_settings_file(tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    (folder / "probes").mkdir(parents=True)
    (folder / "probes/cmd.json").write_text(
        '{"commands": [{"resource": "/a", "method": "POST", "body_file": "body.txt"}]}'
    )
    (folder / "probes/body.txt").write_text("from the probe file's folder")
    (folder / "body.txt").write_text("from the settings' folder")
    file = folder / ".ci-slim.yml"
    file.write_text(
        "version: 1\nimages:\n  app:\n    image: app\n    probes:\n"
        "      - file: probes/cmd.json\n      - {http: POST /b, body_file: body.txt}\n"
    )
    (one,) = load(str(file), {}).images
    bodies = [probe.body for probe in one.probes if isinstance(probe, HttpProbe)]
    assert bodies == [b"from the probe file's folder", b"from the settings' folder"]


def test_an_env_file_that_links_out_of_the_compose_file_s_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    (tmp_path / "token").write_text("TOKEN=hunter2")
    (folder / "own.env").symlink_to("../token")
    (folder / "compose.yml").write_text(
        "services:\n  shop: {image: a, depends_on: [db]}\n  db: {image: b, env_file: own.env}\n"
    )
    file = folder / ".ci-slim.yml"
    file.write_text(
        "version: 1\nimages:\n  app:\n    image: app\n    run:\n"
        "      compose: {file: compose.yml, service: shop}\n"
    )
    with pytest.raises(
        UsageError, match=r"own\.env` of the service `db` cannot be read: it is a link"
    ):
        load(str(file), {})
    (folder / "own.env").unlink()
    (folder / "token").write_text("A=b")
    (folder / "own.env").symlink_to("token")
    (image,) = load(str(file), {}).images
    assert image.run.services[0].env == {"A": "b"}


def test_a_missing_probe_file_is_refused_where_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "f.yml"
    file.write_text("version: 1\nimages:\n  app:\n    image: app\n    probes: [{file: no.json}]\n")
    with pytest.raises(UsageError) as caught:
        load(str(file), {})
    assert caught.value.where == f"{file}:5:21"
    assert caught.value.message == (
        f"the probe file `{tmp_path}/no.json` cannot be read: no such file or directory"
    )


def test_a_mistake_in_a_probe_file_is_told_with_its_own_place() -> None:
    error = refused(
        "image: app\nprobes: [{file: p.json}]\n",
        read=lambda path: b'{"commands": [\n  {"resuorce": "/"}]}',
    )
    assert error.where == "p.json:2:4"
    assert "resuorce" in error.message


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (None, "", "the settings file cannot be read: no such file or directory"),
        (b"version: 1\na: \xff\n", ":2:4", "the settings file is not UTF-8 text"),
        (b"", ":1:1", "the settings file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes | None, where: str, message: str
) -> None:
    file = tmp_path / ".ci-slim.yml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(str(file), {})
    assert caught.value.where == f"{file}{where}"
    assert caught.value.message == message
    assert caught.value.hint


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "f.yml"
    file.write_bytes(b"\xef\xbb\xbfversion: 1\nimages: {app: {image: app}}\n")
    assert load(str(file), {}).images[0].source == "app"


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        load(str(tmp_path), {})


def test_existing_images_without_platforms_are_taken_as_what_they_are() -> None:
    amd64, armv6 = Platform("linux", "amd64"), Platform("linux", "arm", "v6")
    text = "version: 1\nimages:\n  a: {image: here}\n  b: {image: elsewhere}\n  c: {build: {}}\n"
    text += "  d: {image: here, platforms: [linux/amd64]}\n"
    own = {"here": armv6}.get
    found = with_own_platforms(parse(text, "x.yml", {}), own, amd64)
    assert [image.platforms for image in found.images] == [(armv6,), (amd64,), (amd64,), (amd64,)]


# --- profiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slim", "given", "wanted"),
    [
        ("{}", {}, False),
        ("{profiles: true}", {}, True),
        ("{profiles: true}", {"profiles": False}, False),
        ("{}", {"profiles": True}, True),
        ("{enabled: false}", {"profiles": True}, True),
        ("{enabled: false, profiles: true}", {"profiles": False}, False),
    ],
)
def test_profiles_are_made_where_they_are_asked_for(
    slim: str, given: dict[str, Any], wanted: bool
) -> None:
    text = f"version: 1\nimages: {{app: {{image: x, slim: {slim}}}}}\n"
    (one,) = parse(text, "f.yml", {}, flags(**given)).images
    assert one.slim.profiles == wanted


def test_profiles_of_an_image_that_is_not_slimmed_are_refused() -> None:
    text = "version: 1\nimages:\n  app: {image: x, slim: {enabled: false, profiles: true}}\n"
    with pytest.raises(UsageError, match="not slimmed cannot have `profiles`") as caught:
        parse(text, "f.yml", {})
    assert caught.value.where == "f.yml:3:52"
    assert caught.value.hint == "remove `enabled: false`, or `profiles`"
