"""The GitLab component: its two documents, how its inputs become a job, and what the job calls."""

import functools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ci_slim import settings
from ci_slim.action.inputs import EMULATORS, INPUTS
from ci_slim.forges.gitlab import context
from ci_slim.forges.gitlab.reports import FILES
from ci_slim.options import BUILD, COMMENT, RUN, of_command
from ci_slim.options import PUSH as PUSHING

PROJECT = Path(__file__).parents[2]
GITLAB = PROJECT / "gitlab"
TEMPLATES = ("ci-slim", "note")
LOCAL = PROJECT / "build/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"

_BLOCK = re.compile(r"\$\[\[ inputs\.([a-z_]+) \]\]")


@pytest.fixture(scope="session", autouse=True)
def gitlab_ci_local() -> None:
    subprocess.run([PROJECT / "tests/contract/gitlab_ci_local.sh"], check=True, timeout=300)


def text_of(name: str) -> str:
    return (GITLAB / f"templates/{name}.yml").read_text(encoding="utf-8")


def inputs_of(name: str) -> dict[str, dict[str, Any]]:
    spec = next(iter(YAML(typ="safe").load_all(text_of(name))))
    found: dict[str, dict[str, Any]] = spec["spec"]["inputs"]
    return found


def interpolated(name: str, given: Mapping[str, Any]) -> str:
    """The second document, as GitLab makes it: texts as they are, all else as JSON, in the text
    (`Gitlab::Ci::Config::Interpolation::TextTemplate`)."""
    values = {key: known["default"] for key, known in inputs_of(name).items()} | dict(given)

    def shown(match: re.Match[str]) -> str:
        value = values[match[1]]
        return value if isinstance(value, str) else json.dumps(value)

    return _BLOCK.sub(shown, text_of(name).split("\n---\n")[1])


def job_of(name: str = "ci-slim", **given: Any) -> dict[str, Any]:
    """The job with what it extends."""
    jobs = YAML(typ="safe").load(interpolated(name, given))
    job: dict[str, Any] = jobs[given.get("job", inputs_of(name)["job"]["default"])]
    for parent in job.pop("extends", []):
        more = jobs[parent]
        deeper: dict[str, Any] = {
            key: more.get(key, {}) | job[key] for key in ("variables", "artifacts") if key in job
        }
        job = {**more, **job, **deeper}
    return job


# -- the documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_documents_are_what_gitlab_s_schema_says(name: str, tmp_path: Path) -> None:
    spec, _ = text_of(name).split("\n---\n")
    for file, text in (("spec.yml", spec), ("jobs.yml", interpolated(name, {}))):
        path = tmp_path / file
        path.write_text(text)
        done = subprocess.run(
            [
                PROJECT / ".venv/bin/check-jsonschema",
                *("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", path),
            ],
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (0, "ok -- validation done\n"), done.stdout


@pytest.mark.parametrize(
    "file", [".gitlab-ci.yml", "examples/matrix.yml", "examples/native-runners.yml"]
)
def test_pipelines_are_what_gitlab_s_schema_says(file: str) -> None:
    done = subprocess.run(
        [
            PROJECT / ".venv/bin/check-jsonschema",
            *("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
            GITLAB / file,
        ],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n"), done.stdout


def test_the_project_tries_itself_out_on_settings_that_are_right() -> None:
    wanted = settings.load(str(GITLAB / "examples/.ci-slim.yml"), {})
    assert [image.name for image in wanted.images] == ["web"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_input_is_described_and_used_and_every_use_is_an_input(name: str) -> None:
    inputs = inputs_of(name)
    assert all(set(known) >= {"description", "default"} for known in inputs.values())
    assert set(_BLOCK.findall(text_of(name).split("\n---\n")[1])) == set(inputs)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_default_is_of_its_type_and_among_its_options(name: str) -> None:
    kinds: dict[str, type] = {"string": str, "boolean": bool, "array": list}
    for known in inputs_of(name).values():
        default = known["default"]
        assert type(default) is kinds[known.get("type", "string")]
        assert default in known.get("options", [default])
        assert "regex" not in known or re.fullmatch(known["regex"], str(default))


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_readme_tells_every_input(name: str) -> None:
    readme = (GITLAB / "README.md").read_text(encoding="utf-8")
    for key, known in inputs_of(name).items():
        default = known["default"]
        shown = default if isinstance(default, str) else json.dumps(default)
        options = ", ".join(f"`{option}`" for option in known.get("options", []))
        words = known["description"].strip() + (f": {options}" if options else "")
        assert f"| `{key}` | {f'`{shown}`' if shown else ''} | {words} |\n" in readme


def test_the_readme_s_examples_are_right(tmp_path: Path) -> None:
    readme = (GITLAB / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?s)```yaml\n(.*?)```", readme)
    included = [block for block in blocks if block.startswith("include:")]
    (settled,) = (block for block in blocks if block.startswith("version:"))
    (tag,) = (block for block in blocks if block not in (*included, settled))
    assert len(included) == 2
    for number, block in enumerate(included):
        (tmp_path / f"{number}").mkdir()
        done = pipeline(tmp_path / f"{number}", block, "--list-json")
        assert '"name": "ci-slim"' in done.stdout, done.stdout + done.stderr
    named = settled.replace("    probes:\n", f"{tag}    probes:\n")
    for text in (settled, named):
        (image,) = settings.parse(text, ".ci-slim.yml", {}).images
        assert (image.name, len(image.probes)) == ("listener", 1)
    assert image.tag == "registry.example/group/listener:{version}"


def test_settings_have_the_same_defaults_and_help_as_everywhere() -> None:
    options = {option.name: option for option in of_command(RUN)}
    inputs = inputs_of("ci-slim")
    for name in ("config", "images"):
        option = options[name]
        expected = list(option.default) if option.multiple else option.default
        assert inputs[name]["default"] == expected
    for name in ("config", "fail_on", "tag", "ready", "jobs", "attest", "keep"):
        words = OPTIONS[name].help
        begin = re.split("[:;]", words[0].upper() + words[1:])[0]
        assert inputs[name]["description"].startswith(begin)
    assert inputs_of("ci-slim")["emulators"]["default"] == EMULATORS


IN_FILE = "the settings file has it"
APART = {
    # Settings of an image. Inputs exist for what a project without a settings file needs, and for
    # what only the pipeline knows, such as the address of a cache.
    **dict.fromkeys((
        "build_context", "secret", "label", "ssh", "add_host", "network", "pull", "no_cache",
        "builder", "also_tag", "annotation", "command", "entrypoint", "user", "port", "stop_grace",
        "probes", "run_probe", "http_probe_cmd_file", "drop", "layers", "compression", "safety",
        "packages", "profiles", "hold_out", "observation", "across_platforms", "strip", "upx",
        "unpack_limit",
    ), IN_FILE),
    "format": "the log shows text, the note Markdown, the report JSON",
    "quiet": "people read the log of a job after it ended",
    "report": "the report is always written to report.json in `output`",
    "load": "nothing uses the service's daemon after the job",
    "why": "people ask this when they look into an image, not at each commit",
    "explain": "people ask this when they look into an image, not at each commit",
    "prune_deltas": "a scheduled job calls `ci-slim push --prune-deltas`",
    # Inputs of the action only
    "secret_files": IN_FILE,
    "secret_envs": IN_FILE,
    "registry": "GitLab gives the job the login at the project's own registry",
    "username": "GitLab gives the job the login at the project's own registry",
    "password": "GitLab gives the job the login at the project's own registry",
    "registries": "a `before_script` logs in to others",
    "ca_bundle": "the variables CI_SERVER_TLS_CA_FILE and SSL_CERT_FILE",
    "comment": "called `note`",
    "key": "called `note_key`",
    "reports": "the template `note`",
    "part": "the runner sets CI_NODE_INDEX and CI_NODE_TOTAL",
    "token": "called `token_variable`: a variable of the project, never an input",
}  # fmt: skip
"""Options and inputs of the action that the component does not have, each with the reason."""


def named(name: str) -> str:
    """The input of an option: a list has its plural."""
    inputs = inputs_of("ci-slim")
    return name if name in inputs else f"{name}s"


OPTIONS = {o.name: o for command in (RUN, BUILD, PUSHING, COMMENT) for o in of_command(command)}
ACTION = {each.option or each.name for each in INPUTS}


def test_every_option_and_every_input_of_the_action_is_an_input_or_left_out_for_a_reason() -> None:
    inputs = inputs_of("ci-slim")
    known = {*OPTIONS, *ACTION}
    assert {name for name in known if named(name) not in inputs} == set(APART)
    for name in known - set(APART):
        many = name in OPTIONS and OPTIONS[name].multiple
        assert (inputs[named(name)].get("type") == "array") is many, name


def test_a_reason_that_names_the_settings_file_is_true() -> None:
    for name, reason in APART.items():
        if reason == IN_FILE and name in OPTIONS:
            assert OPTIONS[name].sets, name


def test_the_note_of_several_jobs_has_the_options_of_a_comment() -> None:
    assert {"note_key" if o.name == "key" else o.name for o in of_command(COMMENT)} <= {
        *inputs_of("note")
    }


def test_the_job_s_flags_are_flags_of_the_commands_that_get_them() -> None:
    script = "".join(job_of()["script"])
    shared, _, rest = script.partition("command=run\n")
    run_only = re.findall(r"(?s)if .*? = run \].*?\n +fi\n", rest)
    both = rest.partition("# Write the note")[0].replace("".join(run_only), "")
    for texts, commands in (
        ([shared.partition("The run and the push")[2]], (RUN, BUILD, PUSHING)),
        ([both], (RUN, BUILD)),
        (run_only, (RUN,)),
    ):
        used = set(re.findall(r"--([a-z-]+)=", "".join(texts)))
        assert used
        for command in commands:
            known = {str(option.flag).lstrip("-").split("/")[0] for option in of_command(command)}
            assert used <= known, command


def test_the_widgets_files_are_those_that_are_written() -> None:
    reports = job_of()["artifacts"]["reports"]
    assert {path.removeprefix("ci-slim/"): kind for kind, path in reports.items()} == dict(FILES)
    assert job_of()["variables"]["CI_SLIM_BASELINE_REPORT"] == context.REPORT
    assert inputs_of("ci-slim")["token_variable"]["default"] == context.TOKEN


# -- the job ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "variables", "services"),
    [
        (
            "tls",
            {
                "DOCKER_HOST": "tcp://docker:2376",
                "DOCKER_TLS_CERTDIR": "/certs",
                "DOCKER_TLS_VERIFY": "1",
                "DOCKER_CERT_PATH": "/certs/client",
            },
            [{"name": "docker:27-dind", "alias": "docker"}],
        ),
        (
            "plain",
            {"DOCKER_HOST": "tcp://docker:2375", "DOCKER_TLS_CERTDIR": ""},
            [{"name": "docker:27-dind", "alias": "docker", "command": ["--tls=false"]}],
        ),
        ("socket", {"DOCKER_HOST": "unix:///var/run/docker.sock"}, None),
    ],
)
def test_docker_is_where_the_input_says(
    how: str, variables: dict[str, str], services: list[Any] | None
) -> None:
    job = job_of(docker=how, docker_image="docker:27-dind")
    found = {name: value for name, value in job["variables"].items() if name.startswith("DOCKER")}
    assert (found, job.get("services")) == (variables, services)


@pytest.mark.parametrize(
    ("preset", "rules"),
    [
        (
            "merge-requests-and-default-branch",
            [
                {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
                {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
            ],
        ),
        ("merge-requests", [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]),
        ("always", [{"when": "on_success"}]),
    ],
)
def test_it_runs_when_the_preset_says(preset: str, rules: list[dict[str, str]]) -> None:
    assert job_of(rules=preset)["rules"] == rules


def test_inputs_of_the_job_itself() -> None:
    job = job_of(
        job="sizes", stage="build", image="registry.example/ci-slim:2", expire_in="1 week",
        output="out/$CI_NODE_INDEX",
    )  # fmt: skip
    assert job["stage"] == "build"
    assert job["image"] == {"name": "registry.example/ci-slim:2", "entrypoint": [""]}
    artifacts = job["artifacts"]
    assert (artifacts["expire_in"], artifacts["when"]) == ("1 week", "always")
    assert artifacts["paths"] == ["out/$CI_NODE_INDEX/"]
    assert artifacts["reports"]["junit"] == "out/$CI_NODE_INDEX/junit.xml"


@pytest.mark.parametrize("job", ["build:slim", "images/arm v6", "7", "größe"])
def test_every_name_of_a_job_is_taken(job: str) -> None:
    made = job_of(job=job)
    # `EXPOSE_AS_REGEX` of GitLab's Gitlab::Ci::Config::Entry::Artifacts, and its limit
    shown = made["artifacts"]["expose_as"]
    assert isinstance(shown, str)
    assert re.fullmatch(r"\w[-\w ]{,99}", shown, re.ASCII)
    assert "*" not in "".join(made["artifacts"]["paths"])


@pytest.mark.parametrize(("kept", "excluded"), [("all", None), ("reports", ["out/**/blobs/**/*"])])
def test_reports_are_kept_with_or_without_the_layers(kept: str, excluded: object) -> None:
    assert job_of(artifacts=kept, output="out")["artifacts"].get("exclude") == excluded


@pytest.mark.parametrize(
    "value", ['an "app"', "it's", "a\\b", "x: y", "a # b", "", "$(id)`id`", "{a: [b]}", "&a *b"]
)
@pytest.mark.parametrize("name", ["config", "context", "dockerfile", "baseline"])
def test_a_path_is_what_the_input_says(name: str, value: str) -> None:
    assert job_of(**{name: value})["variables"][f"CI_SLIM_{name.upper()}"] == value


# -- the script ------------------------------------------------------------------------------------

CI_SLIM = """\
#!/bin/sh
for argument; do printf '<%s>' "$argument" >> calls; done
echo >> calls
case $1 in
  comment) exit "${COMMENT_STATUS:-0}" ;;
  *) [ -n "${NO_REPORT:-}" ] || { mkdir -p "$CI_SLIM_OUTPUT"; echo {} > "$CI_SLIM_OUTPUT/report.json"; }
     exit "${RUN_STATUS:-0}" ;;
esac
"""  # noqa: E501
DOCKER = """\
#!/bin/sh
[ "$1" = version ] || { for argument; do printf '<%s>' "$argument"; done; cat; echo; } >> calls
[ "$1" != login ] || exit "${NO_LOGIN:-0}"
[ -z "${LATE:-}" ] || [ -e second ] || { touch second; exit 1; }
"""
WANTED = "<run><--config=.ci-slim.yml>"
HOW = "<--output=ci-slim>"
FIRST = WANTED + HOW
LAST = f"<--emulators={EMULATORS}>"
NOTE = "<comment><--key=ci-slim><ci-slim/report.json>"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("ci-slim", CI_SLIM), ("docker", DOCKER)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def run(
    tools: Path, given: Mapping[str, Any], name: str = "ci-slim", **environment: str
) -> tuple[int, list[str]]:
    """The exit code of the job's script, and the calls of ci-slim."""
    job = job_of(name, **given)
    variables = job["variables"]
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(job["script"])],
        env={
            "PATH": f"{tools}:/usr/bin:/bin",
            "CI_JOB_NAME": given.get("job", "ci-slim"),
            **variables,
            **environment,
        },
        cwd=tools.parent,
        timeout=30,
    )
    return done.returncode, (tools.parent / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("given", "call"),
    [
        ({}, FIRST + LAST),
        ({"config": "a b.yml"}, FIRST.replace(".ci-slim.yml", "a b.yml") + LAST),
        ({"images": ["one", "two"]}, f"{WANTED}<--image=one><--image=two>{HOW}{LAST}"),
        (
            {"platforms": ["linux/arm/v6", "linux/arm64"]},
            f"{WANTED}<--platform=linux/arm/v6><--platform=linux/arm64>{HOW}{LAST}",
        ),
        (
            {"context": "an app", "dockerfile": "an app/Dockerfile"},
            f"{FIRST}<--context=an app><--dockerfile=an app/Dockerfile>{LAST}",
        ),
        ({"image_version": "1.2"}, f"{WANTED}<--image-version=1.2>{HOW}{LAST}"),
        ({"slim": False}, FIRST.replace("<run>", "<build>") + LAST),
        ({"baseline": "none"}, f"{FIRST}<--baseline=none>{LAST}"),
        ({"fail_on": "warning,unknown"}, f"{FIRST}<--fail-on=warning,unknown>{LAST}"),
        ({"emulators": ""}, FIRST),
        ({"target": "final"}, f"{FIRST}<--target=final>{LAST}"),
        ({"tag": "r.example/a b:1"}, f"{WANTED}<--tag=r.example/a b:1>{HOW}{LAST}"),
        (
            {"budget": "{pull: 4 MB, disk: 8 MB}"},
            f"{FIRST}<--budget={{pull: 4 MB, disk: 8 MB}}>{LAST}",
        ),
        ({"jobs": "2"}, f"{FIRST}<--jobs=2>{LAST}"),
        (
            {
                "build_args": ["A=1, 2", "B=it's *"],
                "cache_from": ["type=registry,ref=r/c"],
                "cache_to": ["type=registry,ref=r/c,mode=max"],
            },
            f"{WANTED}<--build-arg=A=1, 2><--build-arg=B=it's *>"
            "<--cache-from=type=registry,ref=r/c>"
            f"<--cache-to=type=registry,ref=r/c,mode=max>{HOW}{LAST}",
        ),
        (
            {
                "env": ["A=x y", "B"],
                "http_probes": ["POST /a b"],
                "exec_probes": ["app --version"],
                "keep": ["/a/**", "/b [c]"],
                "remote_hosts": ["linux/arm/v6=ssh://pi@board"],
                "ready": "log:up$@5s",
            },
            f"{WANTED}<--env=A=x y><--env=B><--http-probe=POST /a b><--exec-probe=app --version>"
            "<--keep=/a/**><--keep=/b [c]><--remote-host=linux/arm/v6=ssh://pi@board>"
            f"<--ready=log:up$@5s>{HOW}{LAST}",
        ),
        (
            {"slim": False, "env": ["A=1"], "keep": ["/x"], "ready": "none", "tag": "a"},
            f"{WANTED}<--tag=a>{HOW}{LAST}".replace("<run>", "<build>"),
        ),
    ],
)
def test_an_input_is_a_flag(tools: Path, given: dict[str, Any], call: str) -> None:
    assert run(tools, given) == (0, [call, NOTE])


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("linux/arm64", "<--platform=linux/arm64>"),
        ("linux/arm64,linux/amd64", "<--platform=linux/arm64><--platform=linux/amd64>"),
        (" linux/arm64 linux/amd64 ", "<--platform=linux/arm64><--platform=linux/amd64>"),
        ("[linux/arm64, linux/amd64]", "<--platform=linux/arm64><--platform=linux/amd64>"),
        ('["linux/arm64","linux/amd64"]', "<--platform=linux/arm64><--platform=linux/amd64>"),
        ("", ""),
    ],
)
def test_a_matrix_sets_a_list_as_plain_words(tools: Path, text: str, flags: str) -> None:
    assert run(tools, {}, CI_SLIM_PLATFORMS=text)[1][0] == f"{WANTED}{flags}{HOW}{LAST}"


@pytest.mark.parametrize("item", ['A="x"', "A=a\\b"])
def test_a_list_that_the_shell_cannot_take_apart_is_refused(
    tools: Path, item: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tools.parent / "calls").write_text("")
    assert run(tools, {"env": [item]}) == (2, [])
    assert "a list in the inputs has a quote or a backslash" in capfd.readouterr().err


def test_advice_of_an_earlier_job_is_shown_in_the_note(tools: Path) -> None:
    given = {"advice": ["advice.json", "more advice.json"]}
    flags = "<--advice=advice.json><--advice=more advice.json>"
    assert run(tools, given)[1][-1] == NOTE.replace("<ci-slim/", f"{flags}<ci-slim/")
    (tools.parent / "calls").unlink()
    job = "ci-slim-note"
    _, (call,) = run(tools, given | {"job": job}, "note")
    assert call == f"<comment><--key={job}>{flags}<ci-slim/*/report.json>"


def test_an_input_is_never_a_command(tools: Path) -> None:
    _, calls = run(tools, {"config": "$(touch /tmp/x); `id`", "images": ["*", "; id"]})
    assert "<--config=$(touch /tmp/x); `id`>" in calls[0]
    assert "<--image=*><--image=; id>" in calls[0]


@pytest.mark.parametrize(
    ("given", "environment", "status", "last"),
    [
        ({}, {"RUN_STATUS": "1"}, 1, NOTE),
        ({}, {"RUN_STATUS": "5"}, 5, NOTE),
        ({}, {"RUN_STATUS": "4", "NO_REPORT": "1"}, 4, FIRST + LAST),
        ({}, {"COMMENT_STATUS": "2"}, 0, NOTE),
        ({"note": False}, {}, 0, FIRST + LAST),
        ({"note_key": "arm"}, {}, 0, NOTE.replace("=ci-slim", "=arm")),
        ({"job": "build: arm"}, {}, 0, NOTE.replace("=ci-slim", "=build: arm")),
        ({}, {"LATE": "1"}, 0, NOTE),
    ],
)
def test_the_job_fails_as_the_run_did_and_the_note_is_written_all_the_same(
    tools: Path, given: dict[str, Any], environment: dict[str, str], status: int, last: str
) -> None:
    code, calls = run(tools, given, **environment)
    assert (code, calls[-1]) == (status, last)


PUSH = "<push><--config=.ci-slim.yml><ci-slim/report.json>"
LOGIN = "<login><--username><user><--password-stdin><registry.example>word"
REGISTRY = {
    "CI_REGISTRY": "registry.example",
    "CI_REGISTRY_USER": "user",
    "CI_REGISTRY_PASSWORD": "word",
}
MAIN = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}


@pytest.mark.parametrize(
    ("when", "environment", "calls"),
    [
        ("never", MAIN, []),
        ("default-branch", MAIN, [PUSH]),
        ("default-branch", MAIN | REGISTRY, [PUSH]),
        ("default-branch", {"CI_COMMIT_BRANCH": "topic", "CI_DEFAULT_BRANCH": "main"}, []),
        ("default-branch", {"CI_DEFAULT_BRANCH": "main"}, []),
        ("always", {}, [PUSH]),
        ("always", {"RUN_STATUS": "1"}, []),
    ],
)
def test_images_are_pushed_when_the_input_says_and_all_is_well(
    tools: Path, when: str, environment: dict[str, str], calls: list[str]
) -> None:
    status, made = run(tools, {"push": when, "note": False}, **environment)
    assert (status, [call for call in made if "<push>" in call]) == (
        int(environment.get("RUN_STATUS", "0")),
        calls,
    )


@pytest.mark.parametrize("environment", [{}, {"NO_LOGIN": "1"}])
def test_the_project_s_registry_is_logged_in_to_before_the_run_if_it_lets_us(
    tools: Path, environment: dict[str, str]
) -> None:
    status, made = run(tools, {"note": False}, **REGISTRY, **environment)
    assert (status, made) == (0, [LOGIN, FIRST + LAST])


def test_the_dependency_proxy_is_logged_in_to(tools: Path) -> None:
    proxy = {
        "CI_DEPENDENCY_PROXY_SERVER": "gitlab.example:443",
        "CI_DEPENDENCY_PROXY_USER": "proxy",
        "CI_DEPENDENCY_PROXY_PASSWORD": "secret",
    }
    login = "<login><--username><proxy><--password-stdin><gitlab.example:443>secret"
    assert run(tools, {"note": False}, **REGISTRY, **proxy) == (0, [LOGIN, login, FIRST + LAST])
    assert run(tools, {"note": False}, **proxy, NO_LOGIN="1")[0] == 0


def test_attestations_can_be_left_out(tools: Path) -> None:
    calls = run(tools, {"push": "always", "attest": False})[1]
    assert calls[-1] == PUSH.replace("<ci-slim/", "<--no-attest><ci-slim/")


def test_what_was_wanted_must_be_there_to_be_pushed(tools: Path) -> None:
    given = {"push": "always", "note": False, "images": ["one"], "platforms": ["linux/arm64"]}
    wanted = "<--image=one><--platform=linux/arm64>"
    assert run(tools, given)[1][-1] == PUSH.replace("<ci-slim/", f"{wanted}<ci-slim/")


TRUSTING = """\
#!/bin/sh
echo "<${SSL_CERT_FILE:-}>" >> calls
cat "${SSL_CERT_FILE:-/dev/null}" > trusted
"""


def test_the_authority_of_the_server_is_trusted_beside_the_usual_ones(tools: Path) -> None:
    (tools / "ci-slim").write_text(TRUSTING)
    authority = tools.parent / "ca.crt"
    authority.write_text("the server's\n")
    run(tools, {}, TMPDIR=str(tools.parent), CI_SERVER_TLS_CA_FILE=str(authority))
    usual = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    assert (tools.parent / "trusted").read_text() == f"{usual}the server's\n"


@pytest.mark.parametrize("environment", [{}, {"SSL_CERT_FILE": "/dev/null"}])
def test_a_bundle_of_the_project_s_own_stays(tools: Path, environment: dict[str, str]) -> None:
    (tools / "ci-slim").write_text(TRUSTING)
    authority = {"CI_SERVER_TLS_CA_FILE": str(tools / "docker")} if environment else {}
    _, (call, *_) = run(tools, {}, **environment, **authority)
    assert call == f"<{environment.get('SSL_CERT_FILE', '')}>"


def test_an_old_report_is_not_told_as_this_run_s(tools: Path) -> None:
    (tools.parent / "ci-slim").mkdir()
    (tools.parent / "ci-slim/report.json").write_text("{}")
    assert run(tools, {}, RUN_STATUS="4", NO_REPORT="1") == (4, [FIRST + LAST])


def test_the_reports_of_a_matrix_become_one_note(tools: Path) -> None:
    for number in "12":
        (tools.parent / "ci-slim" / number).mkdir(parents=True)
        (tools.parent / "ci-slim" / number / "report.json").write_text("{}")
    _, calls = run(tools, {"note_key": "all"}, "note")
    assert calls == ["<comment><--key=all><ci-slim/1/report.json><ci-slim/2/report.json>"]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(("asked", "text"), [(True, "true"), (False, "false")])
def test_a_thread_is_asked_for_in_the_words_of_the_code(name: str, asked: bool, text: str) -> None:
    variables = job_of(name, note_thread=asked)["variables"]
    assert variables["CI_SLIM_NOTE_THREAD"] == text
    known = {"CI_API_V4_URL": "http://x/api/v4", "CI_PROJECT_ID": "1"}
    assert context.read(known | variables).thread is asked


def test_the_token_s_variable_is_told_by_its_name_alone() -> None:
    variables = job_of(token_variable="BOT")["variables"]
    assert variables["CI_SLIM_NOTE_VARIABLE"] == "BOT"
    assert job_of("note", token_variable="BOT")["variables"]["CI_SLIM_NOTE_VARIABLE"] == "BOT"
    assert not [value for value in variables.values() if "$BOT" in value]


# -- gitlab-ci-local -------------------------------------------------------------------------------


def pipeline(folder: Path, text: str, *arguments: str, as_is: bool = False) -> Any:
    """gitlab-ci-local on a repository with our templates and this .gitlab-ci.yml, in which
    components of other projects are those of this one."""
    (folder / "templates").mkdir()
    for name in TEMPLATES:
        (folder / f"templates/{name}.yml").write_text(text_of(name))
    if not as_is:
        text = re.sub(r"component: \S+/(ci-slim|note)@\S+", r"local: templates/\1.yml", text)
    (folder / ".gitlab-ci.yml").write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "templates", ".gitlab-ci.yml"],
        ["commit", "-q", "-m", "a project"],
        ["remote", "add", "origin", "git@gitlab.example:group/project.git"],
    ):
        subprocess.run([*git, *words], check=True)
    return subprocess.run(
        [LOCAL, "--home", str(folder / "home"), *arguments],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )


INCLUDE = """\
include:
  - component: gitlab.example/ci-slim/ci-slim/ci-slim@1
    inputs:
      {}
"""


def test_a_component_runs_with_its_inputs(tmp_path: Path, tools: Path) -> None:
    text = INCLUDE.format("platforms: [linux/arm/v6]\n      rules: always\n      docker: socket")
    done = pipeline(
        tmp_path, text, "--force-shell-executor", "--artifacts-to-source", "ci-slim",
        "--variable", f"PATH={tools}:/usr/bin:/bin", "--variable", "RUN_STATUS=1",
    )  # fmt: skip
    assert " FAIL  ci-slim" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    assert (tmp_path / "ci-slim/report.json").read_text() == "{}\n"


LISTS = """rules: always
      docker: socket
      note: false
      env: ["A=it's, so", "B=$CI_PROJECT_NAME"]
      http_probes: [GET /health]
      exec_probes: [sh -c 'exit 0']
      keep: ["/a/**", "/b: c"]"""


def test_items_of_a_list_arrive_as_they_were_written(tmp_path: Path, tools: Path) -> None:
    (tools / "ci-slim").write_text('#!/bin/sh\nprintf "<%s>" "$@" >"$CALLS"\n')
    calls = tmp_path / "calls"
    done = pipeline(
        tmp_path, INCLUDE.format(LISTS), "--force-shell-executor", "ci-slim",
        "--variable", f"PATH={tools}:/usr/bin:/bin", "--variable", f"CALLS={calls}",
    )  # fmt: skip
    assert calls.exists(), done.stdout + done.stderr
    assert (
        "<--env=A=it's, so><--env=B=project><--http-probe=GET /health>"
        "<--exec-probe=sh -c 'exit 0'><--keep=/a/**><--keep=/b: c>"
    ) in calls.read_text()


TWICE = """\
include:
  - local: templates/ci-slim.yml
    inputs: {rules: always, docker: socket, job: "build:slim"}
  - local: templates/ci-slim.yml
    inputs: {rules: always, docker: socket, job: build, output: other, artifacts: all}
"""
LAYERS = """\
#!/bin/sh
line=; for argument; do line="$line<$argument>"; done; echo "$line" >> "$CALLS"
image=$CI_SLIM_OUTPUT/web/linux-amd64
mkdir -p "$image/blobs/sha256"
touch "$CI_SLIM_OUTPUT/report.json" "$image/seccomp.json" "$image/blobs/sha256/abc"
"""


def test_two_of_it_have_a_note_each_and_leave_what_they_were_told(
    tmp_path: Path, tools: Path
) -> None:
    (tools / "ci-slim").write_text(LAYERS)
    done = pipeline(
        tmp_path, TWICE, "--force-shell-executor", "--variable", f"PATH={tools}:/usr/bin:/bin",
        "--variable", f"CALLS={tools / 'calls'}",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    notes = [line for line in (tools / "calls").read_text().splitlines() if "<comment>" in line]
    assert sorted(notes) == [
        "<comment><--key=build:slim><ci-slim/report.json>",
        "<comment><--key=build><other/report.json>",
    ]
    kept = tmp_path / ".gitlab-ci-local/artifacts"
    files = sorted(
        str(path.relative_to(kept)).partition("/")[2] for path in kept.rglob("*") if path.is_file()
    )
    assert files == [
        "ci-slim/report.json",
        "ci-slim/web/linux-amd64/seccomp.json",
        "other/report.json",
        "other/web/linux-amd64/blobs/sha256/abc",
        "other/web/linux-amd64/seccomp.json",
    ]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("docker: podman", "is not in the list of allowed options"),
        ("rules: sometimes", "is not in the list of allowed options"),
        ("platforms: linux/arm64", "provided value is not a array"),
        ("slim: 'false'", "provided value is not a boolean"),
        ("config: [a]", "provided value is not a string"),
        ("artifacts: nothing", "is not in the list of allowed options"),
    ],
)
def test_a_wrong_input_is_refused_before_anything_runs(
    tmp_path: Path, inputs: str, message: str
) -> None:
    done = pipeline(tmp_path, INCLUDE.format(inputs), "--preview")
    assert done.returncode != 0
    assert message in re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("example", "jobs"),
    [
        (
            "matrix",
            [
                "ci-slim: [linux/arm/v6]",
                "ci-slim: [linux/arm64]",
                "ci-slim: [linux/amd64]",
                "ci-slim-note",
            ],
        ),
        (
            "native-runners",
            [
                "ci-slim: [saas-linux-small-arm64,linux/arm64]",
                "ci-slim: [saas-linux-small-amd64,linux/amd64]",
                "ci-slim-note",
                "ci-slim-push",
            ],
        ),
    ],
)
def test_an_example_becomes_its_jobs(tmp_path: Path, example: str, jobs: list[str]) -> None:
    text = (GITLAB / f"examples/{example}.yml").read_text()
    done = pipeline(tmp_path, text, "--list-json")
    listed = json.loads(done.stdout[done.stdout.index("[\n") :])
    assert [job["name"] for job in listed] == jobs
    for joining in listed[jobs.index("ci-slim-note") :]:
        assert joining["needs"][0]["job"] == "ci-slim"


def test_the_component_project_s_own_pipeline_resolves_its_component(tmp_path: Path) -> None:
    shutil.copytree(GITLAB / "examples", tmp_path / "examples")
    done = pipeline(tmp_path, (GITLAB / ".gitlab-ci.yml").read_text(), "--list-json", as_is=True)
    listed = json.loads(done.stdout[done.stdout.index("[\n") :])
    assert [job["name"] for job in listed] == ["ci-slim", "release"]


def test_the_template_is_taken_from_another_place_as_well(tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            return None

    handler = functools.partial(Quiet, directory=str(GITLAB / "templates"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_address[1]}/ci-slim.yml"
        text = f"include:\n  - remote: {where}\n    inputs: {{job: sizes, rules: always}}\n"
        done = pipeline(tmp_path, text, "--list-json")
        server.shutdown()
    listed = json.loads(done.stdout[done.stdout.index("[\n") :])
    assert [job["name"] for job in listed] == ["sizes"]
