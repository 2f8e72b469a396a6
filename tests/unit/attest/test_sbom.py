"""Tests SBOM and provenance: from the databases of an image to CycloneDX."""

import json

import pytest
from small_image import SmallImage

from ci_slim.attest.packages import Package, distribution, packages
from ci_slim.attest.provenance import Origin, origin, provenance
from ci_slim.attest.sbom import sbom
from ci_slim.platforms import parse
from ci_slim.result import PlatformReport

DIGEST = f"sha256:{'a' * 64}"
CREATED = "2026-11-25T10:20:30Z"
ARM = parse("linux/arm/v6")

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: armel
Version: 2.41-12
Description: shared libraries
 Version: of a continuation line

Package: gone
Status: deinstall ok config-files
Architecture: armel
Version: 1
"""
SPLIT = "Package: tzdata\nArchitecture: all\nVersion: 2026a-1\n"
APK = "P:musl\nV:1.2.5-r9\nA:aarch64\nL:MIT\nF:lib\nR:ld.so\n\nP:busybox\nV:1.37-r1\nA:aarch64\n"
PYTHON = "Metadata-Version: 2.4\nName: Ruamel.YAML\nVersion: 0.19.1\nLicense: MIT\n\nLicense: no\n"
NODE = '{"name": "@scope/pkg", "version": "2.0.0", "license": "ISC"}'

TABLE = {
    "dpkg's status": ("/var/lib/dpkg/status", STATUS, [("deb", "libc6", "2.41-12", "armel", "")]),
    "split status": (
        "/var/lib/dpkg/status.d/tzdata", SPLIT, [("deb", "tzdata", "2026a-1", "all", "")],
    ),
    "sums beside it": ("/var/lib/dpkg/status.d/tzdata.md5sums", "0  usr/x\n", []),
    "apk": ("/lib/apk/db/installed", APK, [
        ("apk", "busybox", "1.37-r1", "aarch64", ""), ("apk", "musl", "1.2.5-r9", "aarch64", "MIT"),
    ]),
    "Python": (
        "/opt/ruamel_yaml-0.19.1.dist-info/METADATA", PYTHON,
        [("pypi", "ruamel-yaml", "0.19.1", "", "MIT")],
    ),
    "Node": (
        "/app/node_modules/@scope/pkg/package.json", NODE,
        [("npm", "@scope/pkg", "2.0.0", "", "ISC")],
    ),
    "a folder of a Node package": ("/app/node_modules/pkg/lib/package.json", NODE, []),
    "an application": ("/app/package.json", NODE, []),
    "no JSON": ("/app/node_modules/pkg/package.json", "[" * 100_000, []),
    "a list": ("/app/node_modules/pkg/package.json", "[]", []),
    "no version": ("/app/node_modules/pkg/package.json", '{"name": "pkg"}', []),
    "no text": ("/opt/x.dist-info/METADATA", "\x00\xff", []),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "wanted"), TABLE.values(), ids=TABLE)
def test_packages_are_those_of_the_image_s_databases(
    path: str, text: str, wanted: list[tuple[str, str, str, str, str]]
) -> None:
    image = SmallImage({path: text})
    found = packages(image.index(), image)
    assert list(found) == [Package(*fields, path) for fields in wanted]


def test_the_distribution_is_read_through_its_link() -> None:
    release = 'ID=debian\nVERSION_ID="13"\n'
    link = "-> ../usr/lib/os-release"
    image = SmallImage({"/usr/lib/os-release": release, "/etc/os-release": link})
    assert distribution(image.index(), image) == {"ID": "debian", "VERSION_ID": "13"}


def test_the_bill_names_every_package_by_its_url_and_is_the_same_twice() -> None:
    listed = (
        Package("deb", "libc6", "2.41-12", "armel", path="/var/lib/dpkg/status.d/libc6"),
        Package("npm", "@scope/pkg", "2.0.0", license="ISC", path="/a/package.json"),
        Package("npm", "@scope/pkg", "2.0.0", license="ISC", path="/b/package.json"),
        Package("pypi", "ruamel-yaml", "0.19.1", path="/METADATA"),
    )
    release = {"ID": "debian", "VERSION_ID": "13"}
    first = sbom("example/app:1", DIGEST, ARM, listed, release, CREATED)
    assert sbom("example/app:1", DIGEST, ARM, listed, release, CREATED) == first
    document = json.loads(first)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["version"] == DIGEST
    assert document["metadata"]["timestamp"] == "2026-11-25T10:20:30+00:00"
    assert sorted(each["purl"] for each in document["components"]) == [
        "pkg:deb/debian/libc6@2.41-12?arch=armel&distro=debian-13",
        "pkg:npm/%40scope/pkg@2.0.0",
        "pkg:npm/%40scope/pkg@2.0.0",
        "pkg:pypi/ruamel-yaml@0.19.1",
    ]
    (image,) = [each for each in document["dependencies"] if each["ref"] == "image"]
    assert len(image["dependsOn"]) == 4


def test_the_bill_is_what_cyclonedx_s_schema_takes() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    listed = [Package("deb", "a", "1", license="any words & <all>", path="/x")]
    text = sbom("app", DIGEST, ARM, listed, {}, CREATED).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "octo/app", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKFLOW_REF": "octo/app/.github/workflows/ci.yml@refs/heads/main",
    "GITHUB_SHA": "c" * 40, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push",
    "GITHUB_TOKEN": "secret",
}  # fmt: skip
GITLAB = {
    "GITLAB_CI": "true", "CI_PROJECT_URL": "https://gitlab.example/g/app", "CI_RUNNER_ID": "3",
    "CI_JOB_URL": "https://gitlab.example/g/app/-/jobs/9", "CI_COMMIT_SHA": "d" * 40,
    "CI_COMMIT_REF_NAME": "main", "CI_PIPELINE_SOURCE": "push", "CI_JOB_TOKEN": "secret",
}  # fmt: skip
ORIGINS = {
    "GitHub": (GITHUB, Origin(
        "https://github.com/octo/app/.github/workflows/ci.yml@refs/heads/main",
        "https://github.com/octo/app/actions/runs/7/attempts/2", "https://github.com/octo/app",
        "c" * 40, "refs/heads/main", "push",
    )),
    "GitLab": (GITLAB, Origin(
        "https://gitlab.example/g/app/-/runners/3", "https://gitlab.example/g/app/-/jobs/9",
        "https://gitlab.example/g/app", "d" * 40, "main", "push",
    )),
    "a laptop": ({}, Origin()),
}  # fmt: skip


@pytest.mark.parametrize(("environment", "wanted"), ORIGINS.values(), ids=ORIGINS)
def test_the_origin_is_what_the_forge_tells(environment: dict[str, str], wanted: Origin) -> None:
    assert origin(environment) == wanted


def test_the_provenance_is_a_statement_on_the_image_and_names_commit_and_run() -> None:
    report = PlatformReport(ARM, "skipped", reason="x")
    made = provenance("example/app:1", DIGEST, ARM, report, ORIGINS["GitHub"][1], CREATED)
    assert json.loads(made) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "example/app:1", "digest": {"sha256": "a" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://github.com/ci-slim/ci-slim/blob/main/docs/supply-chain.md",
                "externalParameters": {
                    "image": "example/app:1", "platform": "linux/arm/v6",
                    "ref": "refs/heads/main", "event": "push",
                },
                "internalParameters": {"outcome": "skipped", "verified": False, "emulated": False},
                "resolvedDependencies": [{
                    "uri": "git+https://github.com/octo/app@refs/heads/main",
                    "digest": {"gitCommit": "c" * 40},
                }],
            },
            "runDetails": {
                "builder": {
                    "id": "https://github.com/octo/app/.github/workflows/ci.yml@refs/heads/main",
                    "version": {"ci-slim": "1.0.0"},
                },
                "metadata": {
                    "invocationId": "https://github.com/octo/app/actions/runs/7/attempts/2",
                    "finishedOn": CREATED,
                },
            },
        },
    }  # fmt: skip
