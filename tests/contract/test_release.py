"""A release of these sources: what .github/workflows/release.yml left when it ran (release.py)."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import release
from registries import Served, served
from release import REPOSITORY, ROOT, VERSION, Release
from ruamel.yaml import YAML

MEGABYTE = 1_000_000
UPDATER = f"{REPOSITORY}-update"
DOCUMENTS = {
    "application/vnd.cyclonedx+json",
    "application/vnd.in-toto+json",
    "application/vnd.ci-slim.report.v1+json",
}


@pytest.fixture(scope="module")
def made() -> Release:
    return release.made()


@pytest.fixture
def registry(made: Release) -> Iterator[Served]:
    with served(made.registry) as running:
        yield running


def shown(repository: Path, what: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), "show", what], check=True, capture_output=True, text=True
    ).stdout


def tags(repository: Path) -> list[str]:
    return subprocess.run(
        ["git", "-C", str(repository), "tag"], check=True, capture_output=True, text=True
    ).stdout.split()


def pinned(made: Release, host: str, digest: str) -> str:
    return f"{host}/{REPOSITORY}:{VERSION}@{digest}"


def test_the_tags_pin_the_action_to_the_pushed_image(made: Release, registry: Served) -> None:
    assert registry.tags(REPOSITORY) == [VERSION]
    major = VERSION.partition(".")[0]
    assert tags(made.origin) == [f"v{major}", f"v{VERSION}"]
    for tag in tags(made.origin):
        (line,) = re.findall(r"^  image: .*", shown(made.origin, f"{tag}:action.yml"), re.MULTILINE)
        name, _, digest = line.rpartition("@")
        assert re.fullmatch(rf"  image: docker://[\d.:]+/{REPOSITORY}:{VERSION}", name)
        assert registry.index(REPOSITORY, digest) == registry.index(REPOSITORY, VERSION)
    assert "  image: Dockerfile\n" in shown(made.origin, "main:action.yml")


def test_the_catalogue_gets_a_version_with_the_same_image(made: Release) -> None:
    assert tags(made.component) == [VERSION]
    line = re.findall(
        r"^  image: docker://(.*)", shown(made.origin, f"v{VERSION}:action.yml"), re.M
    )
    for name in ("ci-slim", "note"):
        text = shown(made.component, f"{VERSION}:templates/{name}.yml")
        assert f"      default: {line[0]}\n" in text
        service = re.search(r"^      default: docker:[\d.]+-dind@sha256:[0-9a-f]{64}$", text, re.M)
        assert (service is not None) == (name == "ci-slim")
    pipeline = YAML(typ="safe").load(shown(made.component, f"{VERSION}:.gitlab-ci.yml"))
    assert pipeline["release"]["release"]["tag_name"] == "$CI_COMMIT_TAG"
    (rule,) = pipeline["release"]["rules"]
    pattern = re.search(r"=~ /(.*)/", rule["if"])
    assert pattern and re.fullmatch(pattern[1], VERSION), "the tag starts no release job"


def test_the_image_was_pulled_without_a_login_and_started_before_it_was_tagged(
    made: Release,
) -> None:
    started = made.log.index(f"| ci-slim, version {VERSION}")
    assert started < made.log.index("pin action.yml and tag")


def test_what_is_pulled_is_under_sixty_megabytes_and_was_proved(
    made: Release, registry: Served
) -> None:
    manifest = registry.index(REPOSITORY, VERSION)  # of the only platform
    pull = manifest["config"]["size"] + sum(layer["size"] for layer in manifest["layers"])
    assert 20 * MEGABYTE < pull < 60 * MEGABYTE
    assert '"outcome": "slimmed"' in made.log  # and what is not proved is not pushed


def test_the_image_of_the_updater_is_pushed_with_the_same_documents(
    made: Release, registry: Served
) -> None:
    assert registry.tags(UPDATER) == [VERSION]
    manifest = registry.index(UPDATER, VERSION)  # of the only platform
    pull = manifest["config"]["size"] + sum(layer["size"] for layer in manifest["layers"])
    assert MEGABYTE < pull <= 10 * MEGABYTE
    assert {each["mediaType"].rpartition("+")[2] for each in manifest["layers"]} == {"gzip"}
    config = json.loads(registry.blob(UPDATER, manifest["config"]["digest"]))["config"]
    assert config["Labels"]["org.opencontainers.image.version"] == VERSION
    (digest,) = set(re.findall(rf"{UPDATER}:{VERSION}@(sha256:[0-9a-f]{{64}})", made.log))
    said = {each["artifactType"] for each in registry.referrers(UPDATER, digest)}
    assert said == DOCUMENTS
    assert "update only to an image that `cosign sign` signed" in made.log  # its help, when started


RUNNERS = [
    "sh",
    "env",
    "cd",
    "mkdir",
    "touch",
    "chmod",
    "chown",
    "cat",
    "printf",
    "echo",
    "rm",
    "grep",
    "find",
    "ls",
    "stat",
    "mktemp",
    "tr",
    "date",
    "hostname",
    "id",
    "head",
    "tail",
    "sort",
    "cut",
    "sleep",
    "kill",
    "true",
    "test",
    "cp",
    "mv",
    "ln",
    "tee",
    "wc",
    "sed",
    "xargs",
    "dirname",
    "basename",
    "docker",
    "ssh",
    "ci-slim",
]
"""What GitLab's runner calls in a job's container (shells/bash.go of gitlab-runner), and what a
`before_script` calls as a rule."""


def script_commands(text: str) -> set[str]:
    """The first words of a shell script's simple commands, without its own functions."""
    bare = re.sub(r"(?m)(?:^|(?<=\s))#.*|\$\(\(.*?\)\)", "", text).replace("\\\n", " ")
    bare = re.sub(r"\\.", "Q", bare).replace("${", "$")
    inner = re.findall(r"\$\(\s*([a-z][\w-]*)", bare)
    bare = re.sub(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", "Q", bare)
    starts = (
        r"(?:^|[;|&({]|\b(?:then|do|else|until|while|if)\b)\s*(?:\w+=\S*\s+)*([a-z][\w-]*+)(?!=)"
    )
    words = {*inner, *re.findall(starts, bare, re.MULTILINE)}
    keywords = set("if then else elif fi do done while until for in case esac".split())  # noqa: SIM905
    return words - keywords - set(re.findall(r"^\s*(\w+)\(\)", text, re.MULTILINE))


def scripts() -> str:
    found = []
    for path in sorted((ROOT / "gitlab/templates").glob("*.yml")):
        _, jobs = YAML(typ="safe").load_all(path.read_text())
        for job in jobs.values():
            if isinstance(job, dict):
                for part in ("before_script", "script", "after_script"):
                    found += job.get(part, [])
    return "\n".join(found)


def test_every_command_of_the_component_and_of_gitlab_s_runner_is_in_the_image(
    made: Release,
) -> None:
    called = script_commands(scripts())
    assert {"docker", "mktemp", "rm", "cat", "sleep", "ci-slim"} <= called, called
    wanted = sorted(called | set(RUNNERS))
    script = 'for name do command -v "$name" >/dev/null || echo "$name"; done'
    done = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", "sh", made.image, "-c", script, "sh", *wanted],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == []


def test_docker_and_buildx_are_the_pinned_packages(made: Release) -> None:
    versions = "docker --version; docker buildx version"
    done = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", "sh", made.image, "-c", versions],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    names = (ROOT / "docker-packages.sha256").read_text()
    for package in ("docker-cli", "docker-buildx"):
        (version,) = set(re.findall(rf"{package}_([\d.]+)\+", names))
        assert version in done.stdout


def test_the_image_has_an_sbom_and_provenance_beside_it(made: Release, registry: Served) -> None:
    (line,) = re.findall(
        r"^  image: .*@(.*)", shown(made.origin, f"v{VERSION}:action.yml"), re.MULTILINE
    )
    said = {each["artifactType"]: each for each in registry.referrers(REPOSITORY, line)}
    assert set(said) == DOCUMENTS
    manifest = registry.index(REPOSITORY, said["application/vnd.cyclonedx+json"]["digest"])
    bill = json.loads(registry.blob(REPOSITORY, manifest["layers"][0]["digest"]))
    names = {each["name"] for each in bill["components"]}
    assert {"docker-cli", "docker-buildx", "click", "requests"} <= names


def test_the_version_is_told_as_a_label(made: Release) -> None:
    config = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", made.image],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(config.stdout)["org.opencontainers.image.version"] == VERSION
