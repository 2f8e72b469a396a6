"""What hadolint and `docker build --check` say of size, next to our own findings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.advise import linters
from ci_slim.advise.finding import Finding
from ci_slim.advise.linters import Remark, merged, of_check, of_hadolint
from ci_slim.advise.rules import RULES, findings
from ci_slim.advise.run_linters import run_check, run_hadolint
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import read_dockerfile
from ci_slim.settings.plans import BuildPlan

CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(CORPUS.glob("*/*.Dockerfile"))
FALSE_ALARMS = {
    ("alpine/clean-removed", "DL3019"): "the same RUN removes the index",
    ("python/clean-cache-mount", "DL3042"): "pip's cache is a mount of the builder",
}
"""What hadolint says of files that are clean."""

# What `docker buildx build --call=check,format=json` of buildx 0.29.1 and Docker 28.5.2 wrote for a
# Dockerfile of six lines, after its lines of progress, and shortened: without `sources`.
CHECKED = """\
#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
{
  "warnings": [
    {
      "ruleName": "MaintainerDeprecated",
      "description": "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
      "url": "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
      "detail": "Maintainer instruction is deprecated in favor of using label",
      "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}}]}
    },
    {
      "ruleName": "FromPlatformFlagConstDisallowed",
      "description": "FROM --platform flag should not use a constant value",
      "url": "https://docs.docker.com/go/dockerfile/rule/from-platform-flag-const-disallowed/",
      "detail": "FROM --platform flag should not use constant value \\"linux/arm64\\"",
      "location": {"ranges": [{"start": {"line": 1}, "end": {"line": 1}}]}
    }
  ],
  "sources": []
}
"""  # noqa: E501
CONSTANT = (
    "FROM --platform=linux/arm64 debian:trixie-slim AS built\nRUN echo 1 > /one\n"
    "FROM debian:trixie-slim\nMAINTAINER me\nCOPY --from=built /one /one\nCMD sleep 600\n"
)


def hadolint(path: Path) -> str:
    """The output of the real program."""
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [program, "--format=json", "--", path], cwd=path.parent, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_what_hadolint_finds_has_the_name_of_our_finding(path: Path) -> None:
    name = str(path.relative_to(CORPUS)).removesuffix(".Dockerfile")
    remarks = of_hadolint(hadolint(path))
    subject = Subject(read_dockerfile(path.read_text()))
    own, others = merged(findings(subject), remarks, subject)
    assert [each.rule for each in own] == [each.rule for each in findings(subject)]
    assert {(name, each.rule) for each in others} == {key for key in FALSE_ALARMS if key[0] == name}
    for remark in remarks:
        names = [each.rule for each in own if f"hadolint {remark.code}" in each.aliases]
        assert set(names) <= set(linters.HADOLINT[remark.code])


def test_a_finding_of_both_is_ours_and_says_how_others_call_it(tmp_path: Path) -> None:
    text = "FROM debian\nRUN true \\\n    && apt-get update && apt-get install -y git\n"
    (tmp_path / "Dockerfile").write_text(text)
    remarks = of_hadolint(hadolint(tmp_path / "Dockerfile"))
    assert {(each.code, each.line) for each in remarks} == {("DL3009", 2), ("DL3015", 2)}
    subject = Subject(read_dockerfile(text))
    own, others = merged(findings(subject), remarks, subject)
    assert others == ()
    assert {each.rule: each.aliases for each in own if each.aliases} == {
        "apt-lists": ("hadolint DL3009",),
        "apt-recommends": ("hadolint DL3015",),
    }


def test_what_only_another_linter_finds_is_listed_without_a_change() -> None:
    text = "FROM debian\nRUN b\nFROM debian AS last\nRUN a \\\n  b\n"
    remark = Remark("hadolint", "DL3017", 5, "Do not use apk upgrade")
    subject = Subject(read_dockerfile(text))
    ours = Finding("apt-lists", 4, "lists stay")
    assert merged([ours], [remark, remark], subject) == (
        (ours,),
        (
            Finding(
                "DL3017",
                4,
                "seen by hadolint: Do not use apk upgrade",
                unchanged="not measured: the rule package-upgrade finds nothing here",
            ),
        ),
    )
    lists = Remark("hadolint", "DL3009", 4, "Delete")
    assert merged([ours], [lists], subject)[0][0].aliases == ("hadolint DL3009",)
    # Of a stage that is not in the image, or of a line that is not there, nothing is said.
    for line in (2, 99):
        assert merged([ours], [Remark("hadolint", "DL3017", line, "x")], subject) == ((ours,), ())


def test_a_stage_of_one_platform_is_seen_by_docker_s_check() -> None:
    remarks = of_check(CHECKED)
    said = 'FROM --platform flag should not use constant value "linux/arm64"'
    assert remarks == (Remark("docker build --check", "FromPlatformFlagConstDisallowed", 1, said),)
    _, (found,) = merged((), remarks, Subject(read_dockerfile(CONSTANT)))
    assert (found.line, found.message) == (1, f"seen by docker build --check: {said}")


def test_the_tables_name_rules_of_ours() -> None:
    for rules in (*linters.HADOLINT.values(), *linters.CHECK.values()):
        assert set(rules) <= set(RULES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["DL3009"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["code", "line", "message", "warnings", "ruleName", "location", "ranges", "start"]
            )
            | st.text(),
            inner,
        )
    ),
)


@given(JSON | st.lists(st.fixed_dictionaries({"code": st.just("DL3009"), "line": JSON})))
def test_no_output_is_an_error(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value)[:-1], str(value)):
        for read in (of_hadolint, of_check):
            assert all(each.line > 0 and len(each.message) <= 300 for each in read(text))


def test_deep_nesting_is_no_error() -> None:
    assert of_hadolint("[" * 10**6) == of_check('{"a":' * 10**6) == ()


PROGRAMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "garbage": ("echo '[{]'; head -c 3000000 /dev/urandom", lambda code: not code),
    "a crash": ("kill -SEGV $$", lambda code: not code),
    "a failure with findings": (
        """echo '[{"code": "DL3009", "line": 2, "message": "x"}]'; exit 1""",
        lambda code: code == "DL3009",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_linter_that_fails_does_not_stop_advice(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, expected = PROGRAMS[name]
    program = tmp_path / "hadolint"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = run_hadolint(plan(tmp_path))
    assert expected(found[0].code if found else "")


def test_without_the_programs_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_hadolint(plan(tmp_path)) == () == run_check(plan(tmp_path), {})


def test_a_file_that_hadolint_can_run_is_found_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    (tmp_path / "Dockerfile").write_text("FROM a\nRUN pip install b\n")
    (found,) = run_hadolint(plan(tmp_path))
    assert (found.code, found.line) == ("DL3042", 2)


def plan(folder: Path) -> BuildPlan:
    return BuildPlan(context=str(folder), dockerfile=str(folder / "Dockerfile"))
